"""NumPy functions that only move entries, or make arrays: NumPy does them on the object array."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic.array import FUNCTIONS, ElementArray, wrap
from gradcheck.arithmetic.dispatch import find_domain, implements, lift
from gradcheck.arithmetic.domain import Domain
from gradcheck.arithmetic.narrow import is_exact
from gradcheck.errors import Unsupported

__all__: list[str] = []


def _structural(function: Callable[..., Any]) -> None:
    @implements(function)
    def move(a: Any, *args: Any, **kwargs: Any) -> Any:
        domain = find_domain((a, *args))
        args = tuple(x.data if type(x) is ElementArray else x for x in args)
        if isinstance(a, list | tuple):
            moved = function([lift(x, domain) for x in a], *args, **kwargs)
        else:
            moved = function(lift(a, domain), *args, **kwargs)
        if isinstance(moved, list | tuple):
            return type(moved)(wrap(m, domain) for m in moved)
        return wrap(moved, domain)


_MOVERS: tuple[Callable[..., Any], ...] = (
    np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.ravel, np.squeeze,
    np.expand_dims, np.broadcast_to, np.concatenate, np.stack, np.vstack, np.hstack, np.dstack,
    np.column_stack, np.split, np.array_split, np.hsplit, np.vsplit, np.repeat, np.tile, np.flip,
    np.fliplr, np.flipud, np.roll, np.rot90, np.diagonal, np.take, np.take_along_axis, np.copy,
    np.atleast_1d, np.atleast_2d, np.atleast_3d, np.matrix_transpose, np.delete, np.resize,
    np.lib.stride_tricks.sliding_window_view,
)  # fmt: skip
for _function in _MOVERS:
    _structural(_function)


@implements(np.append)
def _append(a: Any, values: Any, axis: Any = None) -> Any:
    if axis is None:
        return np.concatenate([np.ravel(a), np.ravel(values)])
    return np.concatenate([a, values], axis=axis)


@implements(np.broadcast_arrays)
def _broadcast_arrays(*arrays: Any) -> tuple[ElementArray, ...]:
    domain = find_domain(arrays)
    return tuple(wrap(a, domain) for a in np.broadcast_arrays(*(lift(x, domain) for x in arrays)))


for _about in (np.shape, np.ndim, np.size):
    FUNCTIONS[_about] = functools.partial(lambda f, a, *args: f(a.data, *args), _about)


@implements(np.real, np.real_if_close)
def _same(a: ElementArray) -> ElementArray:
    return a


@implements(np.nan_to_num)
def _nan_to_num(
    x: ElementArray, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    if not np.isfinite(x).all():
        raise Unsupported("np.nan_to_num of values that are not finite is not available here")
    return x.copy() if copy else x


@implements(np.iscomplexobj)
def _iscomplexobj(a: Any) -> bool:
    return False


@implements(np.isrealobj)
def _isrealobj(a: Any) -> bool:
    return True


@implements(np.imag)
def _imag(a: ElementArray) -> Any:
    return np.zeros_like(a)


@implements(np.angle)
def _angle(z: ElementArray, deg: bool = False) -> Any:
    turned = np.where(z < 0, np.pi, 0.0)
    return np.rad2deg(turned) if deg else turned


@implements(np.result_type)
def _result_type(*operands: Any) -> Any:
    return np.result_type(*(np.float64 if type(o) is ElementArray else o for o in operands))


@implements(np.diag)
def _diag(v: ElementArray, k: int = 0) -> ElementArray:
    if v.ndim == 2:
        return wrap(np.diagonal(v.data, k).copy(), v.domain)
    n = v.size + abs(k)
    result = _full((n, n), 0, v.domain)
    for i, entry in enumerate(v.data):
        result.data[i + max(-k, 0), i + max(k, 0)] = entry
    return result


@implements(np.diagflat)
def _diagflat(v: ElementArray, k: int = 0) -> Any:
    return _diag(wrap(v.data.ravel(), v.domain), k)


@implements(np.tril)
def _tril(m: ElementArray, k: int = 0) -> Any:
    return np.where(np.tri(m.shape[-2], m.shape[-1], k, dtype=bool), m, 0)


@implements(np.triu)
def _triu(m: ElementArray, k: int = 0) -> Any:
    return np.where(np.tri(m.shape[-2], m.shape[-1], k - 1, dtype=bool), 0, m)


@implements(np.pad)
def _pad(array: ElementArray, pad_width: Any, mode: str = "constant", **kwargs: Any) -> ElementArray:
    if mode == "constant":
        kwargs["constant_values"] = array.domain.lift(kwargs.get("constant_values", 0))
    pad: Any = np.pad  # its overloads know no object arrays
    return wrap(pad(array.data, pad_width, mode=mode, **kwargs), array.domain)


def _full(shape: Any, value: Any, domain: Domain) -> ElementArray:
    result = np.empty(shape, dtype=object)
    result[...] = lift(value, domain)
    return ElementArray(result, domain)


def _like(default: Any) -> Callable[..., Any]:
    def make(a: ElementArray, dtype: Any = None, *, shape: Any = None) -> Any:
        if dtype is not None and not is_exact(dtype):
            if np.dtype(dtype).kind == "f":
                raise Unsupported(f"a buffer of dtype {np.dtype(dtype)} would lose precision")
            return np.full(a.shape if shape is None else shape, default, dtype=dtype)
        return _full(a.shape if shape is None else shape, default, a.domain)

    return make


implements(np.zeros_like, np.empty_like)(_like(0))
implements(np.ones_like)(_like(1))


@implements(np.full_like)
def _full_like(a: ElementArray, fill_value: Any, *, shape: Any = None) -> ElementArray:
    return _full(a.shape if shape is None else shape, fill_value, a.domain)


@implements(np.copyto)
def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if type(dst) is not ElementArray:
        raise Unsupported("copying into a float64 array would lose precision")
    np.copyto(dst.data, lift(src, dst.domain), where=where)


@implements(np.where)
def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None:
        return np.nonzero(condition)
    domain = find_domain((condition, x, y))
    if type(condition) is not ElementArray:
        return wrap(np.where(condition, lift(x, domain), lift(y, domain)), domain)
    if domain.decides:
        return _where(condition != 0, x, y)
    return wrap(np.frompyfunc(domain.select, 3, 1)(condition.data, lift(x, domain), lift(y, domain)), domain)


@implements(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    result = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        result = np.where(condition, choice, result)
    return result
