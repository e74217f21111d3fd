"""JAX primitives as NumPy calls; `_replay` says what for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported

__all__ = ["RULES", "Call", "Positions"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Call:
    """One equation: its parameters and the first result's shape with the sizes put in, the types of the
    first result and of the first operand, and an array of the arithmetic at hand.
    """

    params: Mapping[str, Any]
    shape: tuple[Any, ...]
    dtype: np.dtype[Any]
    given: np.dtype[Any] | None
    prototype: Any

    def filled(self, value: Any, shape: Sequence[Any], dtype: np.dtype[Any]) -> Any:
        """A constant array; a plain number where there are no axes."""
        if not len(shape) or _not_finite(value):
            return value
        like: Any = np.full_like  # NumPy's own types know no sizes but integers
        value = float(value) if isinstance(value, int) else value
        made = like(self.prototype, value, shape=tuple(shape))
        return np.greater(made, 0.0) if dtype.kind == "b" else made  # whole numbers are floats, exactly


class Positions:
    """The positions along one axis (`iota`). All that is known here is where two axes have equal ones."""

    def __init__(self, shape: Sequence[Any], axis: int) -> None:
        self.shape, self.axis = tuple(shape), axis


Rule = Callable[..., Any]
RULES: dict[str, Rule] = {}


def _rule(*names: str) -> Callable[[Rule], Rule]:
    def register(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return register


def _numbers(name: str, *values: Any) -> None:
    if any(isinstance(v, Positions) for v in values):
        raise Unsupported(f"the JAX primitive {name} of positions (iota)")


def _not_finite(x: Any) -> bool:
    """Infinity and NaN of the trace. They stay plain numbers, whatever shape they should have."""
    return isinstance(x, float) and not math.isfinite(x)


# -- entry by entry


def _entrywise(primitive: str, function: Callable[..., Any]) -> None:
    def run(call: Call, *values: Any) -> Any:
        _numbers(primitive, *values)
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


@_rule("add", "add_any")
def _add(call: Call, a: Any, b: Any) -> Any:
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Positions) and isinstance(other, int) and other == 0:
            return one
    _numbers("add", a, b)
    return np.add(a, b)


@_rule("div")
def _div(call: Call, a: Any, b: Any) -> Any:
    if call.dtype.kind != "f":
        raise Unsupported("the JAX primitive div of integers")
    return np.true_divide(a, b)


@_rule("integer_pow")
def _integer_pow(call: Call, x: Any) -> Any:
    return np.power(x, call.params["y"])


@_rule("select_n")
def _select_n(call: Call, which: Any, *cases: Any) -> Any:
    if call.given is None or call.given.kind != "b":
        raise Unsupported("the JAX primitive select_n with more than two cases")
    no, yes = cases
    if _not_finite(no) or _not_finite(yes):  # JAX guards what is no number; symbols have only numbers
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


@_rule("eq")
def _eq(call: Call, a: Any, b: Any) -> Any:
    if not (isinstance(a, Positions) and isinstance(b, Positions)):
        _numbers("eq", a, b)
        for x, y in ((a, b), (b, a)):
            if _not_finite(y) and not _not_finite(x):
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


@_rule("convert_element_type")
def _convert(call: Call, x: Any) -> Any:
    if call.given == call.dtype or (isinstance(x, Positions) and call.dtype.kind == "i"):
        return x
    _numbers("convert_element_type", x)
    if call.given is not None and call.given.kind == "f":
        raise Unsupported(f"the JAX primitive convert_element_type to {call.dtype}")
    if hasattr(x, "astype"):
        return x.astype(call.dtype)
    # a plain number, or a size that is a symbol: both are numbers in every arithmetic
    return float(x) if isinstance(x, int) and call.dtype.kind == "f" else x


# -- axes and positions


@_rule("broadcast_in_dim")
def _broadcast_in_dim(call: Call, x: Any, *_: Any) -> Any:
    kept = [int(axis) for axis in call.params["broadcast_dimensions"]]
    if isinstance(x, Positions):
        return Positions(call.shape, kept[x.axis])
    if not np.ndim(x):
        return call.filled(x, call.shape, call.dtype)
    added = tuple(k for k in range(len(call.shape)) if k not in kept)
    return np.broadcast_to(np.expand_dims(x, added), call.shape)


@_rule("reshape")
def _reshape(call: Call, x: Any, *_: Any) -> Any:
    _numbers("reshape", x)
    return np.reshape(x, call.shape) if np.ndim(x) else call.filled(x, call.shape, call.dtype)


@_rule("transpose")
def _transpose(call: Call, x: Any) -> Any:
    order = tuple(int(k) for k in call.params["permutation"])
    return Positions(call.shape, order.index(x.axis)) if isinstance(x, Positions) else np.transpose(x, order)


@_rule("squeeze")
def _squeeze(call: Call, x: Any) -> Any:
    _numbers("squeeze", x)
    return np.squeeze(x, tuple(call.params["dimensions"]))


@_rule("expand_dims")
def _expand_dims(call: Call, x: Any) -> Any:
    _numbers("expand_dims", x)
    return np.expand_dims(x, tuple(call.params["dimensions"]))


@_rule("stack")
def _stack(call: Call, *xs: Any) -> Any:
    return np.stack(xs, axis=call.params["axis"])


@_rule("unstack")
def _unstack(call: Call, x: Any) -> list[Any]:
    before = (slice(None),) * call.params["axis"]
    return [x[(*before, k)] for k in range(np.shape(x)[call.params["axis"]])]


@_rule("iota")
def _iota(call: Call, *_: Any) -> Any:
    return Positions(call.shape, call.params["dimension"])


@_rule("dim_as_value")
def _dim_as_value(call: Call) -> Any:
    return call.params["dim"]


# -- sums and products


@_rule("dot_general")
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


@_rule("reduce_sum")
def _reduce_sum(call: Call, x: Any) -> Any:
    return np.sum(x, axis=_axes(call))


@_rule("reduce_max")
def _reduce_max(call: Call, x: Any) -> Any:
    return np.max(x, axis=_axes(call))


@_rule("reduce_min")
def _reduce_min(call: Call, x: Any) -> Any:
    return np.min(x, axis=_axes(call))


@_rule("reduce_prod")
def _reduce_prod(call: Call, x: Any) -> Any:
    return np.prod(x, axis=_axes(call))


@_rule("cumsum")
def _cumsum(call: Call, x: Any) -> Any:
    axis = call.params["axis"]
    if call.params["reverse"]:
        return np.flip(np.cumsum(np.flip(x, axis), axis=axis), axis)
    return np.cumsum(x, axis=axis)


def _axes(call: Call) -> tuple[int, ...]:
    return tuple(int(axis) for axis in call.params["axes"])
