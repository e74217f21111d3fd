"""What was worked out from an array that comes back, as the arguments and directions of a point do."""

from __future__ import annotations

from collections.abc import Callable
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

    def of(self, array: NDArray[np.float64], besides: Any, make: Callable[[], T]) -> T:
        """The result for an array and something ``besides`` that it depends on."""
        key = (id(array), besides)
        found = self._found.get(key)
        if found is not None:
            return found[1]
        result = make()
        if not array.flags.writeable and array.base is None and array.size <= _SMALL:
            if len(self._found) >= _RECENT:
                self._found.pop(next(iter(self._found)), None)
            self._found[key] = array, result
        return result
