"""Going back through NumPy's sums, products and functions that move entries.

A pullback takes the cotangent of the output and gives one cotangent for each positional argument
(None where there is none; a list for an argument that is a list). The formulas are the transposes of
the linear maps that the functions are, or textbook matrix calculus.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic import ElementArray
from gradcheck.diagnosis.tracing.traced import getitem, setitem
from gradcheck.errors import Unsupported

__all__ = ["PULLBACKS", "unbroadcast"]

Pullback = Callable[..., list[Any]]
PULLBACKS: dict[Any, Pullback] = {}
"""NumPy function -> `(g, out, *args, **kwargs) -> cotangents of the positional arguments`."""


def pullback_of(*functions: Any) -> Callable[[Pullback], Pullback]:
    def register(rule: Pullback) -> Pullback:
        for function in functions:
            PULLBACKS[function] = rule
        return rule

    return register


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """The cotangent of an operand that was broadcast: summed over the axes that were stretched."""
    if g.shape == shape:
        return g
    extra = len(g.shape) - len(shape)
    if extra > 0:
        g = np.sum(g, axis=tuple(range(extra)))
    stretched = tuple(i for i, (a, b) in enumerate(zip(g.shape, shape, strict=True)) if a != b)
    return np.sum(g, axis=stretched, keepdims=True) if stretched else g


# -- sums over axes


def expanded(g: Any, shape: tuple[int, ...], axis: Any, keepdims: Any) -> Any:
    """A reduced array spread over the axes that it was reduced along."""
    if g.shape == shape:  # a detour has left out the sum
        return g
    if axis is None:
        return np.broadcast_to(np.reshape(g, (1,) * len(shape)), shape)
    if not keepdims:
        axes = axis if isinstance(axis, tuple) else (axis,)
        kept = [1 if i in {a % len(shape) for a in axes} else n for i, n in enumerate(shape)]
        g = np.reshape(g, tuple(kept))
    return np.broadcast_to(g, shape)


def counted(shape: tuple[int, ...], axis: Any) -> int:
    """How many entries a reduction takes together."""
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return math.prod(shape[a] for a in axes)


@pullback_of(np.sum, np.add.reduce)
def _sum(g: Any, out: Any, a: Any, axis: Any = None, keepdims: Any = False, **_: Any) -> list[Any]:
    return [expanded(g, a.shape, axis, keepdims)]


@pullback_of(np.mean)
def _mean(g: Any, out: Any, a: Any, axis: Any = None, keepdims: Any = False, **_: Any) -> list[Any]:
    return [expanded(g / counted(a.shape, axis), a.shape, axis, keepdims)]


@pullback_of(np.max, np.amax, np.maximum.reduce, np.min, np.amin, np.minimum.reduce)
def _extreme(g: Any, out: Any, a: Any, axis: Any = None, keepdims: Any = False, **_: Any) -> list[Any]:
    chosen = np.asarray(np.equal(a, expanded(out, a.shape, axis, keepdims)), dtype=bool)
    share = chosen / np.sum(chosen, axis=axis, keepdims=True)
    return [expanded(g, a.shape, axis, keepdims) * share]


@pullback_of(np.prod, np.multiply.reduce)
def _prod(g: Any, out: Any, a: Any, axis: Any = None, keepdims: Any = False, **_: Any) -> list[Any]:
    return [expanded(g, a.shape, axis, keepdims) * expanded(out, a.shape, axis, keepdims) / a]


@pullback_of(np.logaddexp.reduce)
def _log_sum_exp(g: Any, out: Any, a: Any, axis: Any = 0, keepdims: Any = False, **_: Any) -> list[Any]:
    spread = expanded(out, a.shape, axis, keepdims)
    return [expanded(g, a.shape, axis, keepdims) * np.exp(a - spread)]


@pullback_of(np.cumsum, np.add.accumulate)
def _cumsum(g: Any, out: Any, a: Any, axis: Any = None, **_: Any) -> list[Any]:
    if axis is None:
        return [np.reshape(np.flip(np.cumsum(np.flip(g, 0), axis=0), 0), a.shape)]
    return [np.flip(np.cumsum(np.flip(g, axis), axis=axis), axis)]


@pullback_of(np.cumprod, np.multiply.accumulate)
def _cumprod(g: Any, out: Any, a: Any, axis: Any = None, **_: Any) -> list[Any]:
    along = 0 if axis is None else axis
    weighted = np.flip(np.cumsum(np.flip(g * out, along), axis=along), along)
    return [np.reshape(weighted, a.shape) / a]


# -- products


@pullback_of(np.matmul, np.dot)
def _matmul(g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    if not a.shape or not b.shape:
        return [unbroadcast(g * b, a.shape), unbroadcast(g * a, b.shape)]
    if len(a.shape) == 1 and len(b.shape) == 1:
        return [g * b, g * a]
    if len(a.shape) == 1:
        if len(b.shape) > 2:
            raise Unsupported("a vector by a stack of matrices")
        return [np.matmul(b, g), a[:, None] * g[None, :]]
    if len(b.shape) == 1:
        db = np.matmul(np.swapaxes(a, -1, -2), g[..., None])[..., 0]
        return [g[..., None] * b, unbroadcast(db, b.shape)]
    da = np.matmul(g, np.swapaxes(b, -1, -2))
    db = np.matmul(np.swapaxes(a, -1, -2), g)
    return [unbroadcast(da, a.shape), unbroadcast(db, b.shape)]


@pullback_of(np.outer)
def _outer(g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    left, right = np.ravel(a), np.ravel(b)
    return [
        np.reshape(np.sum(g * right[None, :], axis=1), a.shape),
        np.reshape(np.sum(g * left[:, None], axis=0), b.shape),
    ]


@pullback_of(np.inner, np.vdot)
def _inner(g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    if len(a.shape) != 1 or len(b.shape) != 1:
        raise Unsupported("np.inner of matrices")
    return [g * b, g * a]


@pullback_of(np.einsum)
def _einsum(g: Any, out: Any, subscripts: Any, *operands: Any, **_: Any) -> list[Any]:
    if not isinstance(subscripts, str) or "." in subscripts:
        raise Unsupported("np.einsum with an ellipsis")
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    letters = "".join(terms)
    if not arrow:
        result = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    found: list[Any] = [None]
    for k, term in enumerate(terms):
        if len(set(term)) != len(term):
            raise Unsupported("np.einsum with a diagonal")
        others = [t for i, t in enumerate(terms) if i != k]
        values = [o for i, o in enumerate(operands) if i != k]
        lone = [c for c in term if c not in result and all(c not in t for t in others)]
        for c in lone:  # summed over in this operand alone: spread again
            others.append(c)
            values.append(np.ones(operands[k].shape[term.index(c)]))
        found.append(np.einsum(",".join([result, *others]) + "->" + term, g, *values))
    return found


# -- matrices


@pullback_of(np.linalg.inv)
def _inv(g: Any, out: Any, a: Any) -> list[Any]:
    turned = np.swapaxes(out, -1, -2)
    return [-np.matmul(np.matmul(turned, g), turned)]


@pullback_of(np.linalg.det)
def _det(g: Any, out: Any, a: Any) -> list[Any]:
    return [(g * out)[..., None, None] * np.swapaxes(np.linalg.inv(a), -1, -2)]


@pullback_of(np.linalg.solve)
def _solve(g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    db = np.linalg.solve(np.swapaxes(a, -1, -2), g)
    if len(b.shape) == 1:
        return [-db[:, None] * out[None, :], db]
    return [-np.matmul(db, np.swapaxes(out, -1, -2)), db]


# -- functions that move entries


def zeros_like(array: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of the same arithmetic."""
    if isinstance(array, ElementArray):
        return np.zeros_like(array, shape=shape)
    return np.zeros(shape)


@pullback_of(getitem)
def _getitem(g: Any, out: Any, array: Any, index: Any) -> list[Any]:
    whole = zeros_like(g, array.shape)
    np.add.at(whole, index, g)
    return [whole, None]


@pullback_of(setitem)
def _setitem(g: Any, out: Any, array: Any, index: Any, value: Any) -> list[Any]:
    rest = g.copy()
    rest[index] = 0.0
    taken = g[index]
    shape = np.shape(value)
    # a value may have leading axes of length one that the place has not
    while len(shape) > len(taken.shape):
        taken = np.reshape(taken, (1, *taken.shape))
    return [rest, None, unbroadcast(taken, shape)]


def _mover(function: Any) -> None:
    @pullback_of(function)
    def rule(g: Any, out: Any, first: Any, *args: Any, **kwargs: Any) -> list[Any]:
        sources = list(first) if isinstance(first, list | tuple) else [first]
        places, offset = [], 1  # 0 stands for what comes from nowhere (padding)
        for source in sources:
            shape = np.shape(source)
            size = math.prod(shape)
            places.append(np.arange(offset, offset + size).reshape(shape))
            offset += size
        kept = {k: v for k, v in kwargs.items() if k != "constant_values"}
        taken = function(places if isinstance(first, list | tuple) else places[0], *args, **kept)
        whole = zeros_like(g, (offset,))
        np.add.at(whole, np.asarray(taken).reshape(-1), np.reshape(g, (-1,)))
        parts = [
            np.reshape(whole[int(p.reshape(-1)[0]) : int(p.reshape(-1)[-1]) + 1], p.shape) for p in places
        ]
        return [parts if isinstance(first, list | tuple) else parts[0], *(None for _ in args)]


_MOVERS: tuple[Any, ...] = (
    np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.ravel, np.squeeze, np.expand_dims,
    np.broadcast_to, np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.repeat,
    np.tile, np.flip, np.fliplr, np.flipud, np.roll, np.rot90, np.diagonal, np.take, np.take_along_axis,
    np.copy, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.pad, np.diag, np.diagflat, np.tril, np.triu,
    np.delete, np.lib.stride_tricks.sliding_window_view, np.matrix_transpose,
)  # fmt: skip
for _function in _MOVERS:
    _mover(_function)


@pullback_of(
    np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.sign, np.argmax, np.argmin, np.argsort
)
def _constant(g: Any, out: Any, *args: Any, **_: Any) -> list[Any]:
    return [None for _ in args]


@pullback_of(np.sort)
def _sort(g: Any, out: Any, a: Any, axis: int = -1, **_: Any) -> list[Any]:
    order = np.argsort(a, axis=axis)
    whole = zeros_like(g, a.shape)
    index = list(np.indices(a.shape))
    index[axis % len(a.shape)] = np.asarray(order)
    np.add.at(whole, tuple(index), g)
    return [whole]
