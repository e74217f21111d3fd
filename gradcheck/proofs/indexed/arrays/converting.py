"""What becomes an indexed array: numbers, sizes, NumPy's arrays, entries written in other indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.arithmetic import complex_ufunc, is_complex
from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, delta, size_expression
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import CONVERSIONS, UFUNCS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import Shape, axis_codes
from gradcheck.proofs.indexed.arrays.guarding import guarded, is_a
from gradcheck.proofs.indexed.arrays.size import HIGHEST_POWER, Size, text_of
from gradcheck.proofs.indexed.arrays.widths import is_wide

__all__ = ["as_array", "from_entry", "operate"]

_MOST_LITERALS = 64


def operate(space: Space, name: str, a: Any, b: Any) -> Any:
    """A ufunc of two operands by its name."""
    if is_complex(a) or is_complex(b):
        return guarded(space, f"np.{name}", complex_ufunc, getattr(np, name), "__call__", a, b)
    if name not in UFUNCS:
        raise space.refused(Unsupported(f"np.{name} is not available on symbols for all shapes"))
    return guarded(space, f"np.{name}", UFUNCS[name], as_array(space, a), as_array(space, b))


def from_entry(
    space: Space, entry: Expr, codes: Sequence[int], shape: Shape, kind: str = "f", *, view: bool = False
) -> IndexedArray:
    """An array from an entry that is written in other indices, one per axis."""
    wanted = axis_codes(space, shape)
    names = {c: w for c, w in zip(codes, wanted, strict=True) if not is_constant(c)}
    return IndexedArray(space, entry.renamed(names), shape, kind, view=view)


def as_array(space: Space, value: Any) -> IndexedArray:
    """Anything that NumPy would take as an array. Raises `Unsupported`."""
    if type(value) is IndexedArray:
        if value.space is not space:
            raise space.refused(Unsupported("an array that the code kept from an earlier run"))
        return value
    if type(value) is Size:
        if value.space is not space:
            raise space.refused(Unsupported("a size that the code kept from an earlier run"))
        if max(len(names) for names, _ in value.polynomial) > HIGHEST_POWER:
            raise space.refused(Unsupported(f"{text_of(value)} as a float, which may be too large for one"))
        return IndexedArray(space, size_expression(space, value), (), "i")
    if type(value) in CONVERSIONS:
        return CONVERSIONS[type(value)](value)
    if is_a(value, np.generic) and not is_wide(value.dtype):
        raise space.refused(Unsupported(f"a number of {value.dtype}"))
    if is_a(value, bool, np.bool_):
        return IndexedArray(space, constant(space, int(value)), (), "b", constant=True)
    if is_a(value, int, np.integer):
        if not -(2**63) <= value < 2**63:
            raise space.refused(Unsupported("an integer that fits into no int64"))
        return IndexedArray(space, constant(space, int(value)), (), "i", constant=True)
    if is_a(value, float, np.floating):
        return IndexedArray(space, constant(space, value), (), "f", constant=True)
    if is_a(value, list, tuple) and any(is_a(v, IndexedArray, Size, list, tuple) for v in value):
        stack: Any = np.stack
        return stack([as_array(space, v) for v in value])  # type: ignore[no-any-return]
    try:
        array = np.asarray(value)
    except Exception as error:
        raise space.refused(Unsupported(f"{type(value).__name__} as an array")) from error
    return _literal(space, array)


def _literal(space: Space, array: Any) -> IndexedArray:
    """An array of plain numbers: a constant, or its few entries picked by deltas."""
    if not is_wide(array.dtype) or array.size > _MOST_LITERALS:
        raise space.refused(Unsupported(f"an array of {array.size} plain numbers of dtype {array.dtype}"))
    kind = array.dtype.kind
    codes = axis_codes(space, array.shape)
    flat = array.reshape(-1)
    if array.size and all(v == flat[0] for v in flat):
        return IndexedArray(space, constant(space, flat[0].item()), array.shape, kind, constant=True)
    entry = Expr(space, {})
    for place in np.ndindex(array.shape):
        picked = constant(space, array[place].item())
        for code, k in zip(codes, place, strict=True):
            picked = picked * delta(space, code, k)
        entry = entry + picked
    return IndexedArray(space, entry, array.shape, kind)


Size.array_of = as_array
Size.operate = operate
