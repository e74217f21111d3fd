"""Comparisons of an argument with a number that its declared values decide: `p > 0` where p is positive.

Only of the argument itself, its parts and its extremes: what is computed from it may be anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["Range", "decided", "is_extreme"]

Range = tuple[float, float]
"""The smallest and the largest number that are allowed, both themselves too."""

_ORDERS = {"greater", "greater_equal", "less", "less_equal"}
_CHOOSING = {"maximum", "minimum", "fmax", "fmin"}
_JOINING = {"logical_and", "logical_or", "logical_not", "invert", "bitwise_and", "bitwise_or"}


def decided(ufunc: np.ufunc, method: str, inputs: Sequence[Any]) -> bool:
    """Whether there is one answer for all declared values; of truth values, whether each has one."""
    if ufunc.__name__ in _JOINING and method in ("__call__", "reduce"):
        return all(getattr(one, "is_decided", False) for one in inputs)
    if method != "__call__" or len(inputs) != 2:
        return False
    for array, number in (inputs, inputs[::-1]):
        declared: Range | None = getattr(array, "declared", None)
        if declared is None or not isinstance(number, int | float | np.generic):
            continue
        low, high = declared
        place = float(number)
        if ufunc.__name__ in _ORDERS:  # which do not turn back between the two ends
            return bool(ufunc(low, number) == ufunc(high, number))
        return ufunc.__name__ in {*_CHOOSING, "equal", "not_equal"} and not low <= place <= high
    return False


def is_extreme(ufunc: np.ufunc, method: str) -> bool:
    """Whether a result is one of the numbers that go in."""
    return method == "reduce" and ufunc.__name__ in _CHOOSING
