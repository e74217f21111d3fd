"""One claim at one point: what the candidate states, what each backend says, who is right."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from gradcheck.arithmetic import midpoints, precision
from gradcheck.checking.digits import digits_lost
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.judging.answers.expected import truths
from gradcheck.judging.answers.kinks import Kink, outside
from gradcheck.judging.arbitration import arbitrate
from gradcheck.judging.candidates.running import Stated, run_in_float64
from gradcheck.judging.evaluation import BITS, PRECISIONS, Examination
from gradcheck.judging.large_points import check_large_point
from gradcheck.judging.opinions import Opinion, PointResult
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session, Usable

__all__ = ["check_point"]


def check_point(claim: Claim, point: Point, session: Session, only: str | None = None) -> PointResult:
    """Check a claim at a point against every backend (or only the one named).

    Whether there is a kink is asked only where somebody disagrees or cannot answer: a stated gradient
    whose slope is that of a central difference lies between the one-sided slopes anyway.
    """
    result = PointResult(point, "none")
    usable = [u for u in session.backends if only is None or u.name == only]
    if point.large:
        return check_large_point(claim, point, session, usable)
    try:
        stated = result.stated = run_in_float64(claim, point)
    except CandidateFault as fault:
        return _faulty(result, fault, session, claim, point, usable)
    except Unsupported as refusal:  # a foreign program declines the case
        result.opinions = {u.name: Opinion(u.name, reason=str(refusal)) for u in usable}
        return result
    finite = stated.is_finite
    check = Examination(claim, point, session, stated, usable)
    for one in usable:
        started = time.perf_counter()
        result.opinions[one.name] = check.opinion(one, finite)
        one.seconds += time.perf_counter() - started
    if check.why_float64 is not None:
        result.notes.append(f"judged in float64, not in balls: {check.why_float64}")
    if not (finite and _all_agree(result)):
        try:
            disputed = not finite or any(o.says == "differ" for o in result.opinions.values())
            kink = session.kink(point if finite else _all_weighed(point), disputed=disputed)
        except Unsupported as error:  # a tie that no precision decides
            result.opinions.clear()
            result.notes.append(f"a point was left out: {error}")
            return result
        if kink is not None:
            return _at_kink(result, check, kink, usable, finite)
    if not finite:
        return _not_finite(result, stated)
    arbitrate(result)
    if result.verdict == "pass" and point.origin == "plan" and claim.kind != "forward":
        result.lost = _digits(check, stated)
    return result


def _all_agree(result: PointResult) -> bool:
    """Everyone agrees, a finite difference among them: it alone sees a kink as what it is."""
    return "finite_difference" in result.opinions and all(o.says == "agree" for o in result.opinions.values())


def _digits(check: Examination, stated: Stated) -> float | None:
    try:
        return digits_lost(stated.values, check.balls(check.precisions[0]), "float64")
    except Unsupported:
        return None


def _faulty(
    result: PointResult,
    fault: CandidateFault,
    session: Session,
    claim: Claim,
    point: Point,
    backends: list[Usable],
) -> PointResult:
    result.verdict, result.fault, result.quantity = fault.verdict, str(fault), fault.quantity
    if fault.verdict == "fail" and not _is_smooth(session, point):
        result.verdict, result.fault = "none", None
        result.notes.append(f"where no derivative exists: {fault}")
        return result
    for usable in backends:
        opinion = result.opinions[usable.name] = Opinion(usable.name)
        try:
            program = session.program(usable, point)
            with precision(BITS):
                opinion.answers = truths(claim, point, program)
            opinion.says, opinion.method = "differ", program.method
        except Unsupported as error:
            opinion.reason = str(error)
    if fault.verdict == "fail" and all(o.says == "none" for o in result.opinions.values()):
        result.verdict = "none"
        result.notes.append(f"no backend has a derivative where {fault}")
    return result


def _is_smooth(session: Session, point: Point) -> bool:
    try:
        return session.kink(_all_weighed(point)) is None
    except Unsupported:
        return True


def _all_weighed(point: Point) -> Point:
    """The point with ones for the zeros of delta.

    A kink under a zero delta is none of `sum(delta * output)`, but code that is not finite, or raises,
    at a kink of the forward does so whatever delta is: `0 * nan` is NaN.
    """
    if all(d.all() for d in point.delta):
        return point
    return replace(point, delta=tuple(np.where(d == 0, 1.0, d) for d in point.delta))


def _at_kink(
    result: PointResult, check: Examination, kink: Kink, usable: list[Usable], finite: bool
) -> PointResult:
    result.verdict = "kink"
    sentence: str | None = None
    if not finite:
        result.notes.append("not finite at a point where no derivative exists")
    elif check.claim.kind == "vjp":
        names = check.claim.formula.shapes.arguments
        try:
            with precision(PRECISIONS[1]):
                stated = check.certain_or_bounded(PRECISIONS[1])
                sentence = outside(
                    kink, {i: stated[f"dJ/d{n}"] for i, n in enumerate(names) if f"dJ/d{n}" in stated}
                )
        except Unsupported:
            sentence = None
    if sentence is not None and not _convention_fits(check, kink, usable):
        sentence = None
    if sentence is not None:
        result.verdict, result.fault = "fail", sentence
    for one in usable:
        result.opinions[one.name] = Opinion(one.name, "differ" if sentence else "kink", reason=sentence)
    return result


def _convention_fits(check: Examination, kink: Kink, usable: list[Usable]) -> bool:
    """Whether some backend's own convention at this kink satisfies what is asked of the candidate.

    Where none does (several kinks behind one another), the question is not a fair one.
    """
    session = check.session
    for one in session.backends:
        try:
            program = session.program(one, check.point)
            if not program.exact_answers:
                continue
            with precision(PRECISIONS[1]):
                answers = program.vjp(check.point.args, check.point.delta)
        except Unsupported:
            continue
        if outside(kink, {i: a.values for i, a in answers.items()}) is None:
            return True
    return False


def _not_finite(result: PointResult, stated: Stated) -> PointResult:
    has_derivative = [o for o in result.opinions.values() if o.answers and o.reason is None]
    for opinion in result.opinions.values():
        opinion.says = "differ" if opinion in has_derivative else "none"
    if not has_derivative:
        result.verdict = "none"
        result.notes.append("not finite where no backend has a derivative")
        return result
    name, value = next((q, v) for q, v in stated.values.items() if not np.isfinite(v).all())
    if all(_beyond_float64(o, stated) for o in has_derivative):
        for opinion in has_derivative:
            opinion.says, opinion.reason = "none", "the derivative itself is beyond float64 here"
        result.verdict = "none"
        result.notes.append("not finite where the derivative itself is beyond float64")
        return result
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
    result.verdict, result.quantity = "fail", name
    where = f"[{', '.join(map(str, index))}]" if index else ""
    result.fault = f"{name}{where} is {value[index]} although the derivative exists"
    return result


def _beyond_float64(opinion: Opinion, stated: Stated) -> bool:
    """Whether every stated entry that is not finite stands for a number that float64 does not hold."""
    for quantity, value in stated.values.items():
        answer = opinion.answers.get(quantity)
        if answer is None or answer.direction is not None:
            return False
        missing = ~np.isfinite(value)
        if not (np.abs(midpoints(answer.values))[missing] > _LARGEST).all():
            return False
    return True


_LARGEST = float(np.finfo(np.float64).max)
