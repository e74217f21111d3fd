"""One claim on one branch: what is stated against what is true, quantity by quantity."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gradcheck.errors import EndsProgram, Unsupported, user_code
from gradcheck.formulas.calling.user_lines import user_line
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.proofs.conditions import (
    Condition,
    assumptions,
    maxima,
    objection,
    steps_in,
    two_sided,
    with_poles,
)
from gradcheck.proofs.indexed import Expr, IndexedArray, Question, axis_codes, reduced, vanishes
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.latex import plain_text
from gradcheck.proofs.indexed.algebra.space import DELTA, Leak
from gradcheck.proofs.indexed.algebra.substitution import replaced
from gradcheck.proofs.indexed.arrays.size import polynomial_of, text_of
from gradcheck.proofs.stating import Symbolic, right_answers, stated
from gradcheck.proofs.truth import Truth

__all__ = ["Compared", "Finding", "compare"]


@dataclass
class Finding:
    """One quantity: ``equal``, ``different`` (both forms are there, and are not shown to be equal) or
    ``open``. ``candidate`` is the entry at the same indices as ``wanted.truth``, None where the
    shapes differ.
    """

    quantity: Quantity
    outcome: str
    wanted: Symbolic | None = None
    candidate: Expr | None = None
    array: IndexedArray | None = None
    reason: str | None = None


@dataclass
class Compared:
    """All quantities on one branch, what was asked on the way, and the conditions."""

    findings: list[Finding] = field(default_factory=list)
    asked: dict[Question, bool] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    reason: str | None = None

    @property
    def proved(self) -> bool:
        return bool(self.findings) and all(f.outcome == "equal" for f in self.findings)


def compare(claim: Claim, truth: Truth) -> Compared:
    """Run the candidate on symbols and compare. Never raises for what the code does."""
    result = Compared(asked=dict(truth.asked))
    space = truth.space
    try:
        wanted = right_answers(claim, truth)
    except Unsupported as error:
        result.reason = f"the truth: {error}"
        return result
    space.uses = type(space.uses)()
    space.questions.asked = {}
    try:
        with user_code:
            arrays = stated(claim, truth)
    except Unsupported as error:
        result.reason = f"{error}{user_line(error)}"
    except RecursionError:
        result.reason = "the code never returns: maximum recursion depth exceeded"
    except EndsProgram as error:
        result.reason = f"the code ends the program, with {error}{user_line(error)}"
    except Exception as error:
        text = (str(error).strip().splitlines() or [""])[0]
        result.reason = f"the code raises {type(error).__name__}: {text}{user_line(error)}"
    result.asked |= space.questions.asked
    if result.reason is None and space.refusals:
        first = space.refusals[0]
        caught = "" if isinstance(first, Leak) else "the code catches an exception of the arithmetic: "
        result.reason = f"{caught}{first}"
    if result.reason is not None:
        return result
    uses = space.uses
    for quantity, array in arrays.items():
        result.findings.append(_compared(truth, quantity, wanted[quantity], array, result.asked))
    taken = with_poles(truth.uses, [q.truth for q in wanted.values()])
    if uses.once:
        taken.once |= {m for q in wanted.values() for m in maxima(ruled(truth, q.truth))} & uses.once
    why = objection(uses, taken, space)
    steps = set(truth.steps)
    for finding in result.findings:
        if finding.outcome == "equal" and finding.candidate is not None:
            steps |= steps_in(finding.candidate)
    crooked = next((s for s in sorted(steps) if s in uses.sides and not two_sided(space.heads[s])), None)
    if crooked is not None and why is None:
        inner = space.heads[crooked].argument
        why = f"it is not known whether {plain_text(inner)} takes both signs around each of its zeros"
    if why is not None:
        for finding in result.findings:
            if finding.outcome == "equal":
                finding.outcome, finding.reason = "open", why
    result.conditions = assumptions(taken, steps, space)
    return result


def _compared(
    truth: Truth, quantity: Quantity, wanted: Symbolic, array: IndexedArray, asked: dict[Question, bool]
) -> Finding:
    finding = Finding(quantity, "open", wanted, array=array)
    if [polynomial_of(s) for s in array.shape] != [polynomial_of(s) for s in wanted.shape]:
        finding.outcome = "different"
        finding.reason = f"it has the shape ({_words(array.shape)}), not ({_words(wanted.shape)})"
        return finding
    try:
        own = axis_codes(truth.space, array.shape)
        names = {a: c for a, c in zip(own, wanted.codes, strict=True) if not is_constant(a)}
        finding.candidate = array.entry.renamed(names)
        difference = ruled(truth, _apart(finding.candidate - wanted.truth, asked))
        if vanishes(difference) or (truth.space.expand and _vanishes_everywhere(truth, wanted, difference)):
            finding.outcome = "equal"
        else:
            finding.outcome = "different"
            finding.reason = "the normal forms differ"
    except Unsupported as error:
        finding.reason = str(error)
    return finding


def ruled(truth: Truth, expression: Expr) -> Expr:
    """With the rules that declared values bring."""
    rules = truth.arguments.rules
    return replaced(reduced(expression), rules) if rules else expression


def _apart(expression: Expr, asked: dict[Question, bool]) -> Expr:
    """Without the terms that stand only where two indices are equal, if this branch says they are not."""
    pairs = {q.difference for q, answer in asked.items() if q.relation == "is" and not answer}
    if not pairs:
        return expression
    expression = reduced(expression)
    kept = {
        term: c
        for term, c in expression.terms.items()
        if not any(h == DELTA and tuple(sorted(i)) in pairs for h, i, _ in term[0])
    }
    return Expr(expression.space, kept)


def _vanishes_everywhere(truth: Truth, wanted: Symbolic, difference: Expr) -> bool:
    """Entry by entry along the axes whose sizes are plain numbers."""
    pending = [difference]
    for code, size in zip(wanted.codes, wanted.shape, strict=True):
        if type(size) is int and not is_constant(code):
            truth.space.spend(size * len(pending))
            pending = [d.renamed({code: k}) for d in pending for k in range(size)]
    return all(vanishes(d) for d in pending)


def _words(shape: tuple[Any, ...]) -> str:
    return ", ".join(map(text_of, shape))
