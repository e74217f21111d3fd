"""Derivatives: the product rule over factors, the chain rule into let-bound names."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from gradcheck.proofs.indexed.algebra.expression import Expr, constant, delta, factor
from gradcheck.proofs.indexed.algebra.functions import apply, exp, place_of_maximum
from gradcheck.proofs.indexed.algebra.indices.codes import BOUND
from gradcheck.proofs.indexed.algebra.interning import argument_at, slot_codes
from gradcheck.proofs.indexed.algebra.matrices import KINDS, inverse, of_matrix
from gradcheck.proofs.indexed.algebra.powers import power
from gradcheck.proofs.indexed.algebra.products import normal_product
from gradcheck.proofs.indexed.algebra.space import Factor, Head, Number, Space, plain

__all__ = ["SCALAR_RULES", "derivative", "variables_of"]


def derivative(expression: Expr, variable: int, targets: tuple[int, ...]) -> Expr:
    """The derivative by the entry ``targets`` of the variable with the head's number ``variable``."""
    space = expression.space
    targets = space.flat(targets)
    total = Expr(space, {})
    for (factors, bounds), coefficient in expression.terms.items():
        names = {BOUND + k: space.fresh(size) for k, size in enumerate(bounds)}
        opened = [(h, tuple([names.get(i, i) for i in idx]), p) for h, idx, p in factors]
        for position, (number, indices, exponent) in enumerate(opened):
            inner = _of_factor(space, (number, indices, exponent), variable, targets)
            if not inner.terms:
                continue
            rest = opened[:position] + opened[position + 1 :]
            part = Expr(space, normal_product(space, rest, ())) * inner
            part = part.summed(*names.values())
            total = total + part.scaled(coefficient)
    return total


def _of_factor(space: Space, one: Factor, variable: int, targets: tuple[int, ...]) -> Expr:
    number, indices, exponent = one
    head = space.heads[number]
    if number == variable:
        result = constant(space, 1)
        for i, p in zip(indices, targets, strict=True):
            result = result * delta(space, i, p)
        left = plain(exponent - 1)
        lowered = factor(space, number, indices, left) if left else constant(space, 1)
        return (lowered * result).scaled(exponent)
    if head.kind == "undefined":
        return factor(space, number, indices, exponent)
    if head.argument is None or variable not in variables_of(space, number):
        return Expr(space, {})
    if head.kind == "step":
        return Expr(space, {})  # off its kink
    if head.kind == "equals":  # declared values stand on the very place where it jumps: no code has this
        undefined = space.head(("undefined",), "undefined", "undefined", slots=(), over=())
        return factor(space, undefined.number, ())
    if head.kind == "max":
        return _of_maximum(space, head, indices, exponent, variable, targets)
    if head.kind in KINDS:
        return _of_matrix(space, head, indices, exponent, variable, targets)
    outer = _outer(space, head, indices, exponent)
    key = ("derivative", number, variable, targets)
    if key not in space.memo:
        space.memo[key] = derivative(head.argument, variable, targets)
    inner: Expr = space.memo[key]
    return outer * inner.renamed(dict(zip(slot_codes(space, head), indices, strict=True)))


def _outer(space: Space, head: Head, indices: tuple[int, ...], exponent: Number) -> Expr:
    """The derivative of a factor `f(P)**e` by P."""
    left = plain(exponent - 1)
    if head.kind == "exp":
        return factor(space, head.number, indices, exponent).scaled(exponent)
    lowered = factor(space, head.number, indices, left) if left else constant(space, 1)
    if head.kind == "power":
        return lowered.scaled(exponent)
    argument = argument_at(space, head, indices)
    if head.kind == "log":
        slope = power(argument, -1)
    elif head.name in SCALAR_RULES and not head.order:
        slope = SCALAR_RULES[head.name](argument)
    else:
        slope = apply(head.name, argument, head.order + 1)
    return (lowered * slope).scaled(exponent)


def _of_matrix(
    space: Space,
    head: Head,
    indices: tuple[int, ...],
    exponent: Number,
    variable: int,
    targets: tuple[int, ...],
) -> Expr:
    """`-inv(A) dA inv(A)` for an inverse, `tr(inv(A) dA)` for the logarithm of a determinant."""
    matrix, over, own = of_matrix(space, head, indices)
    row, column = over
    slope = derivative(matrix, variable, targets)
    one = factor(space, head.number, indices, plain(exponent - 1)) if exponent != 1 else constant(space, 1)
    if head.kind == "inverse":
        i, j = own
        inner = slope * inverse(matrix, over, i, row) * inverse(matrix, over, column, j)
        return (one * inner.summed(row, column)).scaled(-exponent)
    if head.kind == "det":
        one = factor(space, head.number, indices, exponent)
    inner = slope * inverse(matrix, over, column, row)
    return (one * inner.summed(row, column)).scaled(exponent)


def _of_maximum(
    space: Space,
    head: Head,
    indices: tuple[int, ...],
    exponent: Number,
    variable: int,
    targets: tuple[int, ...],
) -> Expr:
    """The slope of a maximum is that of the entry where it is attained, if that is one entry."""
    assert head.argument is not None
    over = tuple(space.fresh(space.size_of(code)) for code in head.over)
    names = dict(zip(slot_codes(space, head), indices, strict=True)) | dict(zip(head.over, over, strict=True))
    key = ("derivative", head.number, variable, targets)
    if key not in space.memo:
        space.memo[key] = derivative(head.argument, variable, targets)
    inner: Expr = space.memo[key]
    total = place_of_maximum(space, head.number, indices, over) * inner.renamed(names)
    total = total.summed(*over)
    left = plain(exponent - 1)
    lowered = factor(space, head.number, indices, left) if left else constant(space, 1)
    return (lowered * total).scaled(exponent)


SCALAR_RULES: dict[str, Callable[[Expr], Expr]] = {
    "sin": lambda e: apply("cos", e),
    "cos": lambda e: -apply("sin", e),
    "arcsin": lambda e: power(constant(e.space, 1) - e * e, Fraction(-1, 2)),
    "erf": lambda e: constant(e.space, 2 / math.sqrt(math.pi)) * exp(-(e * e)),
    "arctan": lambda e: power(constant(e.space, 1) + e * e, -1),
}
"""Derivatives of the named functions. Any other name is a function of which nothing is known."""


def variables_of(space: Space, number: int) -> frozenset[int]:
    """The variables that a head depends on."""
    key = ("variables", number)
    if key not in space.memo:
        head = space.heads[number]
        found = frozenset([number]) if head.kind == "variable" else frozenset()
        if head.argument is not None:
            for factors, _ in head.argument.terms:
                for inner, _, _ in factors:
                    found |= variables_of(space, inner)
        space.memo[key] = found
    return space.memo[key]  # type: ignore[no-any-return]
