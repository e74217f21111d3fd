"""What NumPy's ufuncs do to indexed arrays, entry by entry."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.conditions.requirements import needs_nonzero, needs_positive, needs_root
from gradcheck.proofs.indexed.algebra.expression import Expr, constant
from gradcheck.proofs.indexed.algebra.functions import (
    absolute,
    apply,
    by_cases,
    exp,
    larger,
    log,
    split_cases,
)
from gradcheck.proofs.indexed.algebra.powers import power
from gradcheck.proofs.indexed.algebra.signs import sign_of
from gradcheck.proofs.indexed.algebra.space import Factor, Number, Space
from gradcheck.proofs.indexed.arrays.array import UFUNCS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import broadcast
from gradcheck.proofs.indexed.arrays.guarding import alike
from gradcheck.proofs.indexed.arrays.size import HIGHEST_POWER

__all__ = ["elementwise"]

Kind = Callable[..., str]


def _promoted(*kinds: str) -> str:
    return "f" if "f" in kinds else ("i" if "i" in kinds else "b")


def elementwise(function: Callable[..., Expr], *arrays: IndexedArray, kind: str) -> IndexedArray:
    """A function of entries over broadcast arrays."""
    space = arrays[0].space
    shape = broadcast(space, *(a.shape for a in arrays))
    with space.algebra():
        entry = function(*(a.entry for a in arrays))
    return IndexedArray(space, entry, shape, kind)


_OF_FLOATS_ALONE = {"reciprocal"}
"""NumPy divides whole numbers here."""
_OF_TRUTH_VALUES_TOO = {"multiply", "maximum", "minimum", "fmax", "fmin", "absolute", "divide"}
"""What is no float16 or int8 where NumPy is given truth values."""


def _register(name: str, function: Callable[..., Expr], kind: Kind = lambda *_: "f") -> None:
    def ufunc(*arrays: IndexedArray) -> IndexedArray:
        kinds = {a.kind for a in arrays}
        narrow = kinds == {"b"} and name not in _OF_TRUTH_VALUES_TOO
        if narrow or (name in _OF_FLOATS_ALONE and kinds != {"f"}):
            raise arrays[0].space.refused(Unsupported(f"np.{name} of integers or truth values"))
        return elementwise(function, *arrays, kind=kind(*(a.kind for a in arrays)))

    UFUNCS[name] = ufunc


def _one(e: Expr) -> Expr:
    return constant(e.space, 1)


def _divide(a: Expr, b: Expr) -> Expr:
    needs_nonzero(b)
    return a * _reciprocal(b)


def _reciprocal(b: Expr) -> Expr:
    """1 / b; of masks alone, such as a count of ties, case by case."""
    if len(b.terms) > 1 and _masks_alone(b) and _nowhere_zero(b):
        return by_cases(_reciprocal, b) or power(b, -1)
    return _by_cases(b, -1)


def _by_cases(base: Expr, exponent: Number) -> Expr:
    """A power, case by case where a mask picks one of two bases, neither of which is nothing."""
    cases = split_cases(base)
    if cases is None or not (cases[1].terms and cases[2].terms):
        return power(base, exponent)
    return by_cases(lambda e: _by_cases(e, exponent), base) or power(base, exponent)


def _masks_alone(b: Expr) -> bool:
    heads = b.space.heads
    return all(not bounds and all(heads[h].binary for h, _, _ in factors) for factors, bounds in b.terms)


def _nowhere_zero(b: Expr) -> bool:
    cases = split_cases(b)
    return bool(b.terms) if cases is None else all(_nowhere_zero(part) for part in cases[1:])


def _raised(base: Expr, exponent: Expr) -> Expr:
    number = exponent.number
    if number is None:
        needs_positive(base)
        return exp(exponent * log(base))
    if isinstance(number, Fraction):
        needs_root(base)
    if number < 0:
        needs_nonzero(base)
    return power(base, number)


def _log(a: Expr) -> Expr:
    needs_positive(a)
    return log(a)


def _tanh(z: Expr) -> Expr:
    twice = exp(z.scaled(2))
    return (twice - _one(z)) * power(twice + _one(z), -1)


def _half(a: Expr, b: Expr) -> Expr:
    return (a + b).scaled(Fraction(1, 2))


def _root(a: Expr) -> Expr:
    needs_root(a)
    return _by_cases(a, Fraction(1, 2))


def _angle(y: Expr, x: Expr) -> Expr:
    if sign_of(x) != "positive":
        raise x.space.refused(Unsupported("np.arctan2 where x need not be positive"))
    return apply("arctan", _divide(y, x))


def _arcsin(a: Expr) -> Expr:
    needs_root(_one(a) - a * a)
    return apply("arcsin", a)


_PLAIN: dict[str, tuple[Callable[..., Expr], Kind]] = {
    "multiply": (lambda a, b: a * b, _promoted),
    "negative": (lambda a: -a, _promoted),
    "absolute": (absolute, _promoted),
    "maximum": (larger, _promoted),
    "minimum": (lambda a, b: -larger(-a, -b), _promoted),
    "fmax": (larger, _promoted),
    "fmin": (lambda a, b: -larger(-a, -b), _promoted),
    "conjugate": (lambda a: a, _promoted),
    "positive": (lambda a: a, _promoted),
    "square": (lambda a: power(a, 2), _promoted),
}
_FLOATING: dict[str, Callable[..., Expr]] = {
    "divide": _divide,
    "fabs": absolute,
    "exp": exp,
    "exp2": lambda a: exp(a * log(constant(a.space, 2))),
    "expm1": lambda a: exp(a) - _one(a),
    "log": _log,
    "log2": lambda a: _log(a) * power(log(constant(a.space, 2)), -1),
    "log10": lambda a: _log(a) * power(log(constant(a.space, 10)), -1),
    "log1p": lambda a: _log(a + _one(a)),
    "sqrt": _root,
    "reciprocal": lambda a: _divide(_one(a), a),
    "tanh": _tanh,
    "sinh": lambda a: _half(exp(a), -exp(-a)),
    "cosh": lambda a: _half(exp(a), exp(-a)),
    "logaddexp": lambda a, b: log(exp(a) + exp(b)),
    "hypot": lambda a, b: _root(a * a + b * b),
    "sin": lambda a: apply("sin", a),
    "cos": lambda a: apply("cos", a),
    "tan": lambda a: _divide(apply("sin", a), apply("cos", a)),
    "arctan": lambda a: apply("arctan", a),
    "arctan2": _angle,
    "arcsin": _arcsin,
    "arccos": lambda a: constant(a.space, math.pi / 2) - _arcsin(a),
    "erf": lambda a: apply("erf", a),
    "erfc": lambda a: _one(a) - apply("erf", a),
    "ndtr": lambda a: _half(_one(a), apply("erf", a * constant(a.space, math.sqrt(0.5)))),
}
for _name, (_function, _kind) in _PLAIN.items():
    _register(_name, _function, _kind)
for _name, _floating in _FLOATING.items():
    _register(_name, _floating)


def _is_size(space: Space, factor: Factor) -> bool:
    return space.heads[factor[0]].kind == "size"


def _power(base: IndexedArray, exponent: IndexedArray) -> IndexedArray:
    """Integers stay integers."""
    number = exponent.entry.number
    sizes = not base.shape and all(_is_size(base.space, f) for fs, _ in base.entry.terms for f in fs)
    if sizes and base.entry.number is None and (number is None or number > HIGHEST_POWER):
        raise base.space.refused(Unsupported("a power of a size that may be too large for a float"))
    if base.kind == exponent.kind == "b":
        raise base.space.refused(Unsupported("powers of truth values, which NumPy keeps in 8 bits,"))
    if base.kind != "f" and exponent.kind == "i" and (number is None or number < 0):
        raise base.space.refused(Unsupported("integers to a negative or unknown integer power"))
    return elementwise(_raised, base, exponent, kind=_promoted(base.kind, exponent.kind))


def _added(a: IndexedArray, b: IndexedArray) -> IndexedArray:
    if a.kind == b.kind == "b":
        return elementwise(lambda x, y: x + y - x * y, a, b, kind="b")  # True + True is True
    return elementwise(lambda x, y: x + y, a, b, kind=_promoted(a.kind, b.kind))


def _subtracted(a: IndexedArray, b: IndexedArray) -> IndexedArray:
    if a.kind == b.kind == "b":
        raise alike(TypeError("numpy boolean subtract, the `-` operator, is not supported"))
    return elementwise(lambda x, y: x - y, a, b, kind=_promoted(a.kind, b.kind))


UFUNCS.update({"power": _power, "add": _added, "subtract": _subtracted})
