"""From a failure to the smallest one: first the shape, then the values.

Shapes are enumerated by total size from the smallest, so the first that refutes is a smallest one.
Values are then made simple, one array at a time, as long as the claim still fails and the values stay
among those that the formula allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import FaultKind, Unsupported, UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.values import Values, is_entrywise, normal
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.generation import draw_elements
from gradcheck.judging.points.point import (
    Discarded,
    ForwardFault,
    Point,
    evaluate_forward,
    in_dtype,
    make_point,
)
from gradcheck.judging.points.sizes import smallest_first
from gradcheck.judging.session import Session

__all__ = ["Minimal", "minimise"]

_TRIES_PER_SHAPE = 3
_FIRST_SHAPES = 40
_MOST_SHAPES = 300
_MOST_SIMPLIFICATIONS = 60

_WORK = 8000
"""Operations of the forward at all points that are judged on the way to the smallest shape; a small layer
takes ten at a point."""

_AN_OPERATION = 64
"""Numbers in a point that cost as much as an operation."""


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
    origin, low = failing.point.origin, claim.formula.dtype.is_low
    if origin == "long" or (low and origin == "asked"):  # what is rounded in a sum shows where it is long
        return Minimal(failing, shape_minimal=False)
    judge = _Judge(claim, failing, session)
    best, exhausted = _smallest_shape(claim, failing.point, judge, seed, delta)
    # shapes come from the smallest on, so any other one than the best comes before it
    shape_minimal = exhausted and all(sizes == dict(best.sizes) for sizes in judge.otherwise)
    simple = _simplify(claim, best, judge, free_delta=delta is None, by_numbers=failing.fault is None)
    final = check_point(claim, simple, session)
    if final.verdict != failing.verdict:  # the quick judge saw one backend only
        final = check_point(claim, best, session)
    if final.verdict != failing.verdict:
        return Minimal(failing, shape_minimal=False)
    return Minimal(final, shape_minimal)


def _can_shrink(claim: Claim) -> bool:
    """Whether the declaration leaves any size free."""
    return bool(claim.formula.free_sizes)


class _Judge:
    """Whether the claim fails at a point as it did, asked of the one backend that answers fastest.

    Code that raises, at a singular matrix say, is no smaller case of numbers that are wrong, and neither is a
    point without a derivative, where there is no number to show; ``otherwise`` has the shapes at which
    one was met.
    """

    def __init__(self, claim: Claim, failing: PointResult, session: Session) -> None:
        against = [o.backend for o in failing.opinions.values() if o.says == "differ" and not o.outvoted]
        self._only = session.quickest(against)
        self._claim, self._failing, self._session = claim, failing, session
        self.otherwise: list[dict[str, int]] = []
        self.spent = 0

    def __call__(self, point: Point) -> bool:
        self.spent += self._session.cost(point) + point.entries // _AN_OPERATION
        try:
            found = check_point(self._claim, point, self._session, only=self._only)
        except (Unsupported, UsageError):
            return False
        if found.verdict != self._failing.verdict:
            return False
        if _fails_otherwise(found) and self._failing.fault is None:
            self.otherwise.append(dict(point.sizes))
            return False
        return True


def _fails_otherwise(result: PointResult) -> bool:
    return result.fault is not None and result.fault.kind in (FaultKind.RAISES, FaultKind.KINK)


def _smallest_shape(
    claim: Claim, point: Point, judge: _Judge, seed: int, delta: Values | None
) -> tuple[Point, bool]:
    """The smallest failing shape, and whether all smaller ones were tried.

    A few of the smallest shapes first: most mistakes show there. Else every size is made small alone,
    which gives an upper bound at once, and then the enumeration goes on below that bound.
    """
    formula = claim.formula
    bound, names = formula.given_sizes, formula.free_sizes

    def fails(sizes: dict[str, int]) -> Point | None:
        if judge.spent > _WORK:
            return None
        drawn: Point | None = None
        for attempt in range(_TRIES_PER_SHAPE):
            rng = np.random.default_rng([seed, 77, attempt, *sizes.values()])
            smaller = _draw(claim, {**bound, **sizes}, rng, delta)
            if smaller is not None and judge(smaller):
                return smaller
            drawn = smaller or drawn
        if drawn is None:
            return None
        likenesses = [_like(claim, drawn, point, take, free_delta=delta is None) for take in TAKES]
        return next((p for p in likenesses if p is not None and judge(p)), None)

    limit = {n: point.sizes[n] for n in names}
    shapes = smallest_first(names, lambda s: formula.allows({**bound, **s}), limit)
    best = point
    for count, sizes in enumerate(shapes):
        if sum(sizes.values()) >= sum(best.sizes[n] for n in names):
            break
        if count == _FIRST_SHAPES:
            best = _one_at_a_time(names, best, fails, lambda s: formula.allows({**bound, **s}))
        if count >= _MOST_SHAPES or judge.spent > _WORK:
            return best, False
        if (found := fails(sizes)) is not None:
            return found, True
    return best, True


def _like(claim: Claim, small: Point, found: Point, take: Take, *, free_delta: bool) -> Point | None:
    """A smaller point with the zeros, ties and signs of the one that was found; None where its values may
    not be put together otherwise than they were drawn.
    """
    names = claim.formula.shapes.arguments
    free = [is_entrywise(claim.formula.values.get(n, normal)) for n in names]
    args = tuple(
        take(theirs, mine.shape) if may and mine.dtype.kind == "f" and mine.ndim == theirs.ndim else mine
        for may, mine, theirs in zip(free, small.args, found.args, strict=True)
    )
    delta = tuple(
        take(theirs, mine.shape) if free_delta and mine.ndim == theirs.ndim else mine
        for mine, theirs in zip(small.delta, found.delta, strict=True)
    )
    return _at(claim, small, args, delta if any(np.any(d) for d in delta) else small.delta)


def _one_at_a_time(
    names: tuple[str, ...],
    point: Point,
    fails: Callable[[dict[str, int]], Point | None],
    allowed: Callable[[dict[str, int]], bool],
) -> Point:
    """Each size made small while the others stay: by doubling, then by halving what is between."""

    def at(name: str, size: int) -> Point | None:
        sizes = {n: point.sizes[n] for n in names} | {name: size}
        return fails(sizes) if allowed(sizes) else None

    for name in names:
        below, size = 0, 1
        while size < point.sizes[name]:
            if (found := at(name, size)) is not None:
                point = found
                break
            below, size = size, 2 * size
        while point.sizes[name] - below > 1:
            middle = (below + point.sizes[name]) // 2
            if (found := at(name, middle)) is not None:
                point = found
            else:
                below = middle
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
    return in_dtype(formula, point, claim.dtype)


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
    frozen = _frozen(values)
    args, delta = list(point.args), list(point.delta)
    if position < len(args):
        args[position] = frozen
    else:
        delta[position - len(args)] = frozen
    return _at(claim, point, tuple(args), tuple(delta))


def _frozen(values: NDArray[np.float64]) -> NDArray[np.float64]:
    frozen = np.array(values, dtype=np.float64)
    frozen.flags.writeable = False
    return frozen


def _at(
    claim: Claim, point: Point, args: tuple[NDArray[Any], ...], delta: tuple[NDArray[np.float64], ...]
) -> Point | None:
    """The point at other values; None where delta is zero, or the forward has no value there."""
    if not any(np.any(d) for d in delta):
        return None
    try:
        outputs, multiple = evaluate_forward(claim.formula, args)
    except (Discarded, ForwardFault):
        return None
    moved = replace(point, args=args, delta=delta, outputs=outputs, multiple=multiple)
    return in_dtype(claim.formula, moved, claim.dtype)


def _first(found: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The entries at the beginning of every axis, over again where there are too few."""
    return _frozen(found[np.ix_(*(np.arange(n) % m for n, m in zip(shape, found.shape, strict=True)))])


def _last(found: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    return _frozen(found[np.ix_(*((np.arange(n) - n) % m for n, m in zip(shape, found.shape, strict=True)))])


def _special(found: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Zeros first, then what stands there several times, then the rest: each as often as it fits."""
    flat = found.reshape(-1)
    values, counts = np.unique(flat, return_counts=True)
    several = dict(zip(values.tolist(), counts.tolist(), strict=True))
    order = sorted(range(flat.size), key=lambda i: (flat[i] != 0, several.get(float(flat[i]), 1) == 1, i))
    return _frozen(np.resize(flat[order], shape))


def _largest(found: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The largest magnitudes: code that switches over does so there."""
    flat = found.reshape(-1)
    return _frozen(np.resize(flat[np.argsort(-np.abs(flat), kind="stable")], shape))


def _smallest(found: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    flat = found.reshape(-1)
    return _frozen(np.resize(flat[np.argsort(np.abs(flat), kind="stable")], shape))


Take = Callable[[NDArray[np.float64], tuple[int, ...]], NDArray[np.float64]]

TAKES: tuple[Take, ...] = (_first, _last, _special, _largest, _smallest)
