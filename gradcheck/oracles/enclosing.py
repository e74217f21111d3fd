"""Arrays of balls that enclose the same gradients: intersected, widened, held against a slope."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import ObjectArray
from gradcheck.backend import Answer, Problem
from gradcheck.errors import Contradiction, Unsupported
from gradcheck.judging.comparing import compare

__all__ = ["Gradients", "directions_of", "intersection", "joined", "match"]

Gradients = dict[int, ObjectArray]
"""Balls by the position of the argument."""

_MARGIN = 4
"""The limit is this many times the change between its two sides away at most: half of it, where the gradient
is as smooth as it looks from both."""


def joined(one: ObjectArray, two: ObjectArray) -> ObjectArray:
    """A limit from its two sides: one of them, its radius widened by what they differ by, with a margin."""
    limit = np.empty(one.shape, dtype=object)
    for index in np.ndindex(one.shape):
        limit[index] = one[index] + arb(0, 1) * abs(one[index] - two[index]).upper() * _MARGIN
    return limit


def intersection(problem: Problem, exact: Mapping[str, Gradients]) -> Gradients:
    """What all sources enclose, each by its name. Raises `Contradiction` where two exclude each other."""
    (first, gradients), *others = exact.items()
    for other, more in others:
        who = f"{first} and {other} contradict each other in"
        gradients = {i: _meet(g, more[i], f"{who} dJ/d{problem.names[i]}") for i, g in gradients.items()}
    return gradients


def _meet(one: ObjectArray, two: ObjectArray, who: str) -> ObjectArray:
    """The intersection, entry by entry. Raises `Contradiction`, which begins with ``who``."""
    met = np.empty(one.shape, dtype=object)
    for index in np.ndindex(one.shape):
        a: Any = one[index]
        b: Any = two[index]
        try:
            met[index] = a.intersection(b)
        except ValueError:
            raise Contradiction(
                f"{who}{list(index) or ''}: {a.str(20)} against {b.str(20)}; please report this as a bug in "
                "gradcheck"
            ) from None
    return met


def match(gradient: ObjectArray, answer: Answer) -> str:
    """How a slope of the difference compares with the enclosure. Raises `Unsupported` for an estimate."""
    if not answer.rigorous:
        raise Unsupported("a difference in floating point is an estimate")
    outcome = compare(gradient, answer, rigorous=True).outcome
    if outcome != "agree" and answer.refine is not None:
        outcome = compare(gradient, answer.refine(), rigorous=True).outcome
    return outcome


def directions_of(problem: Problem) -> dict[int, NDArray[np.float64]]:
    """A direction for every argument: 16-bit numbers of either sign, the same on every machine."""
    draw = random.Random(54321)  # noqa: S311  (no secret)

    def entry() -> float:
        return draw.choice((-1, 1)) * draw.randrange(2**15, 2**16) / 2**16

    shapes = {i: problem.example[i].shape for i in problem.wrt}
    return {i: np.array([entry() for _ in range(math.prod(s))]).reshape(s) for i, s in shapes.items()}
