"""Where no derivative exists: the gradients that are right by convention.

At a kink every source follows a convention: the slope of ReLU at zero is taken for 0, 1 or 1/2. Each of
the first two is the gradient next to the kink, on one side of it; the last their mean. So the gradients
on both sides of the point are computed, along a few directions, and each pair's mean.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, ObjectArray, precision
from gradcheck.backend import Problem
from gradcheck.errors import Contradiction, NoAnswer, Unsupported
from gradcheck.formulas.quantity import gradient
from gradcheck.judging.points.point import Point
from gradcheck.oracles.certify import LEVELS, Enclosure, settle
from gradcheck.oracles.nudge import nearby, nudged
from gradcheck.oracles.sources import Sources

__all__ = ["Convention", "conventions", "directions"]

_DIRECTIONS = 3
_MOST = 7

Gradients = dict[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Convention:
    """One set of gradients, by argument, that is right by convention."""

    comment: str
    gradients: Gradients


def conventions(problem: Problem, point: Point, sources: Sources) -> list[Convention]:
    """The gradients next to a kink, and their means, without repetition. Raises `Unsupported`."""
    found: list[Convention] = []
    for direction in directions(point):
        sides = [
            _beside(problem, point, sources, {i: sign * d for i, d in direction.items()})
            for sign in (1.0, -1.0)
        ]
        mean = {n: (sides[0][n] + sides[1][n]) / 2 for n in sides[0]}
        for comment, gradients in [
            ("next to the kink, on one side", sides[0]),
            ("next to the kink, on the other side", sides[1]),
            ("the mean of two sides", mean),
        ]:
            if not any(_same(gradients, other.gradients) for other in found):
                found.append(Convention(comment, gradients))
    return found[:_MOST]


def directions(point: Point) -> Iterator[dict[int, NDArray[np.float64]]]:
    """All entries up together; then at random, the same on every machine."""
    yield {i: np.ones(point.args[i].shape) for i in point.wrt}
    draw = random.Random(2024)  # noqa: S311  (no secret)
    for _ in range(_DIRECTIONS - 1):
        direction = {}
        for i in point.wrt:
            entries = [(draw.random() - 0.5) * 2 for _ in range(point.args[i].size)]
            direction[i] = np.round(np.array(entries) * 2**15).reshape(point.args[i].shape) / 2**15
        yield direction


def _beside(
    problem: Problem, point: Point, sources: Sources, direction: dict[int, NDArray[np.float64]]
) -> Gradients:
    """The gradients next to the point, rounded to the nearest float64."""
    moved = nudged(problem, direction)
    found: list[dict[int, ObjectArray]] = []
    failure = Unsupported("no backend encloses the gradient next to the kink")
    with precision(LEVELS[-1]):  # the step is then 2^-1696: nothing of it is left in a float64
        for backend in sources.found:
            try:
                program = sources.program(backend, moved)
                if program.exact_answers:
                    found.append(nearby(program, moved, point.delta, BALLS)[0])
            except Unsupported as error:
                failure = error
        if not found:
            raise failure
        for other in found[1:]:
            for i, own in found[0].items():
                pairs = zip(own.reshape(-1), other[i].reshape(-1), strict=True)
                if not all(a.overlaps(b) for a, b in pairs):
                    raise Contradiction(
                        f"backends contradict each other in {gradient(problem.names[i])} at a kink"
                    )
        names = [gradient(problem.names[i]) for i in found[0]]
        settled = [
            settle(q, Enclosure(g, ()), last=True) for q, g in zip(names, found[0].values(), strict=True)
        ]
    if not all(np.isfinite(c.value).all() for c in settled):
        raise NoAnswer("the gradient next to the kink is beyond float64")
    return {str(q.argument): c.value for q, c in zip(names, settled, strict=True)}


def _same(one: Gradients, two: Gradients) -> bool:
    return all(np.array_equal(one[n], two[n]) for n in one)
