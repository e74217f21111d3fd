"""Running one saved counterexample again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gradcheck.checking.claim_check import check_claim, session_of
from gradcheck.errors import CandidateFault, Escaped, UsageError, user_code
from gradcheck.formulas.calling.in_place_writes import read_only
from gradcheck.formulas.calling.process_state import process_kept
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.complex_numbers.claims import in_real_outputs
from gradcheck.formulas.complex_numbers.outputs import with_real_outputs
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.candidates.running import run_prepared
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.point import ComplexOutputs, Discarded, ForwardFault, Point, evaluate_forward
from gradcheck.records.arrays import decode
from gradcheck.records.types import Counterexample

__all__ = ["ReplayOutcome", "replay_counterexample"]


@dataclass(frozen=True)
class ReplayOutcome:
    """``fixed``: the claim passes at this point now; ``failing``: it does not; ``error``: it cannot be
    run there any more. ``text`` says what was found.
    """

    status: Literal["fixed", "failing", "error"]
    text: str


def replay_counterexample(
    claim: Claim, counterexample: Counterexample, backends: Sequence[str] | None = None
) -> ReplayOutcome:
    """Check a claim at the exact arrays of a saved counterexample.

    Raises `UsageError` for an unknown backend. A counterexample that no longer fits the formula's
    declaration gives the outcome ``error`` with the reason.
    """
    chosen = choose(backends)
    try:
        with process_kept(), user_code:
            claim, point = _placed(claim, counterexample)
            if counterexample.together:
                return _all_points(claim, point, counterexample, backends)
            result = check_point(claim, point, session_of(claim.formula, chosen))
    except (UsageError, ForwardFault, Discarded, Escaped, CandidateFault) as error:
        return ReplayOutcome("error", str(error))
    if result.verdict == "pass":
        agreeing = [o.backend for o in result.opinions.values() if o.says == "agree"]
        return ReplayOutcome("fixed", f"agrees with {', '.join(agreeing)} at this point now")
    if result.verdict == "kink":
        return ReplayOutcome(
            "fixed", "no derivative exists at this point, and nothing speaks against the code"
        )
    if result.verdict in ("fail", "error"):
        against = [o.backend for o in result.opinions.values() if o.says == "differ" and not o.outvoted]
        return ReplayOutcome("failing", str(result.fault or f"still differs from {', '.join(against)}"))
    return ReplayOutcome("error", "no backend can answer at this point")


def _all_points(
    claim: Claim, point: Point, saved: Counterexample, backends: Sequence[str] | None
) -> ReplayOutcome:
    """Of errors that go one way together no single point tells: where the code gives other numbers at the
    saved one than it did, all points are checked again.
    """
    if saved.candidate is not None and saved.quantity is not None:
        numbers = {str(q): v for q, v in run_prepared(claim, point, read_only).values.items()}
        found = numbers.get(saved.quantity)
        if found is not None and np.array_equal(found, decode(saved.candidate)):
            return ReplayOutcome("failing", f"the same numbers as before: {saved.message}")
    row = check_claim(claim, backends=backends).row
    if row.verdict == "pass":
        return ReplayOutcome("fixed", "other numbers at this point now, and a check of all points passes")
    return ReplayOutcome("failing", row.reason or row.verdict)


def _placed(claim: Claim, saved: Counterexample) -> tuple[Claim, Point]:
    """The point, and the claim that is about a forward of real outputs."""
    try:
        return claim, _point(claim, saved)
    except ComplexOutputs as found:
        formula = with_real_outputs(claim.formula, found.form)
        claim = in_real_outputs(claim, formula, found.form)
        point = _point(claim, saved)
        return claim, point.with_values(
            point.args, found.form.conjugated(point.delta, formula.complex_convention)
        )


def _point(claim: Claim, saved: Counterexample) -> Point:
    formula = claim.formula
    names = formula.shapes.arguments
    if set(saved.inputs) != set(names):
        raise UsageError(
            f"the counterexample has the arguments {', '.join(saved.inputs)}, but {formula.name} now has "
            f"{', '.join(names)}."
        )
    args = tuple(decode(saved.inputs[n]) for n in names)
    sizes = formula.shapes.bind({n: a.shape for n, a in zip(names, args, strict=True)})
    for array in args:
        array.flags.writeable = False
    outputs, multiple = evaluate_forward(formula, args)
    delta = tuple(decode(d) for d in saved.delta)
    if not delta:
        delta = tuple(np.ones(o.shape) for o in outputs)
    if tuple(d.shape for d in delta) != tuple(o.shape for o in outputs):
        raise UsageError(
            f"delta was saved with the shape {delta[0].shape}, but the forward's result now has the shape "
            f"{outputs[0].shape}."
        )
    rate = saved.rate if saved.rate is not None else 0.5
    return Point({**saved.sizes, **sizes}, args, outputs, delta, multiple, rate, "replay")
