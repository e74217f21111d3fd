"""Functions of one number made of others: hyperbolic, trigonometric, softplus."""

from __future__ import annotations

from fractions import Fraction

from gradcheck.notes.arrays.algebra import add, multiply, negative, power
from gradcheck.notes.arrays.terms import ONE, Function, Number, Term

__all__ = ["COMPOSED", "composed"]

_HALF, _TWO, _MINUS = Number(Fraction(1, 2)), Number(Fraction(2)), Number(Fraction(-1))
COMPOSED = {
    "sinh", "cosh", "sech", "coth", "tan", "cot", "sec", "csc", "softplus", "arsinh", "arcosh", "artanh",
}  # fmt: skip


def composed(name: str, x: Term) -> Term:
    """The function at ``x``; one that is not made of others is itself."""
    match name:
        case "sinh" | "cosh":
            other = _exp(negative(x))
            return multiply((_HALF, add((_exp(x), negative(other) if name == "sinh" else other))))
        case "sech":
            return _inverse(composed("cosh", x))
        case "coth":
            return _inverse(Function("tanh", x))
        case "tan":
            return multiply((Function("sin", x), _inverse(Function("cos", x))))
        case "cot":
            return multiply((Function("cos", x), _inverse(Function("sin", x))))
        case "sec":
            return _inverse(Function("cos", x))
        case "csc":
            return _inverse(Function("sin", x))
        case "softplus":
            return Function("log", add((ONE, _exp(x))))
        case "arsinh":
            return Function("log", add((x, Function("sqrt", add((power(x, _TWO), ONE))))))
        case "arcosh":
            return Function("log", add((x, Function("sqrt", add((power(x, _TWO), _MINUS))))))
        case "artanh":
            above, below = add((ONE, x)), add((ONE, negative(x)))
            return multiply((_HALF, Function("log", multiply((above, _inverse(below))))))
    return Function(name, x)


def _exp(x: Term) -> Term:
    return Function("exp", x)


def _inverse(x: Term) -> Term:
    return power(x, _MINUS)
