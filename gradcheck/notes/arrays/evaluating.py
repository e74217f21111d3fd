"""Terms run as NumPy calls, in whatever arithmetic the arrays bring along.

Only functions that every arithmetic of gradcheck knows are called, so that one closure serves floats,
balls, JAX and, where the proofs know the calls, symbols for all shapes.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.notes.arrays.algebra import free
from gradcheck.notes.arrays.graph import Graph
from gradcheck.notes.arrays.terms import (
    Delta,
    Det,
    Entry,
    Function,
    Index,
    Inverse,
    Largest,
    Multiple,
    Number,
    Positive,
    Power,
    Product,
    Size,
    Sliding,
    Sum,
    Term,
    Total,
)

__all__ = ["Evaluation"]


class Evaluation:
    """The arrays of a graph at one point: given ones are handed in, computed ones are made on demand."""

    def __init__(self, graph: Graph, arrays: Mapping[str, Any]) -> None:
        self.graph = graph
        self.arrays = dict(arrays)
        self.sizes: dict[int, Any] = {}
        for name, value in arrays.items():
            for axis, dim in enumerate(graph.arrays[name].dims):
                self.sizes.setdefault(id(dim.root()), value.shape[axis])

    def size(self, index: Index) -> Any:
        root = index.dim.root()
        return root.number if root.number is not None else self.sizes[id(root)]

    def array(self, term: Term, indices: Sequence[Index]) -> Any:
        """The term as an array with one axis for each index, in this order."""
        value, order = self._of(term)
        return self._spread(value, order, tuple(indices))

    def _named(self, name: str) -> Any:
        if name not in self.arrays:
            array = self.graph.arrays[name]
            assert array.body is not None, name
            self.arrays[name] = self.array(array.body, array.indices)
        return self.arrays[name]

    def _spread(self, value: Any, order: tuple[Index, ...], wanted: tuple[Index, ...]) -> Any:
        value = self._aligned(value, order, wanted)
        shape = tuple(self.size(i) for i in wanted)
        missing = [i for i in wanted if i not in order]
        return np.broadcast_to(value, shape) + 0.0 if missing else value

    @staticmethod
    def _aligned(value: Any, order: tuple[Index, ...], wanted: tuple[Index, ...]) -> Any:
        """Axes in the wanted order, of length 1 where the value has none."""
        if order == wanted:
            return value
        present = [i for i in wanted if i in order]
        if tuple(present) != order:
            value = np.transpose(value, tuple(order.index(i) for i in present))
        for axis, index in enumerate(wanted):
            if index not in order:
                value = np.expand_dims(value, axis)
        return value

    def _of(self, term: Term) -> tuple[Any, tuple[Index, ...]]:
        match term:
            case Number(value):
                return (float(value) if value.denominator != 1 else int(value)), ()
            case Size():
                root = term.dim.root()
                return (root.number if root.number is not None else self.sizes[id(root)]), ()
            case Entry(name, places):
                return self._entry(self._named(name), places)
            case Sum(terms):
                return self._fold(terms, lambda a, b: a + b)
            case Product(factors):
                return self._fold(factors, lambda a, b: a * b)
            case Power(base, exponent):
                return self._power(base, exponent)
            case Function(name, argument):
                value, order = self._of(argument)
                return _FUNCTIONS[name](value), order
            case Positive(argument):
                value, order = self._of(argument)
                return np.where(value > 0, 1.0, 0.0), order
            case Delta(a, b):
                return self._delta(a, b)
            case Sliding(at, steps, offset):
                return self._sliding(at, steps, offset)
            case Total():
                return self._total(term)
            case Multiple(index, body):
                value, order = self._of(body)
                if index not in order:
                    return value ** self.size(index), order
                axis = order.index(index)
                return np.prod(value, axis=axis), order[:axis] + order[axis + 1 :]
            case Largest(index, body):
                value, order = self._of(body)
                if index not in order:
                    return value, order
                axis = order.index(index)
                return np.max(value, axis=axis), order[:axis] + order[axis + 1 :]
            case Inverse(row, column, body, i, j):
                matrix, extra = self._matrix(row, column, body)
                inverse = np.linalg.inv(matrix)
                return self._entry(inverse, (*extra, i, j))
            case Det(row, column, body):
                matrix, extra = self._matrix(row, column, body)
                return np.linalg.det(matrix), extra

    def _matrix(self, row: Index, column: Index, body: Term) -> tuple[Any, tuple[Index, ...]]:
        extra = tuple(sorted(free(body) - {row, column}, key=lambda i: i.name))
        return self.array(body, (*extra, row, column)), extra

    def _entry(self, value: Any, places: tuple[Index | int, ...]) -> tuple[Any, tuple[Index, ...]]:
        if any(isinstance(p, int) for p in places):
            value = value[tuple(p if isinstance(p, int) else slice(None) for p in places)]
        order = tuple(p for p in places if isinstance(p, Index))
        if len(set(order)) < len(order):  # a diagonal
            letters = _letters(order)
            kept = tuple(dict.fromkeys(order))
            subscripts = "".join(letters[i] for i in order), "".join(letters[i] for i in kept)
            return np.einsum("->".join(subscripts), value), kept
        return value, order

    def _fold(self, parts: Sequence[Term], combine: Any) -> tuple[Any, tuple[Index, ...]]:
        values = [self._of(p) for p in parts]
        wanted = tuple(dict.fromkeys(i for _, order in values for i in order))
        result = None
        for value, order in values:
            aligned = self._aligned(value, order, wanted) if order else value
            result = aligned if result is None else combine(result, aligned)
        return result, wanted

    def _power(self, base: Term, exponent: Term) -> tuple[Any, tuple[Index, ...]]:
        if isinstance(exponent, Number):
            value, order = self._of(base)
            value = float(value) if isinstance(base, Number) else value
            e = exponent.value
            if e.denominator == 1:
                n = int(e)
                return (value**n if n >= 0 else 1.0 / value ** (-n)), order
            if e.denominator == 2:
                n = e.numerator
                root = np.sqrt(value)
                return (root**n if n >= 0 else 1.0 / root ** (-n)), order
        return self._fold((base, exponent), lambda a, b: np.exp(b * np.log(a)))

    def _delta(self, a: Index | int, b: Index | int) -> tuple[Any, tuple[Index, ...]]:
        if isinstance(a, int):
            a, b = b, a
        assert isinstance(a, Index)
        eye = np.eye(self.size(a))
        if isinstance(b, int):
            return eye[b], (a,)
        return eye, (a, b)

    def _sliding(
        self, at: Index | int, steps: Sequence[tuple[Index | int, int]], offset: int
    ) -> tuple[Any, tuple[Index, ...]]:
        counts = {p: n for p, n in steps if isinstance(p, Index)}
        order = tuple(counts if isinstance(at, int) else dict.fromkeys((at, *counts)))
        sizes = [self.size(i) for i in order]
        if not all(isinstance(n, int) for n in sizes):
            raise NotImplementedError("shifted indices have no form for all shapes")
        grid = dict(zip(order, np.ogrid[tuple(slice(n) for n in sizes)], strict=True))
        place = at if isinstance(at, int) else grid[at]
        return (sum((grid[i] * n for i, n in counts.items()), offset) == place) * 1.0, order

    def _total(self, term: Term) -> tuple[Any, tuple[Index, ...]]:
        bound: list[Index] = []
        body = term
        while isinstance(body, Total) and body.index not in bound:
            bound.append(body.index)
            body = body.body
        factors = body.factors if isinstance(body, Product) else (body,)
        values = [self._of(f) for f in factors]
        plain = [v for v, order in values if not order]
        arrays = [(v, order) for v, order in values if order]
        # an index that nothing reads counts its size
        seen = {i for _, order in arrays for i in order}
        result: Any = 1
        order: tuple[Index, ...] = ()
        if arrays:
            every = tuple(dict.fromkeys(i for _, o in arrays for i in o))
            order = tuple(i for i in every if i not in bound)
            letters = _letters(every)
            subscripts = ",".join("".join(letters[i] for i in o) for _, o in arrays)
            out = "".join(letters[i] for i in order)
            result = np.einsum(f"{subscripts}->{out}", *(v for v, _ in arrays))
        for value in plain:
            result = result * value
        for index in bound:
            if index not in seen:
                result = result * self.size(index)
        return result, order


def _letters(indices: Sequence[Index]) -> dict[Index, str]:
    return dict(zip(dict.fromkeys(indices), string.ascii_letters, strict=False))


_FUNCTIONS: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "logabs": lambda v: np.log(np.abs(v)),
    "tanh": np.tanh,
    "sigmoid": lambda v: 1.0 / (1.0 + np.exp(-v)),
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "arctan": np.arctan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "abs": np.abs,
    "sign": np.sign,
    "relu": lambda v: np.maximum(v, 0.0),
}
