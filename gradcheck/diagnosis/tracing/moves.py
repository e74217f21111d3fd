"""Going back through functions that move entries."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcheck.arithmetic import ElementArray
from gradcheck.diagnosis.tracing.pullbacks import pullback_of, unbroadcast
from gradcheck.diagnosis.tracing.traced import getitem, setitem


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
    return [rest, None, _as_stored(g[index], np.shape(value))]


@pullback_of(np.add.at)
def _add_at(g: Any, out: Any, array: Any, index: Any, value: Any) -> list[Any]:
    return [g, None, _as_stored(g[index], np.shape(value))]


@pullback_of(np.subtract.at)
def _subtract_at(g: Any, out: Any, array: Any, index: Any, value: Any) -> list[Any]:
    return [g, None, -_as_stored(g[index], np.shape(value))]


def _as_stored(taken: Any, shape: tuple[int, ...]) -> Any:
    """What comes back from a place to the value that went there, which may have leading axes of length one
    that the place has not, and fewer entries.
    """
    while len(shape) > len(taken.shape):
        taken = np.reshape(taken, (1, *taken.shape))
    return unbroadcast(taken, shape)


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


@pullback_of(
    np.zeros_like,
    np.ones_like,
    np.full_like,
    np.empty_like,
    np.sign,
    np.argmax,
    np.argmin,
    np.nanargmax,
    np.nanargmin,
    np.argsort,
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


for _function in _MOVERS:
    _mover(_function)
