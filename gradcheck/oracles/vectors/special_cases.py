"""The inputs of test vectors: ordinary ones of distinct sizes, and every special case with its flag.

Numbers that we choose are multiples of 1/64 up to 1: exact in float32 and float16, short in decimal, and
their sums and products stay exact for a while. Tests with the flag `FullPrecision` use all bits instead.
What a formula declares (`positive`, `one_hot`, labels) is drawn as declared.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.values import one_hot
from gradcheck.judging.points.generation import draw_elements
from gradcheck.judging.points.point import Discarded, Point, draw_arguments, evaluate_forward
from gradcheck.judging.points.sizes import smallest_first

__all__ = ["FIRST", "Case", "cases"]

Array = NDArray[Any]
Change = Callable[[Array, np.random.Generator], Array]

FIRST = "all sizes distinct"
"""The comment of the first case."""

_STEPS = 64
_UNIT = 64
_LARGEST_SIZE = 6


@dataclass
class Case:
    """One point to make a test of."""

    point: Point
    comment: str
    flags: list[str] = field(default_factory=list)


def cases(formula: Formula, seed: int = 0) -> Iterator[Case]:
    """The points of a formula's vectors, in order; the same for the same seed and version of NumPy.

    Raises `UsageError` where the declaration allows no sizes, `ForwardFault` where the forward raises.
    """
    maker = _Maker(formula, seed)
    up, down = maker.distinct()
    yield from maker.make(up, FIRST, "DistinctSizes")
    yield from maker.make(down, "all sizes distinct, in another order", "DistinctSizes")
    yield from maker.make(up, "inputs with all bits of float64", "DistinctSizes", "FullPrecision", fill=full)
    for sizes, comment in maker.ones(up):
        yield from maker.make(sizes, comment, "SizeOne")
    if (square := maker.square()) is not None:
        yield from maker.make(square, "all sizes equal", "SquareSizes")
    yield from maker.make(up, "some inputs are zero", "Zeros", change=_zeros(0.0))
    yield from maker.make(down, "some inputs are -0.0", "NegativeZero", change=_zeros(-0.0))
    yield from maker.make(up, "some inputs are equal", "Ties", change=_ties)
    yield from maker.make(up, "inputs of about 10", "LargeMagnitudes", change=lambda a, _: a * 8.0)
    yield from maker.make(down, "inputs in the hundreds", "LargeMagnitudes", change=lambda a, _: a * 256.0)
    yield from maker.make(up, "small inputs", "SmallMagnitudes", change=lambda a, _: a / 8192.0)


def short(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Multiples of 1/64 of either sign, at most 1, none of them zero and no two alike in size while there
    are enough.
    """
    count = int(np.prod(shape, dtype=int))
    steps = 1 + (rng.permutation(_STEPS)[:count] if count <= _STEPS else rng.integers(0, _STEPS, count))
    return np.asarray((rng.choice([-1, 1], count) * steps / _UNIT).reshape(shape))


def full(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Numbers between 1/64 and 1, of either sign, with all bits in use."""
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.uniform(1 / _UNIT, 1.0, shape))


class _Maker:
    def __init__(self, formula: Formula, seed: int) -> None:
        self.formula = formula
        self._seed = [seed, zlib.crc32(formula.name.encode())]
        self._count = 0
        self._bound, self._names = formula.given_sizes, formula.free_sizes

    def make(
        self,
        sizes: Mapping[str, int],
        comment: str,
        *flags: str,
        fill: Callable[..., Array] = short,
        change: Change | None = None,
    ) -> Iterator[Case]:
        """One case, or none where the forward is not finite there."""
        rng = np.random.default_rng([*self._seed, self._count])
        self._count += 1
        whole = {**self._bound, **sizes}
        whole = {n: whole[n] for n in self.formula.shapes.names}
        elements = draw_elements(self.formula, whole, self._count)
        drawn = draw_arguments(self.formula, whole, rng, elements, fill)
        free = [n not in self.formula.values for n in self.formula.shapes.arguments]
        if change is not None:
            if not any(free):
                return
            drawn = tuple(_kept(change(a.copy(), rng) if f else a) for a, f in zip(drawn, free, strict=True))
        try:
            outputs, multiple = evaluate_forward(self.formula, drawn)
        except Discarded:
            return
        deltas = tuple(_kept(fill(o.shape, rng)) for o in outputs)
        scalar = all(o.ndim == 0 for o in outputs)
        if scalar and self._count == 1:  # what everybody tries first
            deltas = tuple(_kept(np.ones(())) for _ in outputs)
        point = Point(whole, drawn, outputs, deltas, multiple, origin="vectors")
        told = [*flags, *self._flags(point)]
        if scalar and self._count > 1:
            told.append("DeltaNotOne")
        yield Case(point, comment, told)

    def _flags(self, point: Point) -> Iterator[str]:
        values = self.formula.values
        if any(v is one_hot for v in values.values()):
            yield "OneHot"
        if len(point.wrt) < len(point.args):
            yield "Integers"

    def distinct(self) -> tuple[dict[str, int], dict[str, int]]:
        """Two tuples of sizes, each all distinct and 2 or more where the declaration allows that, the
        second in another order.
        """
        count = len(self._names)
        orders = [tuple(range(2, count + 2)), tuple(range(count + 1, 1, -1))]
        if count == 1:
            orders = [(4,), (3,)]  # there is no order, and 2 would hide a factor n behind a factor 2
        found = []
        for order in orders:
            tries = [order, *permutations(order)] if count <= 5 else [order]
            allowed = [s for s in (dict(zip(self._names, t, strict=True)) for t in tries) if self._allows(s)]
            found.append(allowed[0] if allowed else self._any())
        return found[0], found[1]

    def ones(self, sizes: Mapping[str, int]) -> Iterator[tuple[dict[str, int], str]]:
        """All sizes 1; the first and the last name alone 1."""
        if not self._names:
            return
        everything = dict.fromkeys(self._names, 1)
        if self._allows(everything):
            yield everything, "all sizes 1"
        for name in dict.fromkeys([self._names[0], self._names[-1]]):
            alone = {**sizes, name: 1}
            if alone != everything and self._allows(alone):
                yield alone, f"{name} = 1"

    def square(self) -> dict[str, int] | None:
        for size in (3, 2, 4):
            sizes = dict.fromkeys(self._names, size)
            if len(self._names) > 1 and self._allows(sizes):
                return sizes
        return None

    def _any(self) -> dict[str, int]:
        limit = dict.fromkeys(self._names, _LARGEST_SIZE)
        found = list(smallest_first(self._names, self._allows, limit))
        if not found:
            raise UsageError(f"{self.formula.name}: no sizes from 1 on satisfy its declaration.")
        return found[len(found) // 2]

    def _allows(self, sizes: Mapping[str, int]) -> bool:
        return self.formula.allows({**self._bound, **sizes})


def _zeros(zero: float) -> Change:
    def change(array: Array, rng: np.random.Generator) -> Array:
        flat = array.reshape(-1)
        flat[rng.permutation(flat.size)[: (flat.size + 2) // 3]] = zero
        return array

    return change


def _ties(array: Array, rng: np.random.Generator) -> Array:
    """Entries from a few values only, the same in every array."""
    return np.asarray(rng.choice([-0.5, 0.75, 1.25], array.shape))


def _kept(array: Array) -> Array:
    array = np.asarray(array)
    array.flags.writeable = False
    return array
