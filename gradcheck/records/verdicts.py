"""The two words in which every result is summed up: verdict and strength."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

__all__ = ["Strength", "Verdict", "exit_code"]


class Verdict(str, Enum):
    """What a check says of a claim. Members are strings: ``Verdict.PASS == "pass"``.

    ``pass``: agrees with every source that could answer. ``fail``: differs, raises, has the wrong shape or is
    not finite where the derivative exists. ``inconclusive``: no source could answer, or they contradict each
    other. ``weak``: agrees, but what was tried could not have caught an error. ``error``: the check could not
    be made.
    """

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    WEAK = "weak"
    ERROR = "error"

    def __str__(self) -> str:
        return self.value

    @property
    def badness(self) -> int:
        """0 for a pass, larger for what a reader should see earlier; used to sort reports."""
        return _BADNESS[self]


_BADNESS = {
    Verdict.PASS: 0,
    Verdict.WEAK: 1,
    Verdict.INCONCLUSIVE: 2,
    Verdict.FAIL: 3,
    Verdict.ERROR: 4,
}


def exit_code(verdicts: Mapping[str, int], as_declared: int) -> int:
    """What a whole run exits with, from how often each verdict came out: 0 where all claims are as
    declared, 2 where nothing could be judged because every claim is an ``error``, else 1.
    """
    claims = sum(verdicts.values())
    if as_declared == claims:
        return 0
    return 2 if verdicts.get(Verdict.ERROR.value, 0) == claims else 1


class Strength(str, Enum):
    """How strong the evidence for a pass is; the weakest over quantities and points counts.

    ``proved``: for all shapes and values. ``certified``: ball arithmetic, rigorous at the points
    tried. ``agreed``: floating point, within a derived bound.
    """

    PROVED = "proved"
    CERTIFIED = "certified"
    AGREED = "agreed"

    def __str__(self) -> str:
        return self.value

    @classmethod
    def weakest(cls, strengths: Iterable[Strength]) -> Strength | None:
        """The weakest of the given strengths, or None when there are none."""
        order = [cls.AGREED, cls.CERTIFIED, cls.PROVED]
        return min(strengths, key=order.index, default=None)
