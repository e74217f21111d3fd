"""NumPy functions that put numbers into places, and those that take the middle of what is sorted."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.arithmetic.array import ElementArray, lift, wrap
from gradcheck.arithmetic.dispatch import find_domain, implements
from gradcheck.errors import Unsupported

__all__: list[str] = []


@implements(np.put_along_axis)
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: int | None) -> None:
    if type(arr) is not ElementArray:
        raise Unsupported("np.put_along_axis into a float64 array would lose precision")
    np.put_along_axis(arr.data, indices, lift(values, arr.domain), axis)


@implements(np.bincount)
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    """Sums of weights by label; the labels are plain integers."""
    domain = find_domain((weights, x))
    labels = np.asarray(x.astype(np.int64) if type(x) is ElementArray else x)
    if type(weights) is not ElementArray:
        return np.bincount(labels, weights, minlength)
    found = np.zeros_like(weights, shape=np.bincount(labels, minlength=minlength).shape)
    np.add.at(found, labels, weights)
    return wrap(lift(found, domain), domain)


@implements(np.quantile, np.nanquantile)
def _quantile(a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: Any = False) -> Any:
    """Between the two sorted numbers that lie about `q (n - 1)`."""
    if method != "linear" or type(q) is ElementArray:
        raise Unsupported("np.quantile but of the method 'linear' and a plain share is not available here")
    shares = np.asarray(q, dtype=np.float64)
    if keepdims is True or shares.ndim or isinstance(axis, tuple):
        raise Unsupported("np.quantile of several shares or axes, or keepdims, is not available here")
    ordered = np.sort(a.ravel() if axis is None else a, axis=-1 if axis is None else axis)
    ordered = np.moveaxis(ordered, -1 if axis is None else axis, -1)
    last = ordered.shape[-1] - 1
    low = min(int(Fraction(float(shares)) * last), max(last - 1, 0))
    high = min(low + 1, last)
    domain = find_domain((a,))
    beyond = wrap(lift(shares, domain), domain) * last - low  # as the formula has it: 0.3 * 10 is below 3
    return ordered[..., low] + beyond * (ordered[..., high] - ordered[..., low])


@implements(np.percentile, np.nanpercentile)
def _percentile(a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: Any = False) -> Any:
    return _quantile(a, np.true_divide(q, 100), axis, method=method, keepdims=keepdims)


@implements(np.median, np.nanmedian)  # exact numbers are never NaN
def _median(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    found = _quantile(a, 0.5, axis)
    if keepdims is not True:
        return found
    return np.reshape(found, (1,) * a.ndim) if axis is None else np.expand_dims(found, axis)


@implements(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = np.moveaxis(y, axis, -1)
    if x is not None and np.ndim(x) > 1:
        raise Unsupported("np.trapezoid with a table of places is not available here")
    steps = dx if x is None else np.diff(x)
    return np.sum(steps * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)
