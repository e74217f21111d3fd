"""What moves entries along an axis: concatenation and its opposite, flips, turns, padding, running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.indices.neighbours import at_most
from gradcheck.proofs.indexed.arrays.array import FUNCTIONS, METHODS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes, same_size
from gradcheck.proofs.indexed.arrays.contraction import find_space
from gradcheck.proofs.indexed.arrays.converting import as_array, from_entry
from gradcheck.proofs.indexed.arrays.guarding import alike, is_a
from gradcheck.proofs.indexed.arrays.indices.triangles import triangle
from gradcheck.proofs.indexed.arrays.rearranging.known_sizes import is_known, joined, mapped
from gradcheck.proofs.indexed.arrays.rearranging.parts import behind, mirrored, turned, window
from gradcheck.proofs.indexed.arrays.rearranging.shaping import at_least, normal_axes, seen
from gradcheck.proofs.indexed.arrays.size import Size

__all__: list[str] = []


def _concatenate(arrays: Any, axis: int = 0) -> IndexedArray:
    """Along one axis."""
    space = find_space(arrays)
    parts = [as_array(space, a) for a in arrays]
    first = parts[0].shape
    if not is_a(axis, int, np.integer):
        raise space.refused(Unsupported("np.concatenate but along one axis"))
    if not first:
        raise alike(ValueError("zero-dimensional arrays cannot be concatenated"))
    (place,) = normal_axes(axis, len(first))
    for part in parts[1:]:
        alike_beside = part.ndim == len(first) and all(
            k == place or same_size(space, size, first[k]) for k, size in enumerate(part.shape)
        )
        if not alike_beside:
            raise alike(
                ValueError("all the input array dimensions except for the concatenation axis must match")
            )
    if all(is_known(slice(None), p.shape[place]) for p in parts):
        return joined(parts, place)
    return behind(parts, place)


def _append(arr: Any, values: Any, axis: Any = None) -> IndexedArray:
    """One behind the other. Without an axis both are made flat first; only what is so already is known."""
    if axis is not None:
        return _concatenate([arr, values], axis)
    space = find_space([arr, values])
    parts = [at_least(1)(as_array(space, part)) for part in (arr, values)]
    if any(part.ndim > 1 for part in parts):
        raise space.refused(Unsupported("np.append of arrays that have several axes, without axis="))
    return _concatenate(parts)


def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Into parts of equal size, or at places that are given."""
    space = find_space([ary])
    ary = as_array(space, ary)
    if not is_a(axis, int, np.integer):
        raise space.refused(Unsupported("np.split but along one axis"))
    (place,) = normal_axes(axis, ary.ndim)
    size = ary.shape[place]
    if type(indices_or_sections) in (int, Size):
        step = size // indices_or_sections
        if step * indices_or_sections != size or type(indices_or_sections) is not int:
            raise space.refused(Unsupported("np.split into parts that are not known to be equal"))
        ends = [k * step for k in range(1, indices_or_sections)]
    else:
        ends = list(indices_or_sections)
    before = (slice(None),) * place
    return [ary[(*before, slice(a, b))] for a, b in zip([0, *ends], [*ends, size], strict=True)]


def _hstack(tup: Any) -> IndexedArray:
    space = find_space(tup)
    parts = [at_least(1)(as_array(space, a)) for a in tup]
    return _concatenate(parts, axis=0 if parts[0].ndim == 1 else 1)


def _vstack(tup: Any) -> IndexedArray:
    space = find_space(tup)
    return _concatenate([at_least(2)(as_array(space, a)) for a in tup], axis=0)


def _flip(m: Any, axis: Any = None) -> IndexedArray:
    seen(m)
    for k in normal_axes(axis, m.ndim):
        if is_known(slice(None), m.shape[k]):
            m = mapped(m, k, [{p: 1} for p in reversed(range(m.shape[k]))], view=True)
        else:
            m = mirrored(m, k)
    return m  # type: ignore[no-any-return]


def _roll(a: Any, shift: Any, axis: Any = None) -> IndexedArray:
    if not is_a(shift, int, Size) or type(shift) is bool or not (is_a(axis, int) or a.ndim == 1):
        raise a.space.refused(Unsupported("np.roll but along one axis"))
    (place,) = normal_axes(0 if axis is None else axis, a.ndim)
    size = a.shape[place]
    if is_known(slice(None), size) and type(shift) is int:
        return mapped(a, place, [{(k - shift) % size: 1} for k in range(size)])
    made = turned(a, place, shift)
    return IndexedArray(a.space, made.entry, made.shape, made.kind)


def _pad(array: Any, pad_width: Any, mode: Any = "constant", *, constant_values: Any = 0) -> IndexedArray:
    """With one number."""
    space = find_space([array])
    array = as_array(space, array)
    plain = type(constant_values) in (int, float) and np.isfinite(constant_values)
    if mode != "constant" or not plain or array.kind != "f":
        raise space.refused(Unsupported("np.pad but with one number"))
    for axis, (first, beyond) in enumerate(_widths(space, pad_width, array.ndim)):
        if type(first) is int and type(beyond) is int and first == beyond == 0:
            continue
        if first < 0 or beyond < 0:
            raise alike(ValueError("index can't contain negative values"))
        array = behind([array], axis, first=first, beyond=beyond, value=constant_values)
    return IndexedArray(space, array.entry, array.shape, array.kind)


def _widths(space: Any, given: Any, ndim: int) -> list[tuple[Any, Any]]:
    """The widths before and after, axis by axis."""
    whole = (int, Size)
    if is_a(given, *whole):
        return [(given, given)] * ndim
    if is_a(given, list, tuple):
        pairs = list(given)
        if len(pairs) == 2 and all(is_a(w, *whole) for w in pairs):
            return [(pairs[0], pairs[1])] * ndim
        each = all(is_a(p, list, tuple) and len(p) == 2 and all(is_a(w, *whole) for w in p) for p in pairs)
        if each and len(pairs) in (1, ndim):
            return [(p[0], p[1]) for p in (pairs * ndim if len(pairs) == 1 else pairs)]
    raise space.refused(Unsupported("np.pad with such widths"))


def _triangle(*, lower: bool) -> Any:
    """`np.tril` and `np.triu` of square matrices, with the diagonal or without."""

    def take(m: Any, k: Any = 0) -> IndexedArray:
        space = find_space([m])
        m = as_array(space, m)
        if m.ndim < 2 or not same_size(space, *m.shape[-2:]) or type(k) is not int:
            raise space.refused(Unsupported("a triangle of what is not square"))
        codes = axis_codes(space, m.shape)
        mask = triangle(space, (codes[-2], codes[-1]), m.shape[-1], k, lower=lower)
        return IndexedArray(space, mask * m.entry, m.shape, m.kind)

    return take


def _windows(x: Any, window_shape: Any, axis: Any = None) -> IndexedArray:
    """`sliding_window_view`: the windows' own axes come last."""
    space = find_space([x, window_shape])
    x = as_array(space, x)
    sizes = list(window_shape) if is_a(window_shape, tuple, list) else [window_shape]
    axes = normal_axes(axis, x.ndim)
    if len(sizes) != len(axes):
        raise alike(ValueError("Must provide matching length window_shape and axis"))
    codes = [c if is_constant(c) else space.fresh(space.size_of(c)) for c in axis_codes(space, x.shape)]
    names = zip(axis_codes(space, x.shape), codes, strict=True)
    entry, shape = x.entry.renamed({a: c for a, c in names if not is_constant(a)}), list(x.shape)
    for place, size in zip(axes, sizes, strict=True):
        rest = shape[place] - size + 1
        if rest < 1:
            raise alike(ValueError("window shape cannot be larger than input array shape"))
        first = window(space, entry, codes[place], rest, size)
        entry, codes[place], last = first
        shape[place] = rest
        codes.append(last)
        shape.append(size)
    seen(x)
    return from_entry(space, entry, codes, tuple(shape), x.kind, view=True)


def _cumsum_of_symbolic(a: IndexedArray, place: int) -> IndexedArray:
    space = a.space
    codes = list(axis_codes(space, a.shape))
    last = space.fresh(space.size_of(codes[place]))
    fresh = {c: space.fresh(space.size_of(c)) for c in codes if not is_constant(c)}
    inner = fresh[codes[place]]
    before = at_most(space, inner, last, space.size_of(inner))
    entry = (a.entry.renamed(fresh) * before).summed(inner)
    moved = [fresh.get(c, c) for c in codes]
    moved[place] = last
    return from_entry(space, entry, moved, a.shape, a.kind)


def _cumsum(a: Any, axis: Any = None) -> IndexedArray:
    if a.kind != "f" or not (is_a(axis, int, np.integer) or (axis is None and a.ndim == 1)):
        raise a.space.refused(Unsupported("np.cumsum but of floats along one axis"))
    (place,) = normal_axes(0 if axis is None else axis, a.ndim)
    size = a.shape[place]
    if not is_known(slice(None), size):
        return _cumsum_of_symbolic(a, place)
    return mapped(a, place, [dict.fromkeys(range(k + 1), 1) for k in range(size)])


def _diff(a: Any, n: int = 1, axis: int = -1) -> IndexedArray:
    if not (type(n) is int and n == 1) or a.kind != "f" or not is_a(axis, int, np.integer):
        raise a.space.refused(Unsupported("np.diff but of floats, once, along one axis"))
    (place,) = normal_axes(axis, a.ndim)
    size = a.shape[place]
    if not is_known(slice(None), size):
        before = (slice(None),) * place
        made: IndexedArray = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
        return made
    if size == 1:
        raise a.space.refused(Unsupported("np.diff of one entry"))
    return mapped(a, place, [{k: -1, k + 1: 1} for k in range(size - 1)])


FUNCTIONS.update(
    {
        np.append: _append,
        np.concatenate: _concatenate,
        np.hstack: _hstack,
        np.vstack: _vstack,
        np.split: _split,
        np.flip: _flip,
        np.roll: _roll,
        np.pad: _pad,
        np.lib.stride_tricks.sliding_window_view: _windows,
        np.cumsum: _cumsum,
        np.diff: _diff,
        np.tril: _triangle(lower=True),
        np.triu: _triangle(lower=False),
    }
)
METHODS["cumsum"] = _cumsum
