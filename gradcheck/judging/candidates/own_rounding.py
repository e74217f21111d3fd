"""What the code's own rounding can do, however it is written: it runs with every result moved a little."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.stochastic import ULPS, jittered_runs
from gradcheck.errors import CandidateFault
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import Stated, call_candidate, given
from gradcheck.judging.candidates.same_code import MORE_ROUNDING
from gradcheck.judging.points.point import Point

__all__ = ["moved_runs", "own_rounding"]

Bounds = NDArray[np.float64]

_MOST = 2.0**-10
"""How far an entry may be off by rounding, as a part of the largest one."""

_RUNS = 3
"""Runs with moved results: one may come out near by chance."""


def moved_runs(
    claim: Claim, point: Point, take: Callable[[Mapping[Quantity, Any]], Any], *, matrices: bool = False
) -> tuple[list[Any], bool]:
    """What a few runs of the code with moved results give, as ``take`` has it, and whether it solves or
    factorises matrices; with ``matrices`` these move too. Raises `CandidateFault`.
    """
    before = given(claim, point, lambda v: v)
    names, count = list(before), len(point.args)

    def run(*values: Any) -> Any:
        beside = dict(zip(names, values[count:], strict=True))
        return take(call_candidate(claim, point, list(values[:count]), beside))

    return jittered_runs(run, [*point.args, *before.values()], _RUNS, matrices=matrices)


def own_rounding(claim: Claim, point: Point, stated: Stated) -> dict[Quantity, Bounds]:
    """How far each stated entry may be off by rounding inside the code, estimated from a few runs.

    Empty where the code breaks down with moved results; without the quantities in which they do more than
    rounding does, as where they take another branch. Matrices that are all but singular may do anything.
    """
    try:
        runs, solves = moved_runs(claim, point, dict)
        bounds = _spread(runs, stated)
        usual = {q: bound for q, bound in bounds.items() if _is_rounding(bound, stated.values[q])}
        if not solves:
            return usual
        conditioned = _spread(moved_runs(claim, point, dict, matrices=True)[0], stated)
    except CandidateFault:
        return {}
    return {q: _at_least(bound, conditioned.get(q, bound), stated.values[q]) for q, bound in usual.items()}


def _spread(runs: Sequence[Mapping[Quantity, Any]], stated: Stated) -> dict[Quantity, Bounds]:
    return {
        quantity: MORE_ROUNDING / ULPS * np.max([np.abs(moved[quantity] - value) for moved in runs], axis=0)
        for quantity, value in stated.values.items()
        if all(moved.get(quantity) is not None for moved in runs)
    }


def _at_least(bound: Bounds, conditioned: Bounds, value: Bounds) -> Bounds:
    """The larger bound; none where a matrix leaves no digit of the largest entry."""
    if np.max(conditioned, initial=0.0) >= np.max(np.abs(value), initial=0.0) > 0:
        return np.full_like(bound, np.inf)
    return np.maximum(bound, conditioned)


def _is_rounding(bound: Bounds, value: Bounds) -> bool:
    return bool(np.max(bound, initial=0.0) <= _MOST * np.max(np.abs(value), initial=0.0))
