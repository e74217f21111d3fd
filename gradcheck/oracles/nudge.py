"""The gradient next to a point, closer than any float64: on one side of a tie or of a kink.

The step enters as one more argument of the forward, so that a backend's program can be run there; it is
raised to a power inside, because a step of 2^-1000 has no room beside 1 in float64 but has in balls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import Domain, ObjectArray
from gradcheck.backend import Answer, Problem, Program
from gradcheck.errors import Undecided, Unsupported

__all__ = ["nearby", "nudged", "whole"]

_POWER = 4
_STEP_SHARE = 2
"""The step is 2^-(bits / 2) at a precision of so many bits: the other half is left for the gradient."""

Direction = Mapping[int, NDArray[np.float64]]


def nudged(problem: Problem, direction: Direction) -> Problem:
    """The problem moved along ``direction`` (argument position -> array) by a step, its last argument."""
    moves = tuple((i, u.shape, u.tobytes()) for i, u in direction.items())
    return Problem(
        _moved(problem.function, moves),
        (*problem.names, "the step"),
        (*problem.example, np.zeros(())),
        (*problem.wrt, len(problem.example)),  # or backends would take its value for a constant
        problem.output_shapes,
    )


def nearby(
    program: Program, problem: Problem, deltas: Any, domain: Domain
) -> tuple[dict[int, ObjectArray], bool]:
    """Enclosures of the gradient next to the point, for the program of a nudged problem, and whether a
    tie was met there too. Raises `Undecided` and `Unsupported`.
    """
    if not program.exact_answers:
        raise Unsupported(f"no enclosure ({program.method})")
    step = 2.0 ** -(flint.ctx.prec // (_STEP_SHARE * _POWER))
    gradients, tie = whole(
        program, program.vjp((*problem.example[:-1], np.array(step)), deltas, None, domain)
    )
    return {i: gradients[i] for i in problem.wrt[:-1]}, tie


def whole(program: Program, answers: Mapping[int, Answer]) -> tuple[dict[int, ObjectArray], bool]:
    """The answers' balls where they are enclosures of every entry, and whether they follow a convention.

    Raises `Unsupported` for estimates, `Undecided` where a ball is not finite.
    """
    if not (program.exact_answers and all(a.rigorous for a in answers.values())):
        raise Unsupported(f"its answer is an estimate ({program.method})")
    if not all(b.is_finite() for a in answers.values() for b in a.values.reshape(-1)):
        raise Undecided("the enclosure of the derivative is not finite")
    return {i: a.values for i, a in answers.items()}, any(a.convention for a in answers.values())


@lru_cache(maxsize=256)  # one function per formula and direction, so that programs can be found again
def _moved(function: Callable[..., Any], direction: tuple[tuple[int, Any, bytes], ...]) -> Callable[..., Any]:
    moves = {i: np.frombuffer(data).reshape(shape) for i, shape, data in direction}

    def moved(*args: Any) -> Any:
        *own, step = args
        shift = step**_POWER
        return function(*(a + shift * moves[i] if i in moves else a for i, a in enumerate(own)))

    return moved
