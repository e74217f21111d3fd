"""The calls that are made of a layer or cache that is used again: where what it keeps would show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gradcheck.formulas.claim import Claim
from gradcheck.formulas.values import Values, is_entrywise, normal
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.points.point import Discarded, ForwardFault, Point, evaluate_forward

__all__ = ["first_call", "other_calls", "updated", "weighed_anew"]


_FEW = 64
"""Numbers in a point that is used for two calls, where there are points so small."""


def first_call(basis: Sequence[Point], results: Sequence[PointResult], parameters: int) -> Point | None:
    """The point of which other calls differ the most; the last arguments are ``parameters``."""
    small = [r.point for r in results if r.stated is not None and r.point.entries <= _FEW]
    return max([*basis, *small], key=partial(_told_apart, parameters), default=None)


def _told_apart(parameters: int, point: Point) -> int:
    """In how many ways the inputs differ from themselves turned round: labels that are all the same, and
    signs that are, hide what a layer keeps of another call.
    """
    inputs = [a for a in point.args[: len(point.args) - parameters] if a.ndim]
    return sum(int((a != a[::-1]).any()) + int(((a > 0) != (a[::-1] > 0)).any()) for a in inputs)


def other_calls(
    claim: Claim, point: Point, results: Sequence[PointResult], parameters: int
) -> Iterator[tuple[Point, str]]:
    """Second calls, with the same parameters: of the same shape, and of another."""
    inputs = len(point.args) - parameters
    turned = tuple(a[::-1].copy() if a.ndim else a for a in point.args[:inputs])
    kept = point.args[inputs:]
    if any(not np.array_equal(a, b) for a, b in zip(turned, point.args, strict=False)):
        delta = tuple(d[::-1].copy() if d.ndim else d for d in point.delta)
        if (found := _made(claim, point, turned + kept, delta)) is not None:
            yield found, "of the same shape"
    for result in results:
        its = result.point
        same = all(a.shape == b.shape for a, b in zip(its.args[inputs:], kept, strict=True))
        if result.stated is None or its.large or its.sizes == point.sizes or not same:
            continue
        if (found := _made(claim, its, its.args[:inputs] + kept, its.delta)) is not None:
            yield found, "of another shape"
            return


def _made(claim: Claim, like: Point, args: tuple[Any, ...], delta: tuple[Any, ...]) -> Point | None:
    try:
        outputs, multiple = evaluate_forward(claim.formula, args)
    except (Discarded, ForwardFault):
        return None
    if multiple != like.multiple or [z.shape for z in outputs] != [d.shape for d in delta]:
        return None
    return replace(like, args=args, outputs=outputs, delta=delta, origin="battery")


def weighed_anew(point: Point) -> Point:
    """The point with another delta: no multiple, so that two gradients never add up to a third."""
    turned = [np.where(np.arange(d.size).reshape(d.shape) % 2, 2.0 * d, -0.75 * d) for d in point.delta]
    return point.with_values(point.args, tuple(turned))


def updated(claim: Claim, point: Point, parameters: int) -> Point | None:
    """The point with other parameters; None where some are declared to be of a kind that this would leave."""
    formula, inputs = claim.formula, len(point.args) - parameters
    names = formula.shapes.arguments[inputs:]
    declared = [formula.values.get(n, normal) for n in names]
    if any(n in formula.spaces for n in names) or not all(map(_stay_so, declared)):
        return None
    changed = (0.5 * a[::-1] if a.ndim else 0.5 * a for a in point.args[inputs:])
    return _made(claim, point, (*point.args[:inputs], *changed), point.delta)


def _stay_so(value: Values) -> bool:
    """Whether halves of such values, in another order, are such values too."""
    return isinstance(value, np.ndarray) or is_entrywise(value)
