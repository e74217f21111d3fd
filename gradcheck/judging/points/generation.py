"""The points of a run: the fixed plan first, then shapes and values that Hypothesis draws.

Hypothesis draws the sizes, a seed for the values and, where a user gave a strategy of elements, the
entries themselves. Drawing ends before checking begins, so `verify` works inside a user's own
`@given`, and the same seed gives the same points whatever the claims.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from gradcheck.errors import UsageError
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.dtypes import Dtype
from gradcheck.formulas.values import Values, is_strategy
from gradcheck.judging.points.affordable import MOST, Affordable
from gradcheck.judging.points.allowed_sizes import Allowed, checked_delta
from gradcheck.judging.points.forward_faults import located
from gradcheck.judging.points.operations import operations
from gradcheck.judging.points.point import (
    LARGE,
    Discarded,
    ForwardFault,
    Point,
    check_deterministic,
    draw_arguments,
    in_dtype,
    make_point,
)
from gradcheck.judging.points.sampling import PER_ARRAY, each
from gradcheck.judging.points.sizes import plan

__all__ = ["Draw", "Generated", "draw_elements", "draws", "first_point", "generate"]

_SIZE_BITS = 3
"""Hypothesis draws each size from 1 to 8; larger ones are the plan's business."""

_REDRAWS = 5

_MOST_NUMBERS = 2**23
"""Numbers in all large points of a formula together, after which no more are drawn. One point of ten
million is enough to keep in memory."""


@dataclass(frozen=True)
class Draw:
    """What Hypothesis drew for one point."""

    sizes: dict[str, int]
    seed: int
    elements: dict[str, Any] = field(default_factory=dict)
    origin: str = "drawn"
    position: int = 0


@dataclass
class Generated:
    """The points of a formula, with what was lost on the way."""

    points: list[Point] = field(default_factory=list)
    discarded: int = 0
    notes: list[str] = field(default_factory=list)

    def in_dtype(self, formula: Declaration, dtype: Dtype) -> Generated:
        """The same points, their values rounded to a type. Raises `UsageError` for those beyond it."""
        if not dtype.is_low:
            return self
        rounded = [in_dtype(formula, point, dtype) for point in self.points]
        kept = [point for point in rounded if point is not None]
        return Generated(kept, self.discarded + len(rounded) - len(kept), self.notes)


def generate(formula: Declaration, *, max_examples: int, seed: int, delta: Values | None = None) -> Generated:
    """All points of a run. Raises `ForwardFault` where the forward cannot be run, `UsageError`.

    There are ``max_examples`` of them, or as many as the plan has where that is more.
    """
    result = Generated()
    delta = checked_delta(delta)
    raised: Counter[str] = Counter()
    affordable = _affordable(formula, seed, delta)
    for draw in draws(formula, max_examples, seed, result.notes, delta):
        if draw.origin == "drawn" and affordable.is_spent(max_examples):
            break
        if not draw.elements:  # those were drawn for the sizes that they have
            sizes = affordable.sizes(draw.sizes)
            if affordable.is_spent(max_examples) and affordable.is_paid(sizes):
                continue  # of a planned shape that is too dear, and so like others
            affordable.pay(draw.sizes)
            draw = replace(draw, sizes=sizes)
        for attempt in range(_REDRAWS):
            rng = np.random.default_rng([seed, draw.seed, draw.position, attempt])
            try:
                point = make_point(
                    formula, draw.sizes, rng, delta=delta, elements=draw.elements, origin=draw.origin
                )
                check_deterministic(formula, point)
            except Discarded as discarded:
                result.discarded += 1
                if discarded.__cause__ is not None:
                    raised[str(discarded)] += 1
                continue
            except ForwardFault as fault:
                raise located(formula, draw.sizes, fault) from fault
            _check_outputs(result.points, point)
            result.points.append(point)
            break
        spent = sum(p.entries for p in result.points if p.large)
        if spent >= _MOST_NUMBERS:
            result.notes.append(
                f"{len(result.points)} of {max_examples} points are checked: one holds "
                f"{result.points[-1].entries:,} numbers"
            )
            break
    result.notes += _about_cost(affordable, result.points, max_examples)
    for reason, times in raised.items():
        result.notes.append(f"{times} of what was drawn {'was' if times == 1 else 'were'} left out: {reason}")
    return result


def _affordable(formula: Declaration, seed: int, delta: Values | None) -> Affordable:
    """What points cost, counted at values that stand for all: those that a shape's first point would have."""
    fixed, bound, names = formula.given_shapes, formula.given_sizes, formula.free_sizes

    def cost(sizes: Mapping[str, int], most: float) -> int:
        try:
            args = draw_arguments(formula, {**bound, **sizes}, np.random.default_rng(seed))
        except Exception:  # whatever it is, making the point will say it better
            return 0
        return 0 if sum(a.size for a in args) > LARGE else operations(formula.function, args, most)

    return Affordable(cost, Allowed(formula, bound, fixed, delta), names)


def _about_cost(affordable: Affordable, points: list[Point], wanted: int) -> list[str]:
    """What a dear forward was spared."""
    notes = []
    if affordable.is_spent(wanted) and len(points) < wanted:
        notes.append(
            f"{len(points)} of {wanted} points are checked: the forward takes {affordable.spent:,} "
            "operations on arrays for them"
        )
    if affordable.replaced:
        notes.append(
            f"smaller sizes are drawn for {len(affordable.replaced)} at which the forward takes more "
            f"than {MOST} operations on arrays"
        )
    return notes


def first_point(formula: Declaration, *, seed: int, delta: Values | None = None) -> Point | None:
    """The first point of the plan, for a look at what the code returns; None where the forward is not finite.

    Raises `ForwardFault` where the forward cannot be run, `UsageError`.
    """
    delta = checked_delta(delta)
    draw = next(draws(formula, 0, seed, [], delta))
    rng = np.random.default_rng([seed, draw.seed, draw.position, 0])
    try:
        return make_point(formula, draw.sizes, rng, delta=delta, elements=draw.elements, origin=draw.origin)
    except Discarded:
        return None
    except ForwardFault as fault:
        raise located(formula, draw.sizes, fault) from fault


def _check_outputs(points: list[Point], point: Point) -> None:
    """The forward must give as many outputs at all sizes."""
    if not points or (len(points[0].outputs), points[0].multiple) == (len(point.outputs), point.multiple):
        return
    counts = [
        (f"a tuple of {len(p.outputs)}" if p.multiple else "one output")
        + f" at {', '.join(f'{n} = {s}' for n, s in p.sizes.items())}"
        for p in (points[0], point)
    ]
    raise ForwardFault(
        f"the forward gives {counts[0]}, but {counts[1]}; it must give as many at all sizes (a list counts "
        "as a tuple: return np.array(...) where one array is meant)"
    )


def draws(
    formula: Declaration, max_examples: int, seed: int, notes: list[str], delta: Values | None = None
) -> Iterator[Draw]:
    """The plan's shapes, then Hypothesis's, each with a seed for its values.

    Raises `UsageError` where no sizes satisfy the declaration.
    """
    fixed, bound, names = formula.given_shapes, formula.given_sizes, formula.free_sizes
    allows = Allowed(formula, bound, fixed, delta)
    planned, missing = plan(names, allows)
    if not planned:
        hint = " Larger sizes are declared in shapes, as in '20' or 'n+20'." if formula.where else ""
        raise UsageError(f"{formula.name}: {allows.reason()}. There is nothing to check.{hint}")
    if missing:
        notes.append("the declaration allows no shape with: " + ", ".join(missing))
    whole = [{**bound, **p} for p in planned]
    space = _Space(formula, names, bound, whole, allows)
    if space.strategies:
        # the entries come from the user's strategy, so Hypothesis draws the planned shapes too
        for sizes in whole:
            yield _hypothesis(_Space(formula, (), sizes, [sizes]), PER_ARRAY, seed, "plan")[-1]
    else:
        for i, sizes in enumerate(whole):
            yield Draw(sizes, i, origin="plan")
    if max_examples > len(whole):
        yield from _hypothesis(space, max_examples - len(whole), seed, "drawn")


def draw_elements(formula: Declaration, sizes: dict[str, int], seed: int) -> dict[str, Any]:
    """The arrays of one point whose elements a strategy of the user draws (none, mostly)."""
    space = _Space(formula, (), sizes, [sizes])
    if not space.strategies:
        return {}
    return _hypothesis(space, PER_ARRAY, seed, "minimised")[-1].elements


@dataclass(frozen=True)
class _Space:
    """What Hypothesis draws from: the sizes ``names`` (the others are ``bound``), or a planned shape."""

    formula: Declaration
    names: tuple[str, ...]
    bound: dict[str, int]
    planned: list[dict[str, int]]
    allows: Callable[[Mapping[str, int]], bool] = lambda sizes: True

    @property
    def strategies(self) -> dict[str, Any]:
        """The arguments whose elements a strategy of the user draws."""
        return {a: v for a, v in self.formula.values.items() if is_strategy(v)}

    def bits(self, count: int) -> int:
        """How many bits each of ``count`` draws takes: the sizes, and enough that few of them repeat."""
        return _SIZE_BITS * len(self.names) + max(2, count.bit_length() + 3 - _SIZE_BITS * len(self.names))

    def draw(self, bits: tuple[bool, ...], data: Any, origin: str) -> Draw:
        """One point, from bits: what is drawn must not depend on what was drawn before."""
        rest = iter(bits)
        chosen = {**self.bound, **{n: 1 + _number(rest, _SIZE_BITS) for n in self.names}}
        seed = 1000 + _number(rest, len(bits))
        if not self.allows(chosen):
            chosen = self.planned[seed % len(self.planned)]
        return Draw(chosen, seed, self._elements(data, chosen), origin)

    def spread(self, drawn: list[Draw]) -> list[Draw]:
        """The same draws, made even.

        Positions make their values new, even where Hypothesis repeats an example. Every other draw, and
        in the end three of four (SymPy costs per shape, not per point), goes through the planned shapes in
        turn, so that each is met with several values (a tail after 8 can be hidden by a ReLU once). The
        first 2^`_SIZE_BITS` of the rest give every dimension every
        size, each in an order of its own: a mistake at length 5 only must not depend on luck.
        """
        count = 2**_SIZE_BITS
        result = [replace(d, position=k) for k, d in enumerate(drawn)]
        if self.strategies:
            return result  # their elements were drawn for the sizes that they have
        for k, draw in enumerate(result):
            if k % 2 or (k % 4 and k >= 2 * count):
                result[k] = replace(draw, sizes=self.planned[k // 2 % len(self.planned)])
            elif k < 2 * count:
                new = {n: 1 + (k // 2 * (2 * i + 1) + i) % count for i, n in enumerate(self.names)}
                if self.allows({**self.bound, **new}):
                    result[k] = replace(draw, sizes={**self.bound, **new})
        return result

    def _elements(self, data: Any, sizes: dict[str, int]) -> dict[str, Any]:
        if not self.strategies:
            return {}
        from hypothesis.extra import numpy as hnp

        names = self.formula.shapes.arguments
        shapes = dict(zip(names, self.formula.shapes.concrete(sizes) or (), strict=True))
        return {
            a: data.draw(hnp.arrays(np.float64, shapes[a], elements=s)) for a, s in self.strategies.items()
        }


def _number(bits: Iterator[bool], count: int) -> int:
    """The integer of the next ``count`` bits, or of as many as are left."""
    value = 0
    for bit in itertools.islice(bits, count):
        value = 2 * value + bit
    return value


def _hypothesis(space: _Space, count: int, seed: int, origin: str) -> list[Draw]:
    bits = space.bits(count)
    if not space.strategies:
        return space.spread([space.draw(found, None, origin) for found in _drawn_bits(bits, count, seed)])
    from hypothesis import strategies as st

    who = ", ".join(f"values[{name!r}]" for name in space.strategies)
    drawn: list[Draw] = []
    each(
        count,
        seed,
        st.tuples(_bits(bits), st.data()),
        lambda found: drawn.append(space.draw(found[0], found[1], origin)),
        who,
    )
    return space.spread(drawn[:count])


def _bits(number: int) -> Any:
    """Hypothesis mixes constants found in the source of local modules into the integers and bytes that it
    draws, and keeps a cache of them in the working folder; bits are free of both, so that a seed gives the
    same points wherever it is used. All in one tuple: every draw of its own costs 20 microseconds.
    """
    from hypothesis import strategies as st

    return st.tuples(*[st.booleans()] * number)


@lru_cache(maxsize=64)
def _drawn_bits(number: int, count: int, seed: int) -> tuple[tuple[bool, ...], ...]:
    """What Hypothesis draws for a seed, the same for all formulas with as many sizes."""
    drawn: list[tuple[bool, ...]] = []
    each(count, seed, _bits(number), drawn.append, "gradcheck")
    return tuple(drawn[:count])
