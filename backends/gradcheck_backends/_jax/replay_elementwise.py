"""JAX primitives that work entry by entry, as NumPy calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck_backends._jax.replay_table import RULES, Call, Positions, no_positions, not_finite, rule

__all__: list[str] = []


def _entrywise(primitive: str, function: Callable[..., Any]) -> None:
    def run(call: Call, *values: Any) -> Any:
        no_positions(primitive, *values)
        return function(*values)

    RULES[primitive] = run


_ENTRYWISE: dict[str, Callable[..., Any]] = {
    "sub": np.subtract, "mul": np.multiply, "neg": np.negative,
    "max": np.maximum, "min": np.minimum, "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1,
    "log": np.log, "log1p": np.log1p, "tanh": np.tanh, "sin": np.sin, "cos": np.cos, "tan": np.tan,
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "sinh": np.sinh,
    "cosh": np.cosh, "sqrt": np.sqrt, "cbrt": np.cbrt, "abs": np.absolute, "sign": np.sign,
    "square": np.square, "pow": np.power, "lt": np.less, "le": np.less_equal, "gt": np.greater,
    "ge": np.greater_equal, "ne": np.not_equal, "is_finite": np.isfinite,
    "rsqrt": lambda x: np.divide(1.0, np.sqrt(x)),
    "logistic": lambda x: np.divide(1.0, np.add(1.0, np.exp(np.negative(x)))),
    "one_minus_square": lambda x: np.subtract(1.0, np.square(x)),  # JAX 0.12, for tanh
    "clamp": lambda low, x, high: np.minimum(np.maximum(x, low), high),
    "copy": lambda x: x, "copy_p": lambda x: x, "stop_gradient": lambda x: x,
}  # fmt: skip
for _name, _function in _ENTRYWISE.items():
    _entrywise(_name, _function)


@rule("add", "add_any")
def _add(call: Call, a: Any, b: Any) -> Any:
    for one, other in ((a, b), (b, a)):
        if type(one) is Positions and type(other) is int and other == 0:
            return one
    no_positions("add", a, b)
    return np.add(a, b)


@rule("div")
def _div(call: Call, a: Any, b: Any) -> Any:
    if call.dtype.kind != "f":
        raise Unsupported("the JAX primitive div of integers")
    return np.true_divide(a, b)


@rule("integer_pow")
def _integer_pow(call: Call, x: Any) -> Any:
    return np.power(x, call.params["y"])


@rule("select_n")
def _select_n(call: Call, which: Any, *cases: Any) -> Any:
    if call.given is None or call.given.kind != "b":
        raise Unsupported("the JAX primitive select_n with more than two cases")
    no, yes = cases
    if not_finite(no) or not_finite(yes):  # JAX guards what is no number; symbols have only numbers
        if np.all(which):
            return yes
        if not np.any(which):
            return no
    return np.where(which, yes, no)


def _logical(primitive: str, function: Callable[..., Any]) -> None:
    def run(call: Call, *values: Any) -> Any:
        if call.dtype.kind != "b":
            raise Unsupported(f"the JAX primitive {primitive} of integers")
        return function(*values)

    RULES[primitive] = run


for _name, _function in {
    "and": np.logical_and, "or": np.logical_or, "xor": np.logical_xor, "not": np.logical_not,
}.items():  # fmt: skip
    _logical(_name, _function)


@rule("eq")
def _eq(call: Call, a: Any, b: Any) -> Any:
    if not (type(a) is Positions and type(b) is Positions):
        no_positions("eq", a, b)
        for x, y in ((a, b), (b, a)):
            if not_finite(y) and not not_finite(x):
                beyond = np.greater(x, 0.0) if y > 0 else np.less(x, 0.0)
                return np.logical_and(np.isinf(x), False if math.isnan(y) else beyond)
        return np.equal(a, b)
    if a.axis == b.axis:
        return call.filled(1, call.shape, call.dtype)
    row, column = sorted((a.axis, b.axis))
    if not call.shape[row] == call.shape[column]:
        raise Unsupported("positions compared along axes of different sizes")
    equal: Any = np.diag(call.filled(1, (call.shape[row],), np.dtype(float)))
    others = tuple(k for k in range(len(call.shape)) if k not in (row, column))
    return np.greater(np.broadcast_to(np.expand_dims(equal, others), call.shape), 0)


@rule("convert_element_type")
def _convert(call: Call, x: Any) -> Any:
    if call.given == call.dtype or (type(x) is Positions and call.dtype.kind == "i"):
        return x
    no_positions("convert_element_type", x)
    if call.given is not None and call.given.kind == "f":
        raise Unsupported(f"the JAX primitive convert_element_type to {call.dtype}")
    if hasattr(x, "astype"):
        return x.astype(call.dtype)
    # a plain number, or a size that is a symbol: both are numbers in every arithmetic
    return float(x) if type(x) is int and call.dtype.kind == "f" else x
