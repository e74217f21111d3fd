"""JAX primitives that move entries, and those that sum and multiply them, as NumPy calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck_backends._jax.replay_table import Call, Positions, Rule, no_positions, rule

__all__: list[str] = []

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


# -- axes and positions


@rule("broadcast_in_dim")
def _broadcast_in_dim(call: Call, x: Any, *_: Any) -> Any:
    kept = [int(axis) for axis in call.params["broadcast_dimensions"]]
    if type(x) is Positions:
        return Positions(call.shape, kept[x.axis])
    if not np.ndim(x):
        return call.filled(x, call.shape, call.dtype)
    added = tuple(k for k in range(len(call.shape)) if k not in kept)
    return np.broadcast_to(np.expand_dims(x, added), call.shape)


@rule("reshape")
def _reshape(call: Call, x: Any, *_: Any) -> Any:
    no_positions("reshape", x)
    return np.reshape(x, call.shape) if np.ndim(x) else call.filled(x, call.shape, call.dtype)


@rule("transpose")
def _transpose(call: Call, x: Any) -> Any:
    order = tuple(int(k) for k in call.params["permutation"])
    return Positions(call.shape, order.index(x.axis)) if type(x) is Positions else np.transpose(x, order)


@rule("squeeze")
def _squeeze(call: Call, x: Any) -> Any:
    no_positions("squeeze", x)
    return np.squeeze(x, tuple(call.params["dimensions"]))


@rule("expand_dims")
def _expand_dims(call: Call, x: Any) -> Any:
    no_positions("expand_dims", x)
    return np.expand_dims(x, tuple(call.params["dimensions"]))


@rule("stack")
def _stack(call: Call, *xs: Any) -> Any:
    return np.stack(xs, axis=call.params["axis"])


@rule("unstack")
def _unstack(call: Call, x: Any) -> list[Any]:
    before = (slice(None),) * call.params["axis"]
    return [x[(*before, k)] for k in range(np.shape(x)[call.params["axis"]])]


@rule("iota")
def _iota(call: Call, *_: Any) -> Any:
    return Positions(call.shape, call.params["dimension"])


@rule("dim_as_value")
def _dim_as_value(call: Call) -> Any:
    return call.params["dim"]


# -- sums and products


@rule("dot_general")
def _dot_general(call: Call, a: Any, b: Any) -> Any:
    (contract_a, contract_b), (batch_a, batch_b) = call.params["dimension_numbers"]
    left = list(_LETTERS[: np.ndim(a)])
    right = list(_LETTERS[np.ndim(a) : np.ndim(a) + np.ndim(b)])
    for i, j in (*zip(contract_a, contract_b, strict=True), *zip(batch_a, batch_b, strict=True)):
        right[j] = left[i]
    free = [left[i] for i in range(np.ndim(a)) if i not in (*contract_a, *batch_a)]
    free += [right[j] for j in range(np.ndim(b)) if j not in (*contract_b, *batch_b)]
    output = "".join([*(left[i] for i in batch_a), *free])
    return np.einsum(f"{''.join(left)},{''.join(right)}->{output}", a, b)


def _reducing(function: Callable[..., Any]) -> Rule:
    return lambda call, x: function(x, axis=_axes(call))


_REDUCTIONS: dict[str, Callable[..., Any]] = {"sum": np.sum, "max": np.max, "min": np.min, "prod": np.prod}
for _name, _function in _REDUCTIONS.items():
    rule(f"reduce_{_name}")(_reducing(_function))


@rule("cumsum")
def _cumsum(call: Call, x: Any) -> Any:
    axis = call.params["axis"]
    if call.params["reverse"]:
        return np.flip(np.cumsum(np.flip(x, axis), axis=axis), axis)
    return np.cumsum(x, axis=axis)


def _axes(call: Call) -> tuple[int, ...]:
    return tuple(int(axis) for axis in call.params["axes"])
