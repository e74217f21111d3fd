"""The random directions along which slopes are compared, one for each quantity that a claim states.

An error in any entry shows in a slope with probability one, and a slope costs two evaluations where all
entries cost two for each. A table of derivatives of many outputs by many entries has the direction
`v (x) u`, with `v` over the outputs and `u` over the argument: its slope is that of `sum(v * output)` along
`u`. A wrong table is orthogonal to a product of two random factors with probability zero as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity

__all__ = ["Directions", "factors", "random_directions"]

Directions = Mapping[Quantity, NDArray[np.float64]]

_SEED = 54321


@lru_cache(maxsize=256)
def random_directions(shapes: tuple[tuple[int, ...], ...]) -> tuple[NDArray[np.float64], ...]:
    """One random direction for each shape: 16-bit numbers of either sign, the same in every run and for all
    claims of a formula.

    A product of two of them, and their sums with other such products, are exact in float64.
    """
    rng = np.random.default_rng(_SEED)
    directions = []
    for shape in shapes:
        sign = rng.choice([-1.0, 1.0], shape)
        direction = np.asarray(sign * rng.integers(2**15, 2**16, shape) / 2**16)
        direction.flags.writeable = False
        directions.append(direction)
    return tuple(directions)


def factors(point: Point, position: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The directions over the output and over one argument whose product is that of their table."""
    v, u = random_directions((point.output_shapes[0], point.args[position].shape))
    return v, u
