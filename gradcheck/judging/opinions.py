"""What the backends say of a candidate at one point, and what follows for the point: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gradcheck.arithmetic.precisions import BITS
from gradcheck.backend import Answer
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import Stated
from gradcheck.judging.comparing import Match
from gradcheck.judging.low_precision.errors import Measured
from gradcheck.judging.points.point import Point
from gradcheck.judging.reasons import Fault, Reason
from gradcheck.records.verdicts import Strength

__all__ = ["Opinion", "PointResult", "PointVerdict", "Says"]


class Says(StrEnum):
    """What a backend says of the candidate."""

    AGREE = "agree"
    DIFFER = "differ"
    KINK = "kink"
    """There is no derivative here, and nothing against the candidate."""
    NONE = "none"
    """No answer; the opinion's reason says why."""


class PointVerdict(StrEnum):
    """What came of a claim at one point."""

    PASS = "pass"
    FAIL = "fail"
    ERROR = "error"
    SPLIT = "split"
    """The backends contradict each other."""
    KINK = "kink"
    """There is no derivative here, and nothing against the candidate."""
    NONE = "none"
    """Nobody has an answer."""


@dataclass(frozen=True, eq=False)
class Opinion:
    """What one backend says of the candidate at one point, settled at ``bits`` of precision.

    ``loose`` are its answers as uncertain as float constants that are rounded make them, where it differs
    from the candidate: within these two backends say the same. ``below_rounding`` tells that the code agrees
    because it is off by less than half a unit in the last place of float64.
    """

    backend: str
    says: Says = Says.NONE
    strength: Strength | None = None
    reason: Reason | None = None
    matches: Mapping[Quantity, Match] = field(default_factory=dict)
    answers: Mapping[Quantity, Answer] = field(default_factory=dict)
    loose: Mapping[Quantity, Answer] = field(default_factory=dict)
    method: str | None = None
    rounded_constants: bool = False
    below_rounding: bool = False
    bits: int = BITS
    outvoted: bool = False

    @property
    def worst(self) -> tuple[Quantity, Match] | None:
        """The quantity that is farthest from agreement."""
        if not self.matches:
            return None
        order = {"agree": 0, "unclear": 1, "differ": 2}
        return max(self.matches.items(), key=lambda item: (order[item[1].outcome], item[1].gap))

    @property
    def by_estimate(self) -> bool:
        """Whether every answer that differs is one whose error is only estimated."""
        differing = [q for q, m in self.matches.items() if m.outcome == "differ"]
        return bool(differing) and all(q in self.answers and not self.answers[q].rigorous for q in differing)


@dataclass(frozen=True, eq=False)
class PointResult:
    """One point's outcome.

    ``quantity`` is the one that fails. ``lost`` are the decimal digits that float64 loses here, where that
    was measured; ``in_float64`` says why the code is not judged in balls, where it is not; ``unstable`` names
    what is NaN or infinite in float64 although the code is right in exact arithmetic. ``measured`` is
    how far off an answer in low precision is.
    """

    point: Point
    verdict: PointVerdict
    opinions: Mapping[str, Opinion] = field(default_factory=dict)
    fault: Fault | None = None
    quantity: Quantity | None = None
    stated: Stated | None = None
    notes: tuple[str, ...] = ()
    lost: float | None = None
    in_float64: str | None = None
    unstable: str | None = None
    measured: Measured | None = None

    @property
    def strength(self) -> Strength | None:
        """The best evidence for the candidate at this point."""
        agreeing = [o.strength for o in self.opinions.values() if o.says is Says.AGREE and o.strength]
        order = [Strength.AGREED, Strength.CERTIFIED, Strength.PROVED]
        return max(agreeing, key=order.index, default=None)

    @property
    def by_estimates(self) -> bool:
        """Whether nothing but estimated errors speaks against the candidate here."""
        return all(o.by_estimate for o in self.opinions.values() if o.says is Says.DIFFER)
