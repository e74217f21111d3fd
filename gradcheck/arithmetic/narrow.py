"""Narrow floats that stand for the real numbers: the formula is judged, not its rounding.

A forward that stores into float32 buffers, or casts to float32, is written in a formula like any other, and
so is a kernel in float16 that sums in float32. Where that is granted, exact arithmetics take such a type for
float64; how many digits the code loses by it is seen where it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arithmetic.precisions import DOUBLE, SINGLE

__all__ = ["Narrow", "is_exact", "is_granted", "taken_as_exact", "width_of_cast"]


@dataclass
class Narrow:
    """Whether the code that ran meanwhile used a narrow type: ``seen``. Types of fewer than ``bits`` are
    refused. Where ``rounds``, a cast gives all that rounding may make of a number: a decision that hangs on
    what a cast leaves of it is then none.
    """

    bits: int = SINGLE
    rounds: bool = False
    seen: bool = False


_granted: ContextVar[Narrow | None] = ContextVar("_granted", default=None)


@contextmanager
def taken_as_exact(bits: int = SINGLE, *, rounds: bool = False) -> Iterator[Narrow]:
    """Grant types of so many bits or more to what runs inside."""
    narrow = Narrow(bits, rounds)
    token = _granted.set(narrow)
    try:
        yield narrow
    finally:
        _granted.reset(token)


def is_granted() -> bool:
    """Whether narrow floats stand for the real numbers here."""
    return _granted.get() is not None


def is_exact(dtype: Any) -> bool:
    """Whether a float of this dtype is one of the arithmetic's own numbers."""
    kind = np.dtype(dtype)
    if kind == np.float64:
        return True
    narrow = _granted.get()
    if narrow is None or _BITS.get(kind.name, 0) < narrow.bits:
        return False
    narrow.seen = True
    return True


def width_of_cast(dtype: Any) -> float:
    """What a cast may change of a number, relatively, where that is asked about; 0 elsewhere."""
    narrow = _granted.get()
    bits = _BITS.get(np.dtype(dtype).name, DOUBLE)
    return 2.0**-bits if narrow is not None and narrow.rounds and bits < DOUBLE else 0.0


_BITS = {"float32": SINGLE, "float16": 11, "bfloat16": 8}
"""Bits of the significand, by the type's name."""
