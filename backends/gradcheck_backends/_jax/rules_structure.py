"""JAX primitives that move entries, and those that sum and multiply them, in ball arithmetic."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from gradcheck.arithmetic import BALLS, Domain, ElementArray
from gradcheck.errors import Unsupported
from gradcheck_backends._jax.gather import gather_positions, scatter_positions
from gradcheck_backends._jax.rules import RULES, Rule, as_array, rule

__all__ = ["padded"]


# -- axes and positions


@rule("broadcast_in_dim")
def _broadcast_in_dim(domain: Domain, params: Any, x: Any, *_: Any) -> Any:
    shape = [1] * len(params["shape"])
    for axis, target in enumerate(params["broadcast_dimensions"]):
        shape[target] = x.shape[axis]
    spread = x.reshape(shape)
    return spread if spread.shape == params["shape"] else np.broadcast_to(spread, params["shape"])


RULES["reshape"] = lambda domain, params, x, *_: x.reshape(params["new_sizes"])
RULES["squeeze"] = lambda domain, params, x: np.squeeze(x, tuple(params["dimensions"]))
RULES["expand_dims"] = lambda domain, params, x: np.expand_dims(x, tuple(params["dimensions"]))
RULES["transpose"] = lambda domain, params, x: np.transpose(x, params["permutation"])
RULES["rev"] = lambda domain, params, x: np.flip(x, params["dimensions"])
RULES["stack"] = lambda domain, params, *xs: np.stack(xs, axis=params["axis"])
RULES["unstack"] = lambda domain, params, x: list(np.moveaxis(x, params["axis"], 0))
RULES["concatenate"] = lambda domain, params, *xs: np.concatenate(xs, axis=params["dimension"])


@rule("slice")
def _slice(domain: Domain, params: Any, x: Any) -> Any:
    strides = params["strides"] or (1,) * x.ndim
    bounds = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    return x[tuple(slice(*b) for b in bounds)]


@rule("split")
def _split(domain: Domain, params: Any, x: Any) -> Any:
    return np.split(x, np.cumsum(params["sizes"])[:-1], axis=params["axis"])


RULES["tile"] = lambda domain, params, x: np.tile(x, params["reps"])


@rule("pad")
def _pad(domain: Domain, params: Any, x: Any, value: Any) -> Any:
    return padded(x, value, params["padding_config"])


def padded(x: Any, value: Any, config: Any) -> Any:
    """`lax.pad`: for each axis how much of ``value`` stands before, behind and between the entries."""
    shape = [lo + hi + n + max(n - 1, 0) * gap for n, (lo, hi, gap) in zip(x.shape, config, strict=True)]
    full = [n + max(n - 1, 0) * gap for n, (_, _, gap) in zip(x.shape, config, strict=True)]
    spread = np.empty(full, dtype=x.dtype)
    spread[...] = value
    spread[tuple(slice(None, None, gap + 1) for _, _, gap in config)] = x
    result = np.empty(shape, dtype=x.dtype)
    result[...] = value
    target, source = [], []
    for n, (lo, hi, _) in zip(full, config, strict=True):  # negative padding cuts off
        target.append(slice(max(lo, 0), max(lo, 0) + n + min(lo, 0) + min(hi, 0)))
        source.append(slice(max(-lo, 0), n - max(-hi, 0)))
    result[tuple(target)] = spread[tuple(source)]
    return result


@rule("iota")
def _iota(domain: Domain, params: Any, *_: Any) -> Any:
    shape, axis = params["shape"], params["dimension"]
    line = np.arange(shape[axis]).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    result = np.broadcast_to(line, shape)
    if np.dtype(params["dtype"]).kind == "f":
        return as_array(BALLS.lift_array(result))
    return result.astype(params["dtype"])


@rule("empty2")
def _empty(domain: Domain, params: Any) -> Any:
    """What a branch that is not taken leaves: a float of which nothing is known."""
    dtype = np.dtype(params["dtype"])
    return as_array(domain.lift(float("nan"))) if dtype.kind == "f" else np.zeros((), dtype)


RULES["dim_as_value"] = lambda domain, params: np.asarray(params["dim"])  # a size, put in by `concrete`


@rule("dynamic_slice")
def _dynamic_slice(domain: Domain, params: Any, x: Any, *starts: Any) -> Any:
    return x[_window(x.shape, params["slice_sizes"], starts)]


@rule("dynamic_update_slice")
def _dynamic_update_slice(domain: Domain, params: Any, x: Any, update: Any, *starts: Any) -> Any:
    result = x.copy()
    result[_window(x.shape, update.shape, starts)] = update
    return result


def _window(shape: Any, sizes: Any, starts: Any) -> tuple[slice, ...]:
    clamped = [min(max(int(s), 0), n - size) for s, n, size in zip(starts, shape, sizes, strict=True)]
    return tuple(slice(s, s + size) for s, size in zip(clamped, sizes, strict=True))


@rule("gather")
def _gather(domain: Domain, params: Any, x: Any, indices: Any) -> Any:
    sizes, numbers = params["slice_sizes"], params["dimension_numbers"]
    source = gather_positions(x.shape, indices, numbers, sizes, params["mode"])
    filler = as_array(domain.lift(0)) if x.dtype == object else np.zeros((), dtype=x.dtype)
    # position -1 is the filler, appended at the end
    return np.concatenate([x.reshape(-1), filler.reshape(1)])[source]


def _scatter(*, adds: bool) -> Rule:
    def run(domain: Domain, params: Any, x: Any, indices: Any, updates: Any) -> Any:
        target = scatter_positions(
            x.shape, indices, updates.shape, params["dimension_numbers"], params["mode"]
        )
        result = x.reshape(-1).copy()
        for place, update in zip(target.reshape(-1), updates.reshape(-1), strict=True):
            if place >= 0:
                result[place] = domain.rounded(result[place] + update) if adds else update
        return result.reshape(x.shape)

    return run


RULES["scatter-add"] = RULES["scatter_add"] = _scatter(adds=True)
RULES["scatter"] = _scatter(adds=False)


# -- sums and products


@rule("dot_general")
def _dot_general(domain: Domain, params: Any, a: Any, b: Any) -> Any:
    (contract_a, contract_b), (batch_a, batch_b) = params["dimension_numbers"]
    free_a = [i for i in range(a.ndim) if i not in (*contract_a, *batch_a)]
    free_b = [i for i in range(b.ndim) if i not in (*contract_b, *batch_b)]
    left = np.transpose(a, (*batch_a, *free_a, *contract_a))
    right = np.transpose(b, (*batch_b, *contract_b, *free_b))
    batch = [a.shape[i] for i in batch_a]
    inner = prod(a.shape[i] for i in contract_a)
    left = left.reshape(*batch, -1, inner) if left.size else left
    right = right.reshape(*batch, inner, -1) if right.size else right
    shape = (*batch, *(a.shape[i] for i in free_a), *(b.shape[i] for i in free_b))
    return as_array(domain.matmul(left, right)).reshape(shape)


def _axes_one_by_one(ufunc: Any, x: Any, axes: Any) -> Any:
    for axis in sorted(axes, reverse=True):
        x = as_array(ufunc.reduce(x, axis=axis))
    return x


@rule("reduce_sum")
def _reduce_sum(domain: Domain, params: Any, x: Any) -> Any:
    return as_array(domain.summed(lambda a: np.add.reduce(a, axis=tuple(params["axes"])), x))


@rule("reduce_prod")
def _reduce_prod(domain: Domain, params: Any, x: Any) -> Any:
    return as_array(np.multiply.reduce(x, axis=tuple(params["axes"])))


@rule("reduce_max")
def _reduce_max(domain: Domain, params: Any, x: Any) -> Any:
    return _axes_one_by_one(np.maximum if x.dtype != object else domain.ufuncs["maximum"], x, params["axes"])


@rule("reduce_min")
def _reduce_min(domain: Domain, params: Any, x: Any) -> Any:
    return _axes_one_by_one(np.minimum if x.dtype != object else domain.ufuncs["minimum"], x, params["axes"])


RULES["reduce_and"] = lambda domain, params, x: np.asarray(np.all(x, axis=tuple(params["axes"])))
RULES["reduce_or"] = lambda domain, params, x: np.asarray(np.any(x, axis=tuple(params["axes"])))


@rule("cumsum")
def _cumsum(domain: Domain, params: Any, x: Any) -> Any:
    return domain.summed(lambda a: _accumulate(np.add, params, a), x)


@rule("cumprod")
def _cumprod(domain: Domain, params: Any, x: Any) -> Any:
    return _accumulate(np.multiply, params, x)


@rule("cummax")
def _cummax(domain: Domain, params: Any, x: Any) -> Any:
    return _accumulate(domain.ufuncs["maximum"], params, x)


@rule("cummin")
def _cummin(domain: Domain, params: Any, x: Any) -> Any:
    return _accumulate(domain.ufuncs["minimum"], params, x)


def _accumulate(ufunc: Any, params: Any, x: Any) -> Any:
    axis = params["axis"]
    if params["reverse"]:
        return np.flip(ufunc.accumulate(np.flip(x, axis), axis=axis), axis)
    return ufunc.accumulate(x, axis=axis)


@rule("sort")
def _sort(domain: Domain, params: Any, *operands: Any) -> Any:
    if params["num_keys"] != 1:
        raise Unsupported("the JAX primitive sort with several keys is not available in ball arithmetic")
    axis, key = params["dimension"], operands[0]
    if key.dtype == object:
        order = np.argsort(ElementArray(key, domain), axis=axis)
    else:
        order = np.argsort(key, axis=axis, kind="stable")
    return [np.take_along_axis(operand, order, axis=axis) for operand in operands]


def _position(name: str) -> Rule:
    def run(domain: Domain, params: Any, x: Any) -> Any:
        (axis,) = params["axes"]
        found = getattr(np, name)(ElementArray(x, domain) if x.dtype == object else x, axis=axis)
        return np.asarray(found, dtype=params["index_dtype"])

    return run


RULES["argmax"], RULES["argmin"] = _position("argmax"), _position("argmin")
