"""What a claim of second order rests on: the forward itself, at the same arguments."""

from __future__ import annotations

import numpy as np

from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.derived.second_order import GradientOf
from gradcheck.judging.points.point import Point, evaluate_forward

__all__ = ["undifferentiated"]


def undifferentiated(formula: Declaration, point: Point) -> tuple[Declaration, Point]:
    """The forward of a gradient, with a delta of ones, and its point; any other formula as it is.

    Raises `ForwardFault` or `Discarded`.
    """
    if not isinstance(formula, GradientOf):
        return formula, point
    args = point.args[-len(formula.of.shapes.arguments) :]
    outputs, multiple = evaluate_forward(formula.of, args)
    ones = tuple(np.ones(z.shape) for z in outputs)
    return formula.of, Point(point.sizes, args, outputs, ones, multiple)
