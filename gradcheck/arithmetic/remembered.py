"""What was worked out from an array that comes back, as the arguments and directions of a point do."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Remembered"]

T = TypeVar("T")

_RECENT, _SMALL = 64, 2**12
"""So many results are remembered, of arrays of at most so many numbers each."""


class Remembered(Generic[T]):
    """Results by the identity of the array they came from, which must be read-only and own its memory: no
    other can be known not to change. They are held with their arrays, so that an id stays one array's.
    """

    def __init__(self) -> None:
        self._found: dict[Any, tuple[NDArray[np.float64], T]] = {}

    def get(self, array: NDArray[np.float64], besides: Any = None) -> T | None:
        """What was kept for an array and something ``besides`` that the result depends on."""
        found = self._found.get((id(array), besides))
        return None if found is None else found[1]

    def keep(self, result: T, array: NDArray[np.float64], besides: Any = None) -> T:
        """The result, kept if the array is of the kind that can be."""
        if not array.flags.writeable and array.base is None and array.size <= _SMALL:
            if len(self._found) >= _RECENT:
                self._found.pop(next(iter(self._found)), None)
            self._found[id(array), besides] = array, result
        return result
