"""What NumPy's ufuncs do to balls, scalar by scalar."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from gradcheck.arithmetic.balls.special import SPECIAL
from gradcheck.arithmetic.domain import ObjectArray, elementwise, of_entries
from gradcheck.errors import Undecided

__all__ = ["UFUNCS", "trunc"]


def _compare(relation: Callable[[Any, Any], bool], opposite: Callable[[Any, Any], bool], sign: str) -> Any:
    def decide(a: arb, b: arb) -> bool:
        if a is b:
            same = math.nan if a.is_nan() else 0.0  # `x != x` is how JAX asks for NaN
            return bool(relation(same, same))
        if relation(a, b):  # python-flint answers True only where it holds for all values
            return True
        if opposite(a, b):
            return False
        if not (a.is_finite() and b.is_finite()):
            raise Undecided(f"a comparison ({sign}) with a value that is not finite")
        raise Undecided(f"a comparison ({sign}) of two balls that overlap: {a.str(5)} and {b.str(5)}")

    return elementwise(decide, 2)


def _maximum(a: arb, b: arb) -> arb:
    if a is b or a >= b:
        return a
    return b if b >= a else a.max(b)


def _minimum(a: arb, b: arb) -> arb:
    if a is b or a <= b:
        return a
    return b if b <= a else a.min(b)


def _heaviside(x: arb, at_zero: arb) -> arb:
    if x.is_zero():
        return at_zero
    if x.contains(0):
        return arb(0).union(arb(1)).union(at_zero)
    return arb(1) if x > 0 else arb(0)


_last_exponent: tuple[arb, int | None] = (arb(2), 2)
"""An exponent with the integer that it is: the entries of an array are nearly always raised to the same."""


def _power(x: arb, y: arb) -> arb:
    global _last_exponent  # noqa: PLW0603  (replaced whole, so that another thread never sees half of it)
    known, exponent = _last_exponent
    if y is not known:
        whole = y.unique_fmpz() if y.is_integer() else None
        exponent = None if whole is None else int(whole)
        _last_exponent = y, exponent
    if exponent is None:
        return x**y
    power = x**exponent
    if power.is_finite() or not x.is_finite() or exponent < 0:
        return power
    return _by_squaring(x, exponent)


def _square(values: ObjectArray) -> Any:
    """Products without what they leave below zero."""
    squares = np.multiply(values, values)
    if not isinstance(squares, np.ndarray):
        return squares.nonnegative_part()
    entries = squares.ravel().tolist()
    if all(map(_ZERO.__lt__, entries)):  # by far the commonest
        return squares
    return of_entries(list(map(arb.nonnegative_part, entries)), squares.shape)


_ZERO = arb(0)


def _by_squaring(x: arb, exponent: int) -> arb:
    """A power of a ball around exactly zero, of which python-flint 0.9 makes NaN."""
    result, factor = arb(1), x
    while exponent:
        if exponent % 2:
            result *= factor
        factor, exponent = factor * factor, exponent // 2
    return result


def _logaddexp(a: arb, b: arb) -> arb:
    top = _maximum(a, b)
    return top + (_minimum(a, b) - top).exp().log1p()


def _logaddexp2(a: arb, b: arb) -> arb:
    top = _maximum(a, b)
    return top + (1 + arb(2) ** (_minimum(a, b) - top)).log() / arb(2).log()


def _fmod(x: arb, y: arb) -> arb:
    quotient = x / y
    if quotient > 0 or quotient < 0 or quotient.is_zero():
        return x - y * (quotient.floor() if quotient > 0 else quotient.ceil())
    return x - y * quotient.floor().union(quotient.ceil())


def _cbrt(x: arb) -> arb:
    if x.is_zero():
        return x
    return -((-x).root(3)) if x < 0 else x.root(3)


def trunc(x: arb) -> arb:
    if x >= 0:
        return x.floor()
    return x.ceil() if x <= 0 else x.floor().union(x.ceil())


def _nearest(x: arb) -> arb:
    """The nearest integer, of two the even one; both where a ball reaches over the middle."""
    low, high = (x - _HALF).ceil(), (x + _HALF).floor()
    if x.is_exact() and not low.overlaps(high):
        return low if (low / 2).is_integer() else high
    return low.union(high)


_HALF = arb(0.5)


def _signbit(x: arb) -> bool:
    if x.contains(0) and not x.is_zero():
        raise Undecided(f"the sign of {x.str(5)}")
    return bool(x < 0)


def _expit(x: arb) -> arb:
    return 1 / (1 + (-x).exp())


_LN2 = {"log2": 2, "log10": 10}

UFUNCS: dict[str, Callable[..., Any]] = {
    # numpy's own object loops call the operators of arb, in C
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.true_divide,
    "negative": np.negative,
    "positive": elementwise(lambda x: x),
    "conjugate": elementwise(lambda x: x),
    "square": _square,
    "reciprocal": elementwise(lambda x: 1 / x),
    "power": elementwise(_power, 2),
    "float_power": elementwise(_power, 2),
    "sqrt": elementwise(arb.sqrt),
    "cbrt": elementwise(_cbrt),
    "exp": elementwise(arb.exp),
    "exp2": elementwise(lambda x: arb(2) ** x),
    "expm1": elementwise(arb.expm1),
    "log": elementwise(arb.log),
    "log2": elementwise(lambda x: x.log() / arb(2).log()),
    "log10": elementwise(lambda x: x.log() / arb(10).log()),
    "log1p": elementwise(arb.log1p),
    "logaddexp": elementwise(_logaddexp, 2),
    "logaddexp2": elementwise(_logaddexp2, 2),
    "sin": elementwise(arb.sin),
    "cos": elementwise(arb.cos),
    "tan": elementwise(arb.tan),
    "arcsin": elementwise(arb.asin),
    "arccos": elementwise(arb.acos),
    "arctan": elementwise(arb.atan),
    "arctan2": elementwise(arb.atan2, 2),
    "sinh": elementwise(arb.sinh),
    "cosh": elementwise(arb.cosh),
    "tanh": elementwise(arb.tanh),
    "arcsinh": elementwise(arb.asinh),
    "arccosh": elementwise(arb.acosh),
    "arctanh": elementwise(arb.atanh),
    "hypot": elementwise(lambda a, b: (a * a + b * b).sqrt(), 2),
    "deg2rad": elementwise(lambda x: x * arb.pi() / 180),
    "rad2deg": elementwise(lambda x: x * 180 / arb.pi()),
    "absolute": elementwise(abs),
    "fabs": elementwise(abs),
    "sign": elementwise(lambda x: x.sgn()),
    "heaviside": elementwise(_heaviside, 2),
    "copysign": elementwise(lambda a, b: abs(a) * b.sgn() if not b.is_zero() else abs(a), 2),
    "floor": elementwise(arb.floor),
    "ceil": elementwise(arb.ceil),
    "rint": elementwise(_nearest),
    # the quotient's floor is an enclosure too: as wide as 1 where it may jump
    "remainder": elementwise(lambda x, y: x - y * (x / y).floor(), 2),
    "floor_divide": elementwise(lambda x, y: (x / y).floor(), 2),
    "fmod": elementwise(_fmod, 2),
    "maximum": elementwise(_maximum, 2),
    "minimum": elementwise(_minimum, 2),
    "fmax": elementwise(_maximum, 2),
    "fmin": elementwise(_minimum, 2),
    # scipy.special's ufuncs reach the array class by name
    "erf": elementwise(arb.erf),
    "erfc": elementwise(arb.erfc),
    "expit": elementwise(_expit),
    "logit": elementwise(lambda x: (x / (1 - x)).log()),
    "gammaln": elementwise(arb.lgamma),
    "betaln": elementwise(lambda a, b: a.lgamma() + b.lgamma() - (a + b).lgamma(), 2),
    "psi": elementwise(arb.digamma),
    "digamma": elementwise(arb.digamma),
    "ndtr": elementwise(lambda x: (-x / arb(2).sqrt()).erfc() / 2),
    "log_ndtr": elementwise(lambda x: ((-x / arb(2).sqrt()).erfc() / 2).log()),
    # predicates
    "less": _compare(operator.lt, operator.ge, "<"),
    "less_equal": _compare(operator.le, operator.gt, "<="),
    "greater": _compare(operator.gt, operator.le, ">"),
    "greater_equal": _compare(operator.ge, operator.lt, ">="),
    "equal": _compare(operator.eq, operator.ne, "=="),
    "not_equal": _compare(operator.ne, operator.eq, "!="),
    "isnan": elementwise(lambda x: x.is_nan()),
    "isfinite": elementwise(lambda x: x.is_finite()),
    "isinf": elementwise(lambda x: not x.is_finite() and not x.is_nan()),
    "signbit": elementwise(_signbit),
}
UFUNCS |= SPECIAL
UFUNCS["trunc"] = elementwise(trunc)
UFUNCS["true_divide"] = UFUNCS["divide"]
