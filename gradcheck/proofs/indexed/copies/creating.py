"""NumPy's functions that want sizes as plain numbers, for sizes that are none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import constant, delta, size_expression
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.indices.neighbours import position
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes
from gradcheck.proofs.indexed.arrays.conditions.selecting import UNSET, filled
from gradcheck.proofs.indexed.arrays.converting import as_array
from gradcheck.proofs.indexed.arrays.guarding import guarded, is_a
from gradcheck.proofs.indexed.arrays.indices.selected import Selected
from gradcheck.proofs.indexed.arrays.indices.symbolic_index import IndexEquality
from gradcheck.proofs.indexed.arrays.indices.triangles import triangle
from gradcheck.proofs.indexed.arrays.indices.whole_number import WholeNumber
from gradcheck.proofs.indexed.arrays.size import Size
from gradcheck.proofs.indexed.arrays.widths import is_wide

__all__ = ["CREATING", "creators", "is_symbolic"]

_REFUSED = (
    "indices", "triu_indices", "tril_indices", "diag_indices", "linspace", "logspace",
    "geomspace", "fromiter", "frombuffer", "fromstring", "bmat", "asmatrix", "matrix",
)  # fmt: skip


CREATING = (
    "zeros", "empty", "ones", "full", "eye", "identity", "array", "asarray", "ascontiguousarray",
    "asanyarray", "prod", "stack", "tri", "arange", *_REFUSED,
)  # fmt: skip


def is_symbolic(value: Any) -> bool:
    """Whether a value is a symbol, or holds one in lists, tuples or dicts."""
    if is_a(value, list, tuple):
        return any(map(is_symbolic, value))
    if is_a(value, dict):
        return any(map(is_symbolic, value.values()))
    known = is_a(value, WholeNumber, IndexedArray, IndexEquality, Selected)
    return known or getattr(type(value), "of_symbols", None) is True


def creators(space: Space) -> dict[str, Any]:
    """The functions by name."""

    def make(name: str, value: Any) -> Callable[..., Any]:
        def create(shape: Any, dtype: Any = None, order: Any = "C") -> Any:
            return filled(space, shape, value, dtype)

        return create

    def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C") -> Any:
        given = as_array(space, fill_value)
        return filled(space, shape, given, given.dtype if dtype is None else dtype)

    def eye(N: Any, M: Any = None, k: int = 0, dtype: Any = float, order: Any = "C") -> Any:
        if not (type(k) is int and k == 0) or (M is not None and not N == M):
            raise space.refused(Unsupported("np.eye but of a square identity"))
        if not is_wide(dtype):
            raise space.refused(Unsupported(f"an array of {np.dtype(dtype)}"))
        codes = axis_codes(space, (N, N))
        entry = constant(space, 1) if is_constant(codes[0]) else delta(space, *codes)
        return IndexedArray(space, entry, (N, N), np.dtype(dtype).kind)

    def tri(N: Any, M: Any = None, k: int = 0, dtype: Any = float) -> Any:
        if (M is not None and not N == M) or type(k) is not int or not is_wide(dtype):
            raise space.refused(Unsupported("np.tri but of a square matrix"))
        row, column = axis_codes(space, (N, N))
        entry = triangle(space, (row, column), N, k, lower=True)
        return IndexedArray(space, entry, (N, N), np.dtype(dtype).kind)

    def arange(*bounds: Any, dtype: Any = None) -> Any:
        if not is_symbolic(bounds):
            return np.arange(*bounds, dtype=dtype)
        start, stop = (0, *bounds) if len(bounds) == 1 else bounds[:2]
        whole = all(type(b) in (int, Size) for b in bounds) and len(bounds) < 3
        if not whole or not is_wide(int if dtype is None else dtype) or stop - start < 1:
            raise space.refused(Unsupported("np.arange but of whole numbers one behind the other"))
        count = stop - start
        (code,) = axis_codes(space, (count,))
        entry = position(space, code, space.size_number(count))
        entry = (
            entry + size_expression(space, start) if type(start) is Size else entry + constant(space, start)
        )
        return IndexedArray(space, entry, (count,), "i" if dtype is None else np.dtype(dtype).kind)

    def array(value: Any, dtype: Any = None, *, copy: Any = True, **kwargs: Any) -> Any:
        if not is_symbolic(value):
            return np.array(value, dtype, copy=copy, **kwargs)
        if copy is not True or kwargs:
            raise space.refused(Unsupported("np.array of symbols with more than a dtype"))
        made = as_array(space, value)
        copied = IndexedArray(space, made.entry, made.shape, made.kind)
        return copied if dtype is None else copied.astype(dtype)

    def asarray(value: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if type(value) is not IndexedArray or kwargs:
            return array(value, dtype, **kwargs)
        return value if dtype is None or np.dtype(dtype) == value.dtype else value.astype(dtype)

    def stack(arrays: Any, axis: Any = 0, **kwargs: Any) -> Any:
        if getattr(type(arrays), "of_symbols", None) is not True:
            return np.stack(arrays, axis=axis, **kwargs)
        if not (type(axis) is int and axis == 0) or kwargs:
            raise space.refused(Unsupported("np.stack of so many arrays but along the first axis"))
        return as_array(space, arrays)

    def prod(a: Any, *args: Any, **kwargs: Any) -> Any:
        if type(a) is IndexedArray or not is_symbolic((a, args, kwargs)):
            return np.prod(a, *args, **kwargs)
        if args or kwargs or not is_a(a, tuple, list) or not all(is_a(s, int, Size) for s in a):
            raise space.refused(Unsupported("np.prod but of a shape"))
        total: Any = as_array(space, 1)
        for size in a:
            total = np.multiply(total, as_array(space, size))  # NumPy's integers, which may wrap around
        return total

    made: dict[str, Callable[..., Any]] = {
        "zeros": make("zeros", 0),
        "empty": make("empty", UNSET),
        "ones": make("ones", 1),
        "full": full,
        "eye": eye,
        "stack": stack,
        "tri": tri,
        "arange": arange,
        "identity": lambda n, dtype=float: eye(n, dtype=dtype),
        "array": array,
        "asarray": asarray,
        "ascontiguousarray": asarray,
        "asanyarray": asarray,
        "prod": prod,
    }
    made = {name: _guarded(space, name, function) for name, function in made.items()}
    return made | {name: plain_only(space, f"np.{name}", getattr(np, name)) for name in _REFUSED}


def _guarded(space: Space, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def create(*args: Any, **kwargs: Any) -> Any:
        return guarded(space, f"np.{name}", function, *args, **kwargs)

    create.__name__ = name
    return create


def plain_only(space: Space, name: str, original: Any) -> Callable[..., Any]:
    """A function of plain numbers: symbols are refused."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if is_symbolic((args, kwargs)):
            raise space.refused(Unsupported(f"{name} of symbolic sizes"))
        return original(*args, **kwargs)

    call.__name__ = getattr(original, "__name__", name)
    return call
