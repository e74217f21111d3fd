"""Tolerances of two digits: short to write, and never smaller than what was derived."""

from __future__ import annotations

import decimal

__all__ = ["rounded_up"]


def rounded_up(value: float) -> float:
    """The next number of two decimal digits."""
    return float(_TWO_DIGITS.create_decimal_from_float(value))


_TWO_DIGITS = decimal.Context(prec=2, rounding=decimal.ROUND_CEILING)
