"""One-sided slopes in place of derivatives, as a program: so tables of entries can be held between them.

At a kink an entry's derivative does not exist. What a convention may state there lies between the slopes to
the left and to the right along the argument's own axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ObjectArray, precision, zero_dimensional
from gradcheck.arithmetic.precisions import FINE_STEP, KINK_BITS
from gradcheck.backend import Answer, Problem, Program
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.answers.kinks import ROUNDED_CONSTANTS, Probe
from gradcheck.judging.points.point import Point

__all__ = ["Bounds", "bounds", "entry_outside"]

_MOST = 64
"""Entries of an argument, each of which costs two evaluations."""

Bounds = tuple[Mapping[Quantity, Answer], Mapping[Quantity, Answer]]
"""What a claim states, with the slopes to the left, and to the right, in place of derivatives."""


class _OneSided(Program):
    """Slopes to one side along the axes of an argument, at one point."""

    method = "one-sided slopes"
    exact_answers = True

    def __init__(self, problem: Problem, probe: Probe, side: int) -> None:
        super().__init__(problem)
        self._probe, self._side = probe, side

    def jacobian(
        self, args: Sequence[NDArray[Any]], argument: int, domain: Domain = BALLS
    ) -> tuple[ObjectArray, ...]:
        shape = args[argument].shape
        if args[argument].size > _MOST:
            raise Unsupported("too large for one-sided slopes")
        columns = []
        for index in np.ndindex(shape):
            unit = np.zeros(shape)
            unit[index] = 1.0
            columns.append(self._probe.slopes({argument: unit}, FINE_STEP)[self._side])
        table = np.stack(columns, axis=-1)
        ends = np.cumsum([int(np.prod(s, dtype=int)) for s in self.problem.output_shapes])[:-1]
        return tuple(
            part.reshape((*s, *shape))
            for part, s in zip(np.split(table, ends), self.problem.output_shapes, strict=True)
        )

    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        raise Unsupported("one-sided slopes of a sum do not add up")

    def joint_slope(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]],
        domain: Domain = BALLS,
    ) -> Answer | None:
        """Of a single output entry: the slope to one side along the directions together."""
        weights = np.concatenate([np.asarray(d).reshape(-1) for d in deltas])
        (entries,) = np.nonzero(weights)
        if len(entries) != 1 or weights[entries[0]] != 1.0:
            raise Unsupported("one-sided slopes of a sum do not add up")
        slopes = self._probe.slopes(directions, FINE_STEP)[self._side]
        return Answer(zero_dimensional(slopes[entries[0]]))


def bounds(claim: Claim, point: Point) -> Bounds | None:
    """The one-sided slopes of what a claim on entries states; None where they cannot be had."""
    problem = Problem(
        claim.formula.function,
        claim.formula.shapes.arguments,
        point.args,
        point.wrt,
        point.output_shapes,
        point.sizes,
    )
    try:
        with precision(KINK_BITS):
            probe = Probe(claim.formula, point)
            left, right = (claim.right_answers(point, _OneSided(problem, probe, side)) for side in (0, 1))
    except Unsupported:
        return None
    return left, right


def entry_outside(found: Bounds, stated: Mapping[Quantity, ObjectArray]) -> str | None:
    """A sentence on the first entry that does not lie between its one-sided slopes; None where all do."""
    for quantity, values in stated.items():
        left, right = (side[quantity].values for side in found)
        for index in np.ndindex(values.shape):
            value: Any = values[index]
            low: Any = left[index]
            high: Any = right[index]
            margin = arb(0, 1) * (abs(value) + abs(low) + abs(high)) * ROUNDED_CONSTANTS
            if value + margin < low.min(high) or value - margin > low.max(high):
                place = f"[{', '.join(map(str, index))}]" if index else ""
                return (
                    f"no derivative exists here (a kink), and {quantity}{place} is {_text(value)}, which is "
                    f"not between the one-sided slopes {_text(low)} and {_text(high)}"
                )
    return None


def _text(ball: arb) -> str:
    return str(ball.str(6, radius=False))
