"""What is said of a note: one record a formula, as `gradcheck notes --format json` prints them."""

from __future__ import annotations

from typing import Literal

import msgspec

__all__ = ["VERSION", "ClaimRecord", "Kind", "NoteRecord", "Verdict"]

VERSION = 1

Kind = Literal["definition", "claim", "step"]
Verdict = Literal["right", "right-if", "wrong", "ambiguous", "not-read"]


class ClaimRecord(msgspec.Struct, frozen=True):
    """One formula. ``line`` and ``column`` count from 1 and are where its text begins.

    ``strength`` is gradcheck's, of what is right: proved, certified or agreed; None where nothing had to
    be computed. ``reading`` is the formula as it was understood; ``reason`` says why it is wrong or not
    read; ``condition`` under what it is right; ``correction`` how it should stand, as LaTeX.
    """

    file: str
    line: int
    column: int
    latex: str
    kind: Kind
    verdict: Verdict
    strength: str | None = None
    reading: str | None = None
    reason: str | None = None
    condition: str | None = None
    correction: str | None = None
    layout: str | None = None


class NoteRecord(msgspec.Struct, frozen=True):
    """One note. ``convention`` is the layout that its claims follow; ``problems`` what was skipped."""

    version: int
    file: str
    claims: list[ClaimRecord]
    convention: str | None = None
    problems: list[str] = []

    def count(self, verdict: str) -> int:
        return sum(c.verdict == verdict for c in self.claims)
