"""One slope along several arguments together: where it agrees, each of them does.

For methods that pay for every argument. Nothing is said against a candidate here: for that, each argument is
asked about alone, and so is one whose gradient is zero or so small that it would be lost in the sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import ObjectArray, enclose, zero_dimensional
from gradcheck.backend import Answer, Program
from gradcheck.claims import Claim
from gradcheck.points import Point
from gradcheck.probes import Directions
from gradcheck.slopes import contract

__all__ = ["Group", "groups", "slope_along", "steps"]

_RAISED = 64
"""A direction is made longer by this many powers of two at most. The step of a difference, 2^-140, is then
still 2^-76, which leaves a truncation of about 2^-152 (the resolution is 2^-83)."""

_SWAMPED = 20
"""Powers of two by which a part may be smaller than the largest: the resolution of 1e-25 of the sum is then
at least 1e-19 of every part."""


@dataclass(frozen=True)
class Group:
    """Directions by quantity that are taken together, and the stated slope along all of them."""

    directions: Directions
    slope: arb


def groups(gradients: Mapping[str, ObjectArray], directions: Directions) -> list[Group]:
    """The quantities whose gradients are zero, and the others, the directions of small ones made longer so
    that every part counts in the sum.

    By powers of two, so they stay exact. Gradients that are smaller still, or not finite, are left out.
    """
    parts = {q: contract(g, directions[q]) for q, g in gradients.items()}
    sizes = {q: float(size) for q, (slope, size) in parts.items() if slope.is_finite()}
    largest = max(sizes.values(), default=0.0)
    if not largest < math.inf:
        return []
    top = math.frexp(largest)[1]
    raised = {q: top - math.frexp(size)[1] for q, size in sizes.items() if size > 0}
    factors = {q: 2.0 ** min(e, _RAISED) for q, e in raised.items() if e <= _RAISED + _SWAMPED}
    zeros = {q: 1.0 for q, size in sizes.items() if size == 0}
    return [
        Group(
            {q: directions[q] if f == 1 else directions[q] * f for q, f in chosen.items()},
            sum((parts[q][0] * f for q, f in chosen.items()), arb(0)),
        )
        for chosen in (factors, zeros)
        if len(chosen) > 1
    ]


def steps(claim: Claim, point: Point, stated: Mapping[str, ObjectArray]) -> dict[str, ObjectArray]:
    """What an update subtracts, `rate * gradient`, by quantity."""
    taken = {}
    for name, start in zip(claim.formula.shapes.arguments, point.args, strict=True):
        if (quantity := f"new {name}") in stated:
            difference = enclose(start) - stated[quantity]
            taken[quantity] = (
                difference if isinstance(difference, np.ndarray) else zero_dimensional(difference)
            )
    return taken


def slope_along(
    claim: Claim, point: Point, program: Program, moved: Mapping[int, NDArray[np.float64]]
) -> Answer | None:
    """The method's joint slope; for an update that of the step. Raises `Unsupported`."""
    if claim.kind != "update":
        return program.joint_slope(point.args, point.delta, moved)
    answer = program.joint_slope(point.args, tuple(np.ones(s) for s in point.output_shapes), moved)
    if answer is None:
        return None
    step = zero_dimensional(answer.values.item() * arb(point.rate))
    return Answer(step, answer.direction, answer.scale * abs(point.rate), answer.rigorous, answer.convention)
