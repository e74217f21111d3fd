"""Kinks of a forward that ball arithmetic cannot run, seen in float64.

Where `kinks` cannot look, a tie in `np.partition` is still a point without a derivative, and
what a backend says there is a convention that nobody may be measured by. In float64 it is only told
that there is a kink, not what a gradient may be: nobody is compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.declaration import Declaration
from gradcheck.judging.points.point import Discarded, ForwardFault, Point, evaluate_forward

__all__ = ["bends"]

_DIRECTIONS = 3
_COARSEST, _FINEST = 4, 26
"""Steps from 2^-4 to 2^-26 of the arguments' size."""

_ALIKE = 6
"""So many steps in a row, each half of the one before, must show the same excess of the slopes.
Curvature halves it at each, a jump of the forward doubles it, and so does rounding."""

_CLEAR = 64.0
"""An excess of the slopes is seen where it is this many times what rounding may leave."""


Direction = Mapping[int, NDArray[np.float64]]


def bends(formula: Declaration, point: Point, moved: tuple[int, ...] | None = None) -> bool:
    """Whether the slopes of some output entry that delta weighs are not those of a linear function.

    Along `u` and `-u` they differ at most kinks; a median of three equal numbers tells only by
    `u`, `v` and `u + v`.
    """
    rng = np.random.default_rng(54321)
    weighed = np.concatenate([d.reshape(-1) for d in point.delta]) != 0
    for _ in range(_DIRECTIONS):
        u, v = (_direction(point, point.wrt if moved is None else moved, rng) for _ in range(2))
        if any(_bends_between(formula, point, u, w, weighed) for w in ({i: -a for i, a in u.items()}, v)):
            return True
    return False


def _bends_between(
    formula: Declaration, point: Point, u: Direction, v: Direction, weighed: NDArray[np.bool_]
) -> bool:
    """Whether the slopes along u and v do not add up to that along their sum, however short the step."""
    size = max([1.0, *(float(np.abs(point.args[i]).max()) for i in point.wrt)])
    centre = np.concatenate([z.reshape(-1) for z in point.outputs])
    both = {i: u[i] + v[i] for i in u}
    excess: list[NDArray[np.float64]] = []
    for k in range(_COARSEST, _FINEST + 1):
        step = size * 2.0**-k
        found = [_outputs(formula, point, w, step) for w in (u, v, both)]
        one, two, sum_of_both = (np.full(centre.shape, np.nan) if z is None else z for z in found)
        gap = np.abs(one + two - sum_of_both - centre) / step
        terms = sum(np.abs(z) for z in (one, two, sum_of_both, centre))
        noise = (32 + centre.size) * 2.0**-53 * terms / step
        excess.append(np.where(gap > _CLEAR * noise, gap, np.nan))
    same = [(fine > 0.8 * coarse) & (fine < 1.25 * coarse) & weighed for coarse, fine in pairwise(excess)]
    return any(np.logical_and.reduce(same[k : k + _ALIKE]).any() for k in range(len(same) - _ALIKE + 1))


def _direction(point: Point, moved: tuple[int, ...], rng: np.random.Generator) -> Direction:
    # entries of different sizes, so that what is tied comes apart
    return {
        i: rng.choice([-1.0, 1.0], point.args[i].shape) * rng.uniform(0.5, 1.0, point.args[i].shape)
        for i in moved
    }


def _outputs(
    formula: Declaration, point: Point, direction: Direction, step: float
) -> NDArray[np.float64] | None:
    args = tuple(a + step * direction[i] if i in direction else a for i, a in enumerate(point.args))
    try:
        outputs, _ = evaluate_forward(formula, tuple(np.asarray(a) for a in args))
    except (Discarded, ForwardFault):
        return None
    flat = np.concatenate([z.reshape(-1) for z in outputs])
    return flat if flat.size == sum(z.size for z in point.outputs) else None
