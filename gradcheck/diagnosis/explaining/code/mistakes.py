"""Explanations by another forward: the code is right for a forward in which one operation is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.edits.edit import Edit
from gradcheck.diagnosis.edits.proposals import proposals
from gradcheck.diagnosis.explaining.code.skips import skips
from gradcheck.diagnosis.explanation import Explanation, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import Tape, is_right, tape_of
from gradcheck.diagnosis.tracing.dependence import reachable
from gradcheck.diagnosis.tracing.run import Change
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["mistakes", "right_with"]


def mistakes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """One explanation for each edit of the forward that may be worth trying at the pilot sample."""
    if not is_right(pilot):
        return
    try:
        tape = tape_of(pilot)
    except (Unsupported, CandidateFault):
        return
    live = reachable(tape.run, tape.outputs)
    for edit in [*skips(tape.run, set(live)), *proposals(live, tape.run.arguments)]:
        yield _of_mistake(case, edit, extra=0.0 if case.claim.kind.states_outputs else 0.6)


def _of_mistake(case: Case, edit: Edit, *, extra: float) -> Explanation:
    return right_with(case, edit, edit.mistake or edit.kind, edit.as_mistake, edit.cost + extra)


def right_with(case: Case, change: Change, kind: str, text: str, cost: float) -> Explanation:
    """The explanation that the code is right for the forward with this change."""

    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        return Tape(sample.claim, sample.point, how, change).quantities()

    return Explanation(kind, f"{case.noun} is right for another forward: {text}", cost, predicting(values))
