"""Functions of expressions, brought as far as their rules allow.

`exp` of a sum is a product of exponentials, `log` of a product of positive factors a sum; a function of
an expression with a factor h that is 0 or 1 is `h f(with h = 1) + (1 - h) f(with h = 0)`. What is left
becomes a let-bound name. Steps `H(z)` are 1 where z > 0 and 0 where z < 0; nothing is said at z = 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, factor
from gradcheck.proofs.indexed.algebra.indices.codes import is_bound
from gradcheck.proofs.indexed.algebra.interning import argument_at, intern
from gradcheck.proofs.indexed.algebra.powers import content, power
from gradcheck.proofs.indexed.algebra.reduction import Opened, reduced
from gradcheck.proofs.indexed.algebra.signs import sign_of
from gradcheck.proofs.indexed.algebra.space import Factor, Head, Number, Space

__all__ = [
    "INSTANCES",
    "MAKERS",
    "ODD",
    "absolute",
    "apply",
    "equals",
    "exp",
    "instance",
    "larger",
    "log",
    "maximum",
    "place_of_maximum",
    "split_cases",
    "step",
]

ODD = {"sin": -1, "arctan": -1, "arcsin": -1, "erf": -1, "cos": 1}
"""What a minus before the argument does."""


INSTANCES: dict[str, Callable[[Space, int, Sequence[int]], Expr]] = {}
"""How functions of matrices are made anew: filled in by `matrices`."""


def instance(space: Space, number: int, indices: Sequence[int]) -> Expr:
    """A let-bound function at other indices, made anew from its inner expression."""
    head = space.heads[number]
    inner = argument_at(space, head, indices)
    if head.kind == "max":
        free = [space.fresh(space.size_of(code)) for code in head.over]
        return maximum(inner.renamed(dict(zip(head.over, free, strict=True))), free)
    if head.kind == "argmax":
        raise space.refused(Unsupported("the place of a maximum, at an index that is given"))
    if head.kind in INSTANCES:
        return INSTANCES[head.kind](space, number, indices)
    if head.kind in MAKERS:
        return MAKERS[head.kind](inner)
    return apply(head.name, inner, head.order)


def by_cases(function: Callable[[Expr], Expr], argument: Expr) -> Expr | None:
    """The function taken apart over a factor that is 0 or 1, or over a label; None where there is none."""
    cases = split_cases(argument)
    if cases is None:
        return _by_label(function, argument)
    switch, one, none = cases
    return switch * function(one) + (constant(argument.space, 1) - switch) * function(none)


def _by_label(function: Callable[[Expr], Expr], argument: Expr) -> Expr | None:
    """The function of an entry that a label picks: `f(sum_k [k = y] z_k)` is `sum_k [k = y] f(z_k)`, for one
    of the brackets is 1 and all others are 0.
    """
    space = argument.space

    def picked(factors: Sequence[Factor]) -> Iterator[tuple[int, tuple[int, ...], int]]:
        for head, (*row, last), _ in ((h, i, p) for h, i, p in factors if space.heads[h].kind == "label"):
            if is_bound(last) and not any(is_bound(i) for i in row):
                yield head, tuple(row), last

    label = next((one[:2] for factors, _ in argument.terms for one in picked(factors)), None)
    if label is None:
        return None
    space.spend(4)
    head, row = label
    place = space.fresh(space.heads[head].slots[-1])
    inner = Expr(space, {})
    for (factors, bounds), coefficient in argument.terms.items():
        bound = next((last for *one, last in picked(factors) if tuple(one) == label), None)
        opened = Opened(space, bounds)
        part = opened.product(tuple(f for f in factors if f[:2] != (head, (*row, bound))))
        if bound is not None:
            part = part.renamed({opened.names.pop(bound): place})
        inner = inner + opened.closed(part).scaled(coefficient)
    return (factor(space, head, (*row, place)) * function(inner)).summed(place)


def split_cases(argument: Expr) -> tuple[Expr, Expr, Expr] | None:
    """A factor that is 0 or 1, and the expression where it is 1 and where it is 0; None without any."""
    space = argument.space
    found = next(
        (
            (head, indices)
            for factors, _ in argument.terms
            for head, indices, _ in factors
            if space.heads[head].binary and not any(is_bound(i) for i in indices)
        ),
        None,
    )
    if found is None:
        return None
    space.spend(4)
    if found[0] in space.uses.halves:
        space.uses.bent.add(found[0])
    one, none = Expr(space, {}), Expr(space, {})
    for (factors, bounds), coefficient in argument.terms.items():
        rest = tuple(f for f in factors if (f[0], f[1]) != found)
        part = Expr(space, {(rest, bounds): coefficient})
        one = one + part
        if len(rest) == len(factors):
            none = none + part
    return factor(space, *found), one, none


def exp(argument: Expr) -> Expr:
    """The exponential: one factor for every term, its number a power."""
    argument = reduced(argument)
    split = by_cases(exp, argument)
    if split is not None:
        return split
    space = argument.space
    barred = space.keys.get(("infinity",))
    if barred is not None and (times := argument.terms.get((((barred, (), 1),), ()))) is not None:
        if times < 0:
            raise space.refused(Unsupported("np.exp of values that may be inf"))
        return Expr(space, {})
    if any(h == barred for factors, _ in argument.terms for h, _, _ in factors):
        raise space.refused(Unsupported("np.exp of a sum of values that may be -inf"))
    result = constant(space, 1)
    for coefficient, term in argument.term_expressions():
        inner = _logarithm_of(term)
        if inner is not None:
            result = result * power(inner, coefficient)
            continue
        head, indices = intern("exp", term, positive=True)
        result = result * factor(space, head.number, indices, coefficient)
    return result


def _logarithm_of(term: Expr) -> Expr | None:
    """P where the term is log P."""
    ((factors, bounds),) = term.terms
    if bounds or len(factors) != 1:
        return None
    (head, indices, exponent) = factors[0]
    known = term.space.heads[head]
    if known.kind != "log" or exponent != 1 or known.argument is None:
        return None
    return argument_at(term.space, known, indices)


def log(argument: Expr) -> Expr:
    """The logarithm: positive factors apart."""
    argument = reduced(argument)
    split = by_cases(log, argument)
    if split is not None:
        return split
    space = argument.space
    if not argument.terms:
        raise space.refused(Unsupported("the logarithm of zero"))
    common, rest = content(argument, signed=False)
    ((factors, _),) = common.terms
    result = Expr(space, {})
    for head, indices, exponent in factors:
        result = result + _log_of_factor(space, space.heads[head], indices).scaled(exponent)
    number = common.terms[factors, ()]
    result = result + _log_of_number(space, number)
    if rest.number == 1:
        return result
    if (value := rest.number) is not None and value <= 0:
        raise space.refused(Unsupported("the logarithm of a number that is not positive"))
    if len(rest.terms) == 1:
        (((inner, bounds), c),) = rest.terms.items()
        if c == 1 and not bounds and len(inner) == 1 and isinstance(inner[0][2], int) and inner[0][2] % 2:
            base = factor(space, inner[0][0], inner[0][1])  # x**3 > 0 exactly where x > 0
            return result + _named(base).scaled(inner[0][2])
    return result + _named(rest)


def _log_of_factor(space: Space, head: Head, indices: tuple[int, ...]) -> Expr:
    if head.kind in ("exp", "power"):
        inner = argument_at(space, head, indices)
        return inner if head.kind == "exp" else log(inner)
    return _named(factor(space, head.number, indices))


def _log_of_number(space: Space, number: Number) -> Expr:
    if number == 1:
        return Expr(space, {})
    if number < 1:
        return -_named(constant(space, 1 / Fraction(number)))
    return _named(constant(space, number))


def _named(inner: Expr) -> Expr:
    head, indices = intern("log", inner)
    return factor(inner.space, head.number, indices)


def step(argument: Expr, at_zero: Number | None = None) -> Expr:
    """1 where the argument is above zero, 0 where it is below; ``at_zero`` where it is nothing but 0."""
    argument = reduced(argument)
    split = by_cases(lambda e: step(e, at_zero), argument)
    if split is not None:
        return split
    space = argument.space
    if not argument.terms:
        if at_zero is None:
            raise space.refused(Unsupported("a comparison of two values that are always equal"))
        space.uses.decided.append(argument)
        return constant(space, at_zero)
    sign = sign_of(argument)
    if sign in ("positive", "negative"):
        space.uses.decided.append(argument)
        return constant(space, int(sign == "positive"))
    rest = content(argument, signed=False)[1]
    head, indices, negated = _signed("step", rest, binary=True)
    result = factor(space, head.number, indices)
    return constant(space, 1) - result if negated else result


def equals(argument: Expr) -> Expr:
    """1 where the argument is 0, 0 elsewhere."""
    argument = reduced(argument)
    split = by_cases(equals, argument)
    if split is not None:
        return split
    if (value := argument.number) is not None:
        return constant(argument.space, int(value == 0))
    head, indices, _ = _signed("equals", content(argument, signed=False)[1], binary=True)
    return factor(argument.space, head.number, indices)


MAKERS: dict[str, Callable[[Expr], Expr]] = {
    "power": lambda e: e, "exp": exp, "log": log, "step": step, "equals": equals
}  # fmt: skip
"""What makes a let-bound name of these kinds anew from its inner expression."""


def _signed(kind: str, inner: Expr, *, name: str = "", **about: Any) -> tuple[Head, tuple[int, ...], bool]:
    """The head of the argument or of its opposite, whichever has a plus before its first term."""
    from gradcheck.proofs.indexed.algebra.interning import template

    written = template(inner)[1]
    negated = written.terms[min(written.terms)] < 0
    head, indices = intern(kind, -inner if negated else inner, name=name, **about)
    return head, indices, negated


def absolute(argument: Expr) -> Expr:
    """|z| as `z (2 H(z) - 1)`."""
    argument = reduced(argument)
    sign = sign_of(argument)
    if sign is not None:
        return argument if sign in ("positive", "nonnegative") else -argument
    return argument * (step(argument, 0).scaled(2) - constant(argument.space, 1))


def larger(a: Expr, b: Expr) -> Expr:
    """The larger of two: `b + (a - b) H(a - b)`."""
    difference = reduced(a - b)
    return b + difference * step(difference, 0)


def maximum(argument: Expr, over: Sequence[int]) -> Expr:
    """The greatest value over indices. What does not depend on them is taken out."""
    argument = reduced(argument)
    space = argument.space
    over = space.flat(over)
    barred = space.keys.get(("infinity",))
    outside, inside = Expr(space, {}), Expr(space, {})
    for coefficient, term in argument.term_expressions():
        ((factors, _),) = term.terms
        if term.free & set(over) or any(h == barred for h, _, _ in factors):
            inside = inside + term.scaled(coefficient)
        else:
            outside = outside + term.scaled(coefficient)
    if not inside.terms:
        return outside
    used = [code for code in over if code in inside.free]
    if all(type(space.size_list[space.size_of(c)]) is int for c in used) and space.expand:
        raise space.refused(Unsupported("the maximum over an axis of known size"))
    head, indices = intern("max", inside, over=used)
    return outside + factor(space, head.number, indices)


def place_of_maximum(space: Space, number: int, indices: tuple[int, ...], over: tuple[int, ...]) -> Expr:
    """1 at the indices ``over`` where a maximum is attained, 0 elsewhere: its slope, off ties."""
    head = space.heads[number]
    key = ("argmax", number)
    slots = head.slots + tuple(space.size_of(code) for code in head.over)
    place = space.head(key, "argmax", "argmax", slots=slots, binary=True, one_hot=len(head.over) == 1)
    place.of = number
    return factor(space, place.number, (*indices, *over))


def apply(name: str, argument: Expr, order: int = 0) -> Expr:
    """A named function of which only a derivative and a symmetry are known, or nothing at all."""
    argument = reduced(argument)
    split = by_cases(lambda e: apply(name, e, order), argument)
    if split is not None:
        return split
    space = argument.space
    if not argument.terms and name in ODD and not order:
        return constant(space, 1 if name == "cos" else 0)
    if name in ODD and argument.terms:
        head, indices, negated = _signed("apply", argument, name=name)
        return factor(space, head.number, indices).scaled(ODD[name] if negated else 1)
    head, indices = intern("apply", argument, name=name, order=order)
    return factor(space, head.number, indices)
