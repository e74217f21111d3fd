"""What kind of mistake makes two normal forms differ: stated for all shapes.

Each proposal transforms one form and asks whether it is now equal to the other, by the same rules as a
proof. Nothing is guessed from numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.comparing import Compared, Finding, ruled
from gradcheck.proofs.indexed import Expr, axis_codes, reduced, vanishes
from gradcheck.proofs.indexed.algebra.expression import factor
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.latex import plain_text
from gradcheck.proofs.indexed.algebra.products import normal_product
from gradcheck.proofs.indexed.algebra.space import Number, plain
from gradcheck.proofs.indexed.arrays.size import polynomial_of
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.prover import latest_attempt
from gradcheck.proofs.truth import Truth
from gradcheck.records.types import Diagnosis

__all__ = ["explain"]

_MOST_TERMS = 30


def explain(claim: Claim, memory: Memory, *, alone: bool = False) -> list[Diagnosis]:
    """Diagnoses of the quantities whose normal forms differ in general; none where no simple one fits.

    Never raises. ``all_shapes`` is true of each whose sizes are free: it is an identity between forms, found
    like a proof. So nothing is said of code that asks whether a size is below a number: its forms are those
    of one case.
    Where nothing else speaks for what the forms say (``alone``), the code must ask nothing about sizes.
    """
    try:
        made = latest_attempt(claim, memory, Branch())
        if made.truth is None:
            return []
        asked = set(made.compared.asked) - set(made.truth.asked)
        if any(alone or q.relation == "<" for q in asked):
            return []
        found = [_of(made.truth, made.compared, f) for f in made.compared.findings]
    except Exception:  # an explanation is a favour, never a failure
        return []
    return [d for d in found if d is not None]


def _of(truth: Truth, compared: Compared, finding: Finding) -> Diagnosis | None:
    if finding.outcome != "different" or finding.wanted is None or finding.array is None:
        return None
    formula = truth.formula
    proposals = [_other_shape] if finding.candidate is None else _PROPOSALS
    for propose in proposals:
        try:
            for kind, text in propose(truth, compared, finding):
                free = bool(formula.free_sizes) and not formula.given_sizes
                said = f"{text}, for all shapes" if free else text
                return Diagnosis(quantity=str(finding.quantity), kind=kind, text=said, all_shapes=free)
        except Unsupported:
            continue
    return None


Proposals = Iterator[tuple[str, str]]


def _equal(truth: Truth, a: Expr, b: Expr) -> bool:
    return vanishes(ruled(truth, a - b))


def _forms(finding: Finding) -> tuple[Expr, Expr]:
    assert finding.candidate is not None
    assert finding.wanted is not None
    return finding.candidate, finding.wanted.truth


def _transposed(truth: Truth, compared: Compared, finding: Finding) -> Proposals:
    candidate, right = _forms(finding)
    assert finding.wanted is not None
    codes = finding.wanted.codes
    for i in range(len(codes)):
        for j in range(i):
            a, b = codes[i], codes[j]
            if is_constant(a) or is_constant(b) or truth.space.size_of(a) != truth.space.size_of(b):
                continue
            if _equal(truth, candidate.renamed({a: b, b: a}), right):
                yield "transposed", f"it is the right one with axes {j} and {i} exchanged"


def _multiple(truth: Truth, compared: Compared, finding: Finding) -> Proposals:
    """A constant ratio, with powers of sizes."""
    candidate, right = (reduced(ruled(truth, e)) for e in _forms(finding))
    if not candidate.terms or not right.terms or len(candidate.terms) > _MOST_TERMS:
        return
    space = truth.space

    def split(term: Any) -> tuple[Any, dict[int, Number]]:
        sizes = {h: p for h, _, p in term[0] if space.heads[h].kind == "size"}
        return (tuple(f for f in term[0] if f[0] not in sizes), term[1]), sizes

    first, amount = min(right.terms.items())
    core, sizes = split(first)
    for term, coefficient in candidate.terms.items():
        other, powers = split(term)
        if other != core:
            continue
        ratio = Fraction(coefficient) / Fraction(amount)
        exponents = {h: powers.get(h, 0) - sizes.get(h, 0) for h in {*powers, *sizes}}
        exponents = {h: p for h, p in exponents.items() if p}
        scaled = right.scaled(ratio)
        for head, power in exponents.items():
            scaled = scaled * factor(space, head, (), power)
        if not _equal(truth, candidate, scaled):
            continue
        if exponents:
            powers_only = tuple(sorted((h, (), p) for h, p in exponents.items()))
            by = Expr(space, {(powers_only, ()): plain(ratio)})
            yield "size-factor", f"it is {plain_text(by)} times the right one"
        elif ratio == -1:
            yield "sign", "it is the right one with the opposite sign"
        else:
            yield "factor", f"it is {ratio} times the right one"
        return


def _without_delta(truth: Truth, compared: Compared, finding: Finding) -> Proposals:
    candidate, right = _forms(finding)
    names = set(truth.delta_heads) if len(truth.outputs) == 1 else set()
    if not names:
        return
    ones = Expr(truth.space, {})
    space = truth.space
    for (factors, bounds), coefficient in reduced(right).terms.items():
        kept = [f for f in factors if f[0] not in names]
        if len(kept) == len(factors):
            return
        ones = ones + Expr(space, normal_product(space, kept, bounds)).scaled(coefficient)
    if _equal(truth, candidate, ones):
        yield "delta-ignored", "it is the gradient for delta = ones: delta is not used"


def _of_another(truth: Truth, compared: Compared, finding: Finding) -> Proposals:
    candidate, _ = _forms(finding)
    assert finding.wanted is not None
    shape = [polynomial_of(s) for s in finding.wanted.shape]
    for other in compared.findings:
        if other.wanted is None or other.quantity == finding.quantity:
            continue
        if [polynomial_of(s) for s in other.wanted.shape] == shape and _equal(
            truth, candidate, other.wanted.truth
        ):
            yield "swapped", f"it is {other.quantity}"


def _summed_too_far(truth: Truth, compared: Compared, finding: Finding) -> Proposals:
    candidate, right = _forms(finding)
    assert finding.wanted is not None
    for axis, code in enumerate(finding.wanted.codes):
        if is_constant(code) or code in candidate.free:
            continue
        if _equal(truth, candidate, right.summed(code)):
            yield "wrong-axis", f"it is the right one summed over axis {axis}, and the same in all of it"


def _terms(truth: Truth, compared: Compared, finding: Finding) -> Proposals:
    candidate, right = (reduced(ruled(truth, e)) for e in _forms(finding))
    mine, wanted = candidate.terms.items(), right.terms.items()
    if not mine or len(mine) > _MOST_TERMS or len(wanted) > _MOST_TERMS:
        return
    if mine < wanted and (missing := _short(Expr(truth.space, dict(wanted - mine)))):
        yield "missing-term", f"it lacks {missing}"
    elif wanted < mine and right.terms and (extra := _short(Expr(truth.space, dict(mine - wanted)))):
        yield "extra-term", f"it has {extra} too many"


def _short(difference: Expr) -> str:
    """An expression as text; "" where nobody would recognise it: long, or with names of our own in it."""
    text = plain_text(difference)
    return text if len(text) <= _LONGEST and not re.search(r"\bu_\d", text) else ""


_LONGEST = 100


def _other_shape(truth: Truth, compared: Compared, finding: Finding) -> Proposals:
    """An array of another shape: transposed, or with an axis that should have been summed over."""
    array, right = finding.array, finding.wanted
    assert array is not None
    assert right is not None
    shape = [polynomial_of(s) for s in array.shape]
    wanted = [polynomial_of(s) for s in right.shape]
    own = axis_codes(truth.space, array.shape)
    if shape == wanted[::-1]:
        names = dict(zip(own, right.codes[::-1], strict=True))
        moved = array.entry.renamed({o: c for o, c in names.items() if not is_constant(o)})
        if _equal(truth, moved, right.truth):
            yield "transposed", "it is the right one transposed"
    for axis, code in enumerate(own):
        if is_constant(code):
            continue
        rest = [k for k in range(len(own)) if k != axis]
        dropped, kept = [shape[k] for k in rest], [*shape[:axis], polynomial_of(1), *shape[axis + 1 :]]
        if dropped == wanted:
            names = dict(zip([own[k] for k in rest], right.codes, strict=True))
        elif kept == wanted:
            names = {own[k]: right.codes[k] for k in rest}
        else:
            continue
        names = {o: c for o, c in names.items() if not is_constant(o)}
        if _equal(truth, array.entry.summed(code).renamed(names), right.truth):
            yield "missing-sum", f"it is not summed over axis {axis}, of size {array.shape[axis]}"


_PROPOSALS: list[Callable[[Truth, Compared, Finding], Proposals]] = [
    _transposed,
    _multiple,
    _without_delta,
    _of_another,
    _summed_too_far,
    _terms,
]
