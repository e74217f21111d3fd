"""Indexing with arrays of whole numbers: `p[np.arange(n), y]`, `E[y]`, and `np.add.at`.

A whole number in an argument picks an entry by its label, `sum_k [k = y[i]] p[i, k]`; one of `np.arange` by
its place. Other arrays are refused, for nothing is known of which entries they pick.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, delta
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.indices.neighbours import label, place, position
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import CONVERSIONS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import Shape, axis_codes, broadcast
from gradcheck.proofs.indexed.arrays.converting import as_array, from_entry
from gradcheck.proofs.indexed.arrays.guarding import alike, is_a
from gradcheck.proofs.indexed.arrays.size import text_of

__all__ = ["add_at", "gathered", "has_arrays", "is_index", "position_in", "scattered"]


def has_arrays(key: Any) -> bool:
    """Whether a key holds an array of whole numbers."""
    given = key if type(key) is tuple else (key,)
    return any(type(k) is IndexedArray and k.kind == "i" for k in given)


def position_in(entry: Expr) -> tuple[int, int, Expr] | None:
    """An index, its size's number, and what is added to it, where an entry is a number of `np.arange`."""
    space = entry.space
    for term, coefficient in entry.terms.items():
        (factors, bounds) = term
        if coefficient == 1 and not bounds and len(factors) == 1 and factors[0][2] == 1:
            head = space.heads[factors[0][0]]
            if head.kind == "position":
                return factors[0][1][0], head.slots[0], entry - Expr(space, {term: 1})
    return None


def is_index(entry: Expr, code: int, size: int) -> Expr:
    """Whether a whole number is the index ``code`` of an axis (its size by number)."""
    space = entry.space
    value, length = entry.number, space.size_list[size]
    if value is not None:
        if not isinstance(value, int) or value < 0 or not length > value:
            raise space.refused(Unsupported(f"the index {value} on an axis of size {text_of(length)}"))
        return delta(space, code, value)
    found = position_in(entry)
    if found is not None:
        offset = _offset(found[2])
        if offset is not None:
            return place(space, found[0], code, (found[1], size), offset)
    if len(entry.terms) == 1:
        (((factors, bounds), coefficient),) = entry.terms.items()
        if coefficient == 1 and not bounds and len(factors) == 1 and factors[0][2] == 1:
            head = space.heads[factors[0][0]]
            if head.kind == "variable" and head.bounds is not None:
                return label(space, head.number, factors[0][1], code, size)
    raise space.refused(
        Unsupported("indexing with an array whose entries are not known to be within the axis")
    )


def _offset(rest: Expr) -> tuple[tuple[tuple[str, ...], int], ...] | None:
    """A sum of sizes and numbers as a polynomial."""
    heads = rest.space.heads
    found: dict[tuple[str, ...], int] = {}
    for (factors, bounds), coefficient in rest.terms.items():
        plain = all(heads[h].kind == "size" and type(p) is int and p > 0 for h, _, p in factors)
        if bounds or not plain or type(coefficient) is not int:
            return None
        names = [heads[h].name for h, _, p in factors for _ in range(int(p))]
        found[tuple(sorted(names))] = coefficient
    return tuple(sorted(found.items()))


def _of_sequence(key: Any) -> Any:
    """`range(n)` as the array that NumPy makes of it."""
    if type(key) is range:
        return np.asarray(key)
    return CONVERSIONS[type(key)](key) if getattr(type(key), "is_sequence", False) is True else key


def _counted(space: Space, key: Any) -> IndexedArray:
    """An array of indices; `np.arange(4)`, where the size is a number, by the positions that it holds."""
    if type(key) is not np.ndarray or key.ndim != 1 or not np.array_equal(key, np.arange(key.size)):
        return as_array(space, key)
    (code,) = axis_codes(space, key.shape)
    if code == 0:
        return as_array(space, key)
    return IndexedArray(space, position(space, code, space.size_number(key.size)), key.shape, "i")


class _Picked:
    """A key with arrays: which entries it picks. ``codes`` are the axes of the result, of which those of
    the arrays are ``own``; ``match`` is 1 where an entry of the array is that one of the result.
    """

    def __init__(self, array: IndexedArray, key: Any) -> None:
        space = self.space = array.space
        given = [_of_sequence(k) for k in (key if type(key) is tuple else (key,))]
        places = [k for k, g in enumerate(given) if is_a(g, IndexedArray, np.ndarray, int, np.integer)]
        whole = all(type(g) is slice and g == slice(None) for k, g in enumerate(given) if k not in places)
        if len(given) > array.ndim:
            raise alike(IndexError(f"too many indices: the array has {array.ndim} axes"))
        if not whole or places != list(range(places[0], places[-1] + 1)):
            raise space.refused(Unsupported("indexing with arrays beside other than whole axes"))
        keys = [_counted(space, given[k]) for k in places]
        if any(k.kind != "i" for k in keys):
            raise space.refused(Unsupported("indexing with arrays of several kinds"))
        common: Shape = broadcast(space, *(k.shape for k in keys))
        self.own = [0 if c == 0 else space.fresh(space.size_of(c)) for c in axis_codes(space, common)]
        self.axes = [0 if c == 0 else space.fresh(space.size_of(c)) for c in axis_codes(space, array.shape)]
        self.match = constant(space, 1)
        counted: set[int] = set()
        for place_of, array_key in zip(places, keys, strict=True):
            offset = len(self.own) - array_key.ndim
            names = zip(axis_codes(space, array_key.shape), self.own[offset:], strict=True)
            entry = array_key.entry.renamed({a: c for a, c in names if not is_constant(a)})
            size = space.size_number(array.shape[place_of])
            self.match = self.match * is_index(entry, self.axes[place_of], size)
            if (found := position_in(entry)) is not None:
                counted.add(found[0])
        self.once = {c for c in self.own if not is_constant(c)} <= counted
        first, last = places[0], places[-1] + 1
        self.shape: Shape = (*array.shape[:first], *common, *array.shape[last:])
        self.codes = [*self.axes[:first], *self.own, *self.axes[last:]]
        self.gone = [c for c in self.axes[first:last] if not is_constant(c)]

    def placed(self, array: IndexedArray, entry: Expr) -> Expr:
        """An entry of the array in the key's own indices."""
        names = zip(axis_codes(self.space, array.shape), self.axes, strict=True)
        return entry.renamed({a: c for a, c in names if not is_constant(a)})

    def back(self, array: IndexedArray, entry: Expr) -> Expr:
        """And the other way."""
        names = zip(self.axes, axis_codes(self.space, array.shape), strict=True)
        return entry.renamed({c: a for c, a in names if not is_constant(a)})

    def summed(self, entry: Expr) -> Expr:
        return entry.summed(*(c for c in self.own if not is_constant(c)))

    def of_value(self, value: IndexedArray) -> Expr:
        """An entry of what is stored, broadcast to the entries that are picked."""
        if len(broadcast(self.space, self.shape, value.shape)) != len(self.shape):
            raise alike(ValueError("could not broadcast the input array to the place it is stored in"))
        own = axis_codes(self.space, value.shape)
        names = zip(own, self.codes[len(self.codes) - len(own) :], strict=True)
        return value.entry.renamed({a: c for a, c in names if not is_constant(a)})


def gathered(array: IndexedArray, key: Any) -> IndexedArray:
    """`array[key]`, a copy."""
    picked = _Picked(array, key)
    entry = (picked.match * picked.placed(array, array.held)).summed(*picked.gone)
    return from_entry(array.space, entry, picked.codes, picked.shape, array.kind)


def scattered(array: IndexedArray, key: Any, value: IndexedArray) -> Expr:
    """The entry of the array after `array[key] = value`, where no place is stored to twice."""
    picked = _Picked(array, key)
    if not picked.once:
        raise array.space.refused(
            Unsupported("storing at an array of indices, which may name one place twice")
        )
    stored = picked.summed(picked.match * picked.of_value(value))
    rest = constant(array.space, 1) - picked.summed(picked.match)
    return picked.back(array, stored) + picked.back(array, rest) * array.held


def add_at(array: Any, key: Any, value: Any) -> None:
    """`np.add.at`: what is stored at one place twice adds up."""
    space: Space = array.space
    given = as_array(space, value)
    if array.shared or not has_arrays(key) or array.kind != "f":
        raise space.refused(Unsupported("np.add.at but with whole numbers, into an array of its own"))
    picked = _Picked(array, key)
    more = picked.summed(picked.match * picked.of_value(given))
    array.change(array.held + picked.back(array, more))
