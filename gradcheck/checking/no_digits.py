"""Code that is right as a formula, and gives no right digit when it runs: `(x + 1e30) - 1e30`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gradcheck.errors import FaultKind
from gradcheck.judging.candidates.same_code import unknown_rounding
from gradcheck.judging.opinions import PointResult, PointVerdict, Says
from gradcheck.judging.reasons import Fault
from gradcheck.records.types import Diagnosis

__all__ = ["lost_digits", "without_digits"]

_NONE = 15.5
"""Decimal digits of float64's 16 whose loss leaves none: the error is a third of the largest entry."""


def without_digits(results: Sequence[PointResult]) -> PointResult | None:
    """The first point at which no digit is right, as a failure, if that is so at most points; else None.

    At a few extreme points a right formula may lose all of its digits.
    """
    measured = [r for r in results if r.lost is not None]
    without = [r for r in measured if _has_none(r)]
    if 2 * len(without) <= len(measured):
        return None
    return next((f for f in map(_failure, without) if f is not None), None)


def _has_none(result: PointResult) -> bool:
    return (result.lost or 0.0) >= _NONE or _failure(result, zeros_alone=True) is not None


def lost_digits(failure: PointResult, results: Sequence[PointResult]) -> Diagnosis:
    """The diagnosis that goes with such a failure."""
    measured = [r for r in results if r.lost is not None]
    count = sum(map(_has_none, measured))
    text = "the formula is right, but no digit of it is left in float64: much larger terms cancel in the code"
    return Diagnosis(
        quantity=str(failure.quantity), kind="rounding", text=text, points=count, of=len(measured)
    )


def _failure(result: PointResult, *, zeros_alone: bool = False) -> PointResult | None:
    """The point as a failure of the entry that is farthest off.

    Gradients that are zero whatever the values (of a bias in front of a batch norm) come out as rounding
    leaves them; that is no more than what goes in and out may leave.
    """
    assert result.stated is not None
    answers = next((o.answers for o in result.opinions.values() if o.says is Says.AGREE and o.answers), {})
    for quantity, value in result.stated.values.items():
        answer = answers.get(quantity)
        if answer is None or answer.direction is not None or not value.size:
            continue
        is_zero = all(b.contains(0) for b in answer.values.reshape(-1))
        if zeros_alone and not is_zero:
            continue
        if is_zero and np.max(np.abs(value)) <= unknown_rounding(result.point):
            continue
        right = np.array([float(b.mid()) for b in answer.values.reshape(-1)]).reshape(value.shape)
        worst = np.unravel_index(int(np.argmax(np.abs(right - value))), value.shape)
        if abs(right[worst] - value[worst]) <= np.max(np.abs(right)) / 4:
            continue
        place = f"[{', '.join(map(str, worst))}]" if worst else ""
        gives = f"where the code as a formula gives {right[worst]}"
        text = f"{quantity}{place} is {value[worst]} in float64, {gives}"
        fault = Fault(FaultKind.NO_DIGITS, text)
        return replace(result, verdict=PointVerdict.FAIL, fault=fault, quantity=quantity)
    return None
