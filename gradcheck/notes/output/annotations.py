"""A note's result for GitHub: annotations on standard output, and SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gradcheck._version import __version__
from gradcheck.notes.output.terminal import sentence
from gradcheck.notes.records import ClaimRecord, NoteRecord

__all__ = ["github", "sarif"]

_LEVELS = {"wrong": "error", "ambiguous": "warning"}


def _message(claim: ClaimRecord) -> str:
    text = sentence(claim)
    return f"{text} It should be: {claim.correction}" if claim.correction else text


def github(note: NoteRecord) -> Iterator[str]:
    """One workflow command a formula that is wrong or ambiguous."""
    for claim in note.claims:
        level = _LEVELS.get(claim.verdict)
        if level is not None:
            title = f"gradcheck notes: {claim.verdict}"
            place = (
                f"file={_property(claim.file)},line={claim.line},col={claim.column},title={_property(title)}"
            )
            yield f"::{level} {place}::{_data(_message(claim))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def sarif(notes: Sequence[NoteRecord]) -> dict[str, Any]:
    """One run with one result for each formula that is wrong or ambiguous."""
    results = [
        {
            "ruleId": f"notes/{claim.verdict}",
            "level": _LEVELS[claim.verdict],
            "message": {"text": _message(claim)},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": claim.file},
                        "region": {"startLine": claim.line, "startColumn": claim.column},
                    }
                }
            ],
        }
        for note in notes
        for claim in note.claims
        if claim.verdict in _LEVELS
    ]
    rules = [
        {"id": "notes/wrong", "shortDescription": {"text": "A formula of a derivation is wrong."}},
        {
            "id": "notes/ambiguous",
            "shortDescription": {"text": "Two readings of a formula differ in verdict."},
        },
    ]
    driver = {"name": "gradcheck notes", "version": __version__, "rules": rules}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
