"""Putting balls into SymPy expressions: the value of an expression as a ball that holds it.

`value` walks through the expression; what is evaluated many times is *compiled* into nested functions first,
which costs a third.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import sympy
from flint import arb

from gradcheck.arithmetic.balls.domains import BALLS
from gradcheck.errors import NoAnswer, Undecided, Unsupported

__all__ = ["Compiled", "compiled", "value"]

Environment = Mapping[Any, arb]

Compiled = Callable[[list[arb]], arb]
"""The value of an expression, of its symbols' values in order."""


def compiled(expression: Any, symbols: Sequence[Any]) -> Compiled:
    """An expression in these symbols as a function of their values. The function raises as `value` does."""
    if expression.is_Symbol:
        return operator.itemgetter(symbols.index(expression))
    if expression.is_Integer:
        number = arb(int(expression))
        return lambda values: number
    parts = [compiled(a, symbols) for a in expression.args] if type(expression) in _COMPILED else []
    if type(expression) is sympy.Pow:
        exponent = expression.args[1]
        if exponent.is_Integer:
            base, power = parts[0], int(exponent)
            return lambda values: base(values) ** power
    elif parts:
        function = _COMPILED[type(expression)]
        if len(parts) == 1:
            (only,) = parts
            return lambda values: function(only(values))
        first, second, *rest = parts
        if not rest:
            return lambda values: function(first(values), second(values))
        return lambda values: reduce(function, [part(values) for part in parts])
    return lambda values: value(expression, dict(zip(symbols, values, strict=True)))


def value(expression: Any, environment: Environment) -> arb:
    """The ball of a SymPy expression. Raises `Unsupported` for a function that is not known here and
    at a kink, where SymPy's derivative is a convention and no answer.
    """
    if expression.is_Symbol:
        return environment[expression]
    if expression.is_Integer:
        return arb(int(expression))
    rule = _RULES.get(type(expression)) or _RULES.get(expression.func)
    if rule is None:
        if expression.is_Rational:
            return arb(int(expression.p)) / int(expression.q)
        raise Unsupported(f"SymPy's {type(expression).__name__} cannot be evaluated in balls")
    return rule(expression, environment)


def truth(condition: Any, environment: Environment) -> bool:
    """Whether a SymPy condition holds. Raises `Undecided` where the balls overlap."""
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    comparison = _COMPARISONS.get(condition.func)
    if comparison is not None:
        left, right = (value(a, environment) for a in condition.args)
        return bool(BALLS.ufuncs[comparison](left, right))
    if isinstance(condition, sympy.Not):
        return not truth(condition.args[0], environment)
    if isinstance(condition, sympy.And):
        return all(truth(a, environment) for a in condition.args)
    if isinstance(condition, sympy.Or):
        return any(truth(a, environment) for a in condition.args)
    raise Unsupported(f"SymPy's condition {type(condition).__name__} cannot be evaluated in balls")


_COMPARISONS = {
    sympy.StrictLessThan: "less",
    sympy.LessThan: "less_equal",
    sympy.StrictGreaterThan: "greater",
    sympy.GreaterThan: "greater_equal",
    sympy.Equality: "equal",
    sympy.Unequality: "not_equal",
}


def _power(expression: Any, environment: Environment) -> arb:
    base, exponent = expression.args
    if exponent.is_Integer:
        return value(base, environment) ** int(exponent)
    if exponent == sympy.S.Half:
        return value(base, environment).sqrt()
    if exponent == -sympy.S.Half:
        return value(base, environment).rsqrt()
    return value(base, environment) ** value(exponent, environment)


def _piecewise(expression: Any, environment: Environment) -> arb:
    for branch, condition in expression.args:
        if truth(condition, environment):
            return value(branch, environment)
    raise NoAnswer("no branch of SymPy's Piecewise holds here")


def _sign(expression: Any, environment: Environment) -> arb:
    x = value(expression.args[0], environment)
    if x.is_zero():
        raise NoAnswer("a kink: SymPy's derivative is a convention here")
    if x.contains(0):
        raise Undecided(f"the sign of {x.str(5)}")
    return arb(1) if x > 0 else arb(-1)


def _heaviside(expression: Any, environment: Environment) -> arb:
    return (_sign(expression, environment) + 1) / 2


def _dirac(expression: Any, environment: Environment) -> arb:
    """The derivative of a jump: zero everywhere else, and at the jump there is none."""
    _sign(expression, environment)
    return arb(0)


def _fold(function: Callable[[Any, Any], Any]) -> Callable[[Any, Environment], arb]:
    return lambda e, env: reduce(function, (value(a, env) for a in e.args))


def _unary(function: Callable[[arb], arb]) -> Callable[[Any, Environment], arb]:
    return lambda e, env: function(value(e.args[0], env))


_COMPILED: dict[Any, Callable[..., arb]] = {
    sympy.Add: operator.add,
    sympy.Mul: operator.mul,
    sympy.Pow: pow,  # of whole exponents only
    sympy.exp: arb.exp,
    sympy.log: arb.log,
    sympy.tanh: arb.tanh,
    sympy.sin: arb.sin,
    sympy.cos: arb.cos,
}

_RULES: dict[Any, Callable[[Any, Environment], arb]] = {
    sympy.Add: _fold(lambda a, b: a + b),
    sympy.Mul: _fold(lambda a, b: a * b),
    sympy.Pow: _power,
    sympy.Max: _fold(BALLS.ufuncs["maximum"]),
    sympy.Min: _fold(BALLS.ufuncs["minimum"]),
    sympy.Piecewise: _piecewise,
    sympy.sign: _sign,
    sympy.Heaviside: _heaviside,
    sympy.DiracDelta: _dirac,
    sympy.Abs: _unary(abs),
    sympy.exp: _unary(arb.exp),
    sympy.log: _unary(arb.log),
    sympy.sin: _unary(arb.sin),
    sympy.cos: _unary(arb.cos),
    sympy.tan: _unary(arb.tan),
    sympy.asin: _unary(arb.asin),
    sympy.acos: _unary(arb.acos),
    sympy.atan: _unary(arb.atan),
    sympy.sinh: _unary(arb.sinh),
    sympy.cosh: _unary(arb.cosh),
    sympy.tanh: _unary(arb.tanh),
    sympy.asinh: _unary(arb.asinh),
    sympy.acosh: _unary(arb.acosh),
    sympy.atanh: _unary(arb.atanh),
    sympy.erf: _unary(arb.erf),
    sympy.erfc: _unary(arb.erfc),
    sympy.atan2: lambda e, env: arb.atan2(value(e.args[0], env), value(e.args[1], env)),
    type(sympy.pi): lambda e, env: arb.pi(),
    type(sympy.E): lambda e, env: arb.const_e(),
}
