"""Expressions as numbers, for given sizes and values: float64, or balls in object arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr
from gradcheck.proofs.indexed.algebra.indices.codes import BOUND, is_constant
from gradcheck.proofs.indexed.algebra.interning import slot_codes
from gradcheck.proofs.indexed.algebra.polynomials import SymbolicSize
from gradcheck.proofs.indexed.algebra.space import DELTA, Factor, Head, Number, Space

__all__ = ["BALL_RULES", "FLOAT_RULES", "Numbers", "Rules"]

Array = NDArray[Any]
_MOST_ENTRIES = 100_000


class Rules:
    """What the functions are in one kind of number: ``lift`` makes an array of exact numbers."""

    def __init__(
        self,
        lift: Callable[[Any], Any],
        functions: Mapping[str, Callable[[Array], Array]],
        power: Callable[[Array, Number], Array],
        positive: Callable[[Array], Array],
    ) -> None:
        self.lift, self.functions, self.power, self.positive = lift, functions, power, positive


class Numbers:
    """One choice of sizes and values. ``values`` are arrays by the number of a variable's head.

    Raises `Unsupported` for functions that are not known, and where an array would be too large.
    """

    def __init__(
        self, space: Space, sizes: Mapping[str, int], values: Mapping[int, Array], rules: Rules
    ) -> None:
        self.space, self.sizes, self.rules = space, sizes, rules
        self._heads: dict[int, Array] = dict(values)
        if space.splits:
            self._heads = {
                h: v.reshape([self.size(s) for s in space.heads[h].slots]) for h, v in values.items()
            }

    def at(self, expression: Expr, codes: Sequence[int]) -> Array:
        """The expression over the named indices ``codes``; constants among them are axes of size 1."""
        named = [c for c in self.space.flat(codes) if not is_constant(c)]
        shape = tuple(1 if is_constant(c) else self.size(self.space.size_of(c)) for c in codes)
        total = np.empty(shape, dtype=object if self.rules is not FLOAT_RULES else float)
        total[...] = self.rules.lift(0)
        for (factors, bounds), coefficient in expression.terms.items():
            part = self._product(factors, bounds, named)
            total = total + part.reshape(shape) * self.rules.lift(coefficient)
        return np.asarray(total)

    def size(self, number: int) -> int:
        """A size, by its place in the space's table."""
        size = self.space.size_list[number]
        if type(size) is int:
            return size
        return self._polynomial(size)

    def _polynomial(self, size: SymbolicSize) -> int:
        total = 0
        for names, coefficient in size.polynomial:
            product = coefficient
            for name in names:
                product *= self.sizes[name]
            total += product
        return total

    def _product(self, factors: tuple[Factor, ...], bounds: tuple[int, ...], named: Sequence[int]) -> Array:
        axes = [*named, *(BOUND + k for k in range(len(bounds)))]
        lengths = [self.size(self.space.size_of(c)) for c in named] + [self.size(b) for b in bounds]
        if int(np.prod(lengths)) > _MOST_ENTRIES:
            raise Unsupported("too many entries for a spot check")
        place = {code: k for k, code in enumerate(axes)}
        result = np.empty(lengths, dtype=object if self.rules is not FLOAT_RULES else float)
        result[...] = self.rules.lift(1)
        for number, codes, power in factors:
            array = self._head(number)
            index = tuple(code if is_constant(code) else _spread(place[code], lengths) for code in codes)
            picked = array[index] if index else array
            result = result * (picked if power == 1 else self.rules.power(np.asarray(picked), power))
        for _ in bounds:
            result = result.sum(axis=-1)
        return np.asarray(result)

    def _head(self, number: int) -> Array:
        if number not in self._heads:
            self._heads[number] = self._made(self.space.heads[number])
        return self._heads[number]

    def _made(self, head: Head) -> Array:
        lift = self.rules.lift
        if head.number == DELTA:
            largest = max([self.size(s) for s in range(len(self.space.size_list))], default=1)
            return np.asarray(lift(np.eye(max(largest, 1))))
        if head.kind == "size":
            return np.asarray(lift(self.sizes[head.name]))
        if head.kind == "root":
            return np.asarray(lift(int(head.name)))
        if head.kind == "pi":
            return self.rules.functions["pi"](np.asarray(lift(1)))
        if head.kind == "argmax":
            return self._place(head)
        if head.kind == "infinity":  # within a maximum alone, which it is not
            return np.asarray(lift(-(10**12)))
        if head.kind in RELATIONS:
            return np.asarray(lift(self._related(head)))
        if head.argument is None:
            raise Unsupported(f"no value for {head.name}")
        if head.kind in ("inverse", "det", "logdet"):
            own = slot_codes(self.space, head)[: -2 if head.kind == "inverse" else None]
            return _of_matrices(head.kind, self.at(head.argument, [*own, *head.over]))
        slots = slot_codes(self.space, head)
        inner = self.at(head.argument, [*slots, *head.over])
        if head.kind == "max":
            return np.asarray(inner.max(axis=tuple(range(len(slots), inner.ndim))))
        if head.kind == "power":
            return inner
        if head.kind == "step":
            return np.asarray(lift(self.rules.positive(inner).astype(int)))
        if head.kind == "equals":
            return np.asarray(lift((~self.rules.positive(inner) & ~self.rules.positive(-inner)).astype(int)))
        name = head.name or head.kind
        if name not in self.rules.functions or head.order:
            raise Unsupported(f"no value for the function {name}")
        return self.rules.functions[name](inner)

    def _related(self, head: Head) -> Array:
        axes = np.ogrid[tuple(slice(self.size(s)) for s in head.slots)]
        if head.kind == "label":
            assert head.of is not None
            of = self.space.heads[head.of]
            values = np.asarray(self._heads[of.number])
            return np.asarray(values[..., None] == axes[-1], dtype=int)
        offset = sum(c * prod(self.sizes[n] for n in names) for names, c in head.offset)
        return np.asarray(RELATIONS[head.kind](*axes, offset), dtype=int)

    def attained_twice(self, maximum: Expr) -> bool:
        """Whether the maximum that an expression is has its value at two places, anywhere."""
        ((factors, _),) = maximum.terms
        of = self.space.heads[factors[0][0]]
        places = self._place(Head(-1, "argmax", "argmax", of=of.number))
        return bool(np.any(places.sum(axis=tuple(range(places.ndim - len(of.over), places.ndim))) > 1))

    def _place(self, head: Head) -> Array:
        assert head.of is not None
        of = self.space.heads[head.of]
        assert of.argument is not None
        inner = self.at(of.argument, [*slot_codes(self.space, of), *of.over])
        axes = tuple(range(len(of.slots), inner.ndim))
        top = inner.max(axis=axes, keepdims=True)
        return np.asarray(self.rules.lift((~self.rules.positive(top - inner)).astype(int)))


RELATIONS: dict[str, Callable[..., Any]] = {
    "place": lambda i, j, offset: j == i + offset,
    "turn": lambda i, j, offset: (j - i - offset) % max(i.size, 1) == 0,
    "mirror": lambda i, j, _: i + j == i.size - 1,
    "add": lambda i, j, k, _: k == i + j,
    "order": lambda i, j, _: i <= j,
    "position": lambda i, _: i,
    "label": lambda *_: None,
}
"""Relations between indices, given as arrays, and the offset."""


def _of_matrices(kind: str, matrices: Array) -> Array:
    """Inverses or determinants of the last two axes."""
    if matrices.dtype != object:
        if kind == "logdet":
            return np.asarray(np.linalg.slogdet(matrices)[1])
        return np.asarray(np.linalg.inv(matrices) if kind == "inverse" else np.linalg.det(matrices))
    from flint import arb_mat

    found = np.empty(matrices.shape if kind == "inverse" else matrices.shape[:-2], dtype=object)
    for place in np.ndindex(matrices.shape[:-2]):
        matrix = arb_mat(matrices[place].tolist())
        if kind == "inverse":
            size = matrices.shape[-1]
            found[place] = np.array(matrix.inv().entries(), dtype=object).reshape(size, size)
        else:
            found[place] = matrix.det() if kind == "det" else abs(matrix.det()).log()
    return found


def _spread(axis: int, lengths: Sequence[int]) -> Array:
    shape = [1] * len(lengths)
    shape[axis] = lengths[axis]
    return np.arange(lengths[axis]).reshape(shape)


def _float_power(base: Array, exponent: Number) -> Array:
    return np.asarray(base ** float(exponent)) if isinstance(exponent, Fraction) else base ** float(exponent)


FLOAT_RULES = Rules(
    lambda x: np.asarray(float(x) if isinstance(x, Fraction) else x, dtype=float),
    {
        "exp": np.exp,
        "log": np.log,
        "sin": np.sin,
        "cos": np.cos,
        "arctan": np.arctan,
        "arcsin": np.arcsin,
        "erf": np.vectorize(math.erf),
        "pi": lambda x: x * math.pi,
    },
    _float_power,
    lambda x: np.asarray(x > 0),
)


def _ball(x: Any) -> Any:
    from flint import arb, fmpq

    if isinstance(x, Fraction):
        return arb(fmpq(x.numerator, x.denominator))
    if isinstance(x, int):
        return arb(x)
    if isinstance(x, np.ndarray) and x.ndim:
        made = np.empty(x.shape, dtype=object)
        for place in np.ndindex(x.shape):
            made[place] = arb(x[place].item())
        return made
    return _boxed(arb(x.item() if hasattr(x, "item") else x))


def _boxed(x: Any) -> Array:
    box = np.empty((), dtype=object)
    box[()] = x
    return box


def _entrywise(function: Callable[[Any], Any]) -> Callable[[Array], Array]:
    def apply(array: Array) -> Array:
        made = np.empty(array.shape, dtype=object)
        for place in np.ndindex(array.shape):
            made[place] = function(array[place])
        return made

    return apply


def _ball_power(base: Array, exponent: Number) -> Array:
    lifted = _ball(exponent)
    whole = isinstance(exponent, int)
    return _entrywise(lambda x: x**exponent if whole else x**lifted)(base)


def _ball_positive(array: Array) -> Array:
    def decide(x: Any) -> bool:
        if x > 0:
            return True
        if x < 0 or x == 0:
            return False
        raise Unsupported("a comparison that is not decided")

    return np.asarray(_entrywise(decide)(array), dtype=bool)


BALL_RULES = Rules(
    _ball,
    {
        "exp": _entrywise(lambda x: x.exp()),
        "log": _entrywise(lambda x: x.log()),
        "sin": _entrywise(lambda x: x.sin()),
        "cos": _entrywise(lambda x: x.cos()),
        "arctan": _entrywise(lambda x: x.atan()),
        "arcsin": _entrywise(lambda x: x.asin()),
        "erf": _entrywise(lambda x: x.erf()),
        "pi": _entrywise(lambda x: x * x.pi()),
    },
    _ball_power,
    _ball_positive,
)
