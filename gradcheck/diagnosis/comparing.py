"""When two arrays of balls hold the same numbers, and how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.diagnosis.tracing.budget import spend

__all__ = ["RESOLUTION", "ROUNDED", "Mask", "apart", "distance", "relative", "same"]


Mask = NDArray[np.bool_]


RESOLUTION = 1e-25
"""Two numbers that differ by less than this part of their size are the same: as for the judge."""


_FLOOR = 1e-45
"""Part of the largest entry below which a number counts as zero: 212 bits are about 1e-63."""


ROUNDED = 1e-3
"""Differences smaller than this may be constants that are rounded differently, and are looked into."""


def same(a: Any, b: Any, zero: float = 0.0) -> Mask:
    """Entry by entry, whether two arrays of balls hold the same numbers, within `RESOLUTION`.

    What is below ``zero`` is all the same.
    """
    floor = _largest(a, b) * _FLOOR + zero
    close = [abs(x - y).lower() <= _size(x, y) * RESOLUTION + floor for x, y in _pairs(a, b)]
    return np.array(close, dtype=bool).reshape(a.shape)


def apart(a: Any, b: Any) -> Mask:
    """Entry by entry, whether two arrays of balls are disjoint."""
    return np.array([not x.overlaps(y) for x, y in _pairs(a, b)], dtype=bool).reshape(a.shape)


def distance(a: Any, b: Any) -> float:
    """How far two arrays of balls are apart, as a part of the largest entry."""
    top = _largest(a, b)
    far = _largest(a - b) if np.shape(a) else _largest(np.reshape(a - b, (1,)))
    return float((far / top).mid()) if top > 0 else 0.0


def relative(a: Any, b: Any, zero: float = 0.0) -> NDArray[np.float64]:
    """Entry by entry, how far two arrays of balls are apart, as a part of their size."""
    floor = _largest(a, b) * _FLOOR + zero
    found = []
    for x, y in _pairs(a, b):
        size = _size(x, y) + floor
        found.append(float((abs(x - y).lower() / size).mid()) if size > 0 else 0.0)
    return np.array(found).reshape(a.shape)


def _pairs(a: Any, b: Any) -> Sequence[tuple[arb, arb]]:
    spend(1 + np.size(a) // 20)
    return list(zip(a.reshape(-1), b.reshape(-1), strict=True))


def _size(x: arb, y: arb) -> arb:
    return abs(x).mid() + abs(y).mid() if x.is_finite() and y.is_finite() else arb(0)


def _largest(*arrays: Any) -> arb:
    """The largest finite entry."""
    top = arb(0)
    for array in arrays:
        for ball in array.reshape(-1):
            if ball.is_finite():
                top = top.max(abs(ball.mid()))
    return top
