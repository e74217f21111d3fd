"""A gradient by an argument that lives in a space, compared along one random tangent of it.

An error in any tangent entry shows in that slope with probability one; what points out of the space does not.
A point is rounded to float64, and so lies beside a curved space by half a unit in the last place: the tangent
is no tangent by so much, and what a gradient has beside the space leaks into its slope by that part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import ObjectArray, zero_dimensional
from gradcheck.arithmetic.precisions import DOUBLE
from gradcheck.backend import Answer
from gradcheck.formulas.kinds.tables import contract
from gradcheck.formulas.spaces import Space
from gradcheck.judging.comparing import Match, compare

__all__ = ["compare_along"]

_UNITS = 64.0
"""Half units in the last place that point, tangent and projection may be off together, for each entry: each
is a handful of operations and a short sum."""


def compare_along(
    space: Space,
    direction: NDArray[np.float64],
    stated: ObjectArray,
    answer: Answer,
    entries: Callable[[], Answer],
    *,
    rigorous: bool,
    bits: int = DOUBLE,
) -> Match:
    """`compare` of slopes along a tangent ``direction``. ``entries`` gives the answer by entries, which are
    asked for where it is a slope that differs: how much leaks depends on them.
    """
    slope = _slope(answer, direction)
    exact = getattr(space, "exact", False)
    leak = arb(0) if exact else _leak(direction, stated, answer)
    match = compare(stated, _wider(slope, leak), rigorous=rigorous, bits=bits)
    if match.outcome == "differ" and not exact and answer.direction is not None:
        leak = _leak(direction, stated, entries())
        match = compare(stated, _wider(slope, leak), rigorous=rigorous, bits=bits)
    if not direction.any():  # a space of one point here: no gradient is wrong along it
        return replace(match, resolved=False, zero=False)
    return match


def _slope(answer: Answer, direction: NDArray[np.float64]) -> Answer:
    if answer.direction is not None:
        return answer
    value = zero_dimensional(contract(answer.values, direction)[0])
    return replace(answer, values=value, direction=direction, refine=None)


def _leak(direction: NDArray[np.float64], stated: ObjectArray, answer: Answer) -> arb:
    """What of both gradients may stand in the slope along a direction that is a tangent but for rounding."""
    total = sum((abs(b).upper() for b in _finite(stated)), arb(0))
    total += sum((abs(b).upper() for b in _finite(answer.values)), arb(0))
    return total * float(np.max(np.abs(direction), initial=0.0)) * _UNITS * 2.0**-DOUBLE


def _finite(values: ObjectArray) -> list[Any]:
    return [b for b in values.reshape(-1).tolist() if b.is_finite()]


def _wider(answer: Answer, by: arb) -> Answer:
    if by.is_zero():
        return answer
    values = zero_dimensional(answer.values.item() + arb(0, 1) * by)
    return replace(answer, values=values, rigorous=False, refine=None)
