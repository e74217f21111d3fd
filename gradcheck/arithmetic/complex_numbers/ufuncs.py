"""NumPy's ufuncs on pairs of a real and an imaginary part, which is None for a real number.

The formulas are those of the textbooks (Abramowitz and Stegun, 4.1 to 4.6), with NumPy's branches: the
argument of a number lies in (-pi, pi], and logarithms and roots are cut along the negative real axis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic.complex_numbers.arrays import UFUNCS, mixing

__all__ = ["bilinear", "magnitude"]

Pair = tuple[Any, Any]

_MOST_PRODUCTS = 64
"""Whole exponents up to this are products."""


def bilinear(product: Callable[[Any, Any], Any], p: Pair, q: Pair) -> Pair:
    """A product of two pairs, of a bilinear function of real arrays."""
    (a, b), (c, d) = p, q
    if d is None:
        return product(a, c), None if b is None else product(b, c)
    if b is None:
        return product(a, c), product(a, d)
    with mixing():
        return product(a, c) - product(b, d), product(a, d) + product(b, c)


def _times(p: Pair, q: Pair) -> Pair:
    return bilinear(lambda x, y: x * y, p, q)


def _plus(p: Pair, q: Pair) -> Pair:
    (a, b), (c, d) = p, q
    if b is None or d is None:
        return a + c, d if b is None else b
    return a + c, b + d


def _minus(p: Pair, q: Pair) -> Pair:
    return _plus(p, _negative(q))


def _negative(p: Pair) -> Pair:
    return -p[0], None if p[1] is None else -p[1]


def _over(p: Pair, q: Pair) -> Pair:
    (a, b), (c, d) = p, q
    if d is None:
        return a / c, None if b is None else b / c
    with mixing():
        norm = c * c + d * d
        if b is None:
            return a * c / norm, -(a * d) / norm
        return (a * c + b * d) / norm, (b * c - a * d) / norm


def magnitude(p: Pair) -> Any:
    """The absolute value."""
    a, b = p
    return np.abs(a) if b is None else np.sqrt(a * a + b * b)


def _exp(p: Pair) -> Pair:
    a, b = p
    return (np.exp(a), None) if b is None else (np.exp(a) * np.cos(b), np.exp(a) * np.sin(b))


def _log(p: Pair) -> Pair:
    a, b = p
    return (np.log(a), None) if b is None else (np.log(a * a + b * b) / 2, np.arctan2(b, a))


def _sqrt(p: Pair) -> Pair:
    a, b = p
    if b is None:
        return np.sqrt(a), None
    re = np.sqrt((magnitude(p) + a) / 2)
    return re, b / (2 * re)


def _power(p: Pair, q: Pair) -> Pair:
    exponent = _number(q)
    if exponent is not None and exponent == int(exponent) and abs(exponent) <= _MOST_PRODUCTS:
        return _whole_power(p, int(exponent))
    if exponent == 0.5:
        return _sqrt(p)
    return _exp(_times(q, _log(p)))


def _number(p: Pair) -> float | None:
    """A pair that is one real number of Python's or NumPy's."""
    re, im = p
    plain = im is None and isinstance(re, int | float | np.generic)
    return float(re) if plain else None


def _whole_power(p: Pair, exponent: int) -> Pair:
    if exponent < 0:
        return _over((1.0, None), _whole_power(p, -exponent))
    if not exponent:
        return p[0] * 0 + 1, p[1] * 0
    result, factor = None, p
    while exponent:
        if exponent % 2:
            result = factor if result is None else _times(result, factor)
        exponent //= 2
        factor = _times(factor, factor) if exponent else factor
    assert result is not None
    return result


def _sin(p: Pair) -> Pair:
    a, b = p
    return np.sin(a) * np.cosh(b), np.cos(a) * np.sinh(b)


def _cos(p: Pair) -> Pair:
    a, b = p
    return np.cos(a) * np.cosh(b), -(np.sin(a) * np.sinh(b))


def _sinh(p: Pair) -> Pair:
    a, b = p
    return np.sinh(a) * np.cos(b), np.cosh(a) * np.sin(b)


def _cosh(p: Pair) -> Pair:
    a, b = p
    return np.cosh(a) * np.cos(b), np.sinh(a) * np.sin(b)


def _turned(p: Pair) -> Pair:
    """i times a number."""
    return -p[1], p[0]


def _turned_back(p: Pair) -> Pair:
    return p[1], -p[0]


ONE: Pair = (1.0, None)


def _arcsinh(p: Pair) -> Pair:
    return _log(_plus(p, _sqrt(_plus(_times(p, p), ONE))))


def _arctanh(p: Pair) -> Pair:
    difference = _minus(_log(_plus(ONE, p)), _log(_minus(ONE, p)))
    return difference[0] / 2, difference[1] / 2


def _arccos(p: Pair) -> Pair:
    return _turned_back(_log(_plus(p, _turned(_sqrt(_minus(ONE, _times(p, p)))))))


def _arccosh(p: Pair) -> Pair:
    return _log(_plus(p, _times(_sqrt(_plus(p, ONE)), _sqrt(_minus(p, ONE)))))


def _equal(p: Pair, q: Pair) -> Any:
    (a, b), (c, d) = ((x, 0 if y is None else y) for x, y in (p, q))
    return (a == c) & (b == d)


def _logaddexp(p: Pair, q: Pair) -> Pair:
    return _log(_plus(_exp(p), _exp(q)))


UFUNCS.update(
    {
        "add": _plus,
        "subtract": _minus,
        "multiply": _times,
        "divide": _over,
        "true_divide": _over,
        "negative": _negative,
        "positive": lambda p: p,
        "conjugate": lambda p: (p[0], None if p[1] is None else -p[1]),
        "absolute": magnitude,
        "sign": lambda p: _over(p, (magnitude(p), None)),
        "square": lambda p: _times(p, p),
        "reciprocal": lambda p: _over(ONE, p),
        "power": _power,
        "float_power": _power,
        "sqrt": _sqrt,
        "exp": _exp,
        "expm1": lambda p: _minus(_exp(p), ONE),
        "exp2": lambda p: _power((2.0, None), p),
        "log": _log,
        "log1p": lambda p: _log(_plus(ONE, p)),
        "logaddexp": _logaddexp,
        "sin": _sin,
        "cos": _cos,
        "tan": lambda p: _over(_sin(p), _cos(p)),
        "sinh": _sinh,
        "cosh": _cosh,
        "tanh": lambda p: _over(_sinh(p), _cosh(p)),
        "arcsinh": _arcsinh,
        "arctanh": _arctanh,
        "arcsin": lambda p: _turned_back(_arcsinh(_turned(p))),
        "arctan": lambda p: _turned_back(_arctanh(_turned(p))),
        "arccos": _arccos,
        "arccosh": _arccosh,
        "matmul": lambda p, q: bilinear(np.matmul, p, q),
        "equal": _equal,
        "not_equal": lambda p, q: ~_equal(p, q),
        "isfinite": lambda p: np.isfinite(p[0]) & np.isfinite(p[1]),
        "isnan": lambda p: np.isnan(p[0]) | np.isnan(p[1]),
        "isinf": lambda p: np.isinf(p[0]) | np.isinf(p[1]),
    }
)
