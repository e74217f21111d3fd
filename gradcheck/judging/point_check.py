"""One claim at one point: what the candidate states, what each backend says, who is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from gradcheck.arithmetic import midpoints, precision
from gradcheck.arithmetic.precisions import BITS, PRECISIONS
from gradcheck.errors import CandidateFault, FaultKind, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.answers.float_kinks import bends
from gradcheck.judging.answers.kinks import Kink, outside
from gradcheck.judging.answers.one_sided import Bounds, bounds, entry_outside
from gradcheck.judging.arbitration import arbitrate
from gradcheck.judging.asking import ask
from gradcheck.judging.candidates.digits import digits_lost
from gradcheck.judging.candidates.running import Stated, run_in_float64
from gradcheck.judging.evaluation import Evaluation
from gradcheck.judging.large_points import check_large_point
from gradcheck.judging.low_precision.point_check import judge_low_precision
from gradcheck.judging.opinions import Opinion, PointResult, PointVerdict, Says
from gradcheck.judging.points.point import Point
from gradcheck.judging.reasons import Fault, Reason, ReasonKind
from gradcheck.judging.session import Session, Usable
from gradcheck.records.verdicts import Strength

__all__ = ["check_point"]


def check_point(
    claim: Claim,
    point: Point,
    session: Session,
    only: str | None = None,
    earlier: PointResult | None = None,
) -> PointResult:
    """Check a claim at a point against every backend (or only the one named).

    ``earlier`` is what came of one of them alone here: the code is not run in float64 again, and who had no
    answer then is not asked again.

    Whether there is a kink is asked only where somebody disagrees or cannot answer: a stated gradient
    whose slope is that of a central difference lies between the one-sided slopes anyway.
    """
    usable = [u for u in session.backends if only is None or u.name == only]
    if point.large:
        return check_large_point(claim, point, session, usable)
    try:
        stated = (earlier and earlier.stated) or run_in_float64(claim, point)
    except CandidateFault as fault:
        return _faulty(claim, point, session, fault, usable)
    except Unsupported as refusal:  # a foreign program declines the case
        declined = Reason(ReasonKind.UNSUPPORTED, str(refusal))
        return PointResult(
            point, PointVerdict.NONE, {u.name: Opinion(u.name, reason=declined) for u in usable}
        )
    if claim.formula.dtype.is_low:
        return judge_low_precision(claim, point, session, stated, usable)
    check = Evaluation(claim, point, session, stated, usable)
    finite = check.comparable
    dear = [one for one in usable if only is None and session.spares(one, point)]
    silent = _without_answer(earlier)
    opinions = {one.name: silent.get(one.name) or ask(check, one) for one in usable if one not in dear}
    why = check.why_float64
    notes = () if why is None else (f"judged in float64, not in balls: {why}",)
    found = partial(PointResult, point, stated=stated, notes=notes, in_float64=why)
    try:
        if dear and any(o.says is Says.AGREE and o.strength is Strength.CERTIFIED for o in opinions.values()):
            opinions |= {one.name: Opinion(one.name, reason=Reason(ReasonKind.SPARED)) for one in dear}
        elif dear:  # at a kink nobody is compared, so nobody has to be asked
            if (kink := _kink(check, opinions)) is not None:
                return _at_kink(found(PointVerdict.NONE, opinions), check, kink, usable)
            opinions |= {one.name: ask(check, one) for one in dear}
        if dear:
            opinions = {one.name: opinions[one.name] for one in usable}
        agree = finite and _all_agree(usable, opinions)
        if not agree and (kink := _kink(check, opinions)) is not None:
            return _at_kink(found(PointVerdict.NONE, opinions), check, kink, usable)
    except Unsupported as error:  # a tie that no precision decides
        return found(PointVerdict.NONE, {}, notes=(*notes, f"a point was left out: {error}"))
    if not finite:
        return _not_finite(found(PointVerdict.NONE, opinions), stated, in_space=bool(claim.formula.spaces))
    voted = arbitrate(opinions)
    result = found(voted.verdict, voted.opinions, quantity=voted.quantity)
    if voted.verdict is PointVerdict.PASS and not stated.is_finite:
        return replace(result, unstable=_first_not_finite(stated)[1])
    if voted.verdict is PointVerdict.PASS and point.origin == "plan" and not claim.kind.states_outputs:
        return replace(result, lost=_digits(check, stated))
    return result


def _without_answer(earlier: PointResult | None) -> dict[str, Opinion]:
    """The opinions of those who were asked at every precision, and had no answer at any."""
    asked = earlier.opinions if earlier else {}
    return {name: o for name, o in asked.items() if o.says is Says.NONE and o.matches}


def _kink(check: Evaluation, opinions: Mapping[str, Opinion]) -> Kink | None:
    """The kink at a point, by what was said of it. Raises `Unsupported`."""
    finite = check.comparable
    disputed = not finite or any(o.says is Says.DIFFER for o in opinions.values())
    at = check.point if finite and check.claim.kind.uses_delta else _all_weighed(check.point)
    return check.session.kink(at, disputed=disputed, moved=check.moved)


def _all_agree(usable: Sequence[Usable], opinions: Mapping[str, Opinion]) -> bool:
    """Everyone agrees who runs the code and was asked, among them one that sees a kink as what it is."""
    said = {one.name: opinions[one.name] for one in usable}
    seen = any(one.traits.sees_kinks and said[one.name].says is Says.AGREE for one in usable)
    return seen and all(
        o.says is Says.AGREE or (o.reason is not None and o.reason.kind in _ABSENT) for o in said.values()
    )


_ABSENT = {ReasonKind.UNSUPPORTED, ReasonKind.SPARED}
"""Reasons of who says nothing about any point of such a shape."""


def _digits(check: Evaluation, stated: Stated) -> float | None:
    try:
        exact = check.balls(check.precisions[0])
        return digits_lost(stated.values, exact, "float64", check.scale_of_formula)
    except Unsupported:
        return None


def _faulty(
    claim: Claim, point: Point, session: Session, fault: CandidateFault, backends: list[Usable]
) -> PointResult:
    """The outcome where the code breaks the contract: held against it where a derivative exists."""
    fails = fault.verdict == "fail"
    if fails and not _is_smooth(session, point):
        note = f"where no derivative exists: {fault}"
        return PointResult(point, PointVerdict.NONE, quantity=fault.quantity, notes=(note,))
    opinions = {one.name: _derivative(claim, point, session, one) for one in backends}
    found = Fault.of(fault)
    if fails and all(o.says is Says.NONE for o in opinions.values()):
        note = f"no backend has a derivative where {fault}"
        return PointResult(point, PointVerdict.NONE, opinions, found, fault.quantity, notes=(note,))
    return PointResult(point, PointVerdict(fault.verdict), opinions, found, fault.quantity)


def _derivative(claim: Claim, point: Point, session: Session, usable: Usable) -> Opinion:
    """A backend's answers where the code has none: it differs from whoever has a derivative."""
    try:
        program = session.program(usable, point)
        with precision(BITS):
            # there is nothing to compare: one slope shows that there is a derivative, and costs least
            answers = claim.right_answers(point, program, claim.directions(point))
    except Unsupported as error:
        return Opinion(usable.name, reason=Reason(ReasonKind.UNSUPPORTED, str(error)))
    return Opinion(usable.name, Says.DIFFER, answers=answers, method=program.method)


def _is_smooth(session: Session, point: Point) -> bool:
    weighed = _all_weighed(point)
    try:
        return session.kink(weighed) is None
    except Unsupported:  # balls cannot tell on which side they are; float64 sees whether the slopes differ
        return not bends(session.formula, weighed)


def _all_weighed(point: Point) -> Point:
    """The point with ones for the zeros of delta.

    A kink under a zero delta is none of `sum(delta * output)`. But it is one of a Jacobian's entry, and code
    that is not finite, or raises, at a kink of the forward does so whatever delta is: `0 * nan` is NaN.
    """
    if all(d.all() for d in point.delta):
        return point
    return replace(point, delta=tuple(np.where(d == 0, 1.0, d) for d in point.delta))


def _at_kink(result: PointResult, check: Evaluation, kink: Kink, usable: list[Usable]) -> PointResult:
    notes = result.notes
    sentence: str | None = None
    if not check.comparable:
        notes = (*notes, "not finite at a point where no derivative exists")
    elif check.claim.kind.is_backward:
        sentence = _outside(check, kink)
        if sentence is not None and not _convention_fits(check, kink, usable):
            sentence = None
    elif not check.claim.kind.states_outputs:
        sentence = _entry_outside(check)
    if sentence is None:
        opinions = {one.name: Opinion(one.name, Says.KINK) for one in usable}
        return replace(result, verdict=PointVerdict.KINK, opinions=opinions, notes=notes)
    reason = Reason(ReasonKind.OUTSIDE_KINK, sentence)
    opinions = {one.name: Opinion(one.name, Says.DIFFER, reason=reason) for one in usable}
    fault = Fault(FaultKind.KINK, sentence)
    return replace(result, verdict=PointVerdict.FAIL, opinions=opinions, fault=fault, notes=notes)


def _outside(check: Evaluation, kink: Kink) -> str | None:
    """How the stated gradients lie outside what a kink allows, or None."""
    names = check.claim.formula.shapes.arguments
    if check.claim.formula.spaces:  # the joint directions are no tangents
        return None
    try:
        with precision(PRECISIONS[1]):
            stated, _ = check.certain_or_bounded(PRECISIONS[1])
            gradients = {
                i: stated[q] for i, n in enumerate(names) if (q := check.claim.quantity(n)) in stated
            }
            return outside(kink, gradients, check.floor)
    except Unsupported:
        return None


def _entry_outside(check: Evaluation) -> str | None:
    """How a stated entry lies outside its one-sided slopes, or None: also where they are no measure, as not
    all bends one way, or no backend's own convention lies between them.
    """
    claim, point = check.claim, check.point
    ones = replace(point, delta=tuple(np.ones(d.shape) for d in point.delta))
    try:
        kink = check.session.kink(ones, moved=check.moved)
        found = bounds(claim, point) if kink is not None and kink.simple else None
        if found is None:
            return None
        with precision(PRECISIONS[1]):
            stated, _ = check.certain_or_bounded(PRECISIONS[1])
            sentence = entry_outside(found, stated)
            if sentence is None or any(_lies_between(check, found, one) for one in check.session.backends):
                return sentence
    except Unsupported:
        return None
    return None


def _lies_between(check: Evaluation, found: Bounds, usable: Usable) -> bool:
    """Whether a backend's own convention lies between the one-sided slopes."""
    try:
        program = check.session.program(usable, check.point)
        answers = check.claim.right_answers(check.point, program) if program.exact_answers else {}
    except Unsupported:
        return False
    return bool(answers) and entry_outside(found, {q: a.values for q, a in answers.items()}) is None


def _convention_fits(check: Evaluation, kink: Kink, usable: list[Usable]) -> bool:
    """Whether some backend's own convention at this kink satisfies what is asked of the candidate.

    Where none does (several kinks behind one another), the question is not a fair one. A backend that is
    spared at this shape is spared here too.
    """
    session = check.session
    for one in session.backends:
        if session.spares(one, check.point):
            continue
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


def _not_finite(result: PointResult, stated: Stated, *, in_space: bool) -> PointResult:
    """The outcome where a number is NaN or infinite, although the forward is smooth here.

    Differences go along straight lines, which touch a space: on them `arccos` of a rotation's trace is flat
    at the identity, and in the space it has a kink there. So one who says that there is no derivative counts.
    """
    having = {n for n, o in result.opinions.items() if o.answers and o.reason is None}
    missing = (
        o.reason is not None and o.reason.kind is ReasonKind.NO_ANSWER for o in result.opinions.values()
    )
    if in_space and any(missing):
        having = set()

    def settled(says: Says, reason: Reason | None = None) -> dict[str, Opinion]:
        return {
            n: replace(o, says=says, reason=reason or o.reason) if n in having else replace(o, says=Says.NONE)
            for n, o in result.opinions.items()
        }

    if not having:
        note = "not finite where no backend has a derivative"
        return replace(result, opinions=settled(Says.NONE), notes=(*result.notes, note))
    if all(_beyond_float64(result.opinions[n], stated) for n in having):
        note = "not finite where the derivative itself is beyond float64"
        opinions = settled(Says.NONE, Reason(ReasonKind.BEYOND_FLOAT64))
        return replace(result, opinions=opinions, notes=(*result.notes, note))
    name, words = _first_not_finite(stated)
    return replace(
        result,
        verdict=PointVerdict.FAIL,
        opinions=settled(Says.DIFFER),
        fault=Fault(FaultKind.NOT_FINITE, f"{words} although the derivative exists"),
        quantity=name,
    )


def _first_not_finite(stated: Stated) -> tuple[Quantity, str]:
    """A quantity with a number that is not finite, and which: "dJ/dx[1] is nan"."""
    name, value = next((q, v) for q, v in stated.values.items() if not np.isfinite(v).all())
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
    where = f"[{', '.join(map(str, index))}]" if index else ""
    return name, f"{name}{where} is {value[index]}"


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
