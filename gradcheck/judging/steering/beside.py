"""Points just beside the numbers that code compares with, and points that hold the whole numbers in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.arithmetic.watched import Site
from gradcheck.formulas.point import Point
from gradcheck.judging.points.asked_sizes import whole_numbers
from gradcheck.judging.steering.coverage import Coverage
from gradcheck.judging.steering.moves import Moves, Values
from gradcheck.judging.steering.starting_points import mild_first
from gradcheck.judging.steering.watching import WatchedCode

__all__ = ["beside_constants", "beside_thresholds", "numbers_of_the_code"]

_FEW = 64
"""Numbers in a point from which points close to thresholds are made."""

_MOST_CONSTANTS = 4
_MOST_BESIDE = 6
"""Thresholds, and points beside them, for one claim."""

_MOST_OF_NUMBERS = 12
"""Points for the whole numbers of the code, for each argument of integers."""

_DISTANCES = np.array([2.0**-23, -(2.0**-23), 1e-4, -1e-4, 1e-3, -1e-3, 5e-3, -5e-3])
"""How far beside a threshold, as parts of it (of 1 where it is less): between one in float32 and one that
was rounded to two digits."""

_CLOSE = np.array([2.0**-23, -(2.0**-23)])
"""The same for numbers below 1, and for what is computed, as parts of the number."""

_MOST_THRESHOLDS = 8
"""Comparisons of what is computed beside which points are made."""

_WORK_BESIDE = 2_000
"""Operations for the points beside one threshold."""


def numbers_of_the_code(code: WatchedCode, moves: Moves, tried: Sequence[Point]) -> list[Point]:
    """Points at which arguments of integers hold the whole numbers that are written in the code, and
    their neighbours: keys of dicts, members of sets, remainders are no comparisons.
    """
    bases = sorted((p for p in tried if p.entries <= _FEW), key=lambda p: -p.entries)
    kept = [i for i in range(len(bases[0].args)) if bases[0].args[i].dtype.kind in "iu"] if bases else []
    if not kept:
        return []
    numbers = set(whole_numbers(code.claim.formula.function)) | {0}
    numbers |= set(whole_numbers(code.claim.candidate)) if code.seen_through else set()
    found: list[Point] = []
    for i in kept:
        seen = {int(n) for p in tried for n in p.args[i].reshape(-1)[:_FEW]}
        base = max(bases, key=lambda p: p.args[i].size)
        new = [n for n in moves.numbers_for(base, i, sorted(numbers)) if n not in seen]
        size = max(base.args[i].size, 1)
        for start in range(0, min(len(new), size * _MOST_OF_NUMBERS), size):
            held = np.resize(new[start : start + size], base.args[i].shape)
            values = moves.allowed(base, {i: held})
            point = moves.point(base, values) if values else None
            found += [] if point is None else [point]
    return found


def beside_constants(moves: Moves, coverage: Coverage, points: Sequence[Point]) -> list[Point]:
    """Points with entries at small distances to both sides of each number that is compared with."""
    found: list[Point] = []
    constants = {c for extent in coverage.sides.values() for c in extent.constants}
    bases = sorted((p for p in points if p.entries <= _FEW), key=lambda p: -p.entries)
    for constant in sorted(constants, key=abs)[:_MOST_CONSTANTS]:
        for i in range(len(bases[0].args) if bases else 0):
            base = bases[0]
            if len(found) < _MOST_BESIDE and moves.may_move(base, i) and base.args[i].ndim:
                steps = (*_CLOSE * abs(constant), *_DISTANCES * max(1.0, abs(constant)))
                near = constant + np.resize(steps, base.args[i].shape)
                values = moves.allowed(base, {i: near})
                found += [p for p in [moves.point(base, values) if values else None] if p is not None]
    return found


def beside_thresholds(code: WatchedCode, moves: Moves, coverage: Coverage) -> list[Point]:
    """Points at which what was computed lies just beside the number that it is compared with."""
    found: list[Point] = []
    for site, extent in list(coverage.sides.items())[:_MOST_THRESHOLDS]:
        number = min((abs(c) for c in extent.constants if c), default=None)
        bases = coverage.bases[site, True]
        if bases and code.left > 0:
            found += _close_to(code, moves, bases, site, number)
    return found


def _close_to(
    code: WatchedCode, moves: Moves, bases: Sequence[Point], site: Site, number: float | None
) -> list[Point]:
    """Halve a line on which a comparison turns over, down to a small part, on both sides, of the number that
    is compared with; where that is 0 (`x + 1.001 > 0`), of how far the comparison is from turning over.
    """
    stop = code.left - _WORK_BESIDE
    base = mild_first(bases)[0]
    start = _margin(code, base, site, (base.args, base.delta))
    if start is None:
        return []
    distance = max(_CLOSE) * (min(1.0, abs(start)) if number is None else number)
    for _, values in moves.changes(base, ()):
        if code.left <= max(stop, 0):
            return []
        end = _margin(code, base, site, values)
        if end is not None and (end > 0) != (start > 0):
            break
    else:
        return []
    ends = {start > 0: (0.0, start), end > 0: (1.0, end)}
    for _ in range(60):
        if all(abs(margin) <= distance for _, margin in ends.values()) or code.left <= 0:
            break
        middle = sum(t for t, _ in ends.values()) / 2
        on_line = moves.along(base, values, middle)
        margin = None if on_line is None else _margin(code, base, site, on_line)
        if margin is None:
            return []
        ends[margin > 0] = middle, margin
    made = [moves.along(base, values, t) for t, margin in ends.values() if abs(margin) <= distance]
    return [p for m in made if m is not None and (p := moves.point(base, m)) is not None]


def _margin(code: WatchedCode, base: Point, site: Site, values: Values) -> float | None:
    """The largest margin of a comparison; None where it is not made."""
    extent = code.extent(base, site, values)
    return None if extent is None or not np.isfinite(extent.margins[True]) else extent.margins[True]
