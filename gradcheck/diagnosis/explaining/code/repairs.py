"""Explanations by a repair: one changed operation of the hand-written code that makes it right."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arithmetic import enclose
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.edits.edit import Edit
from gradcheck.diagnosis.edits.proposals import proposals
from gradcheck.diagnosis.explaining.code.skips import skips
from gradcheck.diagnosis.explanation import Explanation, repairing
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tracing.calling import run_candidate, run_forward
from gradcheck.diagnosis.tracing.calls import Key
from gradcheck.diagnosis.tracing.dependence import depending, reachable
from gradcheck.diagnosis.tracing.run import Change, Run
from gradcheck.errors import Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["edited", "of_edit", "recorded", "repaired_by", "repairs"]


def recorded(case: Case, sample: Sample) -> Run:
    """The operations of the hand-written code at a sample, up to where it raises, if it does."""
    run = Run()
    with contextlib.suppress(Exception):
        run_candidate(case.claim, sample.point, run=run)
    return run


def edited(sample: Sample, change: Change, how: How, *, anywhere: bool = False) -> dict[Quantity, Any]:
    """What the code gives with a change, which must come to bear unless the sample may be ``anywhere``, on
    another branch. Raises `Unsupported`, or what the changed code raises.
    """
    run, found = run_candidate(sample.claim, sample.point, domain=how, change=change)
    if not run.changed and not anywhere:
        raise Unsupported("the change does not come to bear here")
    if how is not None:
        found = {
            q: v if v.dtype == object else enclose(np.asarray(v, dtype=np.float64)) for q, v in found.items()
        }
    return {q: sample.as_gradient(q, v, how) for q, v in found.items()}


def repairs(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """One explanation for each edit of the code that may be worth trying at the pilot sample."""
    if pilot.values and not pilot.is_same_when_watched:
        return
    run = recorded(case, pilot)
    if case.claim.kind.states_outputs:
        for edit in _steps_too_many(case, pilot):
            yield of_edit(edit)
    unlikely, behind = _unlikely(run, pilot), _behind_delta(case, run)
    for edit in proposals(run.calls, run.arguments, run.index_names):
        later = _PUT_OFF if edit.key in unlikely else -_PUT_FIRST if edit.key in behind else 0.0
        yield replace(of_edit(edit), later=later)


_PUT_OFF, _PUT_FIRST = 1.0, 0.45
"""Long code has hundreds of changes, more than can be tried. One that reaches what is right would hardly
leave it so, and one that reaches nothing that is wrong, such as the output of a forward that is run again,
repairs it by a branch at most; what is derived by hand depends on delta, and is where most mistakes are.
"""


def _behind_delta(case: Case, run: Run) -> set[Key]:
    """The operations that depend on delta: those of the way back, not of a forward that is run again."""
    names = {n for n in run.arguments if n.partition("[")[0] == "delta"}
    if "delta" not in case.claim.leading:
        return set()
    return {call.key for call in depending(run, names)}


def _unlikely(run: Run, pilot: Sample) -> set[Key]:
    """The operations that quantities depend on which are right at the pilot sample, and those that no
    quantity depends on which is wrong there.
    """
    masks = {q: pilot.wrong_or_none(q) for q in pilot.values}
    right = {q for q, mask in masks.items() if mask is not None and not mask.any()}
    behind_right = reachable(run, [v for q, v in run.stated.items() if q in right])
    found = {call.key for call in behind_right}
    wrong = [q for q in masks if q not in right]
    if wrong and all(q in run.stated for q in wrong):
        behind_wrong = {call.key for call in reachable(run, [run.stated[q] for q in wrong])}
        found |= {call.key for call in run.calls} - behind_wrong
    return found


def _steps_too_many(case: Case, pilot: Sample) -> list[Edit]:
    """An expression for the forward's value may apply a function that the forward does not."""
    try:
        run, outputs = run_forward(case.claim.formula, pilot.point, function=case.claim.candidate)
        return list(skips(run, set(reachable(run, outputs))))
    except Exception:
        return []


def of_edit(edit: Edit) -> Explanation:
    made = repaired_by(edit, edit.kind, edit.as_repair, edit.cost, edit.key.site.place)
    return replace(made, removes=edit.removes)


def repaired_by(change: Change, kind: str, text: str, cost: float, place: str) -> Explanation:
    """The explanation that the code is right with this change, made at ``place``."""
    sides = repairing(lambda sample, how: edited(sample, change, how))
    on_branch = repairing(lambda sample, how: edited(sample, change, how, anywhere=True))

    def reaches_all(samples: Sequence[Sample]) -> bool:
        return _reached(samples, None) <= _reached(samples, change)

    return Explanation(
        kind, text, cost, sides, repair=True, place=place, reaches_all=reaches_all, on_branch=on_branch
    )


def _reached(samples: Sequence[Sample], change: Change | None) -> set[Key]:
    """The operations that the code comes to at some of the samples."""
    reached: set[Key] = set()
    for sample in samples[:_MOST_REACHED]:
        run = Run(change=change)
        with contextlib.suppress(Exception):
            run_candidate(sample.claim, sample.point, run=run)
        reached |= {call.key for call in run.calls}
    return reached


_MOST_REACHED = 24
