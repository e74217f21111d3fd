"""JAX primitives that work entry by entry, in ball arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb
from jax import lax

from gradcheck.arithmetic import BALLS, Domain
from gradcheck.errors import Unsupported
from gradcheck_backends._jax.rules import RULES, as_array, rule

__all__: list[str] = []


def _ufunc(primitive: str, ufunc: str, integer: Any = None) -> None:
    def run(domain: Domain, params: Any, *values: Any) -> Any:
        if all(v.dtype != object for v in values):
            return np.asarray((integer or getattr(np, ufunc))(*values))
        result = domain.ufuncs[ufunc](*values)
        if primitive in _PREDICATES:
            return np.asarray(result, dtype=bool)
        return as_array(result)

    RULES[primitive] = run


_PREDICATES = frozenset(["eq", "ne", "lt", "le", "gt", "ge", "lt_to", "le_to", "is_finite"])
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
    "lt_to": "less", "le_to": "less_equal",  # a total order: balls know no -0
}.items():  # fmt: skip
    _ufunc(_primitive, _name)

_each = np.frompyfunc
_LOGISTIC = _each(lambda x: 1 / (1 + (-x).exp()), 1, 1)
_RSQRT = _each(arb.rsqrt, 1, 1)
_POWERS: dict[int, Any] = {}


@rule("div")
def _div(domain: Domain, params: Any, a: Any, b: Any) -> Any:
    if a.dtype != object and b.dtype != object:
        return np.asarray(np.trunc(a / b).astype(a.dtype))  # lax.div truncates integers
    return as_array(domain.rounded(np.true_divide(a, b)))


@rule("round")
def _round(domain: Domain, params: Any, x: Any) -> Any:
    if params["rounding_method"] != lax.RoundingMethod.TO_NEAREST_EVEN:
        raise Unsupported("the JAX primitive round away from zero is not available in ball arithmetic")
    return as_array(domain.ufuncs["rint"](x))


@rule("logistic")
def _logistic(domain: Domain, params: Any, x: Any) -> Any:
    return as_array(domain.rounded(_LOGISTIC(x)))


@rule("one_minus_square")  # JAX 0.12 differentiates tanh with it
def _one_minus_square(domain: Domain, params: Any, x: Any) -> Any:
    return as_array(domain.rounded(1 - domain.rounded(x * x)))


@rule("rsqrt")
def _rsqrt(domain: Domain, params: Any, x: Any) -> Any:
    return as_array(domain.rounded(_RSQRT(x)))


@rule("integer_pow")
def _integer_pow(domain: Domain, params: Any, x: Any) -> Any:
    exponent = params["y"]
    if x.dtype != object:
        return np.asarray(x**exponent)
    power = _POWERS.setdefault(exponent, _each(lambda b: b**exponent, 1, 1))
    return as_array(domain.rounded(power(x)))


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
        if dtype == np.int64:
            return np.array([domain.whole(b) for b in x.reshape(-1).tolist()], dtype).reshape(x.shape)
        if dtype != np.float64:
            raise Unsupported(f"JAX casts to {dtype} here, which ball arithmetic does not do")
        return x
    return as_array(BALLS.lift_array(x)) if dtype.kind == "f" else x.astype(dtype)


RULES["copy"] = RULES["copy_p"] = RULES["stop_gradient"] = lambda domain, params, x: x
RULES["optimization_barrier"] = lambda domain, params, *xs: list(xs)
RULES["reduce_precision"] = lambda domain, params, x: x


@rule("rem")
def _rem(domain: Domain, params: Any, a: Any, b: Any) -> Any:
    if a.dtype == object or b.dtype == object:
        return domain.ufuncs["fmod"](*(domain.lift_array(x) if x.dtype != object else x for x in (a, b)))
    return np.asarray(np.fmod(a, b))


RULES["platform_index"] = lambda domain, params, *_: np.zeros((), dtype=np.int32)
