"""NumPy's functions that round to decimals or towards zero, by the ufuncs that round to whole numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arithmetic.array import ElementArray
from gradcheck.arithmetic.dispatch import implements

__all__: list[str] = []


@implements(np.round, np.around)
def _round(a: ElementArray, decimals: Any = 0) -> Any:
    """As NumPy does it: the value times a power of ten is rounded, half to even, and divided again."""
    power = 10.0 ** abs(int(decimals))
    if power == 1:
        return np.rint(a)
    return np.rint(a * power) / power if decimals > 0 else np.rint(a / power) * power


@implements(np.fix)
def _fix(x: ElementArray) -> Any:
    return np.trunc(x)
