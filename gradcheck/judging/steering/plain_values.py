"""Points as tests and other layers make them, which draws of random numbers hardly ever are.

Whole numbers with a delta of ones, what is in order, numbers of many digits, one entry that is not 0: code
may ask for these in ways that leave no comparison to see.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.point import Point
from gradcheck.judging.steering.changes import one_hot, ordered, whole
from gradcheck.judging.steering.moves import Moves
from gradcheck.judging.steering.starting_points import mild_first

__all__ = ["near_numbers", "plain_values"]

_ENTRIES = 64
"""Numbers in a point from which these are made."""


def near_numbers(moves: Moves, points: Sequence[Point], numbers: Iterable[float]) -> Iterator[Point]:
    """Points with values at, and close to, the numbers of the code that draws hardly come near: a bump at
    33.3, or 1e-12 under a root, which shows where what is added to it is as small.
    """
    wanted: dict[float, None] = {}
    for number in numbers:
        size = abs(number)
        if 0 < size < 1e-3:
            wanted |= dict.fromkeys((number, float(np.sqrt(size))))
        elif 16 < size < 1e12:
            wanted[number] = None
    for number in list(wanted)[:_MOST_NUMBERS]:
        for base in _bases(points):
            for i in range(len(base.args)):
                near = number * (1.0 + np.resize(_BESIDE, base.args[i].shape))
                values = moves.allowed(base, {i: near}) if moves.may_move(base, i) else None
                if values is None:
                    continue
                # all entries, and one alone: the others show what a mistake costs that saturates its own
                for changed in (values, *itertools.islice(moves.of_one_entry(base, values), 1)):
                    if (point := moves.point(base, changed)) is not None:
                        yield point


_MOST_NUMBERS = 4

_BESIDE = np.array([0.0, 1e-3, -1e-3, 0.5, -0.5, 1e-5, -1e-5])
"""How far beside a number, as parts of it."""


def plain_values(moves: Moves, points: Sequence[Point]) -> Iterator[Point]:
    """A few changes of one point that has several entries along each dimension."""
    for base in _bases(points):
        for moved in _changes(moves, base):
            values = moves.allowed(base, moved)
            point = None if values is None else moves.point(base, values)
            if point is not None:
                yield point


def _bases(points: Sequence[Point]) -> list[Point]:
    """One point with few numbers and several entries along each dimension; none where there is none."""
    several = [p for p in points if p.entries <= _ENTRIES and all(n > 1 for n in p.sizes.values())]
    return mild_first(several)[:1] if several else []


def _of_many_digits(array: NDArray[Any]) -> NDArray[Any]:
    """The array a little moved: drawn numbers have four decimals, which code may round to."""
    beside = 2.0**-20 * np.sqrt(2.0 + np.arange(array.size)).reshape(array.shape)
    return np.asarray(array * (1.0 + beside))


def _changes(moves: Moves, base: Point) -> Iterator[dict[int, NDArray[Any]]]:
    arrays, count = [*base.args, *base.delta], len(base.args)
    free = [i for i in range(len(arrays)) if moves.may_move(base, i)]
    yield {i: whole(arrays[i]) if i < count else np.ones_like(arrays[i]) for i in free}
    yield {i: ordered(1.0)(arrays[i]) for i in free if i < count}
    yield {i: _of_many_digits(arrays[i]) for i in free if arrays[i].dtype.kind == "f"}
    # what the code is linear in: one entry of delta, or of one tangent while the others are zero
    linear = moves.claim.kind.linear_in(moves.claim.formula)
    one_by_one = linear[1] if linear is not None else ()
    yield {i: one_hot(arrays[i]) for i in free if i >= count}
    for alone in free if len(base.delta) > 1 else []:  # a loss that uses one output only
        if alone >= count:
            yield {i: np.zeros_like(arrays[i]) for i in free if i >= count and i != alone}
    for chosen in one_by_one:
        if chosen in free:
            others = {i: np.zeros_like(arrays[i]) for i in one_by_one if i in free}
            yield {**others, chosen: one_hot(arrays[chosen])}
            yield {chosen: np.zeros_like(arrays[chosen])}  # of what does not move
