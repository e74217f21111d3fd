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

from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import expected_shapes
from gradcheck.judging.points.point import Point

__all__ = ["Directions", "directions_of", "factors", "is_whole"]

Directions = Mapping[Quantity, NDArray[np.float64]]

_SEED = 54321


@lru_cache(maxsize=256)
def _random(shapes: tuple[tuple[int, ...], ...]) -> tuple[NDArray[np.float64], ...]:
    """One random direction for each shape: 16-bit numbers of either sign, the same in every run.

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


def directions_of(claim: Claim, point: Point) -> Directions | None:
    """One direction for each quantity, the same for all claims of a formula. None for tables of derivatives
    of several outputs.
    """
    names = claim.formula.shapes.arguments
    if claim.kind in ("vjp", "update", "forward"):
        drawn = _random(tuple(point.args[i].shape for i in point.wrt))
        return {claim.quantity(names[i]): d for i, d in zip(point.wrt, drawn, strict=True)}
    ((quantity, shape),) = expected_shapes(claim, point).items()
    scalar = claim.entry is not None and claim.entry.scalar
    if len(point.outputs) != 1 and not scalar:
        return None
    if not is_whole(claim):
        return {quantity: _random((shape,))[0]}
    v, u = factors(point, names.index(str(claim.target)))
    # an entry claim has the indices of the argument first, see `EntrySpec`
    product = np.multiply.outer(u, v) if claim.kind == "entry" else np.multiply.outer(v, u)
    direction = product.reshape(shape)
    direction.flags.writeable = False
    return {quantity: direction}


def factors(point: Point, position: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The directions over the output and over one argument whose product is that of their table."""
    v, u = _random((point.output_shapes[0], point.args[position].shape))
    return v, u


def is_whole(claim: Claim) -> bool:
    """Whether a claim states all derivatives of the output by one argument: a Jacobian, or the entry
    `dz/dA[i,j]` with an index of its own for every axis.
    """
    entry = claim.entry
    if entry is None:
        return claim.kind in ("jacobian", "layout")
    return not entry.scalar and entry.output_index is None and entry.free == entry.argument_index
