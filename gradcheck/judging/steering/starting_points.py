"""The points from which others are looked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradcheck.formulas.point import Point

__all__ = ["mild_first"]

_BASES = 3
"""Points from which one side is looked for."""


def mild_first(points: Sequence[Point]) -> list[Point]:
    """A few to start from: the smallest with several rows and columns, with mild values, where functions are
    not saturated, of different sizes. The first have no zeros and no ties; the last has the fewest numbers,
    which are solved for most easily.
    """
    if not points:
        return []
    order = sorted(points, key=lambda p: (1 in p.sizes.values(), p.entries, _extreme(p)))
    first = _of_different_sizes([p for p in order if p.origin == "plan"])[: _BASES - 1]
    rest = _of_different_sizes([p for p in order if not any(p is f for f in first)])
    few = min(points, key=lambda p: (p.origin != "plan", p.entries))
    chosen = {id(p): p for p in (*first, *rest[: _BASES + 1 - len(first)], few)}
    return list(chosen.values())


def _of_different_sizes(points: Sequence[Point]) -> list[Point]:
    """The first point of each shape."""
    by_sizes = {tuple(p.sizes.items()): p for p in reversed(points)}
    return list(by_sizes.values())[::-1]


def _extreme(point: Point) -> float:
    """How many powers of two the largest value is away from 1."""
    largest = max((float(np.max(np.abs(a), initial=0.0)) for a in point.args), default=1.0)
    return abs(float(np.log2(largest))) if largest else np.inf
