"""Local derivatives of NumPy's elementwise functions, as functions of the output and the inputs.

Textbook calculus. Each works on float64 arrays and on balls, because it is made of NumPy calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["ELEMENTWISE", "local_derivatives"]

Local = Callable[..., Any]

_LN2, _LN10 = float(np.log(2.0)), float(np.log(10.0))


def _half_where_equal(yes: Any, no: Any) -> Any:
    """1 where the first is chosen, 0 where the other is; a tie is no point to judge by."""
    return np.where(np.greater(yes, no), 1.0, 0.0)


def _power_exponent(o: Any, x: Any, y: Any) -> Any:
    return o * np.log(x)


def _sign(x: Any) -> Any:
    return np.where(np.greater(x, 0), 1.0, np.where(np.less(x, 0), -1.0, 0.0))


ELEMENTWISE: dict[Any, tuple[Local | None, ...]] = {
    np.add: (lambda o, x, y: 1.0, lambda o, x, y: 1.0),
    np.subtract: (lambda o, x, y: 1.0, lambda o, x, y: -1.0),
    np.multiply: (lambda o, x, y: y, lambda o, x, y: x),
    np.true_divide: (lambda o, x, y: 1 / y, lambda o, x, y: -o / y),
    np.power: (lambda o, x, y: y * np.power(x, y - 1), _power_exponent),
    np.float_power: (lambda o, x, y: y * np.power(x, y - 1), _power_exponent),
    np.maximum: (lambda o, x, y: _half_where_equal(x, y), lambda o, x, y: _half_where_equal(y, x)),
    np.minimum: (lambda o, x, y: _half_where_equal(y, x), lambda o, x, y: _half_where_equal(x, y)),
    np.logaddexp: (lambda o, x, y: np.exp(x - o), lambda o, x, y: np.exp(y - o)),
    np.hypot: (lambda o, x, y: x / o, lambda o, x, y: y / o),
    np.arctan2: (lambda o, y, x: x / (x * x + y * y), lambda o, y, x: -y / (x * x + y * y)),
    np.negative: (lambda o, x: -1.0,),
    np.positive: (lambda o, x: 1.0,),
    np.conjugate: (lambda o, x: 1.0,),
    np.exp: (lambda o, x: o,),
    np.exp2: (lambda o, x: o * _LN2,),
    np.expm1: (lambda o, x: o + 1,),
    np.log: (lambda o, x: 1 / x,),
    np.log2: (lambda o, x: 1 / (x * _LN2),),
    np.log10: (lambda o, x: 1 / (x * _LN10),),
    np.log1p: (lambda o, x: 1 / (1 + x),),
    np.sqrt: (lambda o, x: 0.5 / o,),
    np.cbrt: (lambda o, x: 1 / (3 * o * o),),
    np.square: (lambda o, x: 2 * x,),
    np.reciprocal: (lambda o, x: -o * o,),
    np.tanh: (lambda o, x: 1 - o * o,),
    np.sin: (lambda o, x: np.cos(x),),
    np.cos: (lambda o, x: -np.sin(x),),
    np.tan: (lambda o, x: 1 + o * o,),
    np.arcsin: (lambda o, x: 1 / np.sqrt(1 - x * x),),
    np.arccos: (lambda o, x: -1 / np.sqrt(1 - x * x),),
    np.arctan: (lambda o, x: 1 / (1 + x * x),),
    np.sinh: (lambda o, x: np.cosh(x),),
    np.cosh: (lambda o, x: np.sinh(x),),
    np.arcsinh: (lambda o, x: 1 / np.sqrt(1 + x * x),),
    np.arccosh: (lambda o, x: 1 / np.sqrt(x * x - 1),),
    np.arctanh: (lambda o, x: 1 / (1 - x * x),),
    np.absolute: (lambda o, x: _sign(x),),
    np.fabs: (lambda o, x: _sign(x),),
    np.sign: (lambda o, x: 0.0,),
    np.floor: (lambda o, x: 0.0,),
    np.ceil: (lambda o, x: 0.0,),
    np.where: (
        None,
        lambda o, c, x, y: np.where(c, 1.0, 0.0),
        lambda o, c, x, y: np.where(c, 0.0, 1.0),
    ),
}
"""NumPy function -> one local derivative for each positional argument (None: not differentiable)."""


_OF_SCIPY: dict[str, tuple[Local]] = {
    "erf": (lambda o, x: 2 / np.sqrt(np.pi) * np.exp(-x * x),),
    "erfc": (lambda o, x: -2 / np.sqrt(np.pi) * np.exp(-x * x),),
    "expit": (lambda o, x: o * (1 - o),),
    "logit": (lambda o, x: 1 / (x * (1 - x)),),
}
"""By name, so that nobody has to load SciPy for it."""


def local_derivatives(function: Any) -> tuple[Local | None, ...] | None:
    """The local derivatives of an elementwise function, None where it is not known."""
    try:
        found = ELEMENTWISE.get(function)
        if found is None and isinstance(function, np.ufunc):
            return _OF_SCIPY.get(function.__name__)
        return found
    except TypeError:  # not hashable
        return None
