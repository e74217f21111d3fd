"""Derivations in Markdown, LaTeX and notebooks, read and checked where they are written.

`sources` finds the formulas; `lexer`, `parser` and `statements` take them apart; `claims` and `context`
sort definitions from claims; `reader` gives every expression a value, entry by entry (`terms`, `graph`),
under each convention that is open; `deciding` compares both sides, `judging` asks `gradcheck.verify`;
`note` settles on one convention and writes the verdicts. `output` prints them.
"""

from __future__ import annotations

from gradcheck.notes.files import check_file, check_text
from gradcheck.notes.records import ClaimRecord, NoteRecord

__all__ = ["ClaimRecord", "NoteRecord", "check_file", "check_text"]
