"""NumPy as code finds it that runs in another arithmetic: what it makes are arrays of that arithmetic."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gradcheck.arithmetic.complex_numbers.arrays import joined
from gradcheck.arithmetic.narrow import is_exact
from gradcheck.errors import Unsupported

__all__ = ["CIRCULAR", "CREATORS", "Maker", "NumPy", "creator", "is_of_arithmetic"]

Maker = Callable[[Any], Any]
"""Turns a float64 array into an array of the arithmetic."""

_FROM_NOTHING = ("zeros", "empty", "ones", "full", "eye", "identity")
_LIKE = ("zeros_like", "empty_like", "ones_like", "full_like")
_CONVERTING = ("array", "asarray", "asanyarray", "ascontiguousarray", "float16", "float32", "float64")
CREATORS = (*_FROM_NOTHING, *_LIKE, *_CONVERTING)
"""What makes arrays of floats: out of nothing, like others, and of what is an array of the arithmetic."""


CIRCULAR = ("cos", "sin", "exp")
"""What makes tables of roots of unity and of cosines from angles that are plain floats."""


class NumPy(types.ModuleType):
    """NumPy, but for the functions that make float64 arrays."""

    def __init__(self, maker: Maker, creators: Iterable[str] = CREATORS) -> None:
        super().__init__("numpy")
        for name in creators:
            setattr(self, name, creator(name, maker))

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


def creator(name: str, maker: Maker) -> Any:
    """One of NumPy's functions whose floating results are arrays of the arithmetic."""
    function = getattr(np, name)
    if isinstance(function, type):
        return _SCALARS[name]
    if name in CIRCULAR:
        return _of_angles(function, maker)

    @functools.wraps(function)
    def create(*args: Any, **kwargs: Any) -> Any:
        if name in _CONVERTING and args and is_of_arithmetic(args[0]):
            return _converted(name, *args, **kwargs)
        try:
            made = function(*args, **kwargs)
        except (TypeError, ValueError) as error:  # np.full with a ball as the value
            raise Unsupported(f"np.{name} with such arguments: {error}") from error
        if not isinstance(made, np.ndarray):  # made like an array of the arithmetic: one of those already
            return made
        if made.dtype.kind in "fV" and is_exact(made.dtype):
            made = made.astype(np.float64)
        if made.dtype == np.complex128:
            empty = name.startswith("empty")
            return joined(*(maker(np.zeros_like(p) if empty else p.copy()) for p in (made.real, made.imag)))
        if made.dtype != np.float64:
            if made.dtype.kind == "f" and name not in _CONVERTING:
                raise Unsupported(f"a buffer of dtype {made.dtype} would lose precision")
            return made
        if args and made is args[0]:  # np.asarray of a plain array, which stays what it is
            return made
        return maker(np.zeros_like(made) if name.startswith("empty") else made)

    return create


def _of_angles(function: Any, maker: Maker) -> Any:
    """The function of plain floats as numbers of the arithmetic: an angle of 40 that is rounded puts its
    cosine off by more than a rounded cosine is.
    """

    @functools.wraps(function)
    def compute(x: Any, *args: Any, **kwargs: Any) -> Any:
        plain = np.asarray(x) if not is_of_arithmetic(x) else np.zeros(0, object)
        if args or kwargs or plain.dtype not in (np.float64, np.complex128):
            return function(x, *args, **kwargs)
        if plain.dtype == np.float64:
            return function(maker(plain))
        if function is not np.exp:
            return function(x)
        size, angle = np.exp(maker(plain.real.copy())), maker(plain.imag.copy())
        return joined(size * np.cos(angle), size * np.sin(angle))

    return compute


def is_of_arithmetic(value: Any) -> bool:
    """Whether a value is an array of some arithmetic, and no ndarray."""
    kind = type(value)  # symbols for all shapes name the class of what they stand for
    return hasattr(kind, "__array_ufunc__") and not issubclass(kind, np.ndarray | np.generic)


def _converted(name: str, value: Any, dtype: Any = None, **how: Any) -> Any:
    """An array of the arithmetic, as `np.array` and `np.asarray` give it."""
    if dtype is not None:
        return value.astype(dtype)
    return value.copy() if name == "array" and how.get("copy", True) else value


class _Double(np.float64):
    """`np.float64` as a cast: what is an array of the arithmetic stays one. As a dtype it is float64."""

    def __new__(cls, value: Any = 0.0) -> Any:
        return value.astype(np.float64) if is_of_arithmetic(value) else np.float64(value)


class _Single(np.float32):
    def __new__(cls, value: Any = 0.0) -> Any:
        return value.astype(np.float32) if is_of_arithmetic(value) else np.float32(value)


class _Half(np.float16):
    def __new__(cls, value: Any = 0.0) -> Any:
        return value.astype(np.float16) if is_of_arithmetic(value) else np.float16(value)


_SCALARS = {"float64": _Double, "float32": _Single, "float16": _Half}
