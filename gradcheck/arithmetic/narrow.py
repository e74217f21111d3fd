"""float32 that stands for the real numbers: the formula is judged, not its rounding.

A forward that stores into float32 buffers, or casts to float32, is written in a formula like any other.
Where that is granted, exact arithmetics take float32 for float64; how many digits the code loses by it is
seen in its float64 run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Narrow", "is_exact", "is_granted", "taken_as_exact"]


@dataclass
class Narrow:
    """Whether the code that ran meanwhile used float32: ``seen``."""

    seen: bool = False


_granted: ContextVar[Narrow | None] = ContextVar("_granted", default=None)


@contextmanager
def taken_as_exact() -> Iterator[Narrow]:
    """Grant float32 to what runs inside."""
    narrow = Narrow()
    token = _granted.set(narrow)
    try:
        yield narrow
    finally:
        _granted.reset(token)


def is_granted() -> bool:
    """Whether float32 stands for the real numbers here."""
    return _granted.get() is not None


def is_exact(dtype: Any) -> bool:
    """Whether a float of this dtype is one of the arithmetic's own numbers."""
    kind = np.dtype(dtype)
    if kind == np.float64:
        return True
    narrow = _granted.get()
    if narrow is None or kind != np.float32:
        return False
    narrow.seen = True
    return True
