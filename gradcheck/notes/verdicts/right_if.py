"""Claims that are right under a condition, in another layout, or under another name."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.notes.grammar.syntax import (
    BigSum,
    Differential,
    Group,
    Multiplication,
    Name,
)
from gradcheck.notes.judging.readings import Outcome, Readings
from gradcheck.notes.reading.einstein import repeated
from gradcheck.notes.records import ClaimRecord
from gradcheck.notes.statements.context import nodes
from gradcheck.notes.statements.pieces import Piece
from gradcheck.notes.verdicts.evidence import UNSURE, Evidence, completed, plainest, sentence

__all__ = [
    "for_a_batch_of_one", "in_another_layout", "in_einsteins_convention", "of_the_mean", "other_layout",
    "under_another_name",
]  # fmt: skip


def in_another_layout(evidence: Evidence, base: ClaimRecord, piece: Piece, outcome: Outcome) -> ClaimRecord:
    judgement = evidence.judged(outcome)
    if judgement.equal is False:
        return completed(base, reason=UNSURE)
    layout = evidence.layout(outcome)
    return completed(
        base, verdict="right-if", strength=judgement.strength or "agreed", layout=layout,
        condition=other_layout(evidence, outcome),
        reading=evidence.reading(piece, outcome),
    )  # fmt: skip


def other_layout(evidence: Evidence, outcome: Outcome) -> str:
    if "matrix" in outcome.used and outcome.options.matrix != evidence.convention.matrix:
        return "the gradient of a matrix is laid out transposed (numerator layout)"
    own, others = outcome.options.layout, evidence.convention.layout
    return f"it is read in {own} layout, where the note's other claims use {others} layout"


def of_the_mean(
    evidence: Evidence, base: ClaimRecord, piece: Piece, here: list[Outcome]
) -> ClaimRecord | None:
    """dW = 1/m dZ A^T: dZ of the sum over examples, dW of the mean."""
    if len(piece.sides) != 2 or not any(isinstance(n, Differential) for n in nodes(tuple(piece.sides))):
        return None
    for outcome in here:
        if outcome.state != "wrong":
            continue
        for size in sorted(s for s in evidence.readings.context.sizes if s.isalpha() and len(s) == 1):
            changed = Multiplication((("", Name(size)), ("", Group(piece.sides[1]))))
            again = evidence.readings.outcome(
                replace(piece, sides=[piece.sides[0], changed]), outcome.options
            )
            if again.state == "right":
                text = f"the right side is of the loss summed over {size} examples, the left of its mean"
                return completed(
                    base,
                    verdict="right-if",
                    condition=text,
                    strength="agreed",
                    reading=evidence.reading(piece, outcome),
                )
    return None


def under_another_name(
    evidence: Evidence, base: ClaimRecord, piece: Piece, outcomes: list[Outcome]
) -> ClaimRecord | None:
    """A size under a second letter: right if N = m."""
    unknown = next((o.undeclared for o in outcomes if o.undeclared is not None), None)
    if unknown is None or unknown not in {"N", "n", "m", "M", "d", "D", "B", "K", "T", "C"}:
        return None
    for size in sorted(evidence.readings.context.sizes):
        if size == unknown or not size.isalpha():
            continue
        again = evidence.readings.outcomes(piece, alias=((unknown, size),))
        right = [o for o in again if o.state == "right"]
        if right and evidence.judged(plainest(right)).equal is not False:
            outcome = plainest(right)
            strength = evidence.judged(outcome).strength or "agreed"
            return completed(
                base, verdict="right-if", condition=f"{unknown} = {size}", strength=strength,
                layout=evidence.layout(outcome), reading=evidence.reading(piece, outcome),
            )  # fmt: skip
    return None


def in_einsteins_convention(
    evidence: Evidence, base: ClaimRecord, piece: Piece, outcomes: list[Outcome]
) -> ClaimRecord | None:
    """A formula without a sum in which an index stands twice: right if it is summed over."""
    letters = {x for o in outcomes if o.comparison is not None for x, _ in o.comparison.letters}
    said = any("declare einstein" in o.message for o in outcomes)
    if not said and not any(repeated(piece.sides[0], x) for x in letters):
        return None
    if any(isinstance(n, BigSum) for n in nodes(tuple(piece.sides))):
        return None
    known = evidence.readings
    base_options = replace(known.base, einstein=True)
    summed = Readings(known.context, base_options, dict(known.rows), fixed=dict(known.fixed))
    right = [o for o in summed.outcomes(piece) if o.state == "right"]
    if not right or evidence.judged(plainest(right)).equal is False:
        return None
    outcome = plainest(right)
    return completed(
        base, verdict="right-if", condition="indices that stand twice are summed over",
        strength=evidence.judged(outcome).strength or "agreed",
        layout=evidence.layout(outcome), reading=replace(evidence, readings=summed).reading(piece, outcome),
    )  # fmt: skip


def for_a_batch_of_one(
    evidence: Evidence, base: ClaimRecord, piece: Piece, here: list[Outcome]
) -> ClaimRecord | None:
    """The gradient of a row that is added to every row: right for a batch of one row."""
    for outcome in here:
        if outcome.batch is None:
            continue
        if len(piece.sides) > 2:
            return completed(base, reason=sentence(f"a chain that holds if {outcome.batch} is not read"))
        return completed(
            base,
            verdict="right-if",
            condition=outcome.batch,
            strength="agreed",
            reading=evidence.reading(piece, outcome),
        )
    return None
