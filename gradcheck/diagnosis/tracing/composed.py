"""NumPy functions written out in simpler ones, so that a recorded run can be gone through backwards.

The definitions are those of NumPy's documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic.sums import check_correlation
from gradcheck.diagnosis.tracing.run import COMPOSED
from gradcheck.errors import Unsupported

__all__: list[str] = []


def _writes_out(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(definition: Callable[..., Any]) -> Callable[..., Any]:
        for function in functions:
            COMPOSED[function] = definition
        return definition

    return register


@_writes_out(np.var)
def _var(a: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    centred = a - np.mean(a, axis=axis, keepdims=True)
    total = np.sum(np.square(centred), axis=axis, keepdims=keepdims)
    return total / (a.size // max(total.size, 1) - ddof)


@_writes_out(np.std)
def _std(a: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
    return np.sqrt(_var(a, axis=axis, ddof=ddof, keepdims=keepdims))


@_writes_out(np.ptp)
def _ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


@_writes_out(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    if low is not None:
        a = np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


@_writes_out(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Any:
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    if np.shape(weights) != np.shape(a):
        raise Unsupported("np.average with weights of another shape")
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    return np.sum(a * weights, axis=axis, keepdims=keepdims) / total


@_writes_out(np.trace)
def _trace(a: Any, offset: int = 0) -> Any:
    return np.sum(np.diagonal(a, offset), axis=-1)


@_writes_out(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    for _ in range(n):
        length = a.shape[axis]
        a = np.take(a, range(1, length), axis=axis) - np.take(a, range(length - 1), axis=axis)
    return a


@_writes_out(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    flat = x.ndim == 1 or isinstance(axis, int)
    if ord is None or ord == "fro" or (ord == 2 and flat):
        return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    if ord == 1 and flat:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    raise Unsupported(f"np.linalg.norm(ord={ord!r})")


@_writes_out(np.linalg.slogdet)
def _slogdet(a: Any) -> Any:
    determinant = np.linalg.det(a)
    return np.sign(determinant), np.log(np.abs(determinant))


@_writes_out(np.split, np.array_split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    places = np.split(np.arange(ary.shape[axis]), indices_or_sections)
    return [np.take(ary, p, axis=axis) for p in places]


@_writes_out(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = np.where(condition, choice, result)
    return result


@_writes_out(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    y = x * 0.0
    for coefficient in p:
        y = y * x + coefficient
    return y


@_writes_out(np.convolve)
def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    n, m = len(a), len(v)
    full = np.sum(np.stack([np.pad(a * v[j], (j, m - 1 - j)) for j in range(m)]), axis=0) + np.zeros(
        n + m - 1
    )
    if mode == "full":
        return full
    short, long = sorted((n, m))
    if mode == "valid":
        return full[short - 1 : long]
    return full[(short - 1) // 2 :][:long]


@_writes_out(np.correlate)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    check_correlation(a, v, mode)
    return _convolve(a, v[::-1], mode)


@_writes_out(np.tensordot)
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    if not isinstance(axes, int):
        raise Unsupported("np.tensordot with a list of axes")
    k = a.ndim - axes
    rows, inner = int(np.prod(a.shape[:k])), int(np.prod(a.shape[k:]))
    flat = np.matmul(np.reshape(a, (rows, inner)), np.reshape(b, (inner, -1)))
    return np.reshape(flat, (*a.shape[:k], *b.shape[axes:]))
