"""Sides of comparisons that cannot happen: a sum of squares is never below zero.

Forward and hand-written code run on ranges (`arithmetic.ranges`) that hold all declared values, at shapes
that were tried. What no such run can answer, no point will. Nothing is said of code that does not run to its
end on them, or may find out that it does not run on numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import call_in, wrap
from gradcheck.arithmetic.ranges import Range, Ranges
from gradcheck.errors import user_code
from gradcheck.formulas.calling.foreign import is_float_only
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.point import Point
from gradcheck.formulas.values import positive, unit_interval
from gradcheck.judging.candidates.running import call_candidate, given
from gradcheck.judging.steering.untried import UntriedSide

__all__ = ["possible_sides"]

_MOST_SHAPES = 8
_MOST_ENTRIES = 128

_OF_TYPES = frozenset(
    ["isinstance", "issubclass", "type", "hasattr", "getattr", "__class__", "dtype", "float", "int", "item"]
)


def possible_sides(
    claim: Claim, points: Sequence[Point], codes: Sequence[CodeType], sides: Sequence[UntriedSide]
) -> list[UntriedSide]:
    """Those of the sides that may happen, as far as ranges tell; ``codes`` are the user's functions."""
    shapes = {tuple(p.sizes.items()): p for p in points if p.entries <= _MOST_ENTRIES}
    whole = any(a.dtype.kind != "f" for p in points[:1] for a in p.args)  # what they may be is not in sight
    tells = any(code.co_exceptiontable or not _OF_TYPES.isdisjoint(code.co_names) for code in codes)
    if not sides or not shapes or whole or tells or is_float_only(claim.candidate):
        return list(sides)
    ranges = Ranges()
    try:
        for point in list(shapes.values())[:_MOST_SHAPES]:
            _run(claim, point, ranges)
    except Exception:
        return list(sides)
    return [side for side in sides if not _is_impossible(side, ranges)]


def _is_impossible(side: UntriedSide, ranges: Ranges) -> bool:
    """Whether a side is that of a comparison which has the other one alone. A watched comparison is named by
    what it asks: all of these on its line have to say so.
    """
    key = side.file, side.line, side.asks
    can = ranges.texts.get(key) or ranges.by_line.get(key) or {True, False}
    return side.never is not None and not side.of_state and (side.never == "true") not in can


def _run(claim: Claim, point: Point, ranges: Ranges) -> None:
    """Run forward and hand-written code on all that the declared values may be."""
    names = claim.formula.shapes.arguments
    args = [_whole(claim, n, a, ranges) for n, a in zip(names, point.args, strict=True)]
    before = given(claim, point, lambda a: _anything(np.shape(a), ranges))
    beside, count = list(before), len(args)

    def candidate(*values: Any) -> Any:
        leading = dict(zip(beside, values[count:], strict=True))
        return call_candidate(claim, point, list(values[:count]), leading)

    runs: list[tuple[Callable[..., Any], list[Any]]] = [
        (claim.formula.function, args),
        (candidate, [*args, *before.values()]),
    ]
    for function, values in runs:
        with user_code, np.errstate(all="ignore"):
            call_in(ranges, function, values)


def _whole(claim: Claim, name: str, array: NDArray[Any], ranges: Ranges) -> Any:
    """An argument that holds all that it may."""
    declared = claim.formula.values.get(name)
    if declared is positive:
        return _anything(array.shape, ranges, 5e-324)
    if declared is unit_interval:
        return _anything(array.shape, ranges, 5e-324, 1 - 2.0**-53)
    return _anything(array.shape, ranges)


def _anything(shape: tuple[int, ...], ranges: Ranges, low: float = -math.inf, high: float = math.inf) -> Any:
    """An array of ranges that are objects of their own: no two entries are the same number."""
    made = np.empty(shape, dtype=object)
    for index in np.ndindex(shape):
        made[index] = Range(low, high)
    return wrap(made, ranges)
