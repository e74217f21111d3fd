"""From a failure to the smallest one: first the shape, then the values.

Shapes are enumerated by total size from the smallest, so the first that refutes is a smallest one.
Values are then made simple, one array at a time, as long as the claim still fails and the values stay
among those that the formula allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.precisions import SINGLE
from gradcheck.errors import Unsupported, UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.values import Values, normal
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.generation import draw_elements
from gradcheck.judging.points.point import (
    Discarded,
    ForwardFault,
    Point,
    evaluate_forward,
    in_float32,
    make_point,
)
from gradcheck.judging.points.sizes import smallest_first
from gradcheck.judging.session import Session

__all__ = ["Minimal", "minimise"]

_TRIES_PER_SHAPE = 3
_FIRST_SHAPES = 40
_MOST_SHAPES = 300
_MOST_SIMPLIFICATIONS = 60


@dataclass
class Minimal:
    """The smallest failure found. ``shape_minimal``: every smaller shape was tried and did not fail."""

    result: PointResult
    shape_minimal: bool


def minimise(
    claim: Claim, failing: PointResult, session: Session, seed: int, delta: Values | None
) -> Minimal:
    """The smallest shape and the simplest values at which the claim still gets the same verdict."""
    if failing.point.large and not _can_shrink(claim):
        return Minimal(failing, shape_minimal=True)
    judge = _quick_judge(claim, failing, session)
    best, exhausted = _smallest_shape(claim, failing.point, judge, seed, delta)
    simple = _simplify(claim, best, judge, free_delta=delta is None, by_numbers=failing.fault is None)
    final = check_point(claim, simple, session)
    if final.verdict != failing.verdict:  # the quick judge saw one backend only
        final = check_point(claim, best, session)
    if final.verdict != failing.verdict:
        return Minimal(failing, shape_minimal=False)
    return Minimal(final, exhausted)


def _can_shrink(claim: Claim) -> bool:
    """Whether the declaration leaves any size free."""
    fixed = {a: v.shape for a, v in claim.formula.values.items() if isinstance(v, np.ndarray)}
    return bool(set(claim.formula.shapes.names) - set(claim.formula.shapes.bind(fixed)))


def _quick_judge(claim: Claim, failing: PointResult, session: Session) -> Callable[[Point], bool]:
    """Whether the claim fails at a point, asked of the one backend that answers fastest."""
    against = [o.backend for o in failing.opinions.values() if o.says == "differ" and not o.outvoted]
    only = session.quickest(against)

    def judge(point: Point) -> bool:
        try:
            return check_point(claim, point, session, only=only).verdict == failing.verdict
        except (Unsupported, UsageError):
            return False

    return judge


def _smallest_shape(
    claim: Claim, point: Point, judge: Callable[[Point], bool], seed: int, delta: Values | None
) -> tuple[Point, bool]:
    """The smallest failing shape, and whether all smaller ones were tried.

    A few of the smallest shapes first: most mistakes show there. Else every size is made small alone,
    which gives an upper bound at once, and then the enumeration goes on below that bound.
    """
    formula = claim.formula
    fixed = {a: v.shape for a, v in formula.values.items() if isinstance(v, np.ndarray)}
    bound = formula.shapes.bind(fixed)
    names = tuple(n for n in formula.shapes.names if n not in bound)

    def fails(sizes: dict[str, int]) -> Point | None:
        for attempt in range(_TRIES_PER_SHAPE):
            rng = np.random.default_rng([seed, 77, attempt, *sizes.values()])
            smaller = _draw(claim, {**bound, **sizes}, rng, delta)
            if smaller is not None and judge(smaller):
                return smaller
        return None

    limit = {n: point.sizes[n] for n in names}
    shapes = smallest_first(names, lambda s: formula.allows({**bound, **s}), limit)
    best = point
    for count, sizes in enumerate(shapes):
        if sum(sizes.values()) >= sum(best.sizes[n] for n in names):
            break
        if count == _FIRST_SHAPES:
            best = _one_at_a_time(names, best, fails, lambda s: formula.allows({**bound, **s}))
        if count >= _MOST_SHAPES:
            return best, False
        if (found := fails(sizes)) is not None:
            return found, True
    return best, True


def _one_at_a_time(
    names: tuple[str, ...],
    point: Point,
    fails: Callable[[dict[str, int]], Point | None],
    allowed: Callable[[dict[str, int]], bool],
) -> Point:
    for name in names:
        for size in range(1, point.sizes[name]):
            sizes = {n: point.sizes[n] for n in names} | {name: size}
            if allowed(sizes) and (found := fails(sizes)) is not None:
                point = found
                break
    return point


def _draw(
    claim: Claim, sizes: dict[str, int], rng: np.random.Generator, delta: Values | None
) -> Point | None:
    formula = claim.formula
    elements = draw_elements(formula, sizes, int(rng.integers(2**31)))
    try:
        point = make_point(formula, sizes, rng, delta=delta, elements=elements, origin="minimised")
    except (Discarded, ForwardFault, UsageError):
        return None
    return in_float32(formula, point) if claim.bits == SINGLE else point


def _simplify(
    claim: Claim, point: Point, judge: Callable[[Point], bool], *, free_delta: bool, by_numbers: bool
) -> Point:
    """``by_numbers`` says that two numbers differ: zeros then show what does not matter. Where the code
    raises or has the wrong shape, no value matters, and zeros would only hide what the entries are.
    """
    budget = _MOST_SIMPLIFICATIONS
    for position in range(len(point.args) + len(point.delta)):
        for simpler in _simpler(claim, point, position, free_delta, by_numbers):
            if budget == 0:
                return point
            budget -= 1
            moved = _moved(claim, point, position, simpler)
            if moved is not None and judge(moved):
                point = moved
                break
    return point


def _simpler(
    claim: Claim, point: Point, position: int, free_delta: bool, by_numbers: bool
) -> Iterator[NDArray[np.float64]]:
    """Simpler values for one argument or delta, the simplest first; only what its values allow."""
    if position < len(point.args):
        current = point.args[position]
        kind = claim.formula.values.get(claim.formula.shapes.arguments[position], normal)
        if kind is not normal or current.dtype.kind != "f":
            return
    else:
        current = point.delta[position - len(point.args)]
        if not free_delta:
            return
        yield np.ones(current.shape)
    count = current.size
    if position < len(point.args) and by_numbers:
        yield np.zeros(current.shape)
    yield np.arange(1.0, count + 1).reshape(current.shape)  # all different: a transpose shows
    yield np.round(current)
    yield np.round(current, 1)


def _moved(claim: Claim, point: Point, position: int, values: NDArray[np.float64]) -> Point | None:
    frozen = np.array(values, dtype=np.float64)
    frozen.flags.writeable = False
    args, delta = list(point.args), list(point.delta)
    if position < len(args):
        args[position] = frozen
    else:
        delta[position - len(args)] = frozen
        if not any(np.any(d) for d in delta):
            return None
    try:
        outputs, multiple = evaluate_forward(claim.formula, tuple(args))
    except (Discarded, ForwardFault):
        return None
    moved = replace(point, args=tuple(args), delta=tuple(delta), outputs=outputs, multiple=multiple)
    return in_float32(claim.formula, moved) if claim.bits == SINGLE else moved
