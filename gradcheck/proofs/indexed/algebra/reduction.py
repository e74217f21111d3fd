"""The normal form across functions: powers written out, and relations used as rewriting rules.

A base P with a power e is known by `P**e`. Whole powers above zero are written out; for e below zero
the rule is `P**e * P = P**(e + 1)`, used on one chosen term of P: where a product holds `P**e` and that
term, the term is replaced by `P - (rest of P)`. So `R (1 + E) = 1` turns `E R` into `1 - R`.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any

from gradcheck.proofs.indexed.algebra.expression import Expr, constant, factor
from gradcheck.proofs.indexed.algebra.indices.codes import BOUND
from gradcheck.proofs.indexed.algebra.indices.nested_steps import nested
from gradcheck.proofs.indexed.algebra.interning import argument_at, slot_codes
from gradcheck.proofs.indexed.algebra.matching import match
from gradcheck.proofs.indexed.algebra.products import Terms, normal_product, work_of
from gradcheck.proofs.indexed.algebra.space import Factor, Head, Number, Space, Term, TooLarge, plain

__all__ = ["Opened", "leading_term", "reduced", "vanishes"]


_MOST_CLEARED = 60
"""Terms of a difference whose denominators are cleared. Two right forms differ in a few terms only."""
_DEEPEST = 60
"""Rewriting steps behind one another. Rules that feed each other for ever end here."""


def reduced(expression: Expr) -> Expr:
    """The normal form of an expression."""
    space = expression.space
    memo = space.memo.setdefault("reduced", {})
    result: Terms = {}
    for term, coefficient in expression.terms.items():
        if term not in memo:
            memo[term] = _reduced_term(space, term)
        for part, c in memo[term].items():
            total = plain(result.get(part, 0) + c * coefficient)
            if total:
                result[part] = total
            else:
                del result[part]
    return Expr(space, result)


def vanishes(expression: Expr) -> bool:
    """Whether an expression is zero, as far as the rules can tell; its denominators are cleared too."""
    from gradcheck.proofs.indexed.algebra.powers import content

    rest = reduced(expression)
    if not rest.terms:
        return True
    if len(rest.terms) > _MOST_CLEARED or not any(e < 0 for fs, _ in rest.terms for _, _, e in fs):
        return False
    return not content(rest, signed=True)[1].terms


def leading_term(base: Expr) -> Term | None:
    """The term of a base that the rule rewrites: the one with most factors, and fewest sums.

    All its powers are above zero; where no term is so, one of exponentials alone will do
    (`exp(-u)` is `exp(u)` with the power -1).
    """

    def weight(term: Term) -> Any:
        factors, bounds = term
        counted = [f for f in factors if base.space.heads[f[0]].kind not in ("size", "root", "pi")]
        degree = sum(abs(Fraction(p)) for _, _, p in counted)
        return (degree, -len(bounds), term)

    heads = base.space.heads
    possible = [t for t in base.terms if t[0] and all(p > 0 for _, _, p in t[0])]
    if not possible:
        possible = [
            t for t in base.terms if t[0] and all(p > 0 or heads[h].kind == "exp" for h, _, p in t[0])
        ]
    return max(possible, key=weight, default=None)


def _reduced_term(space: Space, term: Term) -> Terms:
    """One term in normal form."""
    space.spend(work_of(term[0]))
    rewritten = _rewritten(space, term)
    if rewritten is None:
        return {term: 1}
    space.depth += 1
    try:
        if space.depth > _DEEPEST:
            raise space.refused(TooLarge(f"a chain of more than {_DEEPEST} rewriting steps"))
        return reduced(rewritten).terms
    finally:
        space.depth -= 1


def _rewritten(space: Space, term: Term) -> Expr | None:
    """One step, or None where no rule applies."""
    factors, bounds = term
    steps = [f for f in factors if space.heads[f[0]].kind == "step"]
    if len(steps) > 1:
        found = _beside_another_step(space, steps, factors, bounds)
        if found is not None:
            return found
    for position, (number, indices, exponent) in enumerate(factors):
        head = space.heads[number]
        rest = factors[:position] + factors[position + 1 :]
        if head.kind == "power" and exponent >= 1:
            return _written_out(space, head, indices, exponent, rest, bounds)
        if head.kind == "power" and exponent < 0:
            found = _by_leading_term(space, head, indices, exponent, rest, bounds)
            found = found or _beside_reciprocal(space, head, indices, exponent, rest, bounds)
            if found is not None:
                return found
        elif head.kind == "apply" and head.name == "sin" and not head.order and exponent >= 2:
            return _pythagoras(space, head, indices, exponent, rest, bounds)
    return None


def _beside_another_step(
    space: Space, steps: list[Factor], factors: tuple[Factor, ...], bounds: tuple[int, ...]
) -> Expr | None:
    """Two steps on one line, as one (see `nested_steps`)."""
    opened = Opened(space, bounds)
    for a, b in combinations(steps, 2):
        space.spend()
        places = opened.indices(a[1]), opened.indices(b[1])
        found = nested(
            *(argument_at(space, space.heads[s[0]], i).terms for s, i in zip((a, b), places, strict=True))
        )
        if found is None:
            continue
        single = constant(space, found[2])
        for times, one, place in zip(found, (a, b), places, strict=False):
            single = single + factor(space, one[0], place).scaled(times)
        rest = opened.product(tuple(f for f in factors if f not in (a, b)))
        return opened.closed(_multiplied(rest, single))
    return None


class Opened:
    """The sums of a term opened: their indices become names of their own until `closed`."""

    def __init__(self, space: Space, bounds: tuple[int, ...], without: frozenset[int] = frozenset()) -> None:
        self.space = space
        codes = {BOUND + k: size for k, size in enumerate(bounds)}
        self.names = {code: space.fresh(size) for code, size in codes.items() if code not in without}

    def indices(self, codes: tuple[int, ...]) -> tuple[int, ...]:
        return tuple([self.names.get(i, i) for i in codes])

    def product(self, factors: tuple[Factor, ...]) -> Expr:
        opened = [(h, self.indices(i), p) for h, i, p in factors]
        return Expr(self.space, normal_product(self.space, opened, ()))

    def closed(self, expression: Expr) -> Expr:
        return expression.summed(*self.names.values())


def _written_out(
    space: Space,
    head: Head,
    indices: tuple[int, ...],
    exponent: Number,
    rest: tuple[Factor, ...],
    bounds: tuple[int, ...],
) -> Expr:
    """`P**2` as P times P."""
    opened = Opened(space, bounds)
    at = opened.indices(indices)
    base = argument_at(space, head, at)
    whole = int(exponent // 1)
    result = opened.product(rest)
    if left := plain(exponent - whole):
        result = result * factor(space, head.number, at, left)
    for _ in range(whole):
        result = _multiplied(result, base)
    return opened.closed(result)


def _multiplied(a: Expr, b: Expr) -> Expr:
    """The product written out, even of two equal sums."""
    total = Expr(a.space, {})
    for coefficient, term in a.term_expressions():
        total = total + (term * b).scaled(coefficient)
    return total


def _by_leading_term(
    space: Space,
    head: Head,
    indices: tuple[int, ...],
    exponent: Number,
    rest: tuple[Factor, ...],
    bounds: tuple[int, ...],
) -> Expr | None:
    """`P**e * L * left` is `(P**(e + 1) - P**e * (P - L)) * left`, for a term L of P."""
    base = head.argument
    if base is None or head.leading is None:
        return None
    slots = dict(zip(slot_codes(space, head), indices, strict=True))
    found = match(space, head.leading, slots, rest, sizes_may_lack=_stands_alone(base, head.leading))
    if found is None:
        return None
    left, gone = found
    opened = Opened(space, bounds, gone)
    lead = Expr(space, {head.leading: base.terms[head.leading]})
    others = (base - lead).renamed(dict(zip(slots, opened.indices(indices), strict=True)))
    cofactor = opened.product(left).scaled(1 / Fraction(base.terms[head.leading]))
    return opened.closed(_split(space, head, opened.indices(indices), exponent, cofactor, others))


def _stands_alone(base: Expr, term: Term) -> bool:
    """Whether no other term of the base is this one times sizes; dividing by sizes would go round."""

    def without_sizes(one: Term) -> tuple[object, ...]:
        kinds = base.space.heads
        return tuple(f for f in one[0] if kinds[f[0]].kind not in ("size", "root", "pi")), one[1]

    return sum(without_sizes(t) == without_sizes(term) for t in base.terms) == 1


def _beside_reciprocal(
    space: Space,
    head: Head,
    indices: tuple[int, ...],
    exponent: Number,
    rest: tuple[Factor, ...],
    bounds: tuple[int, ...],
) -> Expr | None:
    """`1 / (E (1 + E))` is `1 / E - 1 / (1 + E)`: for a base of two terms, L and another one U,
    `P**e / L` is `(P**(e + 1) - P**e * L) / (L U)`.
    """
    base = head.argument
    if base is None or head.leading is None or len(base.terms) != 2 or any(b for _, b in base.terms):
        return None
    slots = dict(zip(slot_codes(space, head), indices, strict=True))
    present = {(h, i): p for h, i, p in rest}
    wanted = [(h, tuple([slots.get(k, k) for k in i])) for h, i, _ in head.leading[0]]
    (other,) = [t for t in base.terms if t != head.leading]
    if not any(present.get(key, 0) < 0 for key in wanted):
        return None
    if any(space.heads[h].binary for h, _, _ in other[0]):
        return None
    opened = Opened(space, bounds)
    at = opened.indices(indices)
    inner = dict(zip(slots, at, strict=True))
    unit = Expr(space, {(tuple((h, i, plain(-p)) for h, i, p in other[0]), ()): 1})
    lead = Expr(space, {head.leading: base.terms[head.leading]}).renamed(inner)
    cofactor = opened.product(rest) * unit.scaled(1 / Fraction(base.terms[other])).renamed(inner)
    return opened.closed(_split(space, head, at, exponent, cofactor, lead))


def _split(
    space: Space, head: Head, at: tuple[int, ...], exponent: Number, cofactor: Expr, others: Expr
) -> Expr:
    """`cofactor * (P**(e + 1) - P**e * others)`."""
    higher = plain(exponent + 1)
    first = _multiplied(cofactor, factor(space, head.number, at, higher)) if higher else cofactor
    second = _multiplied(_multiplied(cofactor, others), factor(space, head.number, at, exponent))
    return first - second


def _pythagoras(
    space: Space,
    head: Head,
    indices: tuple[int, ...],
    exponent: Number,
    rest: tuple[Factor, ...],
    bounds: tuple[int, ...],
) -> Expr:
    """`sin**2` is `1 - cos**2`."""
    from gradcheck.proofs.indexed.algebra.functions import apply

    opened = Opened(space, bounds)
    at = opened.indices(indices)
    cosine = apply("cos", argument_at(space, head, at))
    others = constant(space, 1) - _multiplied(cosine, cosine)
    left = factor(space, head.number, at, plain(exponent - 2)) if exponent != 2 else constant(space, 1)
    return opened.closed(_multiplied(_multiplied(opened.product(rest), left), others))
