"""All claims on one screen: a line for each gradient, with its verdict, strength and relative difference."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gradcheck.records.types import ClaimRow, Compared
from gradcheck.records.verdicts import Verdict
from gradcheck.report.narrative import Status, status

__all__ = ["MOST", "Line", "overview"]

MOST = 400
"""Lines of the table; a longer one is no overview."""


@dataclass(frozen=True)
class Line:
    """One gradient of one claim. ``first`` is that of the claim, which ``lines`` lines in all belong to."""

    claim: ClaimRow
    anchor: str
    argument: str
    status: Status
    strength: str
    difference: str
    limit: str
    first: bool
    lines: int


def overview(claims: Iterable[ClaimRow], names: Mapping[str, str]) -> tuple[list[Line], int]:
    """The lines of the first claims, in the order given, and how many claims are left out."""
    lines: list[Line] = []
    left = 0
    for claim in claims:
        mine = _lines(claim, names[claim.uid])
        if left or len(lines) + len(mine) > MOST:
            left += 1
        else:
            lines += mine
    return lines, left


def _lines(claim: ClaimRow, anchor: str) -> list[Line]:
    found: list[tuple[str, Status, str, str, str]] = [
        (
            one.quantity,
            _status(one, claim),
            one.strength or "",
            "" if one.gap is None else f"{one.gap:.2g}",
            "" if one.bound is None else f"{one.bound:.0e}",
        )
        for one in claim.compared
    ]
    found += [
        (name, Status("not checked", "none", 0), "", "", "")
        for name in claim.unchecked
        if name not in {one.quantity for one in claim.compared}
    ]
    if not claim.compared:  # raised everywhere, or an older log
        found.insert(0, ("", status(claim), claim.strength or "", "", ""))
    return [
        Line(claim, anchor, *one, first=number == 0, lines=len(found)) for number, one in enumerate(found)
    ]


def _status(found: Compared, claim: ClaimRow) -> Status:
    """How one gradient came out: as its claim did, unless that failed by another one."""
    whole = status(claim)
    other = claim.verdict == Verdict.FAIL and found.verdict != Verdict.FAIL
    if not other:
        return whole
    return Status(found.verdict, "good" if found.verdict == Verdict.PASS else "warn", 0)
