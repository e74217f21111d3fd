"""What the backends say of a candidate at one point, and what follows for the point."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gradcheck.backend import Answer
from gradcheck.judging.candidates.running import Stated
from gradcheck.judging.comparing import Match
from gradcheck.judging.points.point import Point
from gradcheck.records.verdicts import Strength

__all__ = ["Opinion", "PointResult"]

Says = Literal["agree", "differ", "kink", "none"]


@dataclass
class Opinion:
    """What one backend says of the candidate at one point."""

    backend: str
    says: Says = "none"
    strength: Strength | None = None
    reason: str | None = None
    matches: dict[str, Match] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    method: str | None = None
    rounded_constants: bool = False
    bits: int = 212  # precision that settled it
    outvoted: bool = False

    @property
    def worst(self) -> tuple[str, Match] | None:
        """The quantity that is farthest from agreement."""
        if not self.matches:
            return None
        order = {"agree": 0, "unclear": 1, "differ": 2}
        return max(self.matches.items(), key=lambda item: (order[item[1].outcome], item[1].gap))


@dataclass
class PointResult:
    """One point's outcome. ``verdict`` is ``pass``, ``fail``, ``error``, ``split`` (the backends
    contradict each other), ``kink`` (no derivative, nothing against the candidate) or ``none``.
    """

    point: Point
    verdict: str
    opinions: dict[str, Opinion] = field(default_factory=dict)
    fault: str | None = None
    quantity: str | None = None
    stated: Stated | None = None
    notes: list[str] = field(default_factory=list)
    lost: float | None = None  # decimal digits that float64 loses here, where that was measured

    @property
    def strength(self) -> Strength | None:
        """The best evidence for the candidate at this point."""
        agreeing = [o.strength for o in self.opinions.values() if o.says == "agree" and o.strength]
        order = [Strength.AGREED, Strength.CERTIFIED, Strength.PROVED]
        return max(agreeing, key=order.index, default=None)
