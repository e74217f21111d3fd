"""Whether float64 and ball arithmetic ran the same computation.

They did not where the code asks for the type of its arguments or rounds to float32 on the way, and they
would not if an arithmetic of ours misread a NumPy call. What is certified must be what the user runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import ObjectArray, midpoints
from gradcheck.arithmetic.precisions import DOUBLE
from gradcheck.errors import user_code
from gradcheck.judging.points.point import Point

__all__ = ["MORE_ROUNDING", "cancellation", "largest", "leaves_range", "same_code", "unknown_rounding"]

MORE_ROUNDING = 16
"""How much more rounding than an evaluation in balls at 53 bits (whose radii are a running error bound)
a float64 evaluation may make: other orders of summation, library functions that are off by a few units,
and a few times as many operations."""

_CLOSE = 2.0**-44
"""float64 values this close to the balls, relatively, are the same: a few hundred roundings."""


K = TypeVar("K")
"""What arrays are named by: quantities, outputs, intermediates."""


def same_code(
    values: Mapping[K, NDArray[np.float64]],
    balls: Mapping[K, ObjectArray],
    low_precision: Callable[[], Mapping[K, ObjectArray]],
    point: Point,
    bits: int = DOUBLE,
) -> bool:
    """Whether float64 values are those of the balls, within rounding, where they are finite.

    ``low_precision`` gives the same balls at 53 bits (at ``bits``, of code that rounds to so many on the
    way); it is called only where the values are not close anyway. Their radii alone are no bound: a sum
    that cancels may be exact in the order of one and not of the other. So rounding at the size of what went
    in is granted too; this is no judgement on the values, only a guard against another computation.
    """
    if any(balls[quantity].shape != array.shape for quantity, array in values.items()):
        return False
    if _all_close(values, balls):
        return True
    rough: Mapping[K, ObjectArray] | None = None
    close = _CLOSE * 2.0 ** (DOUBLE - bits)
    granted = cancellation(point) * 2.0 ** (DOUBLE - bits)
    for quantity, array in values.items():
        near = midpoints(balls[quantity])
        with np.errstate(all="ignore"):
            doubtful = ~(np.abs(near - array) <= np.abs(near) * close + granted)
        most: Any = None
        for index in map(tuple, np.argwhere(doubtful)):
            ball: Any = balls[quantity][index]
            value = float(array[index])
            if not math.isfinite(value) or not ball.is_finite() or abs(ball - value) <= abs(ball) * close:
                continue
            rough = low_precision() if rough is None else rough
            low: Any = rough[quantity][index]
            if most is None:
                finite = [abs(b).upper() for b in balls[quantity].reshape(-1) if b.is_finite()]
                most = max(finite, default=arb(0))
            if abs(ball - value) > low.rad() * MORE_ROUNDING + most * close + granted:
                return False
    return True


def _all_close(values: Mapping[K, NDArray[np.float64]], balls: Mapping[K, ObjectArray]) -> bool:
    """All quantities at once: an operation on a small array costs the same for a large one."""
    stated = np.concatenate([array.ravel() for array in values.values()])
    near = midpoints(np.concatenate([balls[quantity].ravel() for quantity in values]))
    with np.errstate(all="ignore"):
        return bool((np.abs(near - stated) <= np.abs(near) * _CLOSE).all())


def cancellation(point: Point) -> float:
    """What a few hundred roundings at the size of what goes in may leave of terms that cancel.

    It is generous, as nothing is known of the terms. So it never makes an agreement.
    """
    inputs = largest(point.args)
    return _CLOSE * (inputs + max(1.0, inputs) * largest(point.delta))


def unknown_rounding(point: Point, bits: int = DOUBLE) -> float:
    """The same for a candidate of which nothing is known but its numbers: its terms may also be products
    with what comes out. In float32 only `MORE_ROUNDING` roundings are granted, as more would hide the
    gradient of a sigmoid at 8.
    """
    inputs, outputs = largest(point.args), largest(point.outputs)
    close = _CLOSE if bits == DOUBLE else MORE_ROUNDING * 2.0**-bits
    return close * (inputs + max(1.0, inputs) * max(1.0, outputs) * largest(point.delta))


def leaves_range(run: Callable[[], Any]) -> bool:
    """Whether a float64 computation underflows or overflows on the way: then it is unstable as code, and
    its values say nothing about the formula.
    """
    try:
        with np.errstate(under="raise", over="raise"), user_code:
            run()
    except FloatingPointError:
        return True
    except Exception:
        return False
    return False


def largest(arrays: Sequence[NDArray[Any]]) -> float:
    """The largest magnitude in any of the arrays; 0 where there is none."""
    return max((float(np.max(np.abs(a), initial=0.0)) for a in arrays), default=0.0)
