"""Parts of axes of symbolic size: `x[1:]`, `x[:n]`, `x[::-1]`, `x[-1]`, and arrays one behind the other.

An entry i of `x[1:]` is the sum of `[j = i + 1] x[j]` over j, whatever the size is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.indices.neighbours import add, mirror, place, turn
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes
from gradcheck.proofs.indexed.arrays.converting import from_entry
from gradcheck.proofs.indexed.arrays.guarding import alike, is_a
from gradcheck.proofs.indexed.arrays.size import Size, polynomial_of, text_of

__all__ = ["Part", "along", "behind", "mirrored", "part", "point", "taken", "turned", "window"]

Related = Callable[[int, int], Expr]
"""Whether an index of a part and one of the whole axis are of one entry."""


@dataclass(frozen=True)
class Part:
    """``count`` entries of an axis, and which these are."""

    count: Any
    related: Related

    def index(self, space: Space) -> int:
        """A new index of the part."""
        one = type(self.count) is int and self.count == 1
        return 0 if one else space.fresh(space.size_number(self.count))

    def inside(self, index: int, code: int) -> Expr:
        """Whether an index of the axis is in the part."""
        related = self.related(index, code)
        return related if is_constant(index) else related.summed(index)


def _placed(space: Space, count: Any, size: Any, start: Any) -> Part:
    sizes = space.size_number(count), space.size_number(size)
    offset = polynomial_of(start)
    assert offset is not None
    return Part(count, lambda i, j: place(space, i, j, sizes, offset))


def part(space: Space, given: slice, size: Size | int) -> Part:
    """What a slice takes out of an axis. Raises `Unsupported` where that is not known."""
    step = 1 if given.step is None else given.step
    if (
        type(step) is not int
        or step not in (1, -1)
        or (step < 0 and (given.start, given.stop) != (None,) * 2)
    ):
        raise space.refused(Unsupported("a slice of part of an axis with steps"))
    if step < 0:
        return _mirrored(space, size)
    start = _bound(space, 0 if given.start is None else given.start, size)
    stop = _bound(space, size if given.stop is None else given.stop, size)
    count = stop - start
    if count < 1:
        raise space.refused(Unsupported("a slice without entries"))
    return _placed(space, count, size, start)


def point(space: Space, index: Any, size: Size | int) -> Part:
    """The one entry at `-1` or at a size, as a part. Raises IndexError like NumPy."""
    place = index + size if type(index) is int and index < 0 else index
    if place < 0 or place >= size:
        if type(place) is int or type(index) is int:
            raise alike(IndexError(f"index {index} is out of bounds for an axis of size {text_of(size)}"))
        raise space.refused(Unsupported(f"the index {text_of(index)}"))
    return _placed(space, 1, size, place)


def _bound(space: Space, bound: Any, size: Size | int) -> Any:
    """One end of a slice, cut off where it lies beyond the axis."""
    if is_a(bound, np.integer):
        bound = int(bound)
    if type(bound) is int and bound < 0:
        bound = size + bound
        if bound < 0:
            return 0
    if type(bound) not in (int, Size):
        raise space.refused(Unsupported("a slice of part of an axis"))
    if bound < 0:
        raise space.refused(Unsupported("a slice that counts a size from the end"))
    return min(bound, size)


def taken(space: Space, entry: Expr, code: int, index: int, chosen: Part) -> Expr:
    """An expression with the axis ``code`` exchanged for a part of it."""
    if is_constant(code):
        raise space.refused(Unsupported("an index that a loop or a size gives, on an axis of size 1"))
    inner = space.fresh(space.size_of(code))
    return (entry.renamed({code: inner}) * chosen.related(index, inner)).summed(inner)


def window(space: Space, entry: Expr, code: int, rest: Any, size: Any) -> tuple[Expr, int, int]:
    """An expression with an axis exchanged for two: where a window of so many entries begins, and the place
    in it.
    """
    if is_constant(code):
        return entry, 0, 0
    numbers = space.size_number(rest), space.size_number(size)
    first, last = (
        0 if space.size_list[n] == 1 and type(space.size_list[n]) is int else space.fresh(n) for n in numbers
    )
    whole = space.size_of(code)
    chosen = Part(size, lambda i, j: add(space, first, i, j, (*numbers, whole)))
    return taken(space, entry, code, last, chosen), first, last


def along(array: IndexedArray, axis: int, chosen: Part, *, view: bool = False) -> IndexedArray:
    """The array with a part of an axis in its place."""
    space = array.space
    codes = list(axis_codes(space, array.shape))
    if is_constant(codes[axis]):
        return array
    fresh = {c: space.fresh(space.size_of(c)) for c in codes if not is_constant(c)}
    codes = [fresh.get(c, c) for c in codes]
    index = chosen.index(space)
    entry = taken(space, array.entry.renamed(fresh), codes[axis], index, chosen)
    codes[axis] = index
    shape = (*array.shape[:axis], chosen.count, *array.shape[axis + 1 :])
    return from_entry(space, entry, codes, shape, array.kind, view=view)


def _mirrored(space: Space, size: Any) -> Part:
    number = space.size_number(size)
    return Part(size, lambda i, j: mirror(space, i, j, number))


def mirrored(array: IndexedArray, axis: int) -> IndexedArray:
    """`np.flip` along an axis."""
    return along(array, axis, _mirrored(array.space, array.shape[axis]), view=True)


def turned(array: IndexedArray, axis: int, shift: Any) -> IndexedArray:
    """`np.roll` along an axis: entry i is the one at `i - shift`, modulo the size."""
    space, size = array.space, array.shape[axis]
    number, offset = space.size_number(size), polynomial_of(-shift)
    assert offset is not None
    return along(array, axis, Part(size, lambda i, j: turn(space, i, j, number, offset)))


def behind(
    parts: Sequence[IndexedArray], axis: int, *, first: Any = 0, beyond: Any = 0, value: Any = 0
) -> IndexedArray:
    """The arrays one behind the other along an axis, with so many entries of a value before and after."""
    space = parts[0].space
    total = first + sum((p.shape[axis] for p in parts), 0) + beyond
    shape = (*parts[0].shape[:axis], total, *parts[0].shape[axis + 1 :])
    codes = [0 if c == 0 else space.fresh(space.size_of(c)) for c in axis_codes(space, shape)]
    result, offset, outside = Expr(space, {}), first, constant(space, 1)
    for one in parts:
        chosen = _placed(space, one.shape[axis], total, offset)
        inner = list(codes)
        inner[axis] = chosen.index(space)
        own = axis_codes(space, one.shape)
        entry = one.entry.renamed({o: c for o, c in zip(own, inner, strict=True) if not is_constant(o)})
        entry = entry * chosen.related(inner[axis], codes[axis])
        result = result + (entry if is_constant(inner[axis]) else entry.summed(inner[axis]))
        outside = outside - chosen.inside(chosen.index(space), codes[axis])
        offset = offset + one.shape[axis]
    if value:
        result = result + outside * constant(space, value)
    kinds = {p.kind for p in parts}
    return from_entry(space, result, codes, shape, next(k for k in "fib" if k in kinds))
