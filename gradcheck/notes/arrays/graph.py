"""The arrays of a note: which are given, which are computed from others, and their derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from gradcheck.notes.arrays.algebra import add, delta, multiply, names, negative, power, substitute, total
from gradcheck.notes.arrays.terms import (
    ONE,
    ZERO,
    Delta,
    Det,
    Dim,
    Entry,
    Function,
    Index,
    Inverse,
    Largest,
    Multiple,
    Number,
    Place,
    Positive,
    Power,
    Product,
    Size,
    Sliding,
    Sum,
    Term,
    Total,
    fresh,
)

__all__ = ["Array", "Graph", "NotDifferentiable"]


class NotDifferentiable(Exception):
    """A derivative that has no rule here; the message says of what."""


@dataclass(slots=True)
class Array:
    """One array: its axes, and, where it is computed, its entry at ``indices``."""

    name: str
    dims: tuple[Dim, ...]
    indices: tuple[Index, ...] = ()
    body: Term | None = None
    values: str = "normal"  # what it may hold: normal, positive, unit, one-hot, symmetric, spd


@dataclass(slots=True)
class Graph:
    """Arrays by name. What is computed may only read arrays that do not read it."""

    arrays: dict[str, Array] = field(default_factory=dict)

    def copy(self) -> Graph:
        return Graph(dict(self.arrays))

    def given(self, name: str, dims: tuple[Dim, ...], values: str = "normal") -> Array:
        array = Array(name, dims, values=values)
        self.arrays[name] = array
        return array

    def computed(self, name: str, indices: tuple[Index, ...], body: Term) -> Array:
        array = Array(name, tuple(i.dim for i in indices), indices, body)
        self.arrays[name] = array
        return array

    def entry(self, name: str, places: tuple[Place, ...]) -> Term:
        """The defining term of an entry of a computed array."""
        array = self.arrays[name]
        assert array.body is not None
        return substitute(array.body, dict(zip(array.indices, places, strict=True)))

    def reads(self, name: str) -> set[str]:
        """Every array that an array depends on, itself included."""
        found: set[str] = set()
        stack = [name]
        while stack:
            current = stack.pop()
            if current in found or current not in self.arrays:
                continue
            found.add(current)
            body = self.arrays[current].body
            if body is not None:
                stack.extend(names(body))
        return found

    def leaves(self, *terms: Term, stop: frozenset[str] = frozenset()) -> list[str]:
        """The given arrays that the terms depend on, in a fixed order."""
        found: dict[str, None] = {}
        seen: set[str] = set()
        stack = sorted(set().union(*(names(t) for t in terms)), reverse=True)
        while stack:
            name = stack.pop()
            if name in seen:
                continue
            seen.add(name)
            array = self.arrays[name]
            if array.body is None or name in stop:
                found[name] = None
            else:
                stack.extend(sorted(names(array.body), reverse=True))
        return list(found)

    # -- derivatives

    def derivative(
        self, term: Term, name: str, places: tuple[Place, ...], fixed: frozenset[str] = frozenset()
    ) -> Term:
        """The derivative of a term by the entry ``places`` of the array ``name``.

        What depends on that array follows it, except the arrays in ``fixed``.
        """
        return _Derivative(self, name, places, fixed).of(term)


_HALF = Number(Fraction(1, 2))


class _Derivative:
    def __init__(self, graph: Graph, name: str, places: tuple[Place, ...], fixed: frozenset[str]) -> None:
        self.graph, self.name, self.places, self.fixed = graph, name, places, fixed
        self._moves: dict[str, bool] = {name: True}

    def moves(self, array: str) -> bool:
        """Whether an array depends on the one by which is differentiated."""
        known = self._moves.get(array)
        if known is None:
            known = (
                array not in self.fixed
                and array in self.graph.arrays
                and self.name in self.graph.reads(array)
            )
            if known and self.fixed:
                body = self.graph.arrays[array].body
                known = body is not None and any(self.moves(n) for n in names(body))
            self._moves[array] = known
        return known

    def of(self, term: Term) -> Term:
        if not any(self.moves(n) for n in names(term)):
            return ZERO
        match term:
            case Entry(name, places):
                if name == self.name:
                    pairs = zip(places, self.places, strict=True)
                    return multiply(delta(a, b) for a, b in pairs)
                return self.of(self.graph.entry(name, places))
            case Sum(terms):
                return add(self.of(t) for t in terms)
            case Product(factors):
                return add(
                    multiply((self.of(f), *factors[:k], *factors[k + 1 :])) for k, f in enumerate(factors)
                )
            case Power(base, exponent):
                slope = multiply(
                    (exponent, power(base, add((exponent, Number(Fraction(-1))))), self.of(base))
                )
                along = self.of(exponent)
                if along == ZERO:
                    return slope
                return add((slope, multiply((term, Function("log", base), along))))
            case Function(name, argument):
                return multiply((_slope(name, argument), self.of(argument)))
            case Positive():
                return ZERO
            case Total(index, body):
                new = fresh(index.dim, index.name)
                return total(new, self.of(substitute(body, {index: new})))
            case Multiple(index, body):
                new = fresh(index.dim, index.name)
                moved = substitute(body, {index: new})
                rest = multiply((term, power(moved, Number(Fraction(-1)))))
                return total(new, multiply((rest, self.of(moved))))
            case Largest(index, body):
                new = fresh(index.dim, index.name)
                moved = substitute(body, {index: new})
                # off ties one entry attains the maximum: the one that is not below it
                attained = add((ONE, negative(Positive(add((term, negative(moved)))))))
                return total(new, multiply((attained, self.of(moved))))
            case Inverse(row, column, body, i, j):
                a, b = fresh(row.dim), fresh(column.dim)
                inner = self.of(substitute(body, {row: a, column: b}))
                left, right = Inverse(row, column, body, i, a), Inverse(row, column, body, b, j)
                return negative(total(a, total(b, multiply((left, inner, right)))))
            case Det(row, column, body):
                a, b = fresh(row.dim), fresh(column.dim)
                inner = self.of(substitute(body, {row: a, column: b}))
                return total(a, total(b, multiply((term, Inverse(row, column, body, b, a), inner))))
            case Number() | Size() | Delta() | Sliding():
                return ZERO


def _one_minus(term: Term) -> Term:
    return add((ONE, negative(term)))


def _slope(name: str, x: Term) -> Term:
    """The derivative of a known function; standard tables of calculus."""
    f = Function(name, x)
    minus_one, two = Number(Fraction(-1)), Number(Fraction(2))
    match name:
        case "exp":
            return f
        case "log":
            return power(x, minus_one)
        case "logabs":
            return power(x, minus_one)
        case "tanh":
            return _one_minus(power(f, two))
        case "sigmoid":
            return multiply((f, _one_minus(f)))
        case "sqrt":
            return multiply((_HALF, power(f, minus_one)))
        case "sin":
            return Function("cos", x)
        case "cos":
            return negative(Function("sin", x))
        case "arctan":
            return power(add((ONE, power(x, two))), minus_one)
        case "arcsin" | "arccos":
            slope = power(_one_minus(power(x, two)), Number(Fraction(-1, 2)))
            return slope if name == "arcsin" else negative(slope)
        case "abs":
            return Function("sign", x)
        case "relu":
            return Positive(x)
        case "sign":
            return ZERO
        case _:
            raise NotDifferentiable(f"the derivative of {name} has no rule here")


def depends(graph: Graph, term: Term, name: str) -> bool:
    return any(name in graph.reads(n) for n in names(term))


def unused(arrays: Mapping[str, Array]) -> list[str]:
    """Computed arrays that nothing else reads: what a loss would be a function of."""
    read: set[str] = set()
    for array in arrays.values():
        if array.body is not None:
            read |= names(array.body)
    return [n for n, a in arrays.items() if a.body is not None and n not in read]
