"""A checked claim as records: its row, the backends' rows, the battery's."""

from __future__ import annotations

import time
import warnings
from contextlib import suppress
from dataclasses import dataclass, field, replace

from gradcheck.checking.low_precision import accuracy
from gradcheck.checking.minimise import Minimal, minimise
from gradcheck.checking.settling import Settled
from gradcheck.checking.task import Task
from gradcheck.checking.time_limit import Clock, TimeUp
from gradcheck.checking.trying import Tried
from gradcheck.checking.verdict import Decision, rule
from gradcheck.checking.weighing import refuted
from gradcheck.checking.writing.biased_point import biased_point
from gradcheck.checking.writing.counterexample import describe
from gradcheck.checking.writing.remarks import precision, remarks, unstable
from gradcheck.checking.writing.rows import backend_row, claim_row, silent_row
from gradcheck.diagnosis import diagnosed
from gradcheck.diagnosis.kinds import UNEXPLAINED
from gradcheck.formulas.claim import Claim
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.session import Session
from gradcheck.records.types import BackendRow, BatteryRow, ClaimRow, Diagnosis
from gradcheck.records.verdicts import Strength, Verdict

__all__ = ["Outcome", "cannot_run", "outcome", "stopped"]


@dataclass
class Outcome:
    """A claim's records, and the failing point that minimisation ended at."""

    row: ClaimRow
    backends: list[BackendRow]
    battery: list[BatteryRow] = field(default_factory=list)
    minimal: Minimal | None = None
    results: list[PointResult] = field(default_factory=list)


def outcome(task: Task, tried: Tried, settled: Settled) -> Outcome:
    """The records of a claim whose verdict is known."""
    claim, session, results, verdict = task.claim, task.session, task.results, settled.verdict
    passes, low = verdict is Verdict.PASS, claim.formula.dtype.is_low
    minimal = _minimal(task, verdict)
    counterexample = describe(claim, minimal, session) if minimal else None
    if settled.of_rounding and minimal is None:
        counterexample = biased_point(claim, results, settled.of_rounding[0], session)
    mistakes = _mistakes(task, settled, minimal) if verdict is Verdict.FAIL else []
    measured = precision(claim, results) if passes and not low else []
    row = claim_row(
        claim,
        verdict,
        results,
        seconds=task.seconds,
        strength=_strength(settled, results),
        discarded=tried.points.discarded,
        reason=counterexample.message if counterexample is not None else settled.weighed.decision.reason,
        unchecked=sorted({str(u) for r in results if r.stated for u in r.stated.unchecked}),
        untried=settled.untried,
        unstable=unstable(results) if passes else None,
        notes=remarks(task, tried.points, measured, mistakes, verdict),
        counterexample=counterexample,
        training=tried.trained.training if tried.trained is not None else None,
        precision=measured,
        accuracy=accuracy(claim, results),
        diagnosis=mistakes,
        proof=None if low else refuted(settled.weighed.proof, counterexample),
    )
    rows = [backend_row(claim, usable, results) for usable in session.backends]
    return Outcome(row, rows, settled.battery.rows, minimal, results)


def _strength(settled: Settled, results: list[PointResult]) -> str | None:
    if settled.weighed.proved:
        return Strength.PROVED.value
    if settled.verdict is not Verdict.PASS:
        return None
    weakest = Strength.weakest([s for r in results if r.verdict == "pass" and (s := r.strength)])
    return weakest.value if weakest else None


def _minimal(task: Task, verdict: Verdict) -> Minimal | None:
    """The smallest failure of the kind that decides."""
    if verdict not in (Verdict.FAIL, Verdict.ERROR):
        return None
    first = next((r for r in task.results if r.verdict == verdict.value), None)
    if first is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        minimal = minimise(task.claim, first, task.session, task.seed, task.delta)
    # smaller shapes were tried with usual values, which hardly get to where a steered point is
    usual = first.point.origin in ("plan", "drawn")
    return minimal if usual else replace(minimal, shape_minimal=False)


def _mistakes(task: Task, settled: Settled, minimal: Minimal | None) -> list[Diagnosis]:
    compared = minimal is not None and minimal.result.fault is None and not minimal.result.point.large
    shown = minimal.result.point if minimal is not None and compared else None
    found = settled.of_rounding or diagnosed(
        task.claim, task.results, task.session, seed=task.seed, delta=task.delta, shown=shown
    )
    of_memory = [m for m in settled.battery.mistakes() if m.kind == "memory"]
    if of_memory and not compared:  # what numbers say holds for one kind of array only
        return of_memory
    if all(d.kind == UNEXPLAINED for d in found):
        return settled.battery.mistakes() or found
    return found


def cannot_run(
    claim: Claim,
    session: Session,
    reason: str,
    started: float | None = None,
    verdict: Verdict = Verdict.ERROR,
) -> Outcome:
    """The outcome of a claim whose check cannot be made at all: an ``error`` with the reason, as a rule."""
    seconds = 0.0 if started is None else time.perf_counter() - started
    row = claim_row(claim, verdict, [], seconds=seconds, strength=None, discarded=0, reason=reason)
    return Outcome(row, [silent_row(claim, usable, reason) for usable in session.backends])


def stopped(claim: Claim, session: Session, clock: Clock) -> Outcome:
    """The outcome of a claim whose time was over: what was refuted by then stays refuted, and nothing else is
    known. ``session`` is a new one, for the old one was cut in the middle of its work.
    """
    results: list[PointResult] = clock.found
    when = f"stopped after {clock.seconds:g} s"
    decision = rule(claim, session, results) if results else Decision(Verdict.INCONCLUSIVE)
    if decision.verdict not in (Verdict.FAIL, Verdict.ERROR):
        decision = Decision(Verdict.INCONCLUSIVE, when)
    first = next((r for r in results if r.verdict == decision.verdict.value), None)
    counterexample = None
    if first is not None:
        minimal = Minimal(first, shape_minimal=False)
        with suppress(TimeUp), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            counterexample = Clock(clock.seconds).run(lambda: describe(claim, minimal, session))
    row = claim_row(
        claim,
        decision.verdict,
        results,
        seconds=clock.seconds or 0.0,
        strength=None,
        discarded=0,
        reason=counterexample.message if counterexample else decision.reason,
        notes=[f"{when}, with {len(results)} points judged"],
        counterexample=counterexample,
    )
    return Outcome(row, [backend_row(claim, usable, results) for usable in session.backends])
