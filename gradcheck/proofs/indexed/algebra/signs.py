"""What can be said of an expression's sign for all values that its arguments may have."""

from __future__ import annotations

from gradcheck.proofs.indexed.algebra.expression import Expr
from gradcheck.proofs.indexed.algebra.indices.codes import is_bound
from gradcheck.proofs.indexed.algebra.space import Factor, Space

__all__ = ["sign_of"]


def sign_of(expression: Expr) -> str | None:
    """``positive``, ``nonnegative``, ``negative``, ``nonpositive``, or None where it is not known."""
    if not expression.terms:
        return "nonnegative"
    signs = set()
    for (factors, _), coefficient in expression.terms.items():
        sign = _product(expression.space, factors)
        if sign is None:
            return _within_unit(expression)
        signs.add((sign, coefficient > 0))
    for above, word in ((True, ("positive", "nonnegative")), (False, ("negative", "nonpositive"))):
        if all(is_above is above for _, is_above in signs):
            return word[0] if any(sign == "positive" for sign, _ in signs) else word[1]
    return _within_unit(expression)


def _product(space: Space, factors: tuple[Factor, ...]) -> str | None:
    """``positive`` or ``nonnegative`` for a product of factors, summed over its bound indices."""
    sign = "positive"
    places = [indices[-1] for head, indices, _ in factors if space.heads[head].kind == "label"]
    for head, indices, power in factors:
        known = space.heads[head]
        if known.positive:
            continue
        if known.kind == "label":
            *row, place = indices
            if is_bound(place) and place not in row and places.count(place) == 1:
                continue  # one of its summands is 1
        if known.binary or not isinstance(power, int) or power % 2 == 0:
            sign = "nonnegative"
        else:
            return None
    return sign


def _within_unit(expression: Expr) -> str | None:
    """`1 - u` for a product u of numbers between 0 and 1; `n - 1 - ...` for sizes is left unknown."""
    terms = dict(expression.terms)
    one = terms.pop(((), ()), 0)
    if len(terms) != 1:
        return None
    (((factors, bounds), coefficient),) = terms.items()
    heads = expression.space.heads
    if (
        bounds
        or not factors
        or not all(heads[h].unit and isinstance(p, int) and p > 0 for h, _, p in factors)
    ):
        return None
    if one > 0 and -coefficient > 0 and one >= -coefficient:
        return "positive"
    if one < 0 and coefficient > 0 and -one >= coefficient:
        return "negative"
    return None
