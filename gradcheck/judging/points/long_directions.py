"""Random directions through millions of numbers, without drawing millions of numbers.

A direction through an array is an outer product of one random vector along its last axis and one over
all others. Its entries are continuous and none is zero, so an error in a single entry always shows;
errors in several entries cancel with probability zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Direction"]

_BLOCK = 2**16
"""Entries worked on at a time: half a megabyte, which stays in the processor's cache."""


class Direction:
    """A direction through an array: `rows[k // width] * columns[k % width]` at the flat index k, zero
    outside of ``start`` to ``stop``. Its entries are about as large as the array's.
    """

    def __init__(self, array: NDArray[Any], seed: int) -> None:
        rng = np.random.default_rng([2718, seed])
        self.shape = array.shape
        self.width = array.shape[-1] if array.ndim else 1
        self.rows = _signed(rng, array.size // self.width)
        self.columns = _signed(rng, self.width) * (_size(array) or 1.0)
        self.start, self.stop = 0, array.size

    @classmethod
    def unit(cls, array: NDArray[Any], index: tuple[int, ...]) -> Direction:
        """The direction of one entry."""
        made = cls.__new__(cls)
        made.shape, made.width = array.shape, array.shape[-1] if array.ndim else 1
        made.rows, made.columns = np.ones(array.size // made.width), np.ones(made.width)
        made.start = int(np.ravel_multi_index(index, array.shape)) if array.ndim else 0
        made.stop = made.start + 1
        return made

    @property
    def size(self) -> int:
        """How many entries are not zero."""
        return self.stop - self.start

    def halves(self) -> tuple[Direction, Direction]:
        """The same direction through the first and through the second half of its entries."""
        middle = (self.start + self.stop) // 2
        return self._through(self.start, middle), self._through(middle, self.stop)

    def index(self) -> tuple[int, ...]:
        """Where its first entry stands."""
        return tuple(int(i) for i in np.unravel_index(self.start, self.shape))

    def dot(self, gradient: NDArray[Any]) -> float:
        """`sum(gradient * direction)`, as matrix-vector products where it goes through everything."""
        if self.size == gradient.size:
            return float(self.rows @ (gradient.reshape(-1, self.width) @ self.columns))
        return float(gradient.reshape(-1)[self.start : self.stop] @ self._flat(self.start, self.stop))

    def shifted(self, array: NDArray[Any], step: float, out: NDArray[Any]) -> NDArray[Any]:
        """``array + step * direction``, written into ``out``."""
        if self.size < array.size:
            np.copyto(out, array)
            moved = out.reshape(-1)[self.start : self.stop]
            moved += step * self._flat(self.start, self.stop)
            return out
        source, target = array.reshape(-1, self.width), out.reshape(-1, self.width)
        height = max(1, _BLOCK // self.width)
        scaled = self.columns * step
        for top in range(0, len(target), height):
            block = slice(top, top + height)
            np.multiply(self.rows[block, None], scaled, out=target[block])
            target[block] += source[block]
        return out

    def _through(self, start: int, stop: int) -> Direction:
        made = Direction.__new__(Direction)
        made.__dict__.update(self.__dict__)
        made.start, made.stop = start, stop
        return made

    def _flat(self, start: int, stop: int) -> NDArray[np.float64]:
        places = np.arange(start, stop)
        return np.asarray(self.rows[places // self.width] * self.columns[places % self.width])


def _signed(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    return np.asarray(rng.choice([-1.0, 1.0], count) * rng.uniform(0.5, 1.0, count))


def _size(array: NDArray[Any]) -> float:
    """The root mean square, without a temporary as large as the array, and without BLAS: that shares a dot
    product of 10,000 numbers among all cores, whose waiting costs a hundred times the sum itself.
    """
    flat = array.reshape(-1)
    return float(np.sqrt(np.einsum("i,i->", flat, flat) / max(flat.size, 1)))
