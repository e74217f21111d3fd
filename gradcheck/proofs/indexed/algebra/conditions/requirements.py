"""What code takes for granted of its values: that what it divides by is not 0, and the like.

Each requirement has a key that does not depend on indices' names, so that what a candidate needs can be
looked up among what the forward needs.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from gradcheck.proofs.indexed.algebra.expression import Expr
from gradcheck.proofs.indexed.algebra.functions import split_cases
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.interning import argument_at, template
from gradcheck.proofs.indexed.algebra.powers import content
from gradcheck.proofs.indexed.algebra.reduction import reduced
from gradcheck.proofs.indexed.algebra.signs import sign_of
from gradcheck.proofs.indexed.algebra.space import Factor, Space

__all__ = ["key_of", "keys_of_product", "needs_nonzero", "needs_positive", "needs_root", "needs_unequal"]

Requirement = tuple[Hashable, Expr]


def needs_nonzero(expression: Expr) -> None:
    """The code divides by this."""
    uses = expression.space.uses
    for key, part in _factors_of(expression):
        if sign_of(part) not in ("positive", "negative"):
            uses.nonzero.setdefault(key, part)


def keys_of_product(one: Expr, other: Expr) -> frozenset[Hashable]:
    """The keys of what is not 0 where neither of two expressions is, at any of their indices."""
    product = reduced(template(one)[1] * template(other)[1])
    return frozenset(key for key, _ in _factors_of(product))


def needs_unequal(expression: Expr) -> None:
    """The code asks whether this is 0, and goes on as if it were not."""
    uses = expression.space.uses
    for key, part in _factors_of(expression):
        uses.unequal.setdefault(key, part)


def needs_positive(expression: Expr) -> None:
    """The code takes the logarithm of this."""
    uses = expression.space.uses
    for relation, key, part in _signed(expression):
        if relation == "!=":
            uses.nonzero.setdefault(key, part)
        elif sign_of(part) != "positive":
            uses.positive.setdefault(key, part)


def needs_root(expression: Expr) -> None:
    """The code takes a root of this, which must not be negative."""
    uses = expression.space.uses
    for relation, key, part in _signed(expression):
        if relation == ">" and sign_of(part) not in ("positive", "nonnegative"):
            uses.roots.setdefault(key, part)


def _factors_of(expression: Expr) -> Iterator[Requirement]:
    """The factors of a product, any of which could make it 0. Where it depends on something that is 0 or
    1, both cases count.
    """
    space = expression.space
    if len(expression.terms) == 1:
        ((factors, bounds),) = expression.terms
        if not bounds:
            for one in factors:
                yield from _base(space, one)
            return
    expression = reduced(expression)
    cases = split_cases(expression)
    if cases is not None:
        yield from _factors_of(cases[1])
        yield from _factors_of(cases[2])
        return
    common, rest = content(expression, signed=True)
    for factors, _ in common.terms:
        for one in factors:
            yield from _base(space, one)
    if rest.number is None:
        yield key_of(rest, signed=True), rest


def _base(space: Space, one: Factor) -> Iterator[Requirement]:
    """What is 0 where the factor is."""
    number, indices, _ = one
    head = space.heads[number]
    if head.positive:
        return
    if head.kind != "power" or head.argument is None:
        yield (number, _pattern(indices)), Expr(space, {(((number, indices, 1),), ()): 1})
        return
    inner = argument_at(space, head, indices)
    if len(inner.terms) == 1:
        yield key_of(inner, signed=True), inner
    else:
        yield from _factors_of(inner)


def _signed(expression: Expr) -> Iterator[tuple[str, Hashable, Expr]]:
    """What has to be so that the expression is above 0: parts that are not 0, and one that is above it.

    That x y is positive says nothing of x alone, so factors of unknown sign stay together.
    """
    space = expression.space
    expression = reduced(expression)
    cases = split_cases(expression)
    if cases is not None:
        yield from _signed(cases[1])
        yield from _signed(cases[2])
        return
    if not expression.terms or sign_of(expression) == "positive":
        return
    common, rest = content(expression, signed=False)
    for factors, _ in common.terms:
        for one in factors:
            for key, part in _base(space, one):  # roots, which are not negative where they are at all
                yield "!=", key, part
    if len(rest.terms) == 1:
        (((factors, bounds), coefficient),) = rest.terms.items()
        even = [f for f in factors if isinstance(f[2], int) and f[2] % 2 == 0 and not bounds]
        for one in even:
            for key, part in _base(space, one):
                yield "!=", key, part
        odd = [f for f in factors if f not in even]
        rest = Expr(space, {(tuple((h, i, 1) for h, i, _ in odd), ()): 1 if coefficient > 0 else -1})
        if bounds:
            rest = Expr(space, {(factors, bounds): coefficient})
        if not odd:
            return
    if rest.number is None:
        yield ">", key_of(rest, signed=False), rest


def key_of(rest: Expr, *, signed: bool) -> Hashable:
    """The canonical form of a sum; the same for P and -P where only its being 0 counts."""
    written = template(rest)[1]
    if len(written.terms) == 1 and signed:
        ((factors, bounds),) = written.terms
        if not bounds and len(factors) == 1:
            return factors[0][0], _pattern(factors[0][1])
    forms = [written, -written] if signed else [written]
    return min(tuple(sorted(w.terms.items())) for w in forms)


def _pattern(indices: tuple[int, ...]) -> Hashable:
    """The indices but for their names: constants, and which are equal."""
    seen: dict[int, int] = {}
    return tuple(("is", i) if is_constant(i) else ("any", seen.setdefault(i, len(seen))) for i in indices)
