"""Going back through sums, means, maxima and products along axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradcheck.diagnosis.tracing.pullbacks import pullback_of


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
