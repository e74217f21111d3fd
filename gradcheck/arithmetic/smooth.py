"""Balls in which code runs only where it is smooth: a kink, a jump or a decision inside of them is refused.

One run on balls around the values says of all numbers in them what slopes to both sides say of a line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import arb

from gradcheck.arithmetic.balls.domains import BallDomain
from gradcheck.arithmetic.domain import elementwise
from gradcheck.errors import Undecided

__all__ = ["SMOOTH"]


def _away_from_zero(function: Callable[..., Any]) -> Callable[..., Any]:
    def run(x: arb, *others: arb) -> Any:
        for number in (x, *others):
            if number.contains(0):
                raise Undecided("a function that has a kink or a pole at zero")
        return function(x, *others)

    return run


def _one_of(relation: Callable[[arb, arb], bool]) -> Callable[[arb, arb], arb]:
    def run(a: arb, b: arb) -> arb:
        if a is b or relation(a, b):
            return a
        if relation(b, a):
            return b
        raise Undecided("the larger or smaller of two balls that overlap")

    return run


def _between_integers(name: str) -> Callable[..., Any]:
    function = BallDomain.ufuncs[name]

    def run(*numbers: arb) -> Any:
        result = function(*numbers)
        quotient = numbers[0] / numbers[1] if len(numbers) > 1 else numbers[0]
        low, high = quotient.floor(), (quotient + _HALF).floor()
        if not (low.is_exact() and high.is_exact()):
            raise Undecided("a function that jumps at an integer, or half-way between two")
        return result

    return run


_HALF = arb(0.5)

_BESSEL = ("i0e", "i1e", "iv", "ive", "jv", "kv", "kve", "yv")
_ABOUT_ZERO = (
    *("absolute", "fabs", "sign", "sqrt", "cbrt", "hypot", "arctan2", "heaviside", "copysign"),
    *_BESSEL,
)
_JUMPING = ("floor", "ceil", "rint", "trunc", "remainder", "floor_divide", "fmod")
_OF_TWO = {
    *("hypot", "arctan2", "heaviside", "copysign", "remainder", "floor_divide", "fmod"),
    *("iv", "ive", "jv", "kv", "kve", "yv"),
}


def _power(x: arb, y: arb) -> Any:
    if not y.is_integer() and x.contains(0):
        raise Undecided("a power that is no integer, of a ball around zero")
    return BallDomain.ufuncs["power"](x, y)


class _SmoothDomain(BallDomain):
    """Balls around which the code is analytic, or `Undecided` is raised. What it refuses may be smooth."""

    ufuncs = BallDomain.ufuncs | {
        **{
            n: elementwise(_away_from_zero(BallDomain.ufuncs[n]), 2 if n in _OF_TWO else 1)
            for n in _ABOUT_ZERO
        },
        **{n: elementwise(_between_integers(n), 2 if n in _OF_TWO else 1) for n in _JUMPING},
        **dict.fromkeys(["maximum", "fmax"], elementwise(_one_of(arb.__ge__), 2)),
        **dict.fromkeys(["minimum", "fmin"], elementwise(_one_of(arb.__le__), 2)),
        **dict.fromkeys(["power", "float_power"], elementwise(_power, 2)),
    }


SMOOTH = _SmoothDomain()
