"""How much memory a forward takes at large sizes, told from what it takes at small ones.

A product of two tables of 200 x 200 has 40,000 entries, their Kronecker product 1,600 million.
"""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from gradcheck.errors import UsageError
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.point import Point
from gradcheck.judging.points.operations import operations
from gradcheck.judging.points.point import Discarded, ForwardFault, evaluate_forward, make_point

__all__ = ["MemoryModel", "peak_memory"]

_SIZES = (4, 8)

_MOST_OPERATIONS = 1500
"""Operations of a forward at the larger of these sizes, beyond which it is too dear for large ones."""


@dataclass(frozen=True)
class MemoryModel:
    """Bytes at size 8 in every dimension, and by which power of the sizes they grow."""

    bytes: float = 0.0
    power: float = 0.0

    @classmethod
    def of(cls, formula: Declaration) -> MemoryModel:
        """Of a forward's runs at two sizes; 0 where it does not run there, no bound where it is too dear."""
        peaks = []
        for size in _SIZES:
            sizes = {**dict.fromkeys(formula.shapes.names, size), **formula.given_sizes}
            if not formula.allows(sizes):
                return cls()
            with suppress(Discarded, ForwardFault, UsageError):
                rng = np.random.default_rng([61, size])
                point = make_point(formula, sizes, rng)
                if operations(formula.function, point.args, _MOST_OPERATIONS) >= _MOST_OPERATIONS:
                    return cls(math.inf)
                peaks.append(peak_memory(formula, point))
        if len(peaks) < len(_SIZES) or not all(peaks):
            return cls()
        return cls(peaks[1], max(math.log2(peaks[1] / peaks[0]), 0.0))

    def needed(self, sizes: Mapping[str, int]) -> float:
        """Bytes at other sizes, taken to be all alike."""
        if not sizes:
            return self.bytes
        mean = math.exp(sum(map(math.log, sizes.values())) / len(sizes))
        return self.bytes * math.pow(mean / _SIZES[1], self.power)


def peak_memory(formula: Declaration, point: Point) -> int:
    """Bytes that the forward holds at a time, beside its arguments."""
    tracing = tracemalloc.is_tracing()
    if not tracing:
        tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        evaluate_forward(formula, point.args)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        if not tracing:
            tracemalloc.stop()
    return peak - before
