"""What a proof takes for granted about values, and whether the code takes more than the forward does.

Off its kinks and poles a forward is what its normal form says. A candidate that divides by x where the
forward does not is NaN at x = 0, and one that asks both `z > 0` and `z >= 0` can say anything at z = 0;
neither shows in a normal form, so neither is proved.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from fractions import Fraction

from gradcheck.proofs.indexed import Expr
from gradcheck.proofs.indexed.algebra.conditions.requirements import (
    key_of,
    keys_of_product,
    needs_nonzero,
)
from gradcheck.proofs.indexed.algebra.derivative import variables_of
from gradcheck.proofs.indexed.algebra.expression import factor
from gradcheck.proofs.indexed.algebra.indices.codes import is_bound
from gradcheck.proofs.indexed.algebra.interning import slot_codes, template
from gradcheck.proofs.indexed.algebra.latex import plain_text
from gradcheck.proofs.indexed.algebra.powers import power
from gradcheck.proofs.indexed.algebra.space import Factor, Head, Space, Uses

__all__ = ["Condition", "assumptions", "maxima", "objection", "steps_in", "with_poles"]

Condition = tuple[str, Expr]
"""``!=``, ``>`` or ``>=``, and the expression that is so related to 0; or ``once``, and a maximum that is
attained by one entry alone.
"""


def with_poles(uses: Uses, expressions: list[Expr]) -> Uses:
    """What the forward takes for granted, and what its derivative does: where either divides by P."""
    space = expressions[0].space if expressions else None
    if space is None:
        return uses
    before = space.uses
    nonzero = uses.nonzero | uses.unequal
    space.uses = Uses(
        nonzero=nonzero, positive=dict(uses.positive), roots=dict(uses.roots), once=set(uses.once)
    )
    for expression in expressions:
        for part in _denominators(expression, set()):
            needs_nonzero(part)
    found, space.uses = space.uses, before
    return found


def _denominators(expression: Expr, seen: set[int]) -> Iterator[Expr]:
    space = expression.space
    for factors, _ in expression.terms:
        for number, indices, exponent in factors:
            head = space.heads[number]
            fractional = head.kind in ("power", "variable") and not isinstance(exponent, int)
            if (exponent < 0 or fractional) and not head.positive and head.kind != "power":
                yield Expr(space, {(((number, indices, 1),), ()): 1})
            if head.argument is None or number in seen:
                continue
            seen.add(number)
            if head.kind == "power" and (exponent < 0 or fractional):
                yield head.argument
            yield from _denominators(head.argument, seen)


def objection(candidate: Uses, truth: Uses, space: Space) -> str | None:
    """Why an equality of normal forms is not enough for this candidate, or None."""
    known = truth.nonzero.keys() | {_unsigned(part) for part in truth.positive.values()}
    for key, part in candidate.nonzero.items():
        if key not in known and not _is_product(key, truth, space):
            return f"the code divides by {plain_text(part)}, which can be 0 where the derivative exists"
    for number in candidate.once - truth.once:
        greatest = _maximum(space, number)
        return f"the code asks where {greatest} is attained, which the derivative does not depend on"
    for key, part in candidate.unequal.items():
        if key not in known:
            return (
                f"the code asks whether {plain_text(part)} is 0, which it can be where the derivative exists"
            )
    for key, part in candidate.positive.items():
        if key not in truth.positive:
            return f"the code takes the logarithm of {plain_text(part)}, which need not be positive"
    for key, part in candidate.roots.items():
        if key not in truth.positive and key not in truth.roots:
            return f"the code takes a root of {plain_text(part)}, which can be negative"
    for number, sides in candidate.sides.items():
        if len(sides) > 1:
            inner = plain_text(_inner(space.heads[number]))
            return f"the code's comparisons of {inner} with 0 do not fit together at 0"
    if candidate.bent:
        inner = plain_text(_inner(space.heads[min(candidate.bent)]))
        return f"the code uses np.sign of {inner} in a way that leaves its value at 0 open"
    return None


_MOST_PARTS = 6
"""Parts of which products are tried: two complex quotients have four."""


def _is_product(key: Hashable, truth: Uses, space: Space) -> bool:
    """Whether what must not be 0 is the product of two that are not, or a power: the square of `x^2 + y^2`
    for `1 / (x + iy)`. The root of what is not 0 is not 0 either.
    """
    parts = [*truth.nonzero.values(), *truth.positive.values()][:_MOST_PARTS]
    before, space.uses = space.uses, Uses()
    try:
        parts += [power(part, Fraction(1, 2)) for part in parts]
        return any(key in keys_of_product(a, b) for k, a in enumerate(parts) for b in parts[k:])
    finally:
        space.uses = before


def maxima(expression: Expr) -> set[int | None]:
    """The maxima whose places an expression depends on."""
    space = expression.space
    found: set[int | None] = set()
    seen: set[int] = set()
    pending = [h for factors, _ in expression.terms for h, _, _ in factors]
    while pending:
        head = space.heads[pending.pop()]
        if head.number in seen:
            continue
        seen.add(head.number)
        if head.kind == "argmax":
            found.add(head.of)
        if head.argument is not None:
            pending += [h for factors, _ in head.argument.terms for h, _, _ in factors]
    return found


def _maximum(space: Space, number: int | None) -> str:
    assert number is not None
    return plain_text(_greatest(space, number))


def _greatest(space: Space, number: int) -> Expr:
    return factor(space, number, slot_codes(space, space.heads[number]))


def _unsigned(part: Expr) -> Hashable:
    """The key that the part has where only its being 0 counts."""
    return key_of(part, signed=True)


def _inner(head: Head) -> Expr:
    inner: Expr = head.argument
    return inner


def steps_in(expression: Expr) -> set[int]:
    """The steps that a normal form depends on."""
    space = expression.space
    found: set[int] = set()
    pending = [h for factors, _ in expression.terms for h, _, _ in factors]
    seen: set[int] = set()
    while pending:
        number = pending.pop()
        if number in seen:
            continue
        seen.add(number)
        head = space.heads[number]
        if head.kind == "step":
            found.add(number)
        if head.argument is not None:
            pending += [h for factors, _ in head.argument.terms for h, _, _ in factors]
    return found


def two_sided(head: Head) -> bool:
    """Whether a step's argument is of first degree in some variable's entries, which stand in no function:
    then it takes both signs around its zeros (but where its slope vanishes there too), so that what the
    code gives at a zero is the limit from one side. `x * x > 0` is not so: at x = 0 it picks a case that
    holds nowhere around.
    """
    inner = _inner(head)
    space = inner.space
    degrees: dict[int, list[object]] = {}
    hidden: set[int] = set()
    for factors, _ in inner.terms:
        if not _somewhere(space, factors):
            hidden |= {h for h, _, _ in factors}
        for number, _, exponent in factors:
            if space.heads[number].kind == "variable":
                degrees.setdefault(number, []).append(exponent)
            else:
                hidden |= variables_of(space, number)
        for number in {h for h, _, _ in factors if h in degrees}:
            if sum(h == number for h, _, _ in factors) > 1:
                hidden.add(number)
    return any(number not in hidden and all(e == 1 for e in found) for number, found in degrees.items())


_TOTAL = {"place": 1, "mirror": 1, "turn": 1, "add": 2, "label": -1}
"""Relations between indices that hold for one value of the index at this place, whatever the others are."""


def _somewhere(space: Space, factors: tuple[Factor, ...]) -> bool:
    """Whether relations between indices leave the term there wherever the others are: at the border of
    `np.pad(x, 1)` there is no x, and what stands there is 0 for all values.
    """
    summed: set[int] = set()
    for number, indices, _ in factors:
        head = space.heads[number]
        if not head.binary or head.kind in ("variable", "step"):
            continue
        last = indices[_TOTAL[head.kind]] if head.kind in _TOTAL else None
        if last is None or not is_bound(last) or last in summed:
            return False
        summed.add(last)
    return True


def assumptions(uses: Uses, steps: set[int], space: Space) -> list[Condition]:
    """The conditions that an equality of normal forms carries."""
    found: dict[Hashable, Condition] = {}
    for key, part in uses.positive.items():
        found["positive", key] = (">", part)
    above = {_unsigned(part) for part in uses.positive.values()}
    for key, part in uses.nonzero.items():
        if key not in above:
            found["nonzero", key] = ("!=", part)
    for key, part in uses.roots.items():
        if ("positive", key) not in found:
            stronger = found.pop(("nonzero", _unsigned(part)), None)
            found["root", key] = (">" if stronger else ">=", part)
    for number in sorted(steps):
        found["step", number] = ("!=", _inner(space.heads[number]))
    for maximum in sorted(n for n in uses.once if n is not None):
        found["once", maximum] = ("once", _greatest(space, maximum))
    return list(found.values())


def written(expression: Expr) -> Expr:
    """With its indices in their canonical names, for print."""
    return template(expression)[1]
