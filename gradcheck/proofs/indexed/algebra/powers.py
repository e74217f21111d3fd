"""Powers of expressions: reciprocals, roots, squares that stay together.

A sum of several terms is raised as a whole: a *base*, its common factors pulled out, becomes a let-bound
name with a power. So `(x - m) / sqrt(v)` and `1 / (1 + e)**2` keep their shape, `P**0.5` twice is P, and
common factors cancel.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, factor
from gradcheck.proofs.indexed.algebra.indices.codes import is_bound
from gradcheck.proofs.indexed.algebra.interning import intern
from gradcheck.proofs.indexed.algebra.space import Factor, Head, Number, Space, plain

__all__ = ["content", "power", "root_of_number"]

_LARGEST_PRIME = 1000
_HUGE = 10**6


def power(base: Expr, exponent: Number) -> Expr:
    """``base ** exponent`` for an integer or a rational exponent. Raises `Unsupported` for 0**-1."""
    space = base.space
    exponent = plain(exponent)
    if exponent == 0:
        return constant(space, 1)
    if exponent == 1:
        return base
    if space.uses.halves:
        space.note_bent(base.terms)
    if not base.terms:
        if exponent > 0:
            return base
        raise space.refused(Unsupported("a division by zero, for all sizes and values"))
    if len(base.terms) == 1:
        (((factors, bounds), coefficient),) = base.terms.items()
        if not bounds:
            simple = _monomial(space, factors, coefficient, exponent)
            if simple is not None:
                return simple
    key = ("power", frozenset(base.terms.items()), exponent)
    if key not in space.memo:
        space.memo[key] = _of_sum(base, exponent)
    return space.memo[key]  # type: ignore[no-any-return]


def _monomial(
    space: Space, factors: tuple[Factor, ...], coefficient: Number, exponent: Number
) -> Expr | None:
    """A power of a product of factors; None where its sign is not known and matters."""
    whole = isinstance(exponent, int)
    raised = []
    uncertain = 0
    for head, indices, p in factors:
        known = space.heads[head]
        new = plain(p * exponent)
        if known.binary:
            if exponent < 0:
                raise space.refused(Unsupported("a division by something that can be 0"))
            new = 1
        elif not whole and not known.positive and isinstance(p, int):
            if p % 2 == 0 and not (isinstance(new, int) and new % 2 == 0):
                return None  # sqrt(x^2) is |x|
            uncertain += p % 2
        raised.append((head, indices, new))
    if uncertain > 1 or (not whole and coefficient < 0):
        return None
    result = constant(space, 1)
    for one in raised:
        result = result * factor(space, *one)
    if whole:
        return result.scaled(Fraction(coefficient) ** int(exponent))
    return result * root_of_number(space, Fraction(coefficient), Fraction(exponent))


def root_of_number(space: Space, number: Fraction, exponent: Fraction) -> Expr:
    """A rational power of a positive number, as roots of primes (and of what is left of it)."""
    result = constant(space, 1)
    for part, sign in ((number.numerator, 1), (number.denominator, -1)):
        for base, count in _factors(part):
            head = space.head(("root", base), "root", str(base), positive=True)
            result = result * factor(space, head.number, (), plain(exponent * count * sign))
    return result


def _factors(number: int) -> list[tuple[int, int]]:
    found = []
    candidate = 2
    while number > 1 and candidate < _LARGEST_PRIME:
        count = 0
        while number % candidate == 0:
            number //= candidate
            count += 1
        if count:
            found.append((candidate, count))
        candidate += 1
    return found + ([(number, 1)] if number > 1 else [])


def _of_sum(base: Expr, exponent: Number) -> Expr:
    from gradcheck.proofs.indexed.algebra.reduction import reduced

    space = base.space
    whole = isinstance(exponent, int)
    base = reduced(base)
    if not base.terms or len(base.terms) == 1:
        (term,) = base.terms or [None]
        if term is None or not term[1]:
            again = _single(base, exponent)
            if again is not None:
                return again
    common, rest = content(base, signed=whole)
    if not rest.terms:
        return power(rest, exponent)
    if len(rest.terms) == 1 and common.terms != {((), ()): 1}:
        return power(common, exponent) * power(rest, exponent)
    head, indices, sign = _base(rest, whole)
    result = factor(space, head.number, indices, exponent)
    if sign < 0 and exponent % 2:
        result = -result
    return result * power(common, exponent)


def _single(base: Expr, exponent: Number) -> Expr | None:
    space = base.space
    if not base.terms:
        return power(base, exponent)
    (((factors, _), coefficient),) = base.terms.items()
    return _monomial(space, factors, coefficient, exponent) or _absolute(base, exponent)


def _absolute(base: Expr, exponent: Number) -> Expr | None:
    """`sqrt(x^2)` as |x|: powers of one factor of unknown sign that has an even power."""
    from gradcheck.proofs.indexed.algebra.functions import absolute

    space = base.space
    (((factors, _), coefficient),) = base.terms.items()
    unknown = [f for f in factors if not space.heads[f[0]].positive and isinstance(f[2], int)]
    if coefficient < 0 or len(unknown) != 1 or unknown[0][2] % 2:
        return None
    head, indices, p = unknown[0]
    new = plain(p * exponent)
    if not isinstance(new, int):
        return None
    rest = tuple(f for f in factors if f[0] != head or f[1] != indices)
    others = _monomial(space, rest, coefficient, exponent)
    assert others is not None
    size = absolute(factor(space, head, indices))
    return others * size * factor(space, head, indices, new - 1)


def content(expression: Expr, *, signed: bool) -> tuple[Expr, Expr]:
    """Common factors of all terms, and what is left: `expression = content * rest`.

    ``signed`` allows factors of unknown sign and negative numbers; otherwise all of the content is
    positive. Powers below zero are common factors too, so that the rest has no reciprocals of what is
    named in all its terms; it is reduced again after each step, for they may cancel.
    """
    from gradcheck.proofs.indexed.algebra.reduction import reduced

    space = expression.space
    common = constant(space, 1)
    rest = expression
    for _ in range(8):
        least = _least(rest, signed=signed)
        if not least:
            break
        for (head, indices), p in least.items():
            common = common * factor(space, head, indices, p)
        inverse = constant(space, 1)
        for (head, indices), p in least.items():
            inverse = inverse * factor(space, head, indices, plain(-p))
        rest = reduced(rest * inverse)
        if not rest.terms:
            break
    if rest.terms:
        # Whole coefficients without a common divisor, or, where floats make these huge, a greatest one
        # of 1: choices that no index's name has a say in.
        parts = [abs(Fraction(c)) for c in rest.terms.values()]
        number = Fraction(gcd(*(c.numerator for c in parts)), lcm(*(c.denominator for c in parts)))
        if max(parts) / number > _HUGE:
            number = max(parts)
        common, rest = common.scaled(number), rest.scaled(1 / number)
    return common, rest


def _least(expression: Expr, *, signed: bool) -> dict[tuple[int, tuple[int, ...]], Number]:
    """The least power of every factor over all terms, where it is not 0."""
    space = expression.space
    found: dict[tuple[int, tuple[int, ...]], list[Number]] = {}
    for factors, _ in expression.terms:
        for head, indices, p in factors:
            known = space.heads[head]
            if known.binary or known.kind == "root" or any(is_bound(i) for i in indices):
                continue
            if known.positive or signed or not isinstance(p, int):
                found.setdefault((head, indices), []).append(p)
    count = len(expression.terms)
    if not signed:  # a root says that its base is not negative, but only where it stands in every term
        found = {
            key: powers
            for key, powers in found.items()
            if space.heads[key[0]].positive
            or (len(powers) == count and not any(isinstance(p, int) for p in powers))
        }
    least = {key: min([*powers, *([0] if len(powers) < count else [])]) for key, powers in found.items()}
    if count == 1:
        least = {key: p for key, p in least.items() if p}
    return {key: plain(p) for key, p in least.items() if p}


def _base(rest: Expr, whole: bool) -> tuple[Head, tuple[int, ...], int]:
    """The head of a base. For integer powers P and -P share one; the sign says which it is."""
    from gradcheck.proofs.indexed.algebra.interning import template
    from gradcheck.proofs.indexed.algebra.reduction import leading_term
    from gradcheck.proofs.indexed.algebra.signs import sign_of

    space = rest.space
    sign = 1
    if whole:
        written = template(rest)[1]
        if ("power-base", tuple(sorted(written.terms.items()))) not in space.memo:
            opposite = template(-rest)[1]
            if ("power-base", tuple(sorted(opposite.terms.items()))) in space.memo:
                rest, sign = -rest, -1
    head, indices = intern("power", rest)
    assert head.argument is not None
    if head.leading is None:
        space.memo["power-base", tuple(sorted(head.argument.terms.items()))] = True
        head.leading = leading_term(head.argument)
        head.positive = sign_of(head.argument) == "positive"
    return head, indices, sign
