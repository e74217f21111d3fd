"""Which number a float in the code stands for.

`0.1` is no tenth in float64, and `1 / 3` no third; `3 * 0.044715` is rounded once more. A proof is about the
formula, so a float that is the rounding of a short decimal or of a small fraction is that number. Any other
float is the fraction that it is.
"""

from __future__ import annotations

import math
from fractions import Fraction

__all__ = ["irrational", "meant"]

_DIGITS = 12
"""Significant digits of a decimal that a person writes."""
_DENOMINATOR = 10**6


def meant(value: float) -> Fraction:
    """The number that a float stands for: it is rounded to this float, and to no other.

    A unit in the last place beside it is another number: what differs there is neither refuted nor proved.
    Raises ValueError for NaN and OverflowError for infinities.
    """
    exact = Fraction(value)
    if exact.denominator <= _DENOMINATOR:
        return exact
    if _digits(value) <= _DIGITS:
        return Fraction(repr(value))
    near = exact.limit_denominator(_DENOMINATOR)
    return near if near and float(near) == value else exact


def _digits(value: float) -> int:
    """The significant digits of the shortest decimal that is rounded to this float."""
    mantissa = repr(abs(value)).split("e")[0].replace(".", "").strip("0")
    return len(mantissa)


def irrational(value: float) -> tuple[Fraction, int] | None:
    """A small fraction q and a whole number k, where the float stands for a root of `q pi**k`, but for its
    sign: `np.sqrt(2 * np.pi)` and `1 / np.sqrt(2)`, which are rounded more than once. None for any other, and
    for fractions.
    """
    square = Fraction(value) ** 2
    rounded = _ROUNDINGS * Fraction(math.ulp(value)) / Fraction(abs(value)) if value else Fraction(0)
    for k in (0, 1, -1, 2, -2):
        exact = square / _PI**k
        near = exact.limit_denominator(_SMALL)
        if k == 0 and _is_square(near):
            continue
        if 0 < near.numerator <= _SMALL and abs(near - exact) <= 2 * rounded * exact:
            return near, k
    return None


_PI = Fraction(3141592653589793238462643383279502884197, 10**39)
_SMALL = 1000
_ROUNDINGS = Fraction(3, 2)
"""Units in the last place that a root and a quotient, rounded one after the other, may be off."""


def _is_square(value: Fraction) -> bool:
    return all(math.isqrt(part) ** 2 == part for part in (value.numerator, value.denominator))
