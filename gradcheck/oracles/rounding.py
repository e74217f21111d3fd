"""From a ball to the float64 nearest to the number in it, and how far away that number can be.

Rounding to the nearest float64 never goes down while the number goes up. So where both ends of a ball
round to the same float64, every number between them does. Where they do not, the ball holds a midpoint
of two neighbours, and only a narrower ball can tell.
"""

from __future__ import annotations

import math

import flint
from flint import arb

from gradcheck.arithmetic import precision

__all__ = ["distance", "even_neighbour", "nearest"]

_ENOUGH = 128
"""Bits that hold a float64 and much that follows."""

_LOWEST = -1080
"""A magnitude below 2^-1080 rounds to zero (the smallest float64 is 2^-1074, and half of it 2^-1075)."""

_HIGHEST = 1100
"""A magnitude of 2^1100 is beyond float64, which ends below 2^1024."""


def nearest(ball: arb) -> float | None:
    """The float64 nearest to every number of the ball, ties to even; None where the ball is too wide.

    Infinite where the number is beyond the largest float64 by half a unit or more. Zero has no sign.
    """
    if not ball.is_finite():
        return None
    low, high = _ends(ball)
    return low if low == high else None


def even_neighbour(ball: arb) -> float | None:
    """The even one of two neighbours whose midpoint the ball holds; None where it holds more than that.

    For a number that no precision can tell from a midpoint: if it is one, this is its rounding.
    """
    if not ball.is_finite():
        return None
    low, high = _ends(ball)
    if not (math.isfinite(low) and math.nextafter(low, math.inf) == high):
        return None
    unit = math.ulp(0.0) if 0.0 in (low, high) else min(math.ulp(low), math.ulp(high))
    return low if (low / unit) % 2 == 0 else high


def distance(ball: arb, value: float) -> float:
    """The largest distance between ``value`` and a number of the ball, rounded up; 0 where it is exact."""
    if not math.isfinite(value):
        return math.inf
    with precision(max(flint.ctx.prec, _ENOUGH)):
        widest = abs(ball - arb(value)).upper()
    if not widest.is_finite():
        return math.inf
    rounded = _rounded(widest)
    return rounded if arb(rounded) >= widest else math.nextafter(rounded, math.inf)


def _ends(ball: arb) -> tuple[float, float]:
    """Both ends of a finite ball, rounded."""
    if ball.is_exact():
        value = _rounded(ball)
        return value, value
    with precision(max(flint.ctx.prec, _ENOUGH)):  # flint rounds the ends outwards to this many bits
        return _rounded(ball.lower()), _rounded(ball.upper())


def _rounded(exact: arb) -> float:
    """An exact ball as the nearest float64, ties to even, through Python's integers.

    `int / int` and `float(int)` are rounded correctly, subnormal results included.
    """
    mantissa, exponent = (int(part) for part in exact.man_exp())
    magnitude = mantissa.bit_length() + exponent
    if mantissa == 0 or magnitude < _LOWEST:
        return 0.0
    try:
        if magnitude > _HIGHEST:
            raise OverflowError
        value = float(mantissa << exponent) if exponent >= 0 else mantissa / (1 << -exponent)
    except OverflowError:
        return math.copysign(math.inf, mantissa)
    return value or 0.0
