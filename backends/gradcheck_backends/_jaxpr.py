"""Running a jaxpr in ball arithmetic.

JAX decides *what* the derivative is; this file computes it, one primitive after the other, on object
arrays of balls (floating values) and on plain arrays (integers, booleans). The meaning of each
primitive is that of `jax.lax`. A primitive that is not in the table raises `Unsupported`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from jax.extend.core import Literal

from gradcheck.arithmetic import BALLS, Domain
from gradcheck.errors import Unsupported
from gradcheck_backends._gather import gather_positions, scatter_positions

__all__ = ["evaluate"]

Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}
"""Primitive name -> function of (domain, params, *values) giving one value or a list of them."""


def evaluate(jaxpr: Any, consts: Any, args: Any, domain: Domain, ties: list[str]) -> list[Any]:
    """The outputs of a jaxpr. ``args`` are object arrays of balls, or integer or boolean arrays.

    The names of primitives that met a tie are added to ``ties``: there JAX's derivative is a
    convention (`maximum` 1/2, `abs` 1).
    """
    environment: dict[Any, Any] = {}

    def read(atom: Any) -> Any:
        if isinstance(atom, Literal):
            return _constant(atom.val, domain)
        return environment[atom]

    for variable, value in zip(jaxpr.constvars, consts, strict=True):
        environment[variable] = _constant(value, domain)
    for variable, value in zip(jaxpr.invars, args, strict=True):
        environment[variable] = value
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        values = [read(v) for v in equation.invars]
        if name in _CALLS:
            environment.update(
                zip(equation.outvars, _call(domain, equation.params, ties, values), strict=True)
            )
            continue
        if name in _TIES and values[0].dtype == object and not ties and _TIES[name](*values):
            ties.append(name)
        compute = RULES.get(name)
        if compute is None:
            raise Unsupported(f"the JAX primitive {name} is not available in ball arithmetic")
        result = compute(domain, equation.params, *values)
        results = result if equation.primitive.multiple_results else [result]
        for variable, part in zip(equation.outvars, results, strict=True):
            environment[variable] = as_array(part)
    return [read(v) for v in jaxpr.outvars]


def _constant(value: Any, domain: Domain) -> Any:
    array = np.asarray(value)
    if array.dtype.kind == "f" or str(array.dtype) == "float0":
        lifted = domain.lift_array(array.astype(np.float64) if array.dtype.kind == "f" else array)
        return as_array(lifted)
    return array


def as_array(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, arb):
        result = np.empty((), dtype=object)
        result[()] = value
        return result
    return np.asarray(value)


def rule(*names: str) -> Callable[[Rule], Rule]:
    def register(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return register


def _ufunc(primitive: str, ufunc: str, integer: Any = None) -> None:
    def run(domain: Domain, params: Any, *values: Any) -> Any:
        if all(v.dtype != object for v in values):
            return np.asarray((integer or getattr(np, ufunc))(*values))
        result = domain.ufuncs[ufunc](*values)
        if primitive in _PREDICATES:
            return np.asarray(result, dtype=bool)
        return as_array(result)

    RULES[primitive] = run


_PREDICATES = frozenset(["eq", "ne", "lt", "le", "gt", "ge", "is_finite"])
for _primitive, _name in {
    "add": "add", "add_any": "add", "sub": "subtract", "mul": "multiply", "neg": "negative",
    "max": "maximum", "min": "minimum", "exp": "exp", "exp2": "exp2", "expm1": "expm1", "log": "log",
    "log1p": "log1p", "tanh": "tanh", "sin": "sin", "cos": "cos", "tan": "tan", "asin": "arcsin",
    "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "sinh": "sinh", "cosh": "cosh",
    "asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh", "sqrt": "sqrt", "cbrt": "cbrt",
    "abs": "absolute", "sign": "sign", "square": "square", "pow": "power", "erf": "erf",
    "erfc": "erfc", "lgamma": "gammaln", "digamma": "psi", "floor": "floor", "ceil": "ceil",
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal", "is_finite": "isfinite",
}.items():  # fmt: skip
    _ufunc(_primitive, _name)

_each = np.frompyfunc
_LOGISTIC = _each(lambda x: 1 / (1 + (-x).exp()), 1, 1)
_RSQRT = _each(arb.rsqrt, 1, 1)
_POWERS: dict[int, Any] = {}


@rule("div")
def _div(domain: Domain, params: Any, a: Any, b: Any) -> Any:
    if a.dtype != object and b.dtype != object:
        return np.asarray(np.fix(a / b).astype(a.dtype))  # lax.div truncates integers
    return as_array(np.true_divide(a, b))


@rule("logistic")
def _logistic(domain: Domain, params: Any, x: Any) -> Any:
    return as_array(_LOGISTIC(x))


@rule("rsqrt")
def _rsqrt(domain: Domain, params: Any, x: Any) -> Any:
    return as_array(_RSQRT(x))


@rule("integer_pow")
def _integer_pow(domain: Domain, params: Any, x: Any) -> Any:
    exponent = params["y"]
    if x.dtype != object:
        return np.asarray(x**exponent)
    power = _POWERS.setdefault(exponent, _each(lambda b: b**exponent, 1, 1))
    return as_array(power(x))


for _primitive, _logical in {"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor}.items():
    RULES[_primitive] = lambda domain, params, a, b, f=_logical: np.asarray(f(a, b))
RULES["not"] = lambda domain, params, a: np.asarray(np.bitwise_not(a))


@rule("clamp")
def _clamp(domain: Domain, params: Any, low: Any, x: Any, high: Any) -> Any:
    if x.dtype != object:
        return np.asarray(np.clip(x, low, high))
    return as_array(domain.ufuncs["minimum"](domain.ufuncs["maximum"](x, low), high))


@rule("select_n")
def _select_n(domain: Domain, params: Any, which: Any, *cases: Any) -> Any:
    which = np.broadcast_to(which.astype(np.int64), cases[0].shape)
    return as_array(np.choose(which, cases)) if len(cases) > 2 else np.where(which == 0, *cases)


@rule("convert_element_type")
def _convert(domain: Domain, params: Any, x: Any) -> Any:
    dtype = np.dtype(params["new_dtype"])
    if x.dtype == object:
        if dtype != np.float64:
            raise Unsupported(f"JAX casts to {dtype} here, which ball arithmetic does not do")
        return x
    return as_array(BALLS.lift_array(x)) if dtype.kind == "f" else x.astype(dtype)


RULES["copy"] = RULES["copy_p"] = RULES["stop_gradient"] = lambda domain, params, x: x
RULES["optimization_barrier"] = lambda domain, params, *xs: list(xs)
RULES["reduce_precision"] = lambda domain, params, x: x


# -- axes and positions


@rule("broadcast_in_dim")
def _broadcast_in_dim(domain: Domain, params: Any, x: Any, *_: Any) -> Any:
    shape = [1] * len(params["shape"])
    for axis, target in enumerate(params["broadcast_dimensions"]):
        shape[target] = x.shape[axis]
    return np.broadcast_to(x.reshape(shape), params["shape"])


RULES["reshape"] = lambda domain, params, x, *_: x.reshape(params["new_sizes"])
RULES["squeeze"] = lambda domain, params, x: np.squeeze(x, tuple(params["dimensions"]))
RULES["expand_dims"] = lambda domain, params, x: np.expand_dims(x, tuple(params["dimensions"]))
RULES["transpose"] = lambda domain, params, x: np.transpose(x, params["permutation"])
RULES["rev"] = lambda domain, params, x: np.flip(x, params["dimensions"])
RULES["concatenate"] = lambda domain, params, *xs: np.concatenate(xs, axis=params["dimension"])


@rule("slice")
def _slice(domain: Domain, params: Any, x: Any) -> Any:
    strides = params["strides"] or (1,) * x.ndim
    bounds = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    return x[tuple(slice(*b) for b in bounds)]


@rule("split")
def _split(domain: Domain, params: Any, x: Any) -> Any:
    return np.split(x, np.cumsum(params["sizes"])[:-1], axis=params["axis"])


@rule("pad")
def _pad(domain: Domain, params: Any, x: Any, value: Any) -> Any:
    config = params["padding_config"]
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
                result[place] = result[place] + update if adds else update
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
    inner = int(np.prod([a.shape[i] for i in contract_a], dtype=int))
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
    return as_array(np.add.reduce(x, axis=tuple(params["axes"])))


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
    return _accumulate(np.add, params, x)


@rule("cumprod")
def _cumprod(domain: Domain, params: Any, x: Any) -> Any:
    return _accumulate(np.multiply, params, x)


@rule("cummax")
def _cummax(domain: Domain, params: Any, x: Any) -> Any:
    return _accumulate(domain.ufuncs["maximum"], params, x)


def _accumulate(ufunc: Any, params: Any, x: Any) -> Any:
    axis = params["axis"]
    if params["reverse"]:
        return np.flip(ufunc.accumulate(np.flip(x, axis), axis=axis), axis)
    return ufunc.accumulate(x, axis=axis)


# -- calls

_CALLS = frozenset(
    ["pjit", "jit", "closed_call", "core_call", "remat", "checkpoint", "custom_jvp_call", "custom_vjp_call"]
)


def _call(domain: Domain, params: Any, ties: list[str], values: Any) -> Any:
    closed = params.get("jaxpr") or params.get("call_jaxpr") or params.get("fun_jaxpr")
    if hasattr(closed, "jaxpr"):
        return evaluate(closed.jaxpr, closed.consts, values, domain, ties)
    return evaluate(closed, (), values, domain, ties)


# -- ties: where a derivative exists only by convention


def _equal(a: Any, b: Any) -> bool:
    """Two different balls that are exactly equal, somewhere; one ball met twice is no tie."""
    pairs = np.broadcast(a, b)
    return any(x is not y and x.is_exact() and y.is_exact() and x == y for x, y in pairs)


def _zero(x: Any, *_: Any) -> bool:
    return any(b.is_zero() for b in x.reshape(-1))


def _repeated(x: Any, *_: Any) -> bool:
    exact = [b for b in x.reshape(-1) if b.is_exact()]
    return len(exact) > 1 and len({b.man_exp() for b in exact}) < len(exact)


_TIES: dict[str, Callable[..., bool]] = {
    **dict.fromkeys(["max", "min", "eq", "ne", "lt", "le", "gt", "ge"], _equal),
    **dict.fromkeys(["abs", "sign"], _zero),
    **dict.fromkeys(["reduce_max", "reduce_min", "cummax"], _repeated),
}
