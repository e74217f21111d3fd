"""Points beyond those that are drawn: sizes that the code asks about, sides of comparisons that did not
happen, and behind a proof the real code at large sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.precisions import SINGLE
from gradcheck.errors import UsageError
from gradcheck.formulas.calling.foreign import is_float_only
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.point import Point
from gradcheck.formulas.values import Values, normal
from gradcheck.judging.large_points import BEHIND_A_PROOF
from gradcheck.judging.points.asked_sizes import MOST_ENTRIES, asked_sizes, table_sizes
from gradcheck.judging.points.memory import MemoryModel, peak_memory
from gradcheck.judging.points.operations import operations
from gradcheck.judging.points.point import (
    Discarded,
    ForwardFault,
    evaluate_forward,
    in_dtype,
    make_point,
)
from gradcheck.judging.session import Session

__all__ = [
    "LARGE_SIZES",
    "LONG",
    "may_be_long",
    "points_of_asked_sizes",
    "points_of_large_sizes",
    "points_of_long_sums",
]

LARGE_SIZES = ((41, 37, 43, 39, 45), (197, 203, 199, 201, 205))
"""Sizes far from those that are drawn, no two alike: what a proof of all shapes is held against."""

_MOST_ENTRIES = 2**19
"""Numbers in the arguments of a point of large sizes; beyond it the code would take too long."""

_MOST_BYTES = 2**27
"""Bytes that the forward may hold at a point of large sizes."""


def points_of_asked_sizes(claim: Claim, session: Session, seed: int, delta: Values | None) -> Iterator[Point]:
    """A point at each size that forward or candidate may ask about, as far as the cost allows."""
    left, entries = _MOST_OPERATIONS, _MOST_IN_TABLES
    for number, sizes in enumerate(asked_sizes(claim.formula, claim.candidate)):
        for point in _made(claim, sizes, [seed, 31, number], delta, "asked"):
            cost, table = session.cost(point), _beyond_arguments(claim, point)
            if cost <= left and table <= entries:
                left, entries = left - cost, entries - table
                yield point


_MOST_OPERATIONS = 1500
"""Operations of the forward at all sizes that are asked about, and at one long sum. A dense layer of 64 units
takes 70."""


_MOST_IN_TABLES = 2**17
"""Entries of Jacobians and Hessians at all these sizes: some 3 seconds. One of 200 x 200 takes half a second,
one of 1000 x 1000 eight."""


def _beyond_arguments(claim: Claim, point: Point) -> int:
    """How many more numbers a claim states than the arguments have."""
    stated = sum(prod(shape) for shape in claim.shapes(point).values())
    return max(0, stated - sum(a.size for a in point.args))


def points_of_unproved_sizes(
    claim: Claim, sizes: Sequence[Mapping[str, int]], seed: int, delta: Values | None
) -> Iterator[Point]:
    """A point at each of the sizes that a proof leaves out, as far as the cost allows."""
    for number, chosen in enumerate(sizes[:_MOST_UNPROVED]):
        shapes = claim.formula.shapes_at(chosen)
        if shapes is not None and sum(map(prod, shapes)) <= MOST_ENTRIES:
            yield from _made(claim, chosen, [seed, 41, number], delta, "asked")


_MOST_UNPROVED = 12
"""Tuples of sizes that a proof leaves out which are tried for one claim."""


def points_of_any_size(claim: Claim, session: Session, seed: int, delta: Values | None) -> Iterator[Point]:
    """A point at every size up to a few dozen, and at those that a table of the code has as keys, as far as
    the cost allows. Code can ask about a size in ways that leave no number to read, as `math.comb(n, 2)`
    does. Each is for one slope in float64, no more.
    """
    formula = claim.formula
    if not claim.kind.is_backward or is_float_only(claim.candidate) or claim.bits == SINGLE:
        return
    names, bound = formula.free_sizes, formula.given_sizes
    keys = [n for n in table_sizes(formula.function, claim.candidate) if n >= _FIRST + _EVERY]
    left, memory = _MOST_OF_ANY, session.shared(MemoryModel.of)
    # each dimension meets each size once: of a table (n, m) all sizes come along its diagonal
    every = zip(*map(_in_turn, range(len(names))), strict=True)
    long = [
        [size if k == j else 2 for k in range(len(names))] for size in _WRAPPING for j in range(len(names))
    ]
    of_keys = [[size, *[2] * (len(names) - 1)] for size in keys]
    for number, chosen in enumerate([*every, *long, *of_keys] if names else ()):
        sizes = {**bound, **dict(zip(names, chosen, strict=True))}
        shapes = formula.shapes_at(sizes)
        if shapes is not None and memory.needed(sizes) <= _MOST_BYTES_OF_ANY:
            for point in _made(claim, sizes, [seed, 53, number], delta, BEHIND_A_PROOF):
                left -= operations(formula.function, point.args, left, in_float64=True)
                if left < 0:
                    return
                yield point


_MOST_OF_ANY = 1000
"""Operations on arrays of the forward at all these sizes, once at each. A slope takes it some eight times."""

_MOST_BYTES_OF_ANY = 2**22

_FIRST, _EVERY = 9, 48
"""Sizes that are all tried: from the first that is not drawn anyway, and how many."""


_WRAPPING = (257,)
"""Sizes at which counters of 8 bits and powers of 64 have wrapped over: `np.arange(n) ** 8` from 236 on."""


def _in_turn(k: int) -> list[int]:
    """All these sizes for the k-th dimension, in an order of its own. Of eight, two are those of the other
    dimensions or beside them: of each pair of dimensions there are equal sizes, and some that are one apart.
    """
    found = list(range(_FIRST, _FIRST + _EVERY))
    own = [i for i in range(_EVERY) if i % 8 < 6]
    for place, i in enumerate(own):  # two may both be longer than a third one by twenty
        found[i] = _FIRST + own[(place + 5 * k * (k + 1)) % len(own)]
    for group in range(_EVERY // 8):
        if k and not group >> (k - 1) & 1:
            found[8 * group + 6 : 8 * group + 8] = reversed(found[8 * group + 6 : 8 * group + 8])
    return found


def points_of_large_sizes(
    claim: Claim, session: Session, seed: int, delta: Values | None, *, crowning: bool
) -> Iterator[Point]:
    """A point at about 40 and one at about 200 in every free dimension, as far as the cost allows: for kinds
    that are compared in balls the first alone. ``crowning`` is behind a proof, where more is paid for them.
    """
    if not crowning and (not claim.kind.is_backward or is_float_only(claim.candidate)):
        return  # a program or a framework may have room for little
    if claim.bits == SINGLE:
        return  # a difference in float64 says nothing of a forward that rounds to float32 on the way
    formula = claim.formula
    chosen = LARGE_SIZES if claim.kind.is_backward else LARGE_SIZES[:1] if claim.kind.costs_slopes else ()
    names, bound = formula.free_sizes, formula.given_sizes
    memory = session.shared(MemoryModel.of)
    for number, large in enumerate(chosen if names else ()):
        sizes = {**bound, **{n: large[k % len(large)] for k, n in enumerate(names)}}
        shapes = formula.shapes_at(sizes)
        entries = sum(map(prod, shapes or ()))
        if shapes is not None and entries <= _MOST_ENTRIES and memory.needed(sizes) <= _MOST_BYTES:
            for point in _made(claim, sizes, [seed, 37, number], delta, BEHIND_A_PROOF):
                if crowning or session.cost(point) <= _MOST_OPERATIONS:
                    yield point


def points_of_long_sums(claim: Claim, session: Session, seed: int, delta: Values | None) -> Iterator[Point]:
    """Points at which one dimension after the other is long and the others are short: what is rounded in a
    sum grows with its length. A forward in loops, which takes thousands of operations there, has them less
    long.
    """
    names = claim.formula.free_sizes
    for number, (length, name) in enumerate(product(LONG, names)):
        lengths = (length, *_LESS_LONG) if length == LONG[0] else (length,)
        tried = (_long(claim, session, name, n, [seed, 43, number], delta) for n in lengths)
        for point in next(filter(None, tried), []):
            yield point
            if delta is None and claim.kind.uses_delta:
                yield _with_few_terms(point, np.random.default_rng([seed, 47, number]))


def may_be_long(claim: Claim, name: str) -> bool:
    """Whether a dimension may have the greatest length at which sums are tried, as far as is declared."""
    formula = claim.formula
    names, bound = formula.free_sizes, formula.given_sizes
    return any(
        formula.allows({**bound, **dict.fromkeys(names, others), name: LONG[-1]})
        for others in (2, 1, LONG[-1])
    )


def _long(
    claim: Claim, session: Session, name: str, length: int, seed: Sequence[int], delta: Values | None
) -> list[Point]:
    """The point at which one dimension has this length; none where there is none, or it is too dear."""
    formula = claim.formula
    names, bound = formula.free_sizes, formula.given_sizes
    for others in (2, 1, length):
        sizes = {**bound, **dict.fromkeys(names, others), name: length}
        shapes = formula.shapes_at(sizes)
        if shapes is not None and sum(map(prod, shapes)) <= _MOST_LONG:
            made = _kept_small(formula, _made(claim, sizes, seed, delta, "long"))
            cheap = [point for point in made if session.cost(point) <= _MOST_OPERATIONS]
            if cheap:
                return [_of_one_sign(claim, point, delta) for point in cheap]
    return []


def _of_one_sign(claim: Claim, point: Point, delta: Values | None) -> Point:
    """The point with numbers of one sign up to 1, where any number may stand: a sum then grows all the way,
    and what each addition rounds with it, and stays within the type. Sums of both signs stay small, and so
    does the error of a bad one.
    """
    formula = claim.formula
    free = [
        formula.values.get(n, normal) is normal and n not in formula.spaces for n in formula.shapes.arguments
    ]
    args = tuple(
        _positive(a) if f and a.dtype.kind == "f" else a for f, a in zip(free, point.args, strict=True)
    )
    try:
        outputs, multiple = evaluate_forward(formula, args)
    except (Discarded, ForwardFault):
        return point
    deltas = tuple(map(_positive, point.delta)) if delta is None else point.delta
    moved = replace(point, args=args, delta=deltas, outputs=outputs, multiple=multiple)
    return in_dtype(formula, moved, claim.dtype) or point


def _positive(array: NDArray[np.float64]) -> NDArray[np.float64]:
    found = np.abs(array)
    _, exponent = np.frexp(found.max(initial=0.5))
    found = np.asarray(np.ldexp(found, -max(int(exponent), 0)))  # all digits stay
    found.flags.writeable = False
    return found


def _with_few_terms(point: Point, rng: np.random.Generator) -> Point:
    """The point with zeros for most of delta. What is allowed of a sum grows with its terms; of a few it is
    so little that one which is left out shows, the last one among them.
    """

    def thinned(delta: NDArray[np.float64]) -> NDArray[np.float64]:
        kept = np.zeros(delta.size, dtype=bool)
        kept[rng.integers(0, delta.size, _FEW_TERMS)] = True
        kept[-1:] = True
        few = np.where(kept.reshape(delta.shape), np.where(delta == 0, 1.0, delta), 0.0)
        few.flags.writeable = False
        return few

    return replace(point, delta=tuple(map(thinned, point.delta)))


_FEW_TERMS = 3
"""Entries of delta that are kept, besides the last."""


def _kept_small(formula: Declaration, points: Iterator[Point]) -> Iterator[Point]:
    """The points at which the forward holds no more than a few numbers at a time: a table of 4096 x 4096
    scores would take minutes in balls.
    """
    for point in points:
        if peak_memory(formula, point) <= 8 * _MOST_HELD:
            yield point


_MOST_HELD = 2**17

LONG = (515, 4099)
"""Lengths of sums in low precision. From 256 on a sum of ones stands still in bfloat16, from 2048 in
float16. Kernels work in blocks of 2^k, and three more are what a block leaves over."""

_LESS_LONG = (131, 67)
"""What is tried where the first of these is too dear."""

_MOST_LONG = 2**14


def _made(
    claim: Claim, sizes: Mapping[str, int], seed: Sequence[int], delta: Values | None, origin: str
) -> Iterator[Point]:
    """The point, where there is one: values for which the forward breaks down are nobody's mistake."""
    with suppress(Discarded, ForwardFault, UsageError):
        point = make_point(claim.formula, sizes, np.random.default_rng(seed), delta=delta, origin=origin)
        made = in_dtype(claim.formula, point, claim.dtype)
        if made is not None:
            yield made
