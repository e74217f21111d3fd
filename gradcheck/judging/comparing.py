"""The judge: does a stated quantity agree with an answer, within what is certain?

Both come as balls, so there is nothing to guess. They *differ* when the balls are disjoint by more
than `RESOLUTION` of the entry's scale. They *agree* when the difference, radii included, is below
that. Anything between is *unclear*, and a higher precision may settle it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import ObjectArray, radii
from gradcheck.arithmetic.precisions import DOUBLE, SINGLE
from gradcheck.backend import Answer
from gradcheck.formulas.kinds.tables import contract
from gradcheck.judging.reasons import Reason, ReasonKind

__all__ = ["RESOLUTION", "Match", "Scales", "compare", "compare_slopes", "running_scale"]

RESOLUTION = 1e-25
"""Differences below this part of S are not told apart, S being the summed magnitude of the terms that
make the entry. It lies far below any float's resolution (1.1e-16 for float64) and far above the error
of a difference with a step of 2^-120 (about 1e-60)."""

_NOTHING = arb(0)

Outcome = Literal["agree", "differ", "unclear"]
Scales = Callable[[], NDArray[np.float64] | None]
"""S of every entry, computed only when it is needed."""


@dataclass(frozen=True)
class Match:
    """How one quantity compares with one answer. ``gap``, ``bound`` and ``scale`` belong to the worst
    entry ``index``; gap and bound are parts of scale. ``stated`` and ``true`` are its two balls.
    """

    outcome: Outcome
    rigorous: bool
    index: tuple[int, ...]
    stated: arb
    true: arb
    gap: float
    bound: float
    scale: float
    slope: bool = False  # compared along a direction, not entry by entry
    reason: Reason | None = None
    resolved: bool = True  # some entry can be told from zero, within its scale
    zero: bool = False  # every entry is exactly zero on both sides

    @property
    def candidate(self) -> str:
        """The stated number in decimals, as many as are known."""
        return _text(self.stated)

    @property
    def truth(self) -> str:
        """The backend's number in decimals, as many as are known."""
        return _text(self.true)


def compare(
    stated: ObjectArray,
    answer: Answer,
    *,
    rigorous: bool,
    scales: Scales | None = None,
    slopes: bool = False,
    bits: int = DOUBLE,
    floor: float = 0.0,
) -> Match:
    """Compare a stated quantity with a backend's answer.

    ``slopes`` says that ``stated`` is a slope already, along the answer's direction.
    ``rigorous`` tells whether the stated balls are enclosures (False: float64 with an error bound).
    ``scales`` gives S from a running evaluation, asked for only where the entries' own magnitudes do
    not decide (an entry that is truly zero would otherwise never agree).
    ``bits`` are those of the stated values' floating point, 24 for float32. ``floor`` is a magnitude below
    which no S lies.
    """
    if answer.direction is not None:
        slope, magnitude = (stated.item(), arb(0)) if slopes else contract(stated, answer.direction)
        return compare_slopes(slope, answer, magnitude.max(arb(floor)), rigorous=rigorous, bits=bits)
    both = rigorous and answer.rigorous
    subtracted = arb(answer.scale)
    plain = _plain_agreements(stated, answer.values)
    if plain and None not in plain:
        first = (0,) * stated.ndim
        own: Any = stated[first]
        its: Any = answer.values[first]
        size = _magnitude(own) + _magnitude(its)
        match = _entry(first, own, its, size, both, arb(0), bits=bits, coarse=answer.coarse)
        resolved, zero = any(p[0] for p in plain if p), all(p[1] for p in plain if p)
        alike = (match.resolved, match.zero) == (resolved, zero)
        return match if alike else replace(match, resolved=resolved, zero=zero)
    worst: Match | None = None
    resolved, zero = False, True
    lazily: NDArray[np.float64] | None = None
    asked = False
    for index, known in zip(np.ndindex(stated.shape), plain, strict=True):
        if known is not None and worst is not None and not floor:  # an agreement without a gap is no worse
            resolved, zero = resolved or known[0], zero and known[1]
            continue
        c: Any = stated[index]
        t: Any = answer.values[index]
        scale = (_magnitude(c) + _magnitude(t)).max(arb(floor))
        match = _entry(index, c, t, scale, both, arb(0), bits=bits, coarse=answer.coarse)
        if match.outcome == "unclear" and scales is not None:
            if not asked:
                lazily, asked = scales(), True
            if lazily is not None:
                scale = scale.max(arb(float(lazily[index])))
                match = _entry(index, c, t, scale, both, arb(0), bits=bits, coarse=answer.coarse)
        if match.outcome == "unclear":
            match = _entry(index, c, t, scale, both, subtracted, bits=bits, coarse=answer.coarse)
        resolved, zero = resolved or match.resolved, zero and match.zero
        if worst is None or _rank(match) > _rank(worst):
            worst = match
    if worst is None:
        return Match("agree", both, (), arb(0), arb(0), 0.0, RESOLUTION, 0.0)
    return replace(worst, resolved=resolved, zero=zero)


def compare_slopes(
    slope: arb, answer: Answer, magnitude: arb = _NOTHING, *, rigorous: bool, bits: int = DOUBLE
) -> Match:
    """Compare a slope with an answer that is one; ``magnitude`` is the summed size of its terms."""
    true_slope: arb = answer.values.item()
    scale = magnitude.max(_magnitude(slope)).max(_magnitude(true_slope))
    both = rigorous and answer.rigorous
    subtracted = arb(answer.scale)
    return _entry((), slope, true_slope, scale, both, subtracted, slope=True, bits=bits, coarse=answer.coarse)


def running_scale(low_precision: ObjectArray) -> NDArray[np.float64]:
    """S from an evaluation at 53 bits: the radius counts half a unit of every term's magnitude."""
    return np.asarray(radii(low_precision) * 2.0**DOUBLE)


def _plain_agreements(stated: ObjectArray, true: ObjectArray) -> list[tuple[bool, bool] | None]:
    """For each entry whether it is resolved, and zero, where its balls overlap within the resolution: the
    common case, decided with a few operations. None where that is not so.
    """
    found: list[tuple[bool, bool] | None] = []
    for c, t in zip(stated.reshape(-1).tolist(), true.reshape(-1).tolist(), strict=True):
        difference = c - t
        allowed = (abs(c).upper() + abs(t).upper()) * RESOLUTION
        if allowed.is_finite() and difference.contains(0) and abs(difference).upper() <= allowed:
            found.append((abs(c) > allowed or abs(t) > allowed, c.is_zero() and t.is_zero()))
        else:  # an infinite radius allows everything, and is no answer
            found.append(None)
    return found


def _entry(
    index: tuple[int, ...],
    c: arb,
    t: arb,
    scale: arb,
    rigorous: bool,
    subtracted: arb,
    slope: bool = False,
    bits: int = DOUBLE,
    coarse: float = 0.0,
) -> Match:
    """One number against another. Everything is compared as balls: a saturated gradient of 1e-400 has no
    float, and must not agree with its own negative for that.
    """
    if not (c.is_finite() and t.is_finite()):
        return Match(
            "unclear",
            rigorous,
            index,
            c,
            t,
            0.0,
            0.0,
            float(scale),
            slope,
            Reason(ReasonKind.NO_ENCLOSURE),
        )
    difference = abs(c - t)
    low, high = difference.lower(), difference.upper()
    reason: Reason | None = None
    if high > scale * RESOLUTION and low <= 0 and subtracted > 0:
        if c.contains(0):
            # the candidate says zero, and what the difference leaves is zero in what it subtracted
            scale = scale.max(subtracted)
        elif high <= subtracted * RESOLUTION:
            reason = Reason(ReasonKind.BELOW_RESOLUTION)
    spread = c.rad() + t.rad()
    outcome: Outcome = "unclear"
    smallest, coarsest = _SMALLEST[bits], max(coarse, _COARSEST[bits])
    if low > 0 and abs(c) < smallest and abs(t) < smallest:
        # both are zero to float64: what they differ by is nobody's mistake
        reason = Reason(ReasonKind.BELOW_RESOLUTION)
    elif low > scale * RESOLUTION:
        outcome = "differ"
    elif high <= scale * RESOLUTION or (not rigorous and spread <= scale * coarsest):
        outcome = "agree"
    elif not rigorous and t != 0 and abs(t) < c.rad():
        reason = Reason(ReasonKind.BELOW_RESOLUTION)
    return Match(
        outcome=outcome,
        rigorous=rigorous,
        index=index,
        stated=c,
        true=t,
        gap=_part(low, scale),
        bound=max(RESOLUTION, _part(spread, scale)) if scale > 0 else 0.0,
        scale=float(scale),
        slope=slope,
        reason=reason,
        resolved=abs(c) > scale * RESOLUTION or abs(t) > scale * RESOLUTION,
        zero=c.is_zero() and t.is_zero(),
    )


def _part(value: arb, scale: arb) -> float:
    return max(float((value / scale).mid()), 0.0) if scale > 0 else max(float(value), 0.0)


_SMALLEST = {DOUBLE: arb(2) ** -1074, SINGLE: arb(2) ** -126}
"""The smallest positive float64; the smallest float32 that keeps its digits, as many programs flush those
below to zero."""

_COARSEST = {DOUBLE: 2.0**-20, SINGLE: 2.0**-8}
"""In floating point an error bound up to this part of the scale still counts as an answer. A wider
one (heavy cancellation) would pass too much and is no answer. In float32 sixteen units are 2^-20 already,
so a sum of a few hundred terms needs more."""


def _magnitude(ball: arb) -> arb:
    return abs(ball).upper() if ball.is_finite() else arb(0)


def _rank(match: Match) -> tuple[int, float]:
    return ({"agree": 0, "unclear": 1, "differ": 2}[match.outcome], match.gap)


def _text(ball: arb) -> str:
    if not ball.is_finite():
        return "not finite"
    text: str = ball.str(17, radius=False)
    if "+/-" in text or text.startswith("["):
        return "0" if ball.contains(0) else text
    return text
