"""How far an implementation's answer may be from the right one: derived for every entry, never guessed.

An implementation rounds at every operation, in an order of its own. What that does to an entry depends
on the magnitudes that meet in it. So every derivation at hand (the backends' and the hand-written ones
that are meant to be right) is evaluated in ball arithmetic with as many bits as the dtype has: each
radius is a running bound on the rounding errors of that evaluation. Inputs and delta carry one rounding
each too, which makes every term of a sum count, in whatever order it is added.

Radii over-estimate where the same number enters twice. So among the backends, whose derivations differ in
little else, the smallest counts; among those written by hand the largest, since `a (1 - a)` loses digits
that `exp(-z) / (1 + exp(-z))^2` keeps, and an implementation may be written like any of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import (
    BALLS,
    ElementArray,
    ObjectArray,
    call_in,
    enclose,
    midpoints,
    precision,
    radii,
    wrap,
)
from gradcheck.arithmetic.precisions import DOUBLE, SINGLE
from gradcheck.backend import Problem
from gradcheck.errors import Undecided, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.kinds import Vjp
from gradcheck.judging.candidates.running import run_in_balls
from gradcheck.judging.candidates.same_code import MORE_ROUNDING
from gradcheck.judging.points.point import Point
from gradcheck.oracles.nudge import whole
from gradcheck.oracles.sources import Sources
from gradcheck.oracles.vectors.rounded_up import rounded_up

__all__ = ["BITS", "COARSEST", "RULES", "tolerances"]

BITS = {"float64": DOUBLE, "float32": SINGLE}
"""Bits of the significand."""

COARSEST = {"float64": 2.0**-20, "float32": 2.0**-8}
"""A bound above this part of the largest number (delta and all gradients) passes too much to be a tolerance.
Entries that are smaller than the bound are not held against it: that they are small is what is tested."""

_TINY = 2.0**-60
"""x + x * 2^-60 is x, rounded, at any precision below 60 bits."""

_SMALLEST = {"float64": 2.0**-1022, "float32": 2.0**-126}
"""The smallest normal number: programs may flush what is smaller to zero."""

_LARGEST = {"float64": math.inf, "float32": float(np.finfo(np.float32).max)}

RULES = {
    dtype: (
        f"tolerance = {MORE_ROUNDING} * (r + |g| / 2^{bits}) + 2^{exponent} for an entry g. r bounds what "
        f"rounding to {bits} bits at every operation, and of every input, does to g: the radius of an "
        "evaluation of its derivation in ball arithmetic, the tightest of those by machine or the widest of "
        "those by hand, whichever is larger. It is about (unit roundoff) * (number of operations) * (summed "
        f"magnitude of the terms of g). {MORE_ROUNDING} allows for other orders of summation, functions that "
        "are off by a few units and a few times as many operations; the last term for results that are "
        "flushed to zero. Rounded up to two digits."
    )
    for dtype, bits, exponent in [("float64", DOUBLE, -1022), ("float32", SINGLE, -126)]
}
"""The rules in words, for readers of the files."""


def tolerances(
    formula: Formula, point: Point, sources: Sources, dtype: str
) -> tuple[list[NDArray[np.float64]] | None, dict[str, NDArray[np.float64]]]:
    """One tolerance array per output (None where there is no bound), and one per differentiated argument.

    Raises `Unsupported` where none can be derived: at a branch that rounding may take either way, where
    numbers leave the dtype's range, or where rounding swamps the result.
    """
    names = formula.shapes.arguments
    with precision(BITS[dtype]):
        values = [_error(v, dtype) for v in _forward(formula, point)]
        undecided: list[Undecided] = []
        by_machine = _backends(formula, point, sources, undecided)
        found: list[Mapping[str, ObjectArray]]
        found = [*_tightest(by_machine), *_hand_written(formula, point, undecided)]
        if undecided and not found:
            raise Unsupported(f"rounding may take a branch the other way: {undecided[0]}")
        if not found:
            raise Unsupported("no derivation runs in ball arithmetic at this precision")
        largest = max(float(np.max(np.abs(d))) for d in point.delta)
        for balls in (b for gradients in found for b in gradients.values()):
            largest = max(largest, float(np.max(np.abs(midpoints(balls)), initial=0.0)))
        errors = {
            n: np.maximum.reduce([_error(g[n], dtype) for g in found if n in g])
            for n in names
            if any(n in g for g in found)
        }
    if largest > _LARGEST[dtype]:
        raise Unsupported(f"an entry is beyond {dtype}")
    if any(float(np.max(e, initial=0.0)) > COARSEST[dtype] * largest for e in errors.values()):
        raise Unsupported(f"rounding to {dtype} swamps the result")
    return values if all(np.isfinite(v).all() for v in values) else None, errors


def _forward(formula: Formula, point: Point) -> list[ObjectArray]:
    args = [wrap(enclose(a), BALLS) if i in point.wrt else a for i, a in enumerate(point.args)]
    result = call_in(BALLS, rounded_inputs(formula.function, point.wrt), args)
    parts = result if isinstance(result, tuple | list) else [result]
    return [p.data if isinstance(p, ElementArray) else wrap(BALLS.lift_array(p), BALLS).data for p in parts]


def _backends(
    formula: Formula, point: Point, sources: Sources, undecided: list[Undecided]
) -> list[Mapping[str, ObjectArray]]:
    """Every backend's gradients at the precision that is set."""
    names = formula.shapes.arguments
    function = rounded_inputs(formula.function, point.wrt)
    problem = Problem(function, names, point.args, point.wrt, point.output_shapes)
    found: list[Mapping[str, ObjectArray]] = []
    for backend in sources.found:
        try:
            program = sources.program(backend, problem)
            if not program.exact_answers:
                continue
            gradients, _ = whole(program, program.vjp(point.args, point.delta))
        except Undecided as error:
            undecided.append(error)
            continue
        except Unsupported:
            continue
        found.append({names[i]: g for i, g in gradients.items()})
    return found


def _tightest(found: list[Mapping[str, ObjectArray]]) -> list[Mapping[str, ObjectArray]]:
    """The balls of the smallest radius, entry by entry; nothing where nothing was found."""
    if not found:
        return []
    best = {name: balls.copy() for name, balls in found[0].items()}
    for other in found[1:]:
        for name, balls in best.items():
            smaller = radii(other[name]) < radii(balls)
            balls[smaller] = other[name][smaller]
    return [best]


def _hand_written(
    formula: Formula, point: Point, undecided: list[Undecided]
) -> list[Mapping[str, ObjectArray]]:
    """The gradients by the formula's own right vjp claims."""
    found: list[Mapping[str, ObjectArray]] = []
    for claim in formula.backwards:
        rounding = Claim(formula, Vjp(), _rounded_vjp(claim.candidate, point.wrt), suffix="rounded")
        try:
            stated = run_in_balls(rounding, point, BALLS)
        except Undecided as error:
            undecided.append(error)
            continue
        except Unsupported:
            continue
        found.append({str(q.argument): v for q, v in stated.items()})
    return found


def _error(balls: ObjectArray, dtype: str) -> NDArray[np.float64]:
    """The tolerance from one evaluation."""
    middle, radius = np.abs(midpoints(balls)), radii(balls)
    tolerance = MORE_ROUNDING * (radius + middle * 2.0 ** -BITS[dtype]) + _SMALLEST[dtype]
    if not np.isfinite(tolerance).all():
        return np.full(tolerance.shape, np.inf)
    return np.array([rounded_up(t) for t in tolerance.reshape(-1)]).reshape(tolerance.shape)


@lru_cache(maxsize=256)  # one function per formula, so that programs can be found again
def rounded_inputs(function: Callable[..., Any], wrt: tuple[int, ...]) -> Callable[..., Any]:
    """The function, with each floating argument and each output rounded once, at a low precision."""

    def rounding(*args: Any) -> Any:
        result = function(*(a + a * _TINY if i in wrt else a for i, a in enumerate(args)))
        if isinstance(result, tuple | list):
            return tuple(r + r * _TINY for r in result)
        return result + result * _TINY

    return rounding


def _rounded_vjp(candidate: Callable[..., Any], wrt: tuple[int, ...]) -> Callable[..., Any]:
    def rounding(delta: Any, *args: Any) -> Any:
        rough = tuple(d + d * _TINY for d in delta) if isinstance(delta, tuple) else delta + delta * _TINY
        return candidate(rough, *(a + a * _TINY if i in wrt else a for i, a in enumerate(args)))

    return rounding
