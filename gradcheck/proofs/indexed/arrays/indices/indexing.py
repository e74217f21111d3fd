"""`x[i, j]`, `x[:, None]`, `x[0] = ...`: indices that are numbers, symbols, whole axes and new ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, delta
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import ACCESS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import Shape, axis_codes, broadcast
from gradcheck.proofs.indexed.arrays.converting import as_array, from_entry
from gradcheck.proofs.indexed.arrays.guarding import alike, is_a
from gradcheck.proofs.indexed.arrays.indices.gathering import gathered, has_arrays, scattered
from gradcheck.proofs.indexed.arrays.indices.loop_index import LoopIndex
from gradcheck.proofs.indexed.arrays.indices.selected import Selected, select, store
from gradcheck.proofs.indexed.arrays.indices.symbolic_index import SymbolicIndex
from gradcheck.proofs.indexed.arrays.rearranging.known_sizes import chosen, is_known, picked, spread, sum_of
from gradcheck.proofs.indexed.arrays.rearranging.parts import Part, part, point, taken
from gradcheck.proofs.indexed.arrays.size import Size, text_of

__all__ = ["get", "put"]

_MOST_ENTRIES = 16


def get(array: IndexedArray, key: Any) -> Any:
    """`array[key]`."""
    space = array.space
    if has_arrays(key):
        return gathered(array, key)
    if type(key) is IndexedArray and key.kind == "b" and key.shape:
        return select(array, key)
    places = _places(array, key)
    codes = axis_codes(space, array.shape)
    names: dict[int, int] = {}
    shape: list[Any] = []
    kept: list[int] = []
    axis = 0
    copied = True
    held = array.held
    for place in places:
        if place is None:
            shape.append(1)
            kept.append(0)
            continue
        code, size = codes[axis], array.shape[axis]
        axis += 1
        if type(place) is slice:
            copied = False
            if _whole(place):
                shape.append(size)
                kept.append(code)
                continue
            if is_known(place, size):
                places_taken = chosen(space, place, size)
                index = 0 if len(places_taken) == 1 else space.fresh(space.size_number(len(places_taken)))
                held = spread(space, held, code, index, [{k: 1} for k in places_taken])
                shape.append(len(places_taken))
            else:
                some = _some(space, place, size)
                index = some.index(space)
                held = taken(space, held, code, index, some)
                shape.append(some.count)
            kept.append(index)
            continue
        if type(place) is LoopIndex or _from_the_end(place, size):
            held = taken(space, held, code, 0, _single(space, place, size))
            continue
        single = type(place) is list
        index = _code(space, place[0] if single else place, size)
        if not is_constant(code):
            names[code] = index
        if single:
            shape.append(1)
            kept.append(0)
    moved = {c: space.fresh(space.size_of(c)) for c in kept if not is_constant(c)}
    entry = held.renamed(names | moved)
    result = from_entry(space, entry, [moved.get(c, c) for c in kept], tuple(shape), array.kind)
    if not copied:
        result.shared = True
        if not array.shared:  # an argument never changes; this array may, and its part with it
            result.part_of = (array, key)
            array.parts.append(result)
    return result


def put(array: IndexedArray, key: Any, value: Any, by: IndexedArray | None = None) -> None:
    """`array[key] = value`, for an array that shares its memory with no other but parts of its own;
    ``by`` is the part that changed itself.
    """
    space = array.space
    if array.shared or not array.shape:
        raise space.refused(Unsupported("storing into an argument, a view or an array that has views"))
    if type(value) is Selected:
        if type(key) is not IndexedArray or key.kind != "b":
            raise space.refused(Unsupported("storing the entries where a mask holds elsewhere"))
        store(array, key, value)
        return
    given = as_array(space, value)
    if array.kind != "f" and given.kind != array.kind:
        raise space.refused(Unsupported("storing floats into an array of integers or truth values"))
    if type(key) is IndexedArray and key.kind == "b" and not given.shape:
        broadcast(space, array.shape, as_array(space, key).shape)
        if len(key.shape) == len(array.shape):
            array.change(key.entry * given.entry + (constant(space, 1) - key.entry) * array.held)
            return
    if has_arrays(key):
        array.change(scattered(array, key, given), by)
        return
    places = _places(array, key)
    if any(p is None for p in places):
        raise space.refused(Unsupported("storing into new axes"))
    codes = axis_codes(space, array.shape)
    here = constant(space, 1)
    kept: list[int] = []
    shape: list[Any] = []
    parts: list[tuple[int, int, range]] = []
    spread_out: list[tuple[int, int, Part]] = []
    for place, code, size in zip(places, codes, array.shape, strict=True):
        if type(place) is slice and not _whole(place) and is_known(place, size):
            places_taken = chosen(space, place, size)
            index = 0 if len(places_taken) == 1 else space.fresh(space.size_number(len(places_taken)))
            parts.append((code, index, places_taken))
            kept.append(index)
            shape.append(len(places_taken))
        elif type(place) is slice and not _whole(place):
            some = _some(space, place, size)
            index = some.index(space)
            spread_out.append((code, index, some))
            kept.append(index)
            shape.append(some.count)
        elif type(place) is LoopIndex or _from_the_end(place, size):
            spread_out.append((code, 0, _single(space, place, size)))
        elif type(place) is slice:
            kept.append(code)
            shape.append(size)
        elif type(place) is list:
            raise space.refused(Unsupported("storing at a list of indices"))
        else:
            index = _code(space, place, size)
            if not is_constant(code):
                here = here * delta(space, code, index)
    if broadcast(space, tuple(shape), given.shape) != tuple(shape) and given.shape != tuple(shape):
        raise alike(ValueError("could not broadcast the input array to the place it is stored in"))
    own = axis_codes(space, given.shape)
    offset = len(shape) - len(given.shape)
    names = {o: k for o, k in zip(own, kept[offset:], strict=True) if not is_constant(o)}
    entry = given.entry.renamed(names)
    everywhere = here
    for code, index, places_taken in parts:
        if is_constant(code):
            continue
        inside = [delta(space, code, k) for k in places_taken]
        entry = sum_of(space, [d * picked(entry, index, k) for k, d in enumerate(inside)])
        everywhere = everywhere * sum_of(space, inside)
    for code, index, some in spread_out:
        entry = entry * some.related(index, code)
        entry = entry if is_constant(index) else entry.summed(index)
        everywhere = everywhere * some.inside(some.index(space), code)
    stored = here * entry + (constant(space, 1) - everywhere) * array.held
    array.change(_all_set(stored, codes, array.shape), by)


def _all_set(entry: Expr, codes: tuple[int, ...], shape: Shape) -> Expr:
    """Without what `np.empty` left, where every index of an axis of known size has been stored at."""
    left = entry.space.keys.get(("unset",))
    if left is None:
        return entry
    for code, size in zip(codes, shape, strict=True):
        if type(size) is not int or not 1 < size <= _MOST_ENTRIES:
            continue
        if not any(_has(entry.renamed({code: k}), left) for k in range(size)):
            return Expr(
                entry.space, {t: c for t, c in entry.terms.items() if all(h != left for h, _, _ in t[0])}
            )
    return entry


def _has(entry: Expr, head: int) -> bool:
    return any(h == head for factors, _ in entry.terms for h, _, _ in factors)


def _places(array: IndexedArray, key: Any) -> list[Any]:
    """The key with one place per axis: None, a whole slice, an index, or a list of one index."""
    given = list(key) if type(key) is tuple else [key]
    count = sum(1 for k in given if k is not None and k is not Ellipsis)
    if count > array.ndim:
        raise alike(IndexError(f"too many indices: the array has {array.ndim} axes"))
    whole = [slice(None)] * (array.ndim - count)
    if any(k is Ellipsis for k in given):
        at = next(i for i, k in enumerate(given) if k is Ellipsis)
        given = given[:at] + whole + given[at + 1 :]
    else:
        given = given + whole
    lists = 0
    for place in given:
        if type(place) is list:
            lists += 1
        single = type(place) is list and len(place) == 1
        if not (
            place is None or is_a(place, slice, SymbolicIndex, LoopIndex, int, np.integer, Size) or single
        ):
            raise array.space.refused(Unsupported(f"indexing with {_called(place)}"))
        if type(place) in (bool, np.bool_):
            raise array.space.refused(Unsupported("indexing with a truth value"))
    if lists > 1 or (lists and any(is_a(p, int, np.integer, SymbolicIndex, Size) for p in given)):
        raise array.space.refused(Unsupported("indexing with lists on several axes"))
    return given


def _from_the_end(place: Any, size: Size | int) -> bool:
    """Whether an index is one that a size tells: `-1` on a symbolic axis, or a size itself."""
    counted = type(size) is not int and is_a(place, int, np.integer) and int(place) < 0
    return type(place) is Size or counted


def _single(space: Space, place: Any, size: Size | int) -> Part:
    """One entry, as a part of the axis."""
    return place.point(size) if type(place) is LoopIndex else point(space, place, size)


def _some(space: Space, place: slice, size: Size | int) -> Part:
    """What a slice takes, which may begin at the index of a loop."""
    if type(place.start) is LoopIndex and place.step is None:
        return place.start.window(place.stop, size)
    return part(space, place, size)


def _whole(place: slice) -> bool:
    """Whether a slice takes all of an axis, whatever its size."""
    return _is(place.start, None, 0) and place.stop is None and _is(place.step, None, 1)


def _is(value: Any, *plain: Any) -> bool:
    """Whether it is one of these, of their type: a size is not asked."""
    return any(type(value) is type(p) and value == p for p in plain)


def _called(place: Any) -> str:
    """What an index is, for the message."""
    if is_a(place, IndexedArray, np.ndarray):
        return "an array of truth values" if place.dtype.kind == "b" else "an array"
    if type(place) is Size:
        return f"the size {text_of(place)}, or counted from it"
    return "a list" if type(place) is list else type(place).__name__


def _code(space: Space, index: Any, size: Size | int) -> int:
    """One index, within its axis."""
    if type(index) is SymbolicIndex:
        number = space.size_number(size)
        if type(size) is int and size == 1:
            return 0
        if space.size_of(index.code) != number:
            raise space.refused(Unsupported(f"the index {index.name} on an axis of size {text_of(size)}"))
        return index.code
    if not is_a(index, int, np.integer):
        raise space.refused(Unsupported(f"the index {text_of(index)}"))
    place = int(index)
    if place < 0:
        if type(size) is not int:
            raise space.refused(Unsupported(f"the index {place} on an axis of size {text_of(size)}"))
        place += size
    outside = place < 0 or (place >= size if type(size) is int else not size > place)
    if outside:
        raise alike(IndexError(f"index {index} is out of bounds for an axis of size {text_of(size)}"))
    return place


ACCESS.update({"get": get, "put": put})
