"""`x[i, j]`, `x[:, None]`, `x[0] = ...`: indices that are numbers, symbols, whole axes and new ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.codes import is_constant
from gradcheck.proofs.indexed.algebra.expression import constant, delta
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import ACCESS, IndexedArray, as_array, from_entry
from gradcheck.proofs.indexed.arrays.axes import axis_codes, broadcast
from gradcheck.proofs.indexed.arrays.size import Size
from gradcheck.proofs.indexed.arrays.symbolic_index import SymbolicIndex

__all__ = ["get", "put"]


def get(array: IndexedArray, key: Any) -> IndexedArray:
    """`array[key]`."""
    space = array.space
    places = _places(array, key)
    codes = axis_codes(space, array.shape)
    names: dict[int, int] = {}
    shape: list[Any] = []
    kept: list[int] = []
    axis = 0
    copied = True
    for place in places:
        if place is None:
            shape.append(1)
            kept.append(0)
            continue
        code, size = codes[axis], array.shape[axis]
        axis += 1
        if isinstance(place, slice):
            shape.append(size)
            kept.append(code)
            copied = False
            continue
        single = isinstance(place, list)
        index = _code(space, place[0] if single else place, size)
        if not is_constant(code):
            names[code] = index
        if single:
            shape.append(1)
            kept.append(0)
    moved = {c: space.fresh(space.size_of(c)) for c in kept if not is_constant(c)}
    entry = array.entry.renamed(names | moved)
    result = from_entry(space, entry, [moved.get(c, c) for c in kept], tuple(shape), array.kind)
    if not copied:
        result.view = True
        if not array.view:  # an argument never changes; this array may, and its part with it
            result.parent = (array, key)
            array.children.append(result)
    return result


def put(array: IndexedArray, key: Any, value: Any, by: IndexedArray | None = None) -> None:
    """`array[key] = value`, for an array that shares its memory with no other but parts of its own;
    ``by`` is the part that changed itself.
    """
    space = array.space
    if array.view or not array.shape:
        raise space.refused(Unsupported("storing into an argument, a view or an array that has views"))
    given = as_array(space, value)
    if array.kind != "f" and given.kind != array.kind:
        raise space.refused(Unsupported("storing floats into an array of integers or truth values"))
    if isinstance(key, IndexedArray) and key.kind == "b" and not given.shape:
        broadcast(space, array.shape, as_array(space, key).shape)
        if len(key.shape) == len(array.shape):
            array.change(key.entry * given.entry + (constant(space, 1) - key.entry) * array.entry)
            return
    places = _places(array, key)
    if any(p is None for p in places):
        raise space.refused(Unsupported("storing into new axes"))
    codes = axis_codes(space, array.shape)
    here = constant(space, 1)
    kept: list[int] = []
    shape: list[Any] = []
    for place, code, size in zip(places, codes, array.shape, strict=True):
        if isinstance(place, slice):
            kept.append(code)
            shape.append(size)
        elif isinstance(place, list):
            raise space.refused(Unsupported("storing at a list of indices"))
        else:
            index = _code(space, place, size)
            if not is_constant(code):
                here = here * delta(space, code, index)
    if broadcast(space, tuple(shape), given.shape) != tuple(shape) and given.shape != tuple(shape):
        raise ValueError("could not broadcast the input array to the place it is stored in")
    own = axis_codes(space, given.shape)
    offset = len(shape) - len(given.shape)
    names = {o: k for o, k in zip(own, kept[offset:], strict=True) if not is_constant(o)}
    array.change(here * given.entry.renamed(names) + (constant(space, 1) - here) * array.entry, by)


def _places(array: IndexedArray, key: Any) -> list[Any]:
    """The key with one place per axis: None, a whole slice, an index, or a list of one index."""
    given = list(key) if isinstance(key, tuple) else [key]
    count = sum(1 for k in given if k is not None and k is not Ellipsis)
    if count > array.ndim:
        raise IndexError(f"too many indices: the array has {array.ndim} axes")
    whole = [slice(None)] * (array.ndim - count)
    if any(k is Ellipsis for k in given):
        at = next(i for i, k in enumerate(given) if k is Ellipsis)
        given = given[:at] + whole + given[at + 1 :]
    else:
        given = given + whole
    lists = 0
    for place in given:
        if isinstance(place, list):
            lists += 1
        if isinstance(place, slice) and not (
            place.start in (None, 0) and place.stop is None and place.step in (None, 1)
        ):
            raise array.space.refused(Unsupported("a slice of part of an axis"))
        single = isinstance(place, list) and len(place) == 1
        if not (place is None or isinstance(place, slice | SymbolicIndex | int | np.integer) or single):
            raise array.space.refused(Unsupported(f"indexing with {_called(place)}"))
        if isinstance(place, bool):
            raise array.space.refused(Unsupported("indexing with a truth value"))
    if lists > 1 or (lists and any(isinstance(p, int | SymbolicIndex) for p in given)):
        raise array.space.refused(Unsupported("indexing with lists on several axes"))
    return given


def _called(place: Any) -> str:
    """What an index is, for the message."""
    if isinstance(place, IndexedArray | np.ndarray):
        return "an array of truth values" if place.dtype.kind == "b" else "an array"
    if isinstance(place, Size):
        return f"the size {place}, or counted from it"
    return "a list" if isinstance(place, list) else type(place).__name__


def _code(space: Space, index: Any, size: Size | int) -> int:
    """One index, within its axis."""
    if isinstance(index, SymbolicIndex):
        number = space.size_number(size)
        if isinstance(size, int) and size == 1:
            return 0
        if space.size_of(index.code) != number:
            raise space.refused(Unsupported(f"the index {index.name} on an axis of size {size}"))
        return index.code
    if isinstance(index, Size) or not isinstance(index, int | np.integer):
        raise space.refused(Unsupported(f"the index {index!r}"))
    place = int(index)
    if place < 0:
        if not isinstance(size, int):
            raise space.refused(Unsupported(f"the index {place} on an axis of size {size}"))
        place += size
    outside = place < 0 or (place >= size if isinstance(size, int) else not size > place)
    if outside:
        raise IndexError(f"index {index} is out of bounds for an axis of size {size}")
    return place


ACCESS.update({"get": get, "put": put})
