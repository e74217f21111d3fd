"""NumPy's functions on `ElementArray`: those that are no ufuncs.

Three kinds: those that only move entries (NumPy does them on the object array), those that are sums
and quotients (written out here as NumPy defines them), and those that decide by values (`argmax`,
`sort`), which compare entries one by one and so may raise `Undecided`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gradcheck.arithmetic.array import FUNCTIONS, ElementArray, wrap
from gradcheck.arithmetic.domain import Domain
from gradcheck.errors import Unsupported

__all__: list[str] = []


_NOT_GIVEN = np._NoValue  # noqa: SLF001  (NumPy's own default for keywords)


def implements(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register an implementation. It gets only keywords that it names: ``out``, ``dtype``, ``order`` and
    the like are dealt with here, and any other is refused, because a keyword that is silently ignored
    makes a wrong truth.
    """

    def register(implementation: Callable[..., Any]) -> Callable[..., Any]:
        guarded = _guarded(implementation)
        for function in functions:
            FUNCTIONS[function] = guarded
        return guarded

    return register


_HARMLESS: dict[str, tuple[Any, ...]] = {
    "dtype": (None, np.float64, float, np.dtype(np.float64)),
    "order": (None, "C", "K"),
    "casting": ("same_kind", "safe", "unsafe"),
    "subok": (True, False),
    "kind": (None, "stable", "quicksort", "mergesort", "heapsort"),
    "stable": (None, True, False),
    "optimize": (True, False, "greedy", "optimal"),
    "where": (True,),
    "mean": (),
    "device": (None, "cpu"),
    "like": (None,),
    "hermitian": (False,),
}
"""Keywords that an implementation need not know, with the values that change nothing."""


def _guarded(implementation: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(implementation)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())

    @functools.wraps(implementation)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        out = None
        if "out" not in signature.parameters:
            out = kwargs.pop("out", None)
        for name in [k for k in kwargs if k not in signature.parameters]:
            value = kwargs[name]
            if value is _NOT_GIVEN or _is_harmless(name, value):
                del kwargs[name]
            elif not takes_any:
                raise Unsupported(f"the keyword {name}={value!r} of a NumPy function is not available here")
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            raise Unsupported(
                f"these arguments of a NumPy function are not available here: {error}"
            ) from None
        result = implementation(*args, **kwargs)
        return result if out is None else _filled(out, result)

    return guarded


def _is_harmless(name: str, value: Any) -> bool:
    return any(value is v or (type(value) is type(v) and value == v) for v in _HARMLESS.get(name, ()))


def _filled(out: Any, result: Any) -> Any:
    """What `out=` asks for."""
    if isinstance(out, tuple):
        (out,) = out
    if type(out) is ElementArray:
        out[...] = result
        return out
    if isinstance(result, np.ndarray | np.generic) and isinstance(out, np.ndarray):
        out[...] = result
        return out
    raise Unsupported("storing into a float64 array (out=) would lose precision")


def find_domain(args: Iterable[Any]) -> Domain:
    """The domain of the first ElementArray among the arguments, at any depth of lists and tuples."""
    for arg in args:
        if type(arg) is ElementArray:
            return arg.domain
        if isinstance(arg, list | tuple):
            try:
                return find_domain(arg)
            except LookupError:
                continue
    raise LookupError


def lift(value: Any, domain: Domain) -> Any:
    """The object array behind anything array-like."""
    if type(value) is ElementArray:
        return value.data
    lifted = domain.lift_array(value)
    return lifted if isinstance(lifted, np.ndarray) else wrap(lifted, domain).data


# -- entries are moved, not computed with


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
    np.lib.stride_tricks.sliding_window_view, np.trace,
)  # fmt: skip
for _function in _MOVERS:
    _structural(_function)


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
        if dtype is not None and np.dtype(dtype) != np.float64:
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


# -- sums, products, quotients


@implements(np.sum)
def _sum(a: ElementArray, axis: Any = None, **kw: Any) -> Any:
    return np.add.reduce(a, axis=axis, **_given(kw, "keepdims", "initial"))


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
    given = {k: v for k, v in keywords.items() if v is not _NOT_GIVEN}
    if unknown := given.keys() - set(known):
        raise Unsupported(f"the keyword {min(unknown)} of this reduction is not available here")
    return given


@implements(np.ptp)
def _ptp(a: ElementArray, axis: Any = None, keepdims: Any = False) -> Any:
    return np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)


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
def _diff(a: ElementArray, n: int = 1, axis: int = -1) -> Any:
    for _ in range(n):
        length = a.shape[axis]
        a = np.take(a, range(1, length), axis=axis) - np.take(a, range(length - 1), axis=axis)
    return a


@implements(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low = a_min if min is None or min is _NOT_GIVEN else min
    high = a_max if max is None or max is _NOT_GIVEN else max
    low, high = (None if bound is _NOT_GIVEN else bound for bound in (low, high))
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
    return wrap(np.dot(left, right), domain)


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
        return wrap(function(lift(a, domain), lift(b, domain), *args, **kwargs), domain)


_PRODUCTS: tuple[Callable[..., Any], ...] = (np.inner, np.tensordot, np.kron, np.convolve)
for _function in _PRODUCTS:
    _two(_function)


@implements(np.einsum)
def _einsum(subscripts: Any, *operands: Any) -> Any:
    domain = find_domain(operands)
    return wrap(np.einsum(subscripts, *(lift(o, domain) for o in operands), optimize=False), domain)


@implements(np.cross)
def _cross(a: Any, b: Any, *, axis: int = -1) -> Any:
    x, y = np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)
    x0, x1, x2, y0, y1, y2 = *(x[..., i] for i in range(3)), *(y[..., i] for i in range(3))
    parts = [x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0]
    return np.moveaxis(np.stack(parts, axis=-1), -1, axis)


# -- decisions


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


@implements(np.argmax)
def _argmax(a: ElementArray, axis: Any = None, keepdims: Any = False) -> Any:
    def pick(row: ElementArray) -> int:
        best = 0
        for i in range(1, row.size):
            if row.domain.ufuncs["greater"](row.data[i], row.data[best]):
                best = i
        return best

    found = _positions(a, axis, pick)
    if not keepdims or keepdims is _NOT_GIVEN:
        return found
    return np.reshape(found, [1] * a.ndim) if axis is None else np.expand_dims(found, axis)


@implements(np.argmin)
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
