"""NumPy's commonest operations as single JAX primitives.

`jax.numpy` wraps each of its functions into a compiled call, and to trace and differentiate the wrapping
takes several times as long as the primitive inside: milliseconds for each operation of code that works entry
by entry. What is not plain here (other types, sizes that are symbols, strange indices) is `jax.numpy`'s.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax import lax

from gradcheck_backends._jax.dimensions import is_symbolic

__all__ = ["REDUCTIONS", "concatenated", "key", "part", "place", "reduced", "ufunc"]

_BINARY: dict[str, Callable[..., Any]] = {
    "add": lax.add, "subtract": lax.sub, "multiply": lax.mul, "divide": lax.div, "true_divide": lax.div,
    "maximum": lax.max, "minimum": lax.min, "less": lax.lt, "less_equal": lax.le, "greater": lax.gt,
    "greater_equal": lax.ge, "equal": lax.eq, "not_equal": lax.ne,
}  # fmt: skip
_UNARY: dict[str, Callable[..., Any]] = {
    "negative": lax.neg, "exp": lax.exp, "log": lax.log, "tanh": lax.tanh, "sqrt": lax.sqrt, "sin": lax.sin,
    "cos": lax.cos, "absolute": lax.abs, "sign": lax.sign, "log1p": lax.log1p, "expm1": lax.expm1,
    "square": lambda x: lax.integer_pow(x, 2),
}  # fmt: skip
REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": getattr(lax, "reduce_sum", None),  # type: ignore[dict-item]
    "max": getattr(lax, "reduce_max", None),  # type: ignore[dict-item]
    "min": getattr(lax, "reduce_min", None),  # type: ignore[dict-item]
}

_FLOAT = np.dtype(np.float64)


def ufunc(name: str, values: Sequence[Any]) -> Any:
    """A ufunc of float64 values, or None where it is `jax.numpy`'s business."""
    if len(values) == 1 and name in _UNARY and _is_float(values[0]):
        return _UNARY[name](values[0])
    if len(values) != 2:
        return None
    if name == "matmul":
        return _product(*values)
    if name not in _BINARY:
        return None
    left, right = map(_operand, values)
    if left is None or right is None:
        return None
    if left.shape and right.shape and left.shape != right.shape:
        shape = _common_shape(left.shape, right.shape)
        if shape is None:
            return None
        left, right = _broadcast(left, shape), _broadcast(right, shape)
    return _BINARY[name](left, right)


def _operand(value: Any) -> Any:
    """A traced float64 array, or a number as a constant; None for others."""
    if _is_float(value):
        return value
    return np.float64(value) if type(value) in (float, int, np.float64) and abs(value) < 2**53 else None


def _is_float(value: Any) -> bool:
    return isinstance(value, jax.Array) and value.dtype == _FLOAT and not getattr(value, "weak_type", False)


def _common_shape(left: Sequence[Any], right: Sequence[Any]) -> tuple[Any, ...] | None:
    """The shape to which both are broadcast; None where symbols leave open what it is."""
    if not any(is_symbolic(d) for d in (*left, *right)):
        return np.broadcast_shapes(tuple(left), tuple(right))
    length = max(len(left), len(right))
    pairs = zip([1] * (length - len(left)) + [*left], [1] * (length - len(right)) + [*right], strict=True)
    shape: list[Any] = []
    for a, b in pairs:
        if a == b:  # of symbols this is said where they are equal for all sizes
            shape.append(a)
        elif 1 in [d for d in (a, b) if not is_symbolic(d)]:
            shape.append(b if not is_symbolic(a) and a == 1 else a)
        else:
            return None
    return tuple(shape)


def _broadcast(value: Any, shape: tuple[int, ...]) -> Any:
    if value.shape == shape:
        return value
    added = len(shape) - value.ndim
    kept = [k for k, size in enumerate(value.shape) if size == shape[k + added]]
    if len(kept) < value.ndim:
        gone = tuple(k for k in range(value.ndim) if k not in kept)
        value = lax.squeeze(value, gone)
    return lax.broadcast_in_dim(value, shape, [k + added for k in kept])


def _product(left: Any, right: Any) -> Any:
    """`left @ right` of vectors and matrices."""
    if not (_is_float(left) and _is_float(right) and {left.ndim, right.ndim} <= {1, 2}):
        return None
    if left.shape[-1] != right.shape[0]:  # symbols too: what JAX calls equal is equal for all sizes
        return None
    return lax.dot_general(left, right, (((left.ndim - 1,), (0,)), ((), ())))


def reduced(name: str, value: Any, axis: Any = None) -> Any:
    """A sum, maximum or minimum along one axis or all, or None."""
    function = REDUCTIONS.get(name)
    if function is None or not _is_float(value) or not value.ndim:
        return None
    if name != "sum" and any(is_symbolic(d) or not d for d in value.shape):
        return None  # of nothing: NumPy's own error
    if axis is None:
        return function(value, tuple(range(value.ndim)))
    if type(axis) is not int or not -value.ndim <= axis < value.ndim:
        return None
    return function(value, (axis % value.ndim,))


def place(shape: Sequence[Any], index: Any) -> tuple[int, ...] | None:
    """The place of one entry that an index of plain integers means; None for other indices."""
    parts = index if type(index) is tuple else (index,)
    if len(parts) != len(shape) or not all(type(p) is int or isinstance(p, np.integer) for p in parts):
        return None
    if any(is_symbolic(n) or not -n <= p < n for p, n in zip(parts, shape, strict=True)):
        return None
    return tuple(int(p) % n for p, n in zip(parts, shape, strict=True))


def key(index: Any) -> tuple[Any, ...] | None:
    """An index of plain integers and slices as the key of a table; None for other indices."""
    found: list[Any] = []
    for one in index if type(index) is tuple else (index,):
        bounds = (one.start, one.stop, one.step) if type(one) is slice else (one,)
        if not all(b is None or b is Ellipsis or type(b) is int or isinstance(b, np.integer) for b in bounds):
            return None
        found.append(bounds)
    return tuple(found)


def part(value: Any, index: Any) -> Any:
    """What plain integers and slices of step 1 take out of an array, or None for other indices."""
    parts = index if type(index) is tuple else (index,)
    if not 0 < len(parts) <= value.ndim or any(is_symbolic(n) for n in value.shape):
        return None
    starts, stops, gone = [0] * value.ndim, list(value.shape), []
    for k, (one, size) in enumerate(zip(parts, value.shape, strict=False)):
        if type(one) is slice:
            if any(type(b) is not int for b in (one.start, one.stop) if b is not None):
                return None
            if one.step not in (None, 1):
                return None
            starts[k], stops[k], _ = one.indices(size)
            stops[k] = max(starts[k], stops[k])
        elif (type(one) is int or isinstance(one, np.integer)) and -size <= one < size:
            starts[k] = int(one) % size
            stops[k] = starts[k] + 1
            gone.append(k)
        else:
            return None
    whole = all(a == 0 and b == n for a, b, n in zip(starts, stops, value.shape, strict=True))
    found = value if whole else lax.slice(value, starts, stops)
    return lax.squeeze(found, gone) if gone else found


def concatenated(value: Any, written: dict[tuple[int, ...], Any]) -> Any:
    """An array with single entries written into it, all in one step."""
    entries = [lax.reshape(lax.convert_element_type(v, value.dtype), (1,)) for v in written.values()]
    flat = [int(np.ravel_multi_index(p, value.shape)) for p in written]
    size = math.prod(value.shape)
    joined = lax.concatenate(entries, 0) if len(entries) > 1 else entries[0]
    if len(flat) < size:
        return value.reshape(-1).at[np.array(flat)].set(joined).reshape(value.shape)
    if flat != list(range(size)):
        joined = joined[np.argsort(flat)]
    return lax.reshape(joined, value.shape)
