"""`np.where`, `clip`, diagonals, and arrays made like others."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import constant, delta, factor
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.arrays.array import FUNCTIONS, METHODS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes, same_size
from gradcheck.proofs.indexed.arrays.conditions.minus_infinity import infinity, is_minus_infinity
from gradcheck.proofs.indexed.arrays.contraction import find_space
from gradcheck.proofs.indexed.arrays.converting import as_array, from_entry
from gradcheck.proofs.indexed.arrays.guarding import alike, is_a
from gradcheck.proofs.indexed.arrays.size import Size
from gradcheck.proofs.indexed.arrays.ufuncs import elementwise
from gradcheck.proofs.indexed.arrays.widths import is_wide

__all__ = ["UNSET", "filled"]

UNSET = object()
"""The entries of `np.empty`: any numbers, which must not be read."""


def _where(condition: Any, *choices: Any) -> IndexedArray:
    space = find_space([condition, *choices])
    if len(choices) != 2:
        raise space.refused(Unsupported("np.where with a condition alone"))
    barred = is_minus_infinity(choices[1])
    mask, yes = as_array(space, condition), as_array(space, choices[0])
    no = IndexedArray(space, infinity(space), ()) if barred else as_array(space, choices[1])
    if mask.kind != "b":
        raise space.refused(Unsupported("np.where with numbers as the condition"))
    kind = next(k for k in "fib" if k in (yes.kind, no.kind))
    one = constant(space, 1)
    made = elementwise(lambda c, a, b: c * a + (one - c) * b, mask, yes, no, kind=kind)
    made.infinite = barred
    return made


def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    if low is not None:
        a = np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> IndexedArray:
    if offset or a.ndim != 2:
        raise a.space.refused(Unsupported("np.diagonal but of a matrix's main diagonal"))
    space = a.space
    if not same_size(space, a.shape[0], a.shape[1]):
        raise space.refused(Unsupported("the diagonal of a matrix that is not square"))
    a.shared, a.part_of = True, None  # NumPy's diagonal is a view
    row, column = axis_codes(space, a.shape)
    if is_constant(row):
        return from_entry(space, a.entry, [0], (1,), a.kind, view=True)
    moved = space.fresh(space.size_of(row))
    return from_entry(
        space, a.entry.renamed({row: moved, column: moved}), [moved], (a.shape[0],), a.kind, view=True
    )


def _diag(v: Any, k: int = 0) -> IndexedArray:
    if k and (v.ndim != 1 or type(k) is not int):
        raise v.space.refused(Unsupported("np.diag but of the main diagonal"))
    if k:
        before, beyond = max(-k, 0), max(k, 0)  # rows before, columns before
        diagonal: Any = _diag(v)
        return cast("IndexedArray", np.pad(diagonal, ((before, beyond), (beyond, before))))
    if v.ndim == 2:
        made = _diagonal(v)
        return IndexedArray(made.space, made.entry, made.shape, made.kind)  # np.diag copies
    space = v.space
    (code,) = axis_codes(space, v.shape)
    if is_constant(code):
        return from_entry(space, v.entry, [0, 0], (1, 1), v.kind)
    i, j = (space.fresh(space.size_of(code)) for _ in range(2))
    entry = v.entry.renamed({code: i}) * delta(space, i, j)
    return from_entry(space, entry, [i, j], (v.shape[0], v.shape[0]), v.kind)


def _like(value: Any) -> Any:
    def make(a: Any, dtype: Any = None, order: Any = None, subok: Any = True, shape: Any = None) -> Any:
        space = find_space([a, shape])
        array = as_array(space, a)
        wanted = array.shape if shape is None else shape
        return filled(space, wanted, value, array.dtype if dtype is None else dtype)

    return make


def _full_like(a: Any, fill_value: Any, dtype: Any = None, *, shape: Any = None) -> IndexedArray:
    space = find_space([a, fill_value])
    array = as_array(space, a)
    return filled(
        space, array.shape if shape is None else shape, fill_value, array.dtype if dtype is None else dtype
    )


def filled(space: Any, shape: Any, value: Any, dtype: Any = None) -> IndexedArray:
    """A new array of one value; `UNSET` is what `np.empty` leaves. Raises `Unsupported` for types that lose
    precision or wrap around.
    """
    wanted = tuple(shape) if is_a(shape, list, tuple) else (shape,)
    kind = np.dtype(np.float64 if dtype is None else dtype)
    if not is_wide(kind):
        raise space.refused(Unsupported(f"an array of {kind}"))
    if not wanted:
        raise space.refused(Unsupported("a buffer without axes"))
    if value is UNSET:
        head = space.head(("unset",), "variable", "np.empty")
        return IndexedArray(space, factor(space, head.number, ()), _positive(space, wanted), kind.kind)
    given = as_array(space, value)
    narrower = "fib".index(kind.kind) > "fib".index(given.kind)
    if narrower and given.entry.number not in (0, 1):
        raise space.refused(Unsupported("floats stored into integers"))
    _positive(space, wanted)
    made = FUNCTIONS[np.broadcast_to](given, wanted)
    return IndexedArray(space, made.entry, wanted, kind.kind, constant=given.constant)


def _positive(space: Any, shape: Any) -> Any:
    """The shape of an array that is made; a size below 1 is another branch."""
    for size in shape:
        if not is_a(size, int, Size, np.integer):
            raise space.refused(Unsupported(f"an axis of {type(size).__name__}"))
        if size < 0:
            raise alike(ValueError("negative dimensions are not allowed"))
    return shape


def _decided(a: Any, **about: Any) -> bool:
    """Whether a mask that says the same everywhere says True: `np.isfinite(x)`, which all numbers are."""
    value = a.entry.number
    if about or a.kind != "b" or value is None:
        raise a.space.refused(Unsupported("a branch on whether all or any values are so"))
    return bool(value)


FUNCTIONS.update(
    {
        np.where: _where,
        np.all: _decided,
        np.any: _decided,
        np.clip: _clip,
        np.diagonal: _diagonal,
        np.diag: _diag,
        np.zeros_like: _like(0),
        np.ones_like: _like(1),
        np.empty_like: _like(UNSET),
        np.full_like: _full_like,
    }
)
METHODS.update({"all": _decided, "any": _decided, "clip": _clip, "diagonal": _diagonal})
