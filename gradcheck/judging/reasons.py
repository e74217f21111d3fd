"""Why there is no answer, and what is at fault at a point: values with a kind.

Verdicts depend on kinds alone. A sentence is made where a reason is shown, so its wording decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from gradcheck.errors import CandidateFault, FaultKind

__all__ = ["Fault", "Reason", "ReasonKind"]


class ReasonKind(Enum):
    """Why a backend's opinion is no answer, or at a kink what it is."""

    UNSUPPORTED = auto()
    """The code does not run in an arithmetic, or a backend cannot answer; the detail says why."""
    NO_ANSWER = auto()
    """The code runs, but at this point there is no answer; the detail says why."""
    SETTLED = auto()
    """Not asked: the claim had failed by the vote of all at enough points."""
    AGREED = auto()
    """Not asked: everyone had agreed at enough points, and a difference in balls agrees with the code."""
    SPARED = auto()
    """Not asked: a new shape costs this backend too much, and a difference in balls agrees with the code."""
    BELOW_RESOLUTION = auto()
    """An answer exists, but says nothing about a gradient as small as the stated one."""
    NO_ENCLOSURE = auto()
    TOO_WIDE = auto()
    TOO_ROUGH = auto()
    TOO_LARGE = auto()
    """The detail is the count of numbers at the point."""
    CONVENTION = auto()
    """At a tie inside the forward a backend's derivative is its own convention: it is no outlier there."""
    ROUNDED_CONSTANTS = auto()
    CANCELLATION = auto()
    ESTIMATE = auto()
    BEYOND_FLOAT64 = auto()
    OUTSIDE_KINK = auto()
    """At a kink, the stated gradient is no convention; the detail says how far it is outside."""


_SENTENCES = {
    ReasonKind.UNSUPPORTED: "{}",
    ReasonKind.NO_ANSWER: "{}",
    ReasonKind.SETTLED: "not asked: the claim had failed at enough points",
    ReasonKind.AGREED: "not asked: it had agreed at enough points, and another source answers",
    ReasonKind.SPARED: "not asked: its budget for new shapes is spent, and another source answers",
    ReasonKind.BELOW_RESOLUTION: (
        "below resolution: the gradient is too small to be told from zero here (saturated?)"
    ),
    ReasonKind.NO_ENCLOSURE: "no finite enclosure",
    ReasonKind.TOO_WIDE: "the enclosures overlap but are too wide to tell",
    ReasonKind.TOO_ROUGH: "along the direction the forward is too rough to tell (kinks?)",
    ReasonKind.TOO_LARGE: "too large: {} numbers at a point; only a difference of the forward is taken",
    ReasonKind.CONVENTION: "a tie inside the forward: the backend's derivative is a convention here",
    ReasonKind.ROUNDED_CONSTANTS: "rounded constants alone could make the difference here",
    ReasonKind.CANCELLATION: "rounding alone could make the difference here, where terms cancel",
    ReasonKind.ESTIMATE: "its floating-point estimate contradicts an enclosure, and counts for less",
    ReasonKind.BEYOND_FLOAT64: "the derivative itself is beyond float64 here",
    ReasonKind.OUTSIDE_KINK: "{}",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason of one ``kind``; ``str()`` makes its sentence."""

    kind: ReasonKind
    detail: str = ""

    def __str__(self) -> str:
        return _SENTENCES[self.kind].replace("{}", self.detail)


@dataclass(frozen=True, slots=True)
class Fault:
    """What the hand-written code does wrong at a point, apart from other numbers than the right ones."""

    kind: FaultKind
    text: str

    @classmethod
    def of(cls, fault: CandidateFault) -> Fault:
        """The fault that running the code raised, without its frames."""
        return cls(fault.kind, str(fault))

    def __str__(self) -> str:
        return self.text
