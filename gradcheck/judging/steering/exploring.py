"""Points that enter branches which no other point entered, found by running the code at many.

Nothing is known of what such a branch asks for. So the code runs in float64 at many sizes, and at values that
arrays often hold: whole numbers, ties, orders, symmetric matrices, ones, a single entry.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from math import prod
from types import CodeType

import numpy as np

from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.point import Point
from gradcheck.formulas.values import Values as Given
from gradcheck.judging.points.memory import MemoryModel
from gradcheck.judging.points.point import Discarded, ForwardFault, in_dtype, make_point
from gradcheck.judging.session import Session
from gradcheck.judging.steering.branches import Branches
from gradcheck.judging.steering.changes import patterns
from gradcheck.judging.steering.moves import Moves
from gradcheck.judging.steering.sizes_in_code import compared_sizes

__all__ = ["explore", "points_of_compared_sizes"]

_MOST_RUNS = 900
"""Runs of the code for one claim: for most code some hundredths of a second."""

_MOST_EVENTS = 60_000
"""Lines and instructions of the code in these runs: loops take thousands in each."""

_MOST_BYTES = 2**18
"""Bytes that arguments or forward may hold at a size."""

_MOST_FOUND = 12
"""Points for one claim."""

_SIZES = range(1, 13)
"""Sizes of which all pairs are tried."""

_LONG = (*range(13, 80), 96, 100, 127, 128, 129, 200, 255, 256, 257, 512)


def explore(
    session: Session,
    moves: Moves,
    branches: Branches,
    points: Sequence[Point],
    seed: int,
    delta: Given | None,
) -> Iterator[Point]:
    """Points at which the code enters a branch that ``branches`` has not seen, while there are any."""
    if branches.is_done:
        return  # the first points cost as much as the rest of the question
    found, before = 0, branches.events
    ways = (
        _of_values(moves, points),
        _of_sizes(moves.claim, session, _pairs, seed, delta),
        _of_sizes(moves.claim, session, _long, seed, delta),
    )
    in_turn = (point for together in itertools.zip_longest(*ways) for point in together if point is not None)
    for point in itertools.islice(in_turn, _MOST_RUNS):
        if found == _MOST_FOUND or branches.is_done or not branches.is_known:
            return
        if branches.events - before > _MOST_EVENTS:
            return
        if branches.run(point):
            found += 1
            yield point


def points_of_compared_sizes(
    session: Session, claim: Claim, codes: Sequence[CodeType], seed: int, delta: Given | None
) -> Iterator[Point]:
    """Points at pairs of the numbers that lines of the code compare with, whether they branch or not."""
    made = _of_sizes(claim, session, partial(compared_sizes, codes), seed, delta)
    return itertools.islice(made, _MOST_COMPARED)


_MOST_COMPARED = 24
"""Points for one claim."""


def _of_sizes(
    claim: Claim,
    session: Session,
    chosen_by: Callable[[Sequence[str]], Iterator[Mapping[str, int]]],
    seed: int,
    delta: Given | None,
) -> Iterator[Point]:
    """A point at each choice of sizes for the free dimensions."""
    formula = claim.formula
    given, memory = formula.given_sizes, session.shared(MemoryModel.of)
    for number, chosen in enumerate(chosen_by(formula.free_sizes)):
        sizes = {**given, **chosen}
        shapes = formula.shapes_at(sizes)
        held = max(8 * sum(map(prod, shapes or ())), memory.needed(sizes))
        if shapes is None or held > _MOST_BYTES:
            continue
        with suppress(Discarded, ForwardFault, UsageError):
            rng = np.random.default_rng([seed, 59, number])
            point = make_point(formula, sizes, rng, delta=delta, origin="asked")
            if (made := in_dtype(formula, point, claim.dtype)) is not None:
                yield made


def _pairs(names: Sequence[str]) -> Iterator[Mapping[str, int]]:
    """All pairs of small sizes, for each pair of dimensions in turn."""
    pairs: list[tuple[str, ...]] = [*itertools.combinations(names, 2)] or [(n,) for n in names]
    for values in itertools.product(_SIZES, repeat=len(pairs[0])) if pairs else ():
        for pair in pairs[:3]:
            yield {**dict.fromkeys(names, 2), **dict(zip(pair, values, strict=True))}


def _long(names: Sequence[str]) -> Iterator[Mapping[str, int]]:
    """One dimension long, or all of them."""
    for size in _LONG:
        for name in names:
            yield {**dict.fromkeys(names, 2), name: size}
        if len(names) > 1:
            yield {n: size + 7 * k for k, n in enumerate(names)}
            yield {n: max(size // (k + 2), 1) for k, n in enumerate(names)}


def _of_values(moves: Moves, points: Sequence[Point]) -> Iterator[Point]:
    """Plain values and the usual patterns, for one array after the other, at a few shapes."""
    for base in _bases(points):
        arrays, count = [*base.args, *base.delta], len(base.args)
        free = [i for i in range(len(arrays)) if moves.may_move(base, i)]
        arguments = [i for i in free if i < count]
        for pattern in patterns(max((arrays[i].size for i in free), default=0)):
            for group in [(i,) for i in free] + ([tuple(arguments)] if len(arguments) > 1 else []):
                with np.errstate(all="ignore"):
                    moved = {i: m for i in group if (m := pattern(arrays[i])) is not None}
                values = moves.allowed(base, moved) if moved else None
                if values is not None and (point := moves.point(base, values)) is not None:
                    yield point


def _bases(points: Sequence[Point]) -> list[Point]:
    """A point with dimensions of different sizes, and two whose dimensions are alike, of 3 and more."""
    usual = [p for p in points if p.entries <= 256 and min(p.sizes.values(), default=3) >= 3]
    usual.sort(key=lambda p: (p.origin != "plan", p.entries))
    alike = [p for p in usual if len(set(p.sizes.values())) == 1]
    chosen = {id(p): p for few in (usual[:1], alike[:1], alike[-1:]) for p in few}
    return list(chosen.values()) or list(points[:1])
