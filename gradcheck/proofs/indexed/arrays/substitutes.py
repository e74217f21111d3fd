"""What takes the place of NumPy's, `math`'s and Python's functions that want sizes as plain numbers."""

from __future__ import annotations

import builtins
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.codes import is_constant
from gradcheck.proofs.indexed.algebra.expression import constant, delta
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import IndexedArray, as_array
from gradcheck.proofs.indexed.arrays.axes import axis_codes
from gradcheck.proofs.indexed.arrays.selecting import filled
from gradcheck.proofs.indexed.arrays.size import Size

__all__ = ["StandInModule", "builtin_names", "creators", "mathematics"]


class StandInModule(types.ModuleType):
    """A module with some functions exchanged."""

    def __init__(self, name: str, original: Any, changed: dict[str, Any]) -> None:
        super().__init__(name)
        for key, value in changed.items():
            setattr(self, key, value)
        self.__original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__original, name)


class _Convert(type):
    """`float` and `int` for sizes too; still a type to ask for, and a dtype to NumPy."""

    kind: Any

    def __call__(cls, value: Any = 0) -> Any:
        if isinstance(value, Size):
            return value
        if cls.kind is float and isinstance(value, IndexedArray) and not value.shape:
            return value
        return cls.kind(value)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.kind)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.kind)


def _is_symbolic(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_is_symbolic(v) for v in value)
    return isinstance(value, Size | IndexedArray)


def creators(space: Space) -> dict[str, Any]:
    """NumPy's functions that make arrays out of sizes."""

    def make(name: str, value: Any) -> Callable[..., Any]:
        original = getattr(np, name)

        def create(shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
            if kwargs:
                return original(shape, dtype, **kwargs)
            return filled(space, shape, value, dtype)

        return create

    def full(shape: Any, fill_value: Any, dtype: Any = None, **kwargs: Any) -> Any:
        given = as_array(space, fill_value)
        return filled(space, shape, given, dtype or given.dtype)

    def eye(N: Any, M: Any = None, k: int = 0, dtype: Any = float, **_: Any) -> Any:
        if k or (M is not None and not N == M):
            raise space.refused(Unsupported("np.eye but of a square identity"))
        size = np.dtype(dtype)
        if size.kind == "f" and size != np.float64:
            raise space.refused(Unsupported(f"an array of {size}"))
        codes = axis_codes(space, (N, N))
        entry = constant(space, 1) if is_constant(codes[0]) else delta(space, *codes)
        return IndexedArray(space, entry, (N, N), size.kind)

    def refuse(name: str) -> Callable[..., Any]:
        original = getattr(np, name)

        def creating(*args: Any, **kwargs: Any) -> Any:
            if _is_symbolic(args) or _is_symbolic(list(kwargs.values())):
                raise space.refused(Unsupported(f"np.{name} of symbolic sizes"))
            return original(*args, **kwargs)

        return creating

    def array(value: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if not _is_symbolic(value):
            return np.array(value, dtype, **kwargs)
        made = as_array(space, value)
        copied = IndexedArray(space, made.entry, made.shape, made.kind)
        return copied if dtype is None else copied.astype(dtype)

    def asarray(value: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if not isinstance(value, IndexedArray):
            return array(value, dtype, **kwargs)
        return value if dtype is None or np.dtype(dtype) == value.dtype else value.astype(dtype)

    names = ("arange", "tri", "indices", "triu_indices", "tril_indices", "diag_indices", "linspace")
    return {
        "zeros": make("zeros", 0),
        "empty": make("empty", 0),
        "ones": make("ones", 1),
        "full": full,
        "eye": eye,
        "identity": lambda n, dtype=float: eye(n, dtype=dtype),
        "array": array,
        "asarray": asarray,
        "ascontiguousarray": asarray,
        "asanyarray": asarray,
        **{name: refuse(name) for name in names},
    }


def builtin_names(space: Space) -> dict[str, Any]:
    def length(value: Any) -> Any:
        return value.shape[0] if isinstance(value, IndexedArray) and value.shape else len(value)

    def loop(*bounds: Any) -> Any:
        for bound in bounds:
            if isinstance(bound, Size | IndexedArray):
                raise space.refused(Unsupported(f"a loop over range({', '.join(map(str, bounds))})"))
        return builtins.range(*bounds)

    return {"len": length, "range": loop} | {
        kind.__name__: _Convert(kind.__name__, (), {"kind": kind, "dtype": np.dtype(kind)})
        for kind in (float, int)
    }


def mathematics() -> dict[str, Any]:
    """`math`'s functions, which take plain numbers only, as NumPy's."""

    def either(name: str, ours: Any) -> Any:
        original = getattr(math, name)
        return lambda *args: ours(*args) if _is_symbolic(args) else original(*args)

    pairs: dict[str, Any] = {
        "sqrt": np.sqrt,
        "exp": np.exp,
        "log": np.log,
        "tanh": np.tanh,
        "log1p": np.log1p,
        "fabs": np.abs,
    }
    pairs |= {"pow": np.power, "sin": np.sin, "cos": np.cos, "expm1": np.expm1, "hypot": np.hypot}
    return {name: either(name, ours) for name, ours in pairs.items()}
