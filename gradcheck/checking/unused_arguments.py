"""Arguments that a forward does not use: it gives bit for bit the same, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.points.point import Discarded, ForwardFault, Point, evaluate_forward

__all__ = ["is_zero_by_disuse"]

_POINTS = 3


def is_zero_by_disuse(claim: Claim, quantity: Quantity, passed: Sequence[PointResult]) -> bool:
    """Whether a stated gradient is exactly zero at all points, by an argument that the forward does not use.

    What is small beside the rest (`x + 1e-30 * y`) or saturated (`tanh(1e5 + y)`) is lost to rounding,
    but for a NaN, and for numbers as large as those that are tried.
    """
    names = claim.formula.shapes.arguments
    if not claim.kind.is_backward or quantity.argument not in names:
        return False
    stated = [r.stated.values[quantity] for r in passed if r.stated and quantity in r.stated.values]
    if not stated or any(np.any(value) for value in stated):
        return False
    position = names.index(quantity.argument)
    unlike = {tuple(r.point.sizes.values()): r.point for r in passed}
    return all(_is_unused(claim, point, position) for point in list(unlike.values())[-_POINTS:])


def _is_unused(claim: Claim, point: Point, position: int) -> bool:
    for value in _others(point.args[position]):
        args = (*point.args[:position], value, *point.args[position + 1 :])
        try:
            outputs, _ = evaluate_forward(claim.formula, args)
        except (Discarded, ForwardFault):
            return False
        if [z.tobytes() for z in outputs] != [z.tobytes() for z in point.outputs]:
            return False
    return True


def _others(value: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Quite other values: what NaN goes into is NaN, and comparisons see other sides and other orders."""
    rng = np.random.default_rng(0)
    yield np.full_like(value, np.nan)
    yield np.zeros_like(value)
    for scale in (1e-3, 1.0, 1e3, 1e150):
        drawn = scale * rng.standard_normal(value.shape)
        yield from (drawn, -drawn, np.abs(drawn))
