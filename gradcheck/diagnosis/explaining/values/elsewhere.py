"""Explanations by another point: the right value at a changed delta, or at a changed argument.

A backward pass that ignores delta states what is right where delta is all ones; one that sums over the
first example only states what is right where delta is zero for all the others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explanation import Sides, predicting
from gradcheck.diagnosis.tape import at_other_point
from gradcheck.errors import Unsupported
from gradcheck.judging.points.point import Discarded, ForwardFault, Point, evaluate_forward

__all__ = [
    "Array",
    "Change",
    "at_arguments",
    "at_delta",
    "at_point",
    "masked",
    "with_arguments",
    "with_delta",
]

Array = NDArray[np.float64]
Change = Callable[[Array], Array]


def at_point(moved: Callable[[Point], Point]) -> Sides:
    """The code's value against the right one at another point."""
    return predicting(lambda sample, how: at_other_point(sample, moved(sample.point), how))


def at_delta(k: int, change: Change) -> Sides:
    """The right value at a changed delta."""
    return at_point(lambda p: with_delta(p, k, change))


def at_arguments(case: Case, changes: dict[int, Change]) -> Sides:
    """The right value at changed arguments."""
    return at_point(
        lambda p: with_arguments(
            p, {k: np.asarray(c(p.args[k]), dtype=np.float64) for k, c in changes.items()}, case
        )
    )


def masked(d: Array, axis: int, test: Callable[[Any, int], Any]) -> Array:
    """Zeros where ``test(index along the axis, its length)`` is false."""
    n = d.shape[axis]
    index = np.arange(n).reshape([-1 if a == axis else 1 for a in range(d.ndim)])
    return np.where(test(index, n), d, 0.0)


def with_delta(point: Point, k: int, change: Change) -> Point:
    deltas = list(point.delta)
    deltas[k] = np.asarray(change(deltas[k]), dtype=np.float64)
    return point.with_values(point.args, tuple(deltas))


def with_arguments(point: Point, new: dict[int, Array], case: Case) -> Point:
    args = tuple(new.get(i, a) for i, a in enumerate(point.args))
    if any(np.shape(a) != b.shape for a, b in zip(args, point.args, strict=True)):
        raise Unsupported("the arguments have other shapes here")
    moved = point.with_values(args, point.delta)
    if case.claim.kind.states_outputs:
        return moved
    try:
        evaluate_forward(case.claim.formula, args)
    except (Discarded, ForwardFault) as error:
        raise Unsupported(str(error)) from None
    if case.session.kink(moved) is not None:
        raise Unsupported("a kink, where a derivative is a convention")
    return moved
