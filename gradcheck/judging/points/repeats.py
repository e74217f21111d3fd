"""Whether two calls with the same arguments gave the same answer.

To the last bit, unless the code is declared not to be deterministic: threads that add in the order in which
they come give answers that differ by rounding, and by no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.point import Point

__all__ = ["NOT_DETERMINISTIC", "ONLY_ROUNDING", "repeats", "within_rounding"]

NOT_DETERMINISTIC = "the code is not deterministic"
"""How messages on changing answers end."""

_ROUNDINGS = 16
"""Half units granted besides one for each term of a sum: a few operations."""

ONLY_ROUNDING = "; where no more than the order of its sums changes, say deterministic=False"


def repeats(
    first: NDArray[np.float64], second: NDArray[np.float64], point: Point, bits: int, *, deterministic: bool
) -> bool:
    """Whether the second answer is the first again, to the last bit or within rounding."""
    if np.array_equal(first, second, equal_nan=True):
        return True
    return not deterministic and within_rounding(first, second, point, bits)


def within_rounding(first: NDArray[np.float64], second: NDArray[np.float64], point: Point, bits: int) -> bool:
    """Whether two answers differ by no more than sums in another order do, in floats of so many bits.

    A sum of n terms is off by at most n half units of the sum of their magnitudes (Higham, Accuracy and
    Stability of Numerical Algorithms, 4.2), and n is at most the number of entries that go in. Terms are
    taken to be as large as what goes in, times what comes out, times delta.
    """
    if first.shape != second.shape or not np.array_equal(np.isfinite(first), np.isfinite(second)):
        return False
    terms = max(a.size for a in (*point.args, *point.delta, *point.outputs))
    inputs, outputs, delta = map(_largest, (point.args, point.outputs, point.delta))
    size = inputs + max(1.0, inputs) * max(1.0, outputs) * delta + _largest([first[np.isfinite(first)]])
    with np.errstate(invalid="ignore"):
        apart = np.abs(first - second)
    return not (apart > (_ROUNDINGS + terms) * 2.0**-bits * size).any()


def _largest(arrays: Sequence[NDArray[Any]]) -> float:
    return max((float(np.max(np.abs(a), initial=0.0)) for a in arrays), default=0.0)
