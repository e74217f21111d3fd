"""NumPy functions that decide by values: they compare entries one by one, and may raise `Undecided`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic.array import ElementArray, wrap
from gradcheck.arithmetic.dispatch import NOT_GIVEN, implements
from gradcheck.errors import Unsupported

__all__: list[str] = []


def _positions(a: ElementArray, axis: Any, pick: Callable[[Any], Any]) -> Any:
    if axis is None:
        return pick(a.ravel())
    moved = np.moveaxis(a.data, axis, -1)
    result = np.empty(moved.shape[:-1], dtype=np.int64)
    for index in np.ndindex(result.shape):
        result[index] = pick(wrap(moved[index], a.domain))
    return result


def _order(a: ElementArray) -> list[int]:
    less = a.domain.ufuncs["less"]

    def compare(i: int, j: int) -> int:
        # a stable order, as kind="stable"; ties keep their places
        return -1 if less(a.data[i], a.data[j]) else int(bool(less(a.data[j], a.data[i])))

    return sorted(range(a.size), key=functools.cmp_to_key(compare))


@implements(np.argmax, np.nanargmax)  # exact numbers are never NaN
def _argmax(a: ElementArray, axis: Any = None, keepdims: Any = False) -> Any:
    def pick(row: ElementArray) -> int:
        best = 0
        for i in range(1, row.size):
            if row.domain.ufuncs["greater"](row.data[i], row.data[best]):
                best = i
        return best

    found = _positions(a, axis, pick)
    if not keepdims or keepdims is NOT_GIVEN:
        return found
    return np.reshape(found, [1] * a.ndim) if axis is None else np.expand_dims(found, axis)


@implements(np.argmin, np.nanargmin)
def _argmin(a: ElementArray, axis: Any = None, keepdims: Any = False) -> Any:
    return _argmax(-a, axis=axis, keepdims=keepdims)


@implements(np.argsort)
def _argsort(a: ElementArray, axis: Any = -1) -> Any:
    if axis is None:
        return np.array(_order(a.ravel()))
    moved = np.moveaxis(a.data, axis, -1)
    result = np.empty(moved.shape, dtype=np.int64)
    for index in np.ndindex(moved.shape[:-1]):
        result[index] = _order(wrap(moved[index], a.domain))
    return np.moveaxis(result, -1, axis)


@implements(np.sort)
def _sort(a: ElementArray, axis: int = -1) -> Any:
    return np.take_along_axis(a, _argsort(a, axis=axis), axis=axis)


@implements(np.nonzero, np.flatnonzero, np.count_nonzero, np.all, np.any)
def _truth(a: ElementArray, *_: Any, **__: Any) -> Any:
    raise Unsupported(f"truth values of numbers are not available in {a.domain.name}")


@implements(np.array_equal)
def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """As NumPy has it: the same shape, and every entry."""
    if np.shape(a1) != np.shape(a2):
        return False
    return _each(_as_numbers(a1) == _as_numbers(a2))


@implements(np.isclose)
def _isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """`|a - b| <= atol + rtol |b|`, NumPy's definition."""
    a, b = _as_numbers(a), _as_numbers(b)
    return np.abs(a - b) <= atol + rtol * np.abs(b)


@implements(np.allclose)
def _allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    return _each(_isclose(a, b, rtol, atol))


def _as_numbers(values: Any) -> Any:
    return values if isinstance(values, ElementArray) else np.asarray(values, dtype=np.float64)


def _each(decided: Any) -> bool:
    if not isinstance(decided, np.ndarray | np.bool_ | bool):
        raise Unsupported("a decision by all entries is not available here")
    return bool(np.all(decided))


@implements(np.sinc)
def _sinc(x: ElementArray) -> Any:
    at_zero = x == 0
    y = np.pi * np.where(at_zero, 1.0, x)
    return np.where(at_zero, 1.0, np.sin(y) / y)
