"""A point: one concrete shape with one value for each argument and for delta."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGE", "Point"]

LARGE = 2**16
"""Numbers in arguments and outputs beyond which a point is checked in float64 along directions: a product
of two 256 x 256 matrices takes 17 million operations, which would be 10 seconds in ball arithmetic."""


@dataclass(frozen=True)
class Point:
    """Where a claim is tried.

    ``args`` are the arguments in order (read-only arrays of exact float64 or integer values);
    ``outputs`` the forward's float64 values, one per output, and ``delta`` a cotangent for each;
    ``rate`` is the step size of update claims.
    """

    sizes: Mapping[str, int]
    args: tuple[NDArray[Any], ...]
    outputs: tuple[NDArray[np.float64], ...]
    delta: tuple[NDArray[np.float64], ...]
    multiple: bool  # the forward returns a tuple
    rate: float = 0.5
    origin: str = field(default="drawn", compare=False)

    @cached_property
    def wrt(self) -> tuple[int, ...]:
        """Positions of the arguments that can be differentiated: those of a floating dtype."""
        return tuple(i for i, a in enumerate(self.args) if a.dtype.kind == "f")

    @cached_property
    def shapes(self) -> tuple[Any, ...]:
        """What a backend prepares itself for: the shapes of floating arguments, the values of integers."""
        return tuple((a.shape, a.dtype.kind, a.tobytes() if a.dtype.kind != "f" else b"") for a in self.args)

    @cached_property
    def entries(self) -> int:
        """How many numbers there are in the arguments and outputs."""
        return sum(a.size for a in self.args) + sum(o.size for o in self.outputs)

    @property
    def large(self) -> bool:
        """Whether there are too many for ball arithmetic."""
        return self.entries > LARGE

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(o.shape for o in self.outputs)

    def with_values(self, args: tuple[NDArray[Any], ...], delta: tuple[NDArray[np.float64], ...]) -> Point:
        return replace(self, args=args, delta=delta)
