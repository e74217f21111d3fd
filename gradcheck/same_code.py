"""Whether float64 and ball arithmetic ran the same computation.

They did not where the code asks for the type of its arguments or rounds to float32 on the way, and they
would not if an arithmetic of ours misread a NumPy call. What is certified must be what the user runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import ObjectArray

__all__ = ["MORE_ROUNDING", "same_code"]

MORE_ROUNDING = 16
"""How much more rounding than an evaluation in balls at 53 bits (whose radii are a running error bound)
a float64 evaluation may make: other orders of summation, library functions that are off by a few units,
and a few times as many operations."""

_CLOSE = 2.0**-46
"""float64 values this close to the balls, relatively, need no error bound to be called the same."""

_TINY = 2.0**-1000
"""Below this float64 underflows, and its values are as good as zero."""


def same_code(
    values: Mapping[str, NDArray[np.float64]],
    balls: Mapping[str, ObjectArray],
    low_precision: Callable[[], Mapping[str, ObjectArray]],
) -> bool:
    """Whether finite float64 values are those of the balls, within rounding.

    ``low_precision`` gives the same balls at 53 bits; it is called only where the values are not close
    anyway.
    """
    rough: Mapping[str, ObjectArray] | None = None
    for quantity, array in values.items():
        if balls[quantity].shape != array.shape:
            return False
        for index in np.ndindex(array.shape):
            ball: Any = balls[quantity][index]
            value = float(array[index])
            if not ball.is_finite() or abs(ball - value) <= abs(ball) * _CLOSE:
                continue
            rough = low_precision() if rough is None else rough
            low: Any = rough[quantity][index]
            if abs(ball - value) > low.rad() * MORE_ROUNDING + arb(_TINY):
                return False
    return True
