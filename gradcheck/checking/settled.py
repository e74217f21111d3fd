"""Points of a claim that has failed already: they tell where the code is wrong, and cost less than a vote.

Every point is still run, since code that raises somewhere is told so; who is asked gets less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.judging.candidates.running import run_in_float64
from gradcheck.judging.opinions import Opinion, PointResult, PointVerdict, Says
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.point import Point
from gradcheck.judging.reasons import Reason, ReasonKind
from gradcheck.judging.session import Session

__all__ = ["SETTLED", "check_further"]

SETTLED = 4
"""Failures by the vote of all, behind which one backend is asked."""

_ENOUGH = 24
"""Failures behind which the code is only run at what is drawn; the plan's points are judged all."""


def check_further(claim: Claim, point: Point, session: Session, before: Sequence[PointResult]) -> PointResult:
    """`check_point`; by one backend alone where the points ``before`` have settled that the claim fails, and
    by none where it fails at many.

    The one always said what the vote came to: it has exact answers and is ready for this shape, or a shape
    costs it nothing.
    """
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


def _only_run(claim: Claim, point: Point, session: Session, before: Sequence[PointResult]) -> PointResult:
    try:
        stated = run_in_float64(claim, point)
    except (CandidateFault, Unsupported):
        return check_point(claim, point, session)
    return _with_silent(PointResult(point, PointVerdict.NONE, stated=stated), session, before)


def _with_silent(result: PointResult, session: Session, before: Sequence[PointResult]) -> PointResult:
    """The result with an opinion of everyone, for those too who were not asked: their reason is the one that
    they had at every point before, such as that they are not installed.
    """
    opinions = dict(result.opinions)
    for usable in session.backends:
        earlier = {r.opinions[usable.name].reason for r in before if usable.name in r.opinions}
        always = earlier.pop() if len(earlier) == 1 else None
        silent = Opinion(usable.name, reason=always or Reason(ReasonKind.SETTLED))
        opinions[usable.name] = opinions.get(usable.name) or silent
    return replace(result, opinions=opinions)


def _speaker(session: Session, point: Point, failed: Sequence[PointResult]) -> str | None:
    agreed = []
    for usable in session.backends:
        said = [o for r in failed if (o := r.opinions.get(usable.name)) and o.says is not Says.NONE]
        if said and all(o.says is Says.DIFFER and not o.outvoted for o in said):
            agreed.append(usable)
    exact = (u.name for u in agreed if not u.traits.pays_per_slope and session.ready(u, point))
    return next(exact, None) or next((u.name for u in agreed if not u.traits.cost_of_shape), None)
