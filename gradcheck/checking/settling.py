"""The verdict of a claim that was tried: battery, vote, proof, and the real code at large sizes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradcheck.checking.battery import Battery, run_battery
from gradcheck.checking.further_points import (
    points_of_any_size,
    points_of_large_sizes,
    points_of_unproved_sizes,
)
from gradcheck.checking.no_digits import lost_digits, without_digits
from gradcheck.checking.rounding_bias import biased
from gradcheck.checking.task import Task
from gradcheck.checking.trying import Tried
from gradcheck.checking.verdict import Decision
from gradcheck.checking.weighing import Weighed, uncrowned, unproved, unweighed, weigh
from gradcheck.errors import FaultKind
from gradcheck.formulas.claim import Claim
from gradcheck.judging.large_points import check_large_point
from gradcheck.judging.opinions import PointResult, PointVerdict
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session
from gradcheck.proofs import Memory, unproved_sizes
from gradcheck.records.types import Diagnosis, Untried
from gradcheck.records.verdicts import Verdict

__all__ = ["Settled", "settle"]


@dataclass(frozen=True, slots=True)
class Settled:
    """``of_rounding``: what rounding does to code that is right as a formula, or wrong by its bias alone."""

    weighed: Weighed
    battery: Battery
    of_rounding: list[Diagnosis]
    untried: list[Untried]

    @property
    def verdict(self) -> Verdict:
        return self.weighed.decision.verdict


def settle(task: Task, tried: Tried) -> Settled:
    """The verdict; what it takes to be sure of a pass is done here."""
    battery = run_battery(task.claim, task.results, task.session, free_delta=task.delta is None)
    task.keep(battery.suspects)
    decision = battery.overrule(task.rule(), deterministic=task.claim.formula.deterministic)
    if tried.trained is not None and tried.trained.stuck and decision.verdict is Verdict.PASS:
        decision = Decision(Verdict.FAIL, tried.trained.training.stopped)
    of_rounding = biased(task.claim, task.results) if decision.verdict is Verdict.PASS else []
    if of_rounding:
        decision = Decision(Verdict.FAIL, f"{of_rounding[0].quantity}: {of_rounding[0].text}")
    weighed = unweighed(decision) if task.claim.formula.dtype.is_low else _beside_proof(task, decision)
    if weighed.decision.verdict is Verdict.PASS and (failure := without_digits(task.results)) is not None:
        of_rounding = [lost_digits(failure, task.results)]
        task.clock.keep(failure)
        weighed = uncrowned(weighed, task.rule(), _RIGHT_ON_SYMBOLS)
    # what points of other sizes came to, after which it fails, is not followed
    later = decision.verdict is Verdict.PASS and weighed.decision.verdict is Verdict.FAIL
    left = [] if later else [u for u in tried.untried if u.of_state or not weighed.proved]
    if weighed.proved and left:
        weighed = unproved(weighed, "a branch on what the code counts from call to call was never entered")
    untried = [u.record() for u in left]
    if task.strict and untried and weighed.decision.verdict is Verdict.PASS:
        missing = f"not tried: {untried[0].what} ({untried[0].where})"
        weighed = replace(weighed, decision=Decision(Verdict.WEAK, missing))
    return Settled(weighed, battery, of_rounding, untried)


_RIGHT_ON_SYMBOLS = "proved on symbols, but the code itself gives no right digit in float64"


def _beside_proof(task: Task, decision: Decision) -> Weighed:
    """A proof beside the comparison, and the points that it asks for."""
    weighed = weigh(task.claim, task.session.shared(Memory), decision, task.results)
    if weighed.decision.verdict is Verdict.PASS:
        # what runs is the code, not the symbols: at sizes far from those that were drawn
        for point in points_of_large_sizes(
            task.claim, task.session, task.seed, task.delta, crowning=weighed.proved
        ):
            found = task.judge(point, _large)
            if found.verdict in (PointVerdict.FAIL, PointVerdict.ERROR):
                task.clock.keep(_of_the_code(found))
        if not weighed.proved and not task.is_decided:
            for point in points_of_any_size(task.claim, task.session, task.seed, task.delta):
                if task.judge(point, _large).verdict in (PointVerdict.FAIL, PointVerdict.ERROR):
                    task.keep([point])  # its slope differs: it is judged as any point is
        if task.is_decided:
            again = task.rule()
            weighed = uncrowned(weighed, again)
    if weighed.proof.status == "partly" and not task.is_decided:  # the proof says at which sizes it fails
        left = unproved_sizes(task.claim, task.session.shared(Memory))
        task.keep(points_of_unproved_sizes(task.claim, left, task.seed, task.delta))
        weighed = replace(weighed, decision=task.rule()) if task.is_decided else weighed
    return weighed


def _large(claim: Claim, point: Point, session: Session) -> PointResult:
    if claim.kind.costs_slopes and not point.large:
        cheap = (u.name for u in session.backends if u.traits.takes_differences)
        return check_point(claim, point, session, next(cheap, ""))
    return check_large_point(claim, point, session, session.backends)


def _of_the_code(result: PointResult) -> PointResult:
    """A failure behind a proof; a number that is not finite says nothing against the formula."""
    if result.fault is None or result.fault.kind is not FaultKind.NOT_FINITE:
        return result
    quantity = str(result.quantity or "a gradient")
    return replace(result, verdict=PointVerdict.NONE, unstable=f"{quantity} is not finite")
