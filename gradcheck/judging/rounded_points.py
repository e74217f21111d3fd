"""What the rounding of a point of a curved space does to the gradients by the other arguments.

Code may use what holds on the space: that a vector has length 1, that the inverse of a rotation is its
transpose. The point itself is rounded to float64 and lies beside the space, where the identity is off by as
much. How much of a difference that makes is measured: the point is moved out of its space, and the difference
changes with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, midpoints
from gradcheck.arithmetic.precisions import DOUBLE
from gradcheck.backend import Program
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.formulas.spaces import Space
from gradcheck.judging.candidates.running import run_in_balls
from gradcheck.judging.points.point import Point

__all__ = ["by_rounded_points"]

Differences = Mapping[Quantity, NDArray[np.float64]]

_STEP = 2.0**-30
"""How far points are moved, as a part of their largest entry: so little that what comes is linear in it
to nine digits, and so much that the rounding of the moved point is no part of it."""

_UNITS = 16.0
"""Half units in the last place of its largest entry that each entry of a drawn point may be off: it is made
by a handful of operations and short sums."""

_MOVES = 3
_MARGIN = 4.0
"""So few moves are no bound, and are granted several times over."""


def by_rounded_points(claim: Claim, point: Point, program: Program, quantities: Collection[Quantity]) -> bool:
    """Whether the stated entries of these quantities are no farther from the true ones than the rounding of
    the arguments that live in curved spaces makes them. Raises `Unsupported`.
    """
    curved = {
        position: space
        for position, name in enumerate(claim.formula.shapes.arguments)
        if (space := claim.formula.spaces.get(name)) is not None and not getattr(space, "exact", False)
    }
    if not curved or any(claim.space(quantity) is not None for quantity in quantities):
        return False
    here = _differences(claim, point, program, quantities)
    granted = {quantity: np.zeros_like(apart) for quantity, apart in here.items()}
    for forth, back in _moved_out(point, curved):
        ends = [_differences(claim, moved, program, quantities) for moved in (forth, back)]
        for quantity, apart in here.items():
            # what jumps on one side of the point only is a kink, and not what rounding does
            change = np.minimum(*(np.abs(end[quantity] - apart) for end in ends))
            granted[quantity] = np.maximum(granted[quantity], change)
    part = _MARGIN * _UNITS * 2.0**-DOUBLE / _STEP
    return all(bool((np.abs(apart) <= part * granted[quantity]).all()) for quantity, apart in here.items())


def _differences(
    claim: Claim, point: Point, program: Program, quantities: Collection[Quantity]
) -> Differences:
    stated, right = run_in_balls(claim, point, BALLS), claim.right_answers(point, program)
    return {q: midpoints(np.asarray(stated[q] - right[q].values, dtype=object)) for q in quantities}


def _moved_out(point: Point, curved: Mapping[int, Space]) -> Iterator[tuple[Point, Point]]:
    """Pairs of points on either side, moved at right angles to the spaces by signs that are drawn."""
    rng = np.random.default_rng(0)
    for _ in range(_MOVES):
        steps = {}
        for position, space in curved.items():
            x = point.args[position]
            signs = rng.choice([-1.0, 1.0], x.shape)
            beside = signs - np.asarray(space.tangent(x, signs), dtype=np.float64)
            steps[position] = beside * float(np.max(np.abs(x), initial=0.0)) * _STEP
        yield _by(point, steps, 1.0), _by(point, steps, -1.0)


def _by(point: Point, steps: Mapping[int, NDArray[np.float64]], sign: float) -> Point:
    args = list(point.args)
    for position, step in steps.items():
        args[position] = np.asarray(args[position] + sign * step)
        args[position].flags.writeable = False
    return replace(point, args=tuple(args))
