"""What code takes for granted of its values: that what it divides by is not 0, and the like."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from gradcheck.indexed.codes import is_constant
from gradcheck.indexed.expression import Expr
from gradcheck.indexed.functions import split_cases
from gradcheck.indexed.interning import slot_codes, template
from gradcheck.indexed.powers import content
from gradcheck.indexed.reduction import reduced
from gradcheck.indexed.signs import sign_of
from gradcheck.indexed.space import Factor, Space

__all__ = ["needs_nonzero", "needs_positive", "needs_root"]


def needs_nonzero(expression: Expr) -> None:
    """The code divides by this."""
    space = expression.space
    for key, part in _parts(expression):
        if sign_of(part) not in ("positive", "negative"):
            space.uses.nonzero.setdefault(key, part)


def needs_positive(expression: Expr) -> None:
    """The code takes the logarithm of this."""
    space = expression.space
    if sign_of(reduced(expression)) == "positive":
        return
    for key, part in _parts(expression, signed=False):
        if sign_of(part) != "positive":
            space.uses.positive.setdefault(key, part)


def needs_root(expression: Expr) -> None:
    """The code takes a root of this, which must not be negative."""
    space = expression.space
    if sign_of(reduced(expression)) in ("positive", "nonnegative"):
        return
    for key, part in _parts(expression, signed=False):
        if sign_of(part) not in ("positive", "nonnegative"):
            space.uses.roots.setdefault(key, part)


def _parts(expression: Expr, *, signed: bool = True) -> Iterator[tuple[Hashable, Expr]]:
    """The factors of an expression that can vanish, each with a key that indices' names do not change.

    Where it depends on something that is 0 or 1, both cases count.
    """
    space = expression.space
    if len(expression.terms) == 1:
        ((factors, bounds),) = expression.terms
        if not bounds:
            yield from _factors(space, factors, signed=signed)
            return
    expression = reduced(expression)
    cases = split_cases(expression)
    if cases is not None:
        yield from _parts(cases[1], signed=signed)
        yield from _parts(cases[2], signed=signed)
        return
    common, rest = content(expression, signed=signed)
    for factors, _ in common.terms:
        yield from _factors(space, factors, signed=signed)
    if rest.number is None:
        yield _key(rest, signed=signed), rest


def _factors(space: Space, factors: tuple[Factor, ...], *, signed: bool) -> Iterator[tuple[Hashable, Expr]]:
    for number, indices, _ in factors:
        head = space.heads[number]
        if head.positive:
            continue
        if head.kind == "power" and head.argument is not None:
            inner = head.argument.renamed(dict(zip(slot_codes(space, head), indices, strict=True)))
            if len(inner.terms) == 1:
                yield _key(inner, signed=True), inner
            else:
                yield from _parts(inner, signed=signed)
        else:
            yield (number, _pattern(indices)), Expr(space, {(((number, indices, 1),), ()): 1})


def _key(rest: Expr, *, signed: bool) -> Hashable:
    """The canonical form of a sum; the same for P and -P where only its being 0 counts."""
    written = template(rest)[1]
    forms = [written, -written] if signed else [written]
    return min(tuple(sorted(w.terms.items())) for w in forms)


def _pattern(indices: tuple[int, ...]) -> Hashable:
    """The indices but for their names: constants, and which are equal."""
    seen: dict[int, int] = {}
    return tuple(("is", i) if is_constant(i) else ("any", seen.setdefault(i, len(seen))) for i in indices)
