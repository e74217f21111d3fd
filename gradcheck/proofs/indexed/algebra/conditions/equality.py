"""`a == b` off ties: which values are the same for all sizes and values, and not just by chance.

What JAX derives for `maximum` and `max` compares values with the greatest of them, and divides by the
number of those that are equal to it. Where no two values are equal by chance (off ties) such a mask is a
step, or the place of the maximum. It says nothing of ties, so hand-written code never gets this answer.
"""

from __future__ import annotations

from itertools import permutations

from gradcheck.proofs.indexed.algebra.expression import Expr, constant
from gradcheck.proofs.indexed.algebra.functions import place_of_maximum, split_cases
from gradcheck.proofs.indexed.algebra.indices.codes import is_bound, is_constant
from gradcheck.proofs.indexed.algebra.interning import argument_at
from gradcheck.proofs.indexed.algebra.reduction import reduced, vanishes
from gradcheck.proofs.indexed.algebra.space import Head

__all__ = ["equal_off_ties", "place_where_zero"]

_MOST_AXES = 3
"""Axes of one maximum whose places are looked for."""


def equal_off_ties(a: Expr, b: Expr) -> Expr:
    """1 where the two are one expression, 0 where they are not."""
    return _is_zero(a - b)


def _is_zero(difference: Expr) -> Expr:
    difference = reduced(difference)
    space = difference.space
    cases = split_cases(difference)
    if cases is not None:
        switch, one, none = cases
        return switch * _is_zero(one) + (constant(space, 1) - switch) * _is_zero(none)
    if vanishes(difference):
        return constant(space, 1)
    return place_where_zero(difference) or constant(space, 0)


def place_where_zero(difference: Expr) -> Expr | None:
    """Where `x[i] - max_j x[j]`, or its opposite, is zero: the place of the maximum, at i."""
    space = difference.space
    for (factors, bounds), coefficient in difference.terms.items():
        if bounds or len(factors) != 1 or factors[0][2] != 1 or coefficient not in (1, -1):
            continue
        number, indices, _ = factors[0]
        head = space.heads[number]
        if head.kind != "max" or len(head.over) > _MOST_AXES:
            continue
        greatest = Expr(space, {((factors[0],), ()): coefficient})
        value = (difference - greatest).scaled(-coefficient)
        over = _chosen(head, indices, value)
        if over is not None:
            return place_of_maximum(space, number, indices, over)
    return None


def _chosen(head: Head, indices: tuple[int, ...], value: Expr) -> tuple[int, ...] | None:
    """The indices that the maximum's argument has where it is the value."""
    at = argument_at(value.space, head, indices)
    used = {i for factors, _ in value.terms for _, codes, _ in factors for i in codes if not is_bound(i)}
    for over in permutations(sorted(used), len(head.over)):
        sizes = [value.space.size_of(code) for code in head.over]
        fits = all(
            is_constant(code) or value.space.size_of(code) == size
            for code, size in zip(over, sizes, strict=True)
        )
        if fits and vanishes(at.renamed(dict(zip(head.over, over, strict=True))) - value):
            return over
    return None
