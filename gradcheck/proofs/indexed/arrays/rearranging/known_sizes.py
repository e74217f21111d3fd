"""Axes of known size, entry by entry: slices, reversals, sums of entries before, arrays put together.

An entry `k` of what comes out is a sum of entries of what goes in, and each of these is picked by a Kronecker
delta: `x[1:]` of three entries is `[i = 0] x[1] + [i = 1] x[2]`. An axis whose size is a symbol has no such
sum, and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, delta
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes
from gradcheck.proofs.indexed.arrays.converting import from_entry
from gradcheck.proofs.indexed.arrays.size import Size, text_of

__all__ = [
    "MOST_KNOWN",
    "chosen",
    "is_known",
    "joined",
    "known",
    "laid_out",
    "mapped",
    "picked",
    "spread",
    "sum_of",
]

MOST_KNOWN = 16
"""Entries of an axis, or of an array that is laid out in another way, that are picked one by one."""

Row = Mapping[int, int]
"""Of which entries another one is the sum, with their factors."""


def is_known(place: slice, size: Size | int) -> bool:
    """Whether an axis and a slice of it are plain numbers, few enough to be picked one by one."""
    bounds = (place.start, place.stop, place.step)
    return type(size) is int and 0 < size <= MOST_KNOWN and all(b is None or type(b) is int for b in bounds)


def chosen(space: Space, place: slice, size: Size | int) -> range:
    """The places that a slice takes out of an axis that `is_known`. Raises `Unsupported` for none."""
    found = range(size)[place]
    if not len(found):
        raise space.refused(Unsupported("a slice without entries"))
    return found


def picked(entry: Expr, code: int, place: int) -> Expr:
    """An expression at one place of an axis."""
    return entry if is_constant(code) else entry.renamed({code: place})


def sum_of(space: Space, parts: Sequence[Expr]) -> Expr:
    """The sum of expressions."""
    total = Expr(space, {})
    for part in parts:
        total = total + part
    return total


def spread(space: Space, entry: Expr, code: int, index: int, rows: Sequence[Row]) -> Expr:
    """The axis ``code`` of an expression exchanged for another one, ``index``, by rows."""
    total = Expr(space, {})
    for k, row in enumerate(rows):
        here = constant(space, 1) if len(rows) == 1 else delta(space, index, k)
        for place, times in row.items():
            total = total + (here * picked(entry, code, place)).scaled(times)
    return total


def mapped(array: IndexedArray, axis: int, rows: Sequence[Row], *, view: bool = False) -> IndexedArray:
    """The array with other entries along an axis of known size; ``view``: they share memory in NumPy."""
    space = array.space
    codes = list(axis_codes(space, array.shape))
    fresh = {c: space.fresh(space.size_of(c)) for c in codes if not is_constant(c)}
    entry = array.entry.renamed(fresh)
    codes = [fresh.get(c, c) for c in codes]
    index = 0 if len(rows) == 1 else space.fresh(space.size_number(len(rows)))
    entry = spread(space, entry, codes[axis], index, rows)
    codes[axis] = index
    shape = (*array.shape[:axis], len(rows), *array.shape[axis + 1 :])
    return from_entry(space, entry, codes, shape, array.kind, view=view)


def known(array: IndexedArray, axis: int, what: str) -> int:
    """The size of an axis. Raises `Unsupported` where it is a symbol, or too many to be picked."""
    size = array.shape[axis]
    if type(size) is not int or not 0 < size <= MOST_KNOWN:
        raise array.space.refused(Unsupported(f"{what} along an axis of size {text_of(size)}"))
    return size


def joined(parts: Sequence[IndexedArray], axis: int) -> IndexedArray:
    """The arrays one behind the other along an axis of known sizes; their other axes are equal."""
    space = parts[0].space
    counts = [known(p, axis, "np.concatenate") for p in parts]
    total = sum(counts)
    if total > MOST_KNOWN:
        raise space.refused(Unsupported(f"np.concatenate to {total} entries"))
    result, offset = None, 0
    for part, count in zip(parts, counts, strict=True):
        rows = [{k - offset: 1} if offset <= k < offset + count else {} for k in range(total)]
        placed = mapped(part, axis, rows)
        if result is None:
            result = placed
        else:
            result = IndexedArray(space, result.entry + placed.entry, result.shape, result.kind)
        offset += count
    assert result is not None
    kinds = {p.kind for p in parts}
    return IndexedArray(space, result.entry, result.shape, next(k for k in "fib" if k in kinds))


def laid_out(array: IndexedArray, wanted: Sequence[Any]) -> IndexedArray | None:
    """`np.reshape` where all sizes are known; None where they are not, or where axes keep their order."""
    space, shape = array.space, array.shape
    if not all(type(s) is int for s in (*shape, *wanted)) or not 0 < prod(shape) <= MOST_KNOWN:
        return None
    try:
        new = np.empty(shape).reshape(wanted).shape
    except ValueError:
        return None
    if [s for s in new if s > 1] == [s for s in shape if s > 1]:
        return None
    own = axis_codes(space, shape)
    codes = [0 if s == 1 else space.fresh(space.size_number(s)) for s in new]
    entry = Expr(space, {})
    for old_place, new_place in zip(np.ndindex(*shape), np.ndindex(*new), strict=True):
        names = {c: k for c, k in zip(own, old_place, strict=True) if not is_constant(c)}
        here = array.entry.renamed(names)
        for code, k, size in zip(codes, new_place, new, strict=True):
            here = here * delta(space, code, k) if size > 1 else here
        entry = entry + here
    return from_entry(space, entry, codes, new, array.kind, view=True)
