"""What one check of the battery found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gradcheck.formulas.claim import Claim
from gradcheck.judging.points.point import Point
from gradcheck.records.types import BatteryRow

__all__ = ["Finding", "Outcome", "skipped"]

Outcome = Literal["pass", "fail", "note", "skipped"]


@dataclass
class Finding:
    """The outcome of a check over the points it was made at.

    ``at`` is the point that ``reason`` speaks of. ``suspects`` are points at which the numbers
    themselves are in doubt: the engine judges them like any other.
    """

    outcome: Outcome
    points: int = 0
    reason: str | None = None
    at: Point | None = None
    suspects: list[Point] = field(default_factory=list)

    def row(self, claim: Claim, check: str, *, counts: bool) -> BatteryRow:
        """The finding as a record of the log."""
        return BatteryRow(
            claim=claim.uid,
            check=check,
            outcome=self.outcome,
            counts=counts,
            points=self.points,
            reason=self.reason,
            sizes=dict(self.at.sizes) if self.at is not None else None,
        )


def skipped(reason: str) -> Finding:
    """A check that could not be made."""
    return Finding("skipped", 0, reason)
