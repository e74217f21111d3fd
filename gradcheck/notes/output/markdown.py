"""A note's result as a Markdown page, for a job's summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.notes.output.terminal import headline, sentence
from gradcheck.notes.records import NoteRecord

__all__ = ["markdown"]

_MARKS = {"right": "✅", "right-if": "☑️", "wrong": "❌", "ambiguous": "❔", "not-read": "⬜"}


def markdown(notes: Sequence[NoteRecord]) -> Iterator[str]:
    """A table of each note's formulas."""
    yield "# Derivation notes"
    for note in notes:
        yield ""
        yield f"## {_cell(note.file)}"
        yield ""
        yield headline(note)
        if note.convention:
            yield f"Read in {note.convention}."
        if not note.claims:
            continue
        yield ""
        yield "| line | | formula | |"
        yield "|---|---|---|---|"
        for claim in note.claims:
            said = sentence(claim)
            if claim.correction:
                said += f" It should be `{claim.correction}`"
            verdict = f"{_MARKS[claim.verdict]} {claim.verdict}"
            yield f"| {claim.line} | {verdict} | `{_cell(claim.latex)}` | {_cell(said)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("`", "'")
