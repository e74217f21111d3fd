"""What NumPy's comparisons, masks and signs are on indexed arrays: steps of a difference."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.equality import equal_off_ties
from gradcheck.proofs.indexed.algebra.expression import Expr, constant
from gradcheck.proofs.indexed.algebra.functions import step
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import UFUNCS, IndexedArray
from gradcheck.proofs.indexed.arrays.ufuncs import elementwise

__all__: list[str] = []


def _one(e: Expr) -> Expr:
    return constant(e.space, 1)


def _compared(swap: bool, at_zero: float) -> Callable[[IndexedArray, IndexedArray], IndexedArray]:
    """`a > b` as a step of the difference; ``at_zero`` is what the comparison says of equal numbers."""

    def compare(a: IndexedArray, b: IndexedArray) -> IndexedArray:
        if swap:
            a, b = b, a
        return elementwise(lambda x, y: _decided(x - y, at_zero), a, b, kind="b")

    return compare


def _decided(difference: Expr, at_zero: float) -> Expr:
    # where it is nothing but 0, np.sign is 0: one half of a step, which sign doubles
    result = step(difference, Fraction(at_zero))
    _note_sides(result, at_zero)
    return result


def _note_sides(result: Expr, at_zero: float) -> None:
    """Write down what the code makes of a step where its argument is exactly 0."""
    space = result.space
    steps = {h for factors, _ in result.terms for h, _, _ in factors if space.heads[h].kind == "step"}
    if len(steps) == 1 and len(result.terms) <= 2:
        straight = all(not factors or c > 0 for (factors, _), c in result.terms.items())
        sides = {at_zero if straight else 1 - at_zero}
    else:
        sides = {0.0, 1.0}
    for head in steps:
        space.uses.sides.setdefault(head, set()).update(sides)
        if 0.5 in sides:
            space.uses.halves.add(head)


def _sign(a: Expr) -> Expr:
    return _decided(a, 0.5).scaled(2) - _one(a)


def _masks(name: str, *arrays: IndexedArray) -> None:
    if any(a.kind != "b" for a in arrays):
        raise arrays[0].space.refused(Unsupported(f"np.{name} of numbers"))


def _logical(name: str, function: Callable[..., Expr]) -> None:
    def ufunc(*arrays: IndexedArray) -> IndexedArray:
        _masks(name, *arrays)
        return elementwise(function, *arrays, kind="b")

    UFUNCS[name] = ufunc


for _name in ("logical_and", "bitwise_and"):
    _logical(_name, lambda a, b: a * b)
for _name in ("logical_or", "bitwise_or"):
    _logical(_name, lambda a, b: a + b - a * b)
for _name in ("logical_xor", "bitwise_xor"):
    _logical(_name, lambda a, b: a + b - (a * b).scaled(2))
for _name in ("logical_not", "invert"):
    _logical(_name, lambda a: _one(a) - a)


def _truth(value: bool) -> Callable[[IndexedArray], IndexedArray]:
    def ufunc(a: IndexedArray) -> IndexedArray:
        return IndexedArray(a.space, constant(a.space, int(value)), a.shape, "b")

    return ufunc


def _equality(negated: bool) -> Callable[[IndexedArray, IndexedArray], IndexedArray]:
    def compare(a: IndexedArray, b: IndexedArray) -> IndexedArray:
        return elementwise(lambda x, y: _same(x, y, negated), a, b, kind="b")

    return compare


def _same(a: Expr, b: Expr, negated: bool) -> Expr:
    """Equality where one side is 0 or 1 and the other a number that is."""
    space: Space = a.space
    for x, y in ((a, b), (b, a)):
        value = y.number
        binary = len(x.terms) == 1 and all(
            not bounds and c == 1 and all(space.heads[h].binary for h, _, _ in factors)
            for (factors, bounds), c in x.terms.items()
        )
        if value in (0, 1) and (binary or x.number in (0, 1)):
            equal = x if value == 1 else _one(x) - x
            return _one(x) - equal if negated else equal
    if space.off_ties:
        equal = equal_off_ties(a, b)
        return _one(a) - equal if negated else equal
    raise space.refused(Unsupported("a comparison of values for equality"))


def _heaviside(a: Expr, at_zero: Expr) -> Expr:
    value = at_zero.number
    if value is None:
        raise a.space.refused(Unsupported("np.heaviside with values at 0 that vary"))
    return _decided(a, float(value))


UFUNCS.update(
    {
        "greater": _compared(swap=False, at_zero=0.0),
        "greater_equal": _compared(swap=False, at_zero=1.0),
        "less": _compared(swap=True, at_zero=0.0),
        "less_equal": _compared(swap=True, at_zero=1.0),
        "equal": _equality(negated=False),
        "not_equal": _equality(negated=True),
        "isfinite": _truth(value=True),
        "isnan": _truth(value=False),
        "isinf": _truth(value=False),
        "sign": lambda a: elementwise(_sign, a, kind=a.kind),
        "heaviside": lambda a, b: elementwise(_heaviside, a, b, kind="f"),
    }
)
