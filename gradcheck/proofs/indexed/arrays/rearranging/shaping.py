"""NumPy functions that move axes, add or drop those of size 1, or ask about shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, delta
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.arrays.array import FUNCTIONS, METHODS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes, broadcast
from gradcheck.proofs.indexed.arrays.contraction import find_space
from gradcheck.proofs.indexed.arrays.converting import as_array, from_entry
from gradcheck.proofs.indexed.arrays.guarding import alike, is_a
from gradcheck.proofs.indexed.arrays.rearranging.known_sizes import laid_out
from gradcheck.proofs.indexed.arrays.rearranging.regrouping import regrouped
from gradcheck.proofs.indexed.arrays.size import Size
from gradcheck.proofs.indexed.arrays.widths import is_wide

__all__ = ["at_least", "normal_axes", "seen"]


def normal_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Axes as numbers from 0. Raises `np.exceptions.AxisError` like NumPy."""
    axes = tuple(range(ndim)) if axis is None else ((axis,) if is_a(axis, int, np.integer) else tuple(axis))
    for a in axes:
        if not -ndim <= a < ndim:
            raise alike(np.exceptions.AxisError(a, ndim))
    normal = tuple(a % ndim for a in axes)
    if len(set(normal)) < len(normal):
        raise alike(ValueError("repeated axis"))
    return normal


def _is_one(size: Size | int) -> bool:
    return type(size) is int and size == 1


def rearranged(a: IndexedArray, order: Sequence[int | None], *, view: bool = True) -> IndexedArray:
    """The array with its axes in another order; None is a new axis of size 1; an axis of size 1 that is
    left out is gone.
    """
    space = a.space
    codes = axis_codes(space, a.shape)
    fresh = {c: space.fresh(space.size_of(c)) for c in codes if not is_constant(c)}
    moved = [0 if k is None else fresh.get(codes[k], 0) for k in order]
    shape = tuple(1 if k is None else a.shape[k] for k in order)
    if view:
        seen(a)
    return from_entry(space, a.entry.renamed(fresh), moved, shape, a.kind, view=view)


def seen(a: IndexedArray) -> None:
    """The array has a view now, so it must not be changed in place any more."""
    a.shared = True
    a.part_of = None


def _repeat(a: Any, repeats: Any, axis: Any = None) -> IndexedArray:
    """Every entry so often along an axis: a new digit behind its own."""
    space = find_space([a])
    a = as_array(space, a)
    if not is_a(repeats, int, Size) or not (is_a(axis, int) or a.ndim == 1):
        raise space.refused(Unsupported("np.repeat but so often along one axis"))
    (place,) = normal_axes(0 if axis is None else axis, a.ndim)
    longer = np.expand_dims(a, place + 1)
    beside = (*a.shape[: place + 1], repeats, *a.shape[place + 1 :])
    wanted = (*a.shape[:place], a.shape[place] * repeats, *a.shape[place + 1 :])
    made = _reshape(_broadcast_to(longer, beside), wanted)
    return IndexedArray(space, made.entry, made.shape, made.kind)


def _transpose(a: Any, axes: Any = None, *more: Any) -> IndexedArray:
    if more:
        axes = (axes, *more)
    order = tuple(reversed(range(a.ndim))) if axes is None else normal_axes(axes, a.ndim)
    if sorted(order) != list(range(a.ndim)):
        raise alike(ValueError("axes don't match array"))
    return rearranged(a, order)


def _swapaxes(a: Any, axis1: int, axis2: int) -> IndexedArray:
    order = list(range(a.ndim))
    (i,), (j,) = normal_axes(axis1, a.ndim), normal_axes(axis2, a.ndim)
    order[i], order[j] = order[j], order[i]
    return rearranged(a, order)


def _moveaxis(a: Any, source: Any, destination: Any) -> IndexedArray:
    sources, targets = normal_axes(source, a.ndim), normal_axes(destination, a.ndim)
    order = [k for k in range(a.ndim) if k not in sources]
    for target, k in sorted(zip(targets, sources, strict=True)):
        order.insert(target, k)
    return rearranged(a, order)


def _matrix_transpose(x: Any) -> IndexedArray:
    return _swapaxes(x, -1, -2)


def _expand_dims(a: Any, axis: Any) -> IndexedArray:
    axes = normal_axes(axis, a.ndim + (1 if is_a(axis, int, np.integer) else len(axis)))
    order: list[int | None] = list(range(a.ndim))
    for k in sorted(axes):
        order.insert(k, None)
    return rearranged(a, order)


def _squeeze(a: Any, axis: Any = None) -> IndexedArray:
    """Without ``axis``, whether a size is 1 is a question."""
    if axis is None:
        order = [k for k, size in enumerate(a.shape) if not (_is_one(size) or size == 1)]
    else:
        gone = normal_axes(axis, a.ndim)
        for k in gone:
            if not _is_one(a.shape[k]) and not a.shape[k] == 1:
                raise alike(
                    ValueError("cannot select an axis to squeeze out which has size not equal to one")
                )
        order = [k for k in range(a.ndim) if k not in gone]
    return rearranged(a, order)


def _reshape(a: Any, shape: Any = None, *more: Any, newshape: Any = None, order: str = "C") -> IndexedArray:
    """Axes of size 1 come and go; others are split, or put together, at whole digits."""
    space = find_space([a])
    a = as_array(space, a)
    wanted = newshape if shape is None else shape
    wanted = list(wanted) if is_a(wanted, list, tuple) else [wanted]
    wanted += more
    if order != "C":
        raise space.refused(Unsupported(f"np.reshape with order={order!r}"))
    if (known := laid_out(a, wanted)) is not None:
        seen(a)
        return known
    return regrouped(a, wanted)


def _ravel(a: Any, order: str = "C") -> IndexedArray:
    return _reshape(a, (-1,), order=order)


def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> IndexedArray:
    space = find_space([array, shape])
    array = as_array(space, array)
    wanted = tuple(shape) if is_a(shape, list, tuple) else (shape,)
    if len(broadcast(space, array.shape, wanted)) != len(wanted):
        raise alike(ValueError("input operand has more dimensions than the shape to broadcast to"))
    seen(array)
    return IndexedArray(space, array.entry, wanted, array.kind, view=True)


def _stack(arrays: Any, axis: int = 0) -> IndexedArray:
    """Along a new axis, of known size."""
    space = find_space(arrays)
    parts = [as_array(space, a) for a in arrays]
    shape = broadcast(space, *(p.shape for p in parts))
    if any(len(p.shape) != len(shape) for p in parts):
        raise alike(ValueError("all input arrays must have the same shape"))
    (place,) = normal_axes(axis, len(shape) + 1)
    code = 0 if len(parts) == 1 else space.fresh(space.size_number(len(parts)))
    entry = Expr(space, {})
    for k, part in enumerate(parts):
        entry = entry + (part.entry if len(parts) == 1 else delta(space, code, k) * part.entry)
    codes = list(axis_codes(space, shape))
    fresh = {c: space.fresh(space.size_of(c)) for c in codes if not is_constant(c)}
    moved = [fresh.get(c, 0) for c in codes]
    moved.insert(place, code)
    sizes = list(shape)
    sizes.insert(place, len(parts))
    kinds = {p.kind for p in parts}
    kind = next(k for k in "fib" if k in kinds)
    return from_entry(space, entry.renamed(fresh), moved, tuple(sizes), kind)


def _cross(a: Any, b: Any) -> IndexedArray:
    """Of two vectors with three entries."""
    space = find_space([a, b])
    x, y = as_array(space, a), as_array(space, b)
    if x.shape != (3,) or y.shape != (3,):
        raise space.refused(Unsupported("np.cross but of two vectors with three entries"))
    turns: Any = [x[i] * y[j] - x[j] * y[i] for i, j in ((1, 2), (2, 0), (0, 1))]
    return _stack(turns)


def at_least(count: int) -> Any:
    def extend(a: Any) -> IndexedArray:
        if a.ndim >= count:
            return a  # type: ignore[no-any-return]
        if count == 2 and a.ndim == 1:
            return rearranged(a, [None, 0])
        return rearranged(a, [None] * count) if not a.ndim else a

    return extend


def _copy(a: Any, order: Any = None) -> IndexedArray:
    return IndexedArray(a.space, a.entry, a.shape, a.kind)


def _astype(a: Any, dtype: Any, copy: Any = True) -> IndexedArray:
    wanted = np.dtype(dtype)
    exact = wanted.kind == a.kind or wanted.kind == "f" or (wanted.kind, a.kind) == ("i", "b")
    if copy is not True or not is_wide(wanted) or not exact:
        raise a.space.refused(Unsupported(f"a conversion to {wanted}"))
    return IndexedArray(a.space, a.entry, a.shape, wanted.kind)


def _item(a: Any, *place: Any) -> Any:
    if place or not all(_is_one(s) for s in a.shape):
        raise a.space.refused(Unsupported(".item() of an array with several entries"))
    return rearranged(a, [], view=False)


FUNCTIONS.update(
    {
        np.transpose: _transpose,
        np.swapaxes: _swapaxes,
        np.moveaxis: _moveaxis,
        np.matrix_transpose: _matrix_transpose,
        np.expand_dims: _expand_dims,
        np.squeeze: _squeeze,
        np.reshape: _reshape,
        np.ravel: _ravel,
        np.repeat: _repeat,
        np.broadcast_to: _broadcast_to,
        np.stack: _stack,
        np.cross: _cross,
        np.atleast_1d: at_least(1),
        np.atleast_2d: at_least(2),
        np.copy: _copy,
        np.shape: lambda a: a.shape,
        np.ndim: lambda a: a.ndim,
        np.size: lambda a, axis=None: a.size if axis is None else a.shape[axis],
        np.real: lambda a: a,
        np.iscomplexobj: lambda a: False,
    }
)
METHODS.update(
    {
        "transpose": _transpose,
        "swapaxes": _swapaxes,
        "reshape": _reshape,
        "squeeze": _squeeze,
        "ravel": _ravel,
        "repeat": _repeat,
        "flatten": lambda a: _ravel(_copy(a)),
        "copy": _copy,
        "astype": _astype,
        "item": _item,
    }
)
