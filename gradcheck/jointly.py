"""One slope along several arguments together: where it agrees, each of them does.

For methods that pay for every argument. Nothing is said against a candidate here: for that, each argument is
asked about alone, and so is one whose gradient is so small that it would be lost in the sum.
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


def groups(
    gradients: Mapping[str, ObjectArray], directions: Directions, rough: Mapping[str, NDArray[np.float64]]
) -> list[Group]:
    """The quantities whose gradients are zero, and the others, the directions of those that would be lost in
    the sum made longer.

    By powers of two, so they stay exact. Gradients that are smaller still, or not finite, are left out.
    ``rough`` are the gradients in float64.
    """
    with np.errstate(all="ignore"):
        sizes = {
            q: float(np.add.reduce(np.abs(rough[q] * directions[q]), axis=None))
            for q in gradients
            if q in rough
        }
    sizes = {q: size for q, size in sizes.items() if size < math.inf}
    top = math.frexp(max(sizes.values(), default=0.0))[1]
    below = {q: top - math.frexp(size)[1] for q, size in sizes.items() if size > 0}
    counted = {q: 2.0 ** _raised(e) for q, e in below.items() if e <= _RAISED + _SWAMPED}
    zeros = {q: 1.0 for q, size in sizes.items() if size == 0 and _is_zero(gradients[q])}
    return [
        Group(
            {q: directions[q] if f == 1 else directions[q] * f for q, f in chosen.items()},
            sum((_slope(gradients[q], directions[q]) * f for q, f in chosen.items()), arb(0)),
        )
        for chosen in (counted, zeros)
        if len(chosen) > 1
    ]


def _raised(below: int) -> int:
    """By how many powers of two a direction is made longer whose part is smaller by so many."""
    return 0 if below <= _SWAMPED else min(below, _RAISED)


def _is_zero(values: ObjectArray) -> bool:
    """Exactly, not only in float64."""
    return all(b.is_zero() for b in values.ravel().tolist())


def _slope(gradient: ObjectArray, direction: NDArray[np.float64]) -> arb:
    return arb(gradient.ravel() @ enclose(direction).ravel())  # of an empty array NumPy makes the integer 0


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
