"""NumPy functions that are sums, products and quotients, written out as NumPy defines them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic.array import ElementArray, reduce, wrap
from gradcheck.arithmetic.dispatch import NOT_GIVEN, find_domain, implements, lift
from gradcheck.errors import Unsupported

__all__: list[str] = []


@implements(np.sum)
def _sum(a: ElementArray, axis: Any = None, **kw: Any) -> Any:
    given = _given(kw, "keepdims", "initial")
    if type(a) is not ElementArray or "add" not in a.domain.ufuncs:
        return np.add.reduce(a, axis=axis, **given)
    return wrap(reduce(a.domain.ufuncs["add"], a.data, a.domain, "add", axis=axis, **given), a.domain)


@implements(np.prod)
def _prod(a: ElementArray, axis: Any = None, **kw: Any) -> Any:
    return np.multiply.reduce(a, axis=axis, **_given(kw, "keepdims", "initial"))


@implements(np.max, np.amax, np.nanmax)
def _max(a: ElementArray, axis: Any = None, **kw: Any) -> Any:
    return np.maximum.reduce(a, axis=axis, **_given(kw, "keepdims", "initial"))


@implements(np.min, np.amin, np.nanmin)
def _min(a: ElementArray, axis: Any = None, **kw: Any) -> Any:
    return np.minimum.reduce(a, axis=axis, **_given(kw, "keepdims", "initial"))


def _given(keywords: dict[str, Any], *known: str) -> dict[str, Any]:
    given = {k: v for k, v in keywords.items() if v is not NOT_GIVEN}
    if unknown := given.keys() - set(known):
        raise Unsupported(f"the keyword {min(unknown)} of this reduction is not available here")
    return given


@implements(np.ptp)
def _ptp(a: ElementArray, axis: Any = None, keepdims: Any = False) -> Any:
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


@implements(np.trace)
def _trace(a: ElementArray, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1)


@implements(np.cumsum)
def _cumsum(a: ElementArray, axis: Any = None) -> Any:
    return np.add.accumulate(a.ravel() if axis is None else a, axis=axis or 0)


@implements(np.cumprod)
def _cumprod(a: ElementArray, axis: Any = None) -> Any:
    return np.multiply.accumulate(a.ravel() if axis is None else a, axis=axis or 0)


@implements(np.mean)
def _mean(a: ElementArray, axis: Any = None, **kw: Any) -> Any:
    total = np.sum(a, axis=axis, **kw)
    return total / (a.size // max(total.size, 1))


@implements(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Any:
    if weights is None:
        return np.mean(a, axis=axis, keepdims=keepdims)
    if np.shape(weights) != np.shape(a):
        raise Unsupported("np.average with weights of another shape is not available here")
    return np.sum(a * weights, axis=axis, keepdims=keepdims) / np.sum(weights, axis=axis, keepdims=keepdims)


@implements(np.var)
def _var(a: ElementArray, axis: Any = None, ddof: int = 0, keepdims: Any = False) -> Any:
    centred = a - np.mean(a, axis=axis, keepdims=True)
    total = np.sum(centred * centred, axis=axis, keepdims=keepdims)
    return total / (a.size // max(total.size, 1) - ddof)


@implements(np.std)
def _std(a: ElementArray, axis: Any = None, ddof: int = 0, keepdims: Any = False) -> Any:
    return np.sqrt(np.var(a, axis=axis, ddof=ddof, keepdims=keepdims))


@implements(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = NOT_GIVEN, append: Any = NOT_GIVEN) -> Any:
    beside = [e for e in (prepend, a, append) if e is not NOT_GIVEN]
    if len(beside) > 1:
        shape = [1 if k == axis % a.ndim else s for k, s in enumerate(a.shape)]
        a = np.concatenate([np.broadcast_to(e, shape) if np.ndim(e) == 0 else e for e in beside], axis=axis)
    for _ in range(n):
        length = a.shape[axis]
        a = np.take(a, range(1, length), axis=axis) - np.take(a, range(length - 1), axis=axis)
    return a


@implements(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    """Horner's scheme, as NumPy has it."""
    value = 0.0 * x
    for coefficient in p:
        value = value * x + coefficient
    return value


@implements(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    powers = [x**k if k else np.ones_like(x) for k in range(len(x) if N is None else N)]
    return np.stack(powers if increasing else powers[::-1], axis=1)


@implements(np.ediff1d)
def _ediff1d(a: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    ends = [None if e is None else np.ravel(e) for e in (to_begin, to_end)]
    parts = [p for p in (ends[0], np.diff(np.ravel(a)), ends[1]) if p is not None]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


@implements(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low = a_min if min is None or min is NOT_GIVEN else min
    high = a_max if max is None or max is NOT_GIVEN else max
    low, high = (None if bound is NOT_GIVEN else bound for bound in (low, high))
    if low is not None:
        a = np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


@implements(np.dot)
def _dot(a: Any, b: Any) -> Any:
    domain = find_domain((a, b))
    left, right = lift(a, domain), lift(b, domain)
    if left.ndim == 0 or right.ndim == 0:
        return wrap(left, domain) * wrap(right, domain)
    if left.ndim <= 2 and right.ndim <= 2:
        return wrap(domain.matmul(left, right), domain)
    return wrap(domain.summed(np.dot, left, right), domain)


@implements(np.outer)
def _outer(a: Any, b: Any) -> Any:
    return np.ravel(a)[:, None] * np.ravel(b)[None, :]


@implements(np.vdot)
def _vdot(a: Any, b: Any) -> Any:
    return np.dot(np.ravel(a), np.ravel(b))


def _two(function: Callable[..., Any]) -> None:
    @implements(function)
    def compute(a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
        domain = find_domain((a, b))
        left, right = lift(a, domain), lift(b, domain)
        return wrap(domain.summed(lambda x, y: function(x, y, *args, **kwargs), left, right), domain)


_PRODUCTS: tuple[Callable[..., Any], ...] = (np.inner, np.tensordot, np.kron, np.convolve)
for _function in _PRODUCTS:
    _two(_function)


@implements(np.correlate)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    check_correlation(a, v, mode)
    convolve: Any = np.convolve
    return convolve(a, np.flip(v), mode)


def check_correlation(a: Any, v: Any, mode: str) -> None:
    """Raise `Unsupported` where a correlation is no convolution with the mirror image: NumPy takes the middle
    of the longer array for both, and which of two middles it is depends on the order.
    """
    if mode == "same" and len(a) < len(v):
        raise Unsupported("np.correlate of mode 'same' with a shorter first array is not available")


@implements(np.einsum)
def _einsum(subscripts: Any, *operands: Any) -> Any:
    domain = find_domain(operands)
    lifted = [lift(o, domain) for o in operands]
    multiplied = lambda *arrays: np.einsum(subscripts, *arrays, optimize=False)
    return wrap(domain.summed(multiplied, *lifted), domain)


@implements(np.cross)
def _cross(a: Any, b: Any, *, axis: int = -1) -> Any:
    x, y = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)
    x0, x1, x2, y0, y1, y2 = *(x[..., i] for i in range(3)), *(y[..., i] for i in range(3))
    parts = [x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0]
    return np.moveaxis(np.stack(parts, axis=-1), -1, axis)
