"""`==` and `!=` on indexed arrays: of masks, whole numbers, declared values, and of what is computed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.conditions.equality import equal_off_ties, place_where_zero
from gradcheck.proofs.indexed.algebra.conditions.requirements import needs_unequal
from gradcheck.proofs.indexed.algebra.expression import Expr, constant
from gradcheck.proofs.indexed.algebra.functions import equals
from gradcheck.proofs.indexed.algebra.reduction import reduced
from gradcheck.proofs.indexed.algebra.signs import sign_of
from gradcheck.proofs.indexed.algebra.space import Head, Space
from gradcheck.proofs.indexed.arrays.array import UFUNCS, IndexedArray
from gradcheck.proofs.indexed.arrays.indices.gathering import is_index, position_in
from gradcheck.proofs.indexed.arrays.ufuncs import elementwise

__all__: list[str] = []

_SMALL = Fraction(1, 10**9)
_HIGHEST = 4
"""Powers and factors with which a float64 that is not 0 by far is not rounded to 0."""


def _one(e: Expr) -> Expr:
    return constant(e.space, 1)


def _equality(negated: bool) -> Callable[[IndexedArray, IndexedArray], IndexedArray]:
    def compare(a: IndexedArray, b: IndexedArray) -> IndexedArray:
        for one in (a, b):
            if (
                one.kind == "f"
                and one.entry.number is not None
                and not one.constant
                and not one.space.off_ties
            ):
                raise one.space.refused(Unsupported("a comparison that numbers decide, and floats need not"))
        return elementwise(lambda x, y: _same(x, y, negated), a, b, kind="b")

    return compare


def _same(a: Expr, b: Expr, negated: bool) -> Expr:
    """Equality of two entries, whichever of the ways there are to tell it."""
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
    found = _whole(a, b)
    if found is None and space.off_ties:
        found = equal_off_ties(a, b)
    for rule in (_given, _of_maximum):
        found = rule(a, b) if found is None else found
    found = _never(a, b) if found is None else found
    return _one(a) - found if negated else found


def _whole(a: Expr, b: Expr) -> Expr | None:
    """Equality of whole numbers: of `np.arange`, and of an argument's labels with those and with numbers."""
    for x, y in ((a, b), (b, a)):
        found = position_in(y)
        if found is not None and not found[2].terms:
            return is_index(x, found[0], found[1])
        head = _variable(x)
        value = y.number
        if head is not None and head.bounds is not None and isinstance(value, int):
            lowest, beyond = head.bounds
            if lowest < 0:
                return None
            inside = value < beyond and value >= lowest
            return is_index(x, value, x.space.size_number(beyond)) if inside else Expr(x.space, {})
    return None


def _given(a: Expr, b: Expr) -> Expr | None:
    """Equality of an entry whose values are declared with a number: neither is rounded."""
    for x, y in ((a, b), (b, a)):
        head = _variable(x)
        if head is not None and head.declared and y.number is not None:
            return equals(x - y)
    return None


def _of_maximum(a: Expr, b: Expr) -> Expr | None:
    """An argument's entry beside the greatest of them: where that is attained, if it is attained once."""
    if not (_variable(a) or _variable(b)):
        return None
    place = place_where_zero(reduced(a - b))
    if place is not None:
        ((factors, _),) = place.terms
        space = a.space
        space.uses.once.add(space.heads[factors[0][0]].of)
    return place


def _variable(entry: Expr) -> Head | None:
    """The argument whose entry it is."""
    if len(entry.terms) != 1:
        return None
    (((factors, bounds), coefficient),) = entry.terms.items()
    if bounds or coefficient != 1 or len(factors) != 1 or factors[0][2] != 1:
        return None
    head = entry.space.heads[factors[0][0]]
    return head if head.kind == "variable" else None


def _never(a: Expr, b: Expr) -> Expr:
    """A value of polynomials and roots beside a number: unequal, which is noted, as what is divided by is."""
    space = a.space
    difference = reduced(a - b)
    heads = space.heads
    ordinary = (a.number is None) != (b.number is None) and bool(difference.terms)
    ordinary &= sign_of(difference) not in ("positive", "negative")
    for (factors, _), c in difference.terms.items():
        ordinary &= _SMALL <= abs(Fraction(c)) <= 1 / _SMALL
        ordinary &= all(heads[h].kind in ("variable", "power", "size") for h, _, _ in factors)
        ordinary &= all(0 < Fraction(p) <= _HIGHEST for _, _, p in factors)
    if not ordinary:
        raise space.refused(Unsupported("a comparison of values for equality"))
    needs_unequal(difference)
    return Expr(space, {})


UFUNCS.update({"equal": _equality(negated=False), "not_equal": _equality(negated=True)})
