"""A claim that is right as it is read."""

from __future__ import annotations

from gradcheck.notes.grammar.syntax import (
    Addition,
    Derivative,
)
from gradcheck.notes.judging.readings import Outcome
from gradcheck.notes.judging.verifying import undecided
from gradcheck.notes.reading.differentials import STILL
from gradcheck.notes.records import ClaimRecord
from gradcheck.notes.statements.context import nodes
from gradcheck.notes.statements.pieces import Piece
from gradcheck.notes.verdicts.evidence import UNSURE, Evidence, completed, sentence

__all__ = ["judge_right"]


def judge_right(evidence: Evidence, base: ClaimRecord, piece: Piece, outcome: Outcome) -> ClaimRecord:
    judgement = evidence.judged(outcome)
    reading = evidence.reading(piece, outcome)
    layout = evidence.layout(outcome)
    if judgement.equal is False:
        return completed(
            base,
            reason=UNSURE,
            reading=reading,
        )
    if judgement.equal is None:
        return completed(base, reason=sentence(undecided(judgement.reason)), reading=reading)
    strength = judgement.strength
    condition = None if _chain_rule(piece) and not outcome.options.elementwise else _choice(outcome)
    common = {"strength": strength, "reading": reading, "layout": layout}
    if condition is not None:
        return completed(base, verdict="right-if", condition=condition, **common)
    return completed(base, verdict="right", **common)


def _chain_rule(piece: Piece) -> bool:
    """A sum over paths: partial derivatives are what such a sum is made of."""
    right = piece.sides[1]
    return (
        len(piece.sides) == 2
        and isinstance(right, Addition)
        and len(right.terms) > 1
        and all(sum(isinstance(n, Derivative) for n in nodes(t)) >= 2 for _, t in right.terms)
    )


def _choice(outcome: Outcome) -> str | None:
    options, used = outcome.options, outcome.used
    if options.elementwise and "elementwise" in used:
        return "the factors side by side are multiplied entry by entry (⊙)"
    if options.turned and "turned" in used:
        return "the gradient is laid out as a row (numerator layout)"
    if options.columns and "columns" in used:
        return "the softmax acts on the columns"
    still = next((a for a in outcome.assumed if a.endswith(STILL)), None)
    if still is not None:
        return still
    if options.partial and "partial" in used:
        held = next((a for a in outcome.assumed if a.endswith("held fixed")), "other quantities held fixed")
        return f"partial derivatives with {held}"
    return None
