"""One variable put in another's place, inside let-bound names too."""

from __future__ import annotations

from collections.abc import Mapping

from gradcheck.proofs.indexed.algebra.derivative import variables_of
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, factor
from gradcheck.proofs.indexed.algebra.functions import MAKERS, apply, maximum
from gradcheck.proofs.indexed.algebra.indices.codes import BOUND
from gradcheck.proofs.indexed.algebra.interning import slot_codes
from gradcheck.proofs.indexed.algebra.matrices import KINDS, remade
from gradcheck.proofs.indexed.algebra.powers import power
from gradcheck.proofs.indexed.algebra.space import Head

__all__ = ["replaced"]


def replaced(expression: Expr, heads: Mapping[int, int]) -> Expr:
    """The expression with variables exchanged (number of head -> number of head), and so with the
    rules that the new ones bring, such as those of one-hot values.
    """
    space = expression.space
    total = Expr(space, {})
    for (factors, bounds), coefficient in expression.terms.items():
        names = {BOUND + k: space.fresh(size) for k, size in enumerate(bounds)}
        product = constant(space, coefficient)
        for number, indices, exponent in factors:
            at = tuple([names.get(i, i) for i in indices])
            head = space.heads[number]
            if number in heads:
                product = product * factor(space, heads[number], at, exponent)
            elif head.argument is not None and variables_of(space, number) & heads.keys():
                made = _remade(head, heads).renamed(dict(zip(slot_codes(space, head), at, strict=True)))
                product = product * power(made, exponent)
            else:
                product = product * factor(space, number, at, exponent)
        product = product.summed(*names.values())
        total = total + product
    return total


def _remade(head: Head, heads: Mapping[int, int]) -> Expr:
    assert head.argument is not None
    space = head.argument.space
    key = ("replaced", head.number, tuple(sorted(heads.items())))
    if key not in space.memo:
        inner = replaced(head.argument, heads)
        if head.kind in KINDS:
            row, column = head.over
            own = slot_codes(space, head)[-2:] if head.kind == "inverse" else ()
            made = remade(space, head, inner, (row, column), own)
        elif head.kind == "max":
            made = maximum(inner, head.over)
        elif head.kind == "apply":
            made = apply(head.name, inner, head.order)
        else:
            made = MAKERS[head.kind](inner)
        space.memo[key] = made
    return space.memo[key]  # type: ignore[no-any-return]
