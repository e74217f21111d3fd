"""Points of a claim about which the vote of all has said the same often enough: they cost less than a vote.

Where the claim has failed they tell where the code is wrong. Where everyone agreed with it, a difference in
balls is evidence enough, and everyone is asked again as soon as that does not certify the code. Every point
is still run, since code that raises somewhere is told so; who is asked gets less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.checking.verdict import MIN_ANSWERS
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.judging.candidates.running import run_in_float64
from gradcheck.judging.opinions import Opinion, PointResult, PointVerdict, Says
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.point import Point
from gradcheck.judging.points.sizes import distinct
from gradcheck.judging.reasons import Reason, ReasonKind
from gradcheck.judging.session import Session
from gradcheck.records.verdicts import Strength

__all__ = ["AGREED", "SETTLED", "check_further"]

SETTLED = 4
"""Failures by the vote of all, behind which one backend is asked."""

AGREED = 8
"""Points behind which one backend is asked where everyone agreed with the code: each at `MIN_ANSWERS` shapes
or more, one of them with distinct sizes."""

_CHEAP = 4
"""Operations of a forward that is so cheap that everyone is asked at all points."""

_ENOUGH = 24
"""Failures behind which the code is only run at what is drawn; the plan's points are judged all."""


def check_further(claim: Claim, point: Point, session: Session, before: Sequence[PointResult]) -> PointResult:
    """`check_point`; by one backend alone where the points ``before`` have settled the claim, and by none
    where it fails at many.

    The one always said what the vote came to. Of a claim that fails it has exact answers and is ready for
    this shape, or a shape costs it nothing; of one that passes it takes differences.
    """
    if not point.large and session.cost(point) > _CHEAP and _everyone_agreed(claim, session, before):
        speaker = _one_of_all(session, point, before)
        result = check_point(claim, point, session, only=speaker)
        if result.verdict is PointVerdict.PASS and _is_as_sure(result.opinions[speaker], before):
            return _with_silent(result, session, before, ReasonKind.AGREED)
        return check_point(claim, point, session, earlier=result)
    failed = [r for r in before if r.verdict is PointVerdict.FAIL and r.fault is None and not r.by_estimates]
    split = any(r.verdict is PointVerdict.SPLIT for r in before)
    if point.large or len(failed) < SETTLED or split:
        return check_point(claim, point, session)
    if len(failed) >= _ENOUGH and point.origin == "drawn":
        return _only_run(claim, point, session, before)
    one = _speaker(session, point, failed)
    if one is not None:
        result = check_point(claim, point, session, only=one)
        if result.verdict in (PointVerdict.FAIL, PointVerdict.PASS):
            return _with_silent(result, session, before)
    return check_point(claim, point, session)


def _everyone_agreed(claim: Claim, session: Session, before: Sequence[PointResult]) -> bool:
    """Whether all who answer have agreed with the code at enough points, and nobody ever differed from it."""
    if claim.formula.dtype.is_low or claim.kind.states_outputs or len(session.backends) < 2:
        return False
    if len(before) < AGREED or any(r.verdict not in _NOTHING_AGAINST for r in before):
        return False
    if not any(u.traits.sees_kinks and not u.traits.cost_of_shape for u in session.backends):
        return False
    apart = any(distinct(r.point.sizes) for r in before)
    return all(_agreed(usable.name, before, apart=apart) for usable in session.backends)


def _agreed(backend: str, before: Sequence[PointResult], *, apart: bool) -> bool:
    """Whether a backend has agreed often enough; also one that has no answer at all. ``apart``: at a shape of
    distinct sizes too. Of a backend that refuses some shapes, as SymPy large ones, less is asked: it is not
    asked at more like these, for its budget.
    """
    said = [(r.point, o) for r in before if (o := r.opinions.get(backend)) is not None]
    if any(o.says is Says.DIFFER for _, o in said):
        return False
    agreed = [point for point, o in said if o.says is Says.AGREE]
    refused = [p for p, o in said if o.reason is not None and o.reason.kind is ReasonKind.UNSUPPORTED]
    if not agreed:
        return bool(refused)
    spared = [p for p, o in said if o.reason is not None and o.reason.kind is ReasonKind.SPARED]
    beyond = sum(map(_distinct, [*refused, *spared])) if any(map(_distinct, refused)) else 0
    met = not apart or any(map(_distinct, agreed)) or beyond >= AGREED
    shapes = {tuple(point.sizes.values()) for point in agreed}
    return met and len(agreed if refused else shapes) >= MIN_ANSWERS


def _distinct(point: Point) -> bool:
    return distinct(point.sizes)


_NOTHING_AGAINST = {PointVerdict.PASS, PointVerdict.KINK, PointVerdict.NONE}


def _one_of_all(session: Session, point: Point, before: Sequence[PointResult]) -> str:
    """Who speaks for all who agreed: who takes differences; where constants are rounded, which takes some
    forty runs of the forward then, somebody with exact answers who is ready for this shape.
    """
    if _is_loose(before):
        for usable in session.backends:
            if not usable.traits.pays_per_slope and session.ready(usable, point):
                return usable.name
    return next(u.name for u in session.backends if u.traits.sees_kinks and not u.traits.cost_of_shape)


def _is_loose(before: Sequence[PointResult]) -> bool:
    """Whether it takes rounded constants for everyone to agree."""
    passed = [r for r in before if r.verdict is PointVerdict.PASS]
    loose = [r for r in passed if any(map(_is_rounded, r.opinions.values()))]
    return len(loose) >= AGREED


def _is_as_sure(said: Opinion, before: Sequence[PointResult]) -> bool:
    """Whether one backend alone is as sure of the code as the vote was."""
    return said.strength is Strength.CERTIFIED or (_is_rounded(said) and _is_loose(before))


def _is_rounded(opinion: Opinion) -> bool:
    """Whether it takes rounding for a backend to agree."""
    return opinion.rounded_constants or opinion.below_rounding


def _only_run(claim: Claim, point: Point, session: Session, before: Sequence[PointResult]) -> PointResult:
    try:
        stated = run_in_float64(claim, point)
    except (CandidateFault, Unsupported):
        return check_point(claim, point, session)
    return _with_silent(PointResult(point, PointVerdict.NONE, stated=stated), session, before)


def _with_silent(
    result: PointResult,
    session: Session,
    before: Sequence[PointResult],
    why: ReasonKind = ReasonKind.SETTLED,
) -> PointResult:
    """The result with an opinion of everyone, for those too who were not asked: their reason is the one that
    they had at every point before, such as that they are not installed.
    """
    opinions = dict(result.opinions)
    for name in (usable.name for usable in session.backends):
        if name not in opinions:
            earlier = {said.reason for r in before if (said := r.opinions.get(name)) is not None}
            always = earlier.pop() if len(earlier) == 1 else None
            opinions[name] = Opinion(name, reason=always or Reason(why))
    return replace(result, opinions=opinions)


def _speaker(session: Session, point: Point, failed: Sequence[PointResult]) -> str | None:
    agreed = []
    for usable in session.backends:
        said = [o for r in failed if (o := r.opinions.get(usable.name)) and o.says is not Says.NONE]
        if said and all(o.says is Says.DIFFER and not o.outvoted for o in said):
            agreed.append(usable)
    exact = (u.name for u in agreed if not u.traits.pays_per_slope and session.ready(u, point))
    return next(exact, None) or next((u.name for u in agreed if not u.traits.cost_of_shape), None)
