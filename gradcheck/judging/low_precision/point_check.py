"""One claim at one point in low precision: what the code gives there, and which grades that meets.

The truth is taken at the very numbers that the code gets, so nothing but the code's own rounding lies
between. Code that runs in balls has its formula judged there too, where nothing is rounded.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import (
    BALLS,
    SHIFTED,
    STORED,
    ObjectArray,
    dot,
    enclose,
    midpoints,
    precision,
    radii,
)
from gradcheck.arithmetic.domain import Domain
from gradcheck.arithmetic.narrow import taken_as_exact
from gradcheck.arithmetic.precisions import BITS, SINGLE
from gradcheck.backend import Answer
from gradcheck.errors import FaultKind, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.dtypes import GRADES, Dtype
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.arbitration import arbitrate
from gradcheck.judging.candidates.rounding import rounding_bound
from gradcheck.judging.candidates.running import Stated, run_in_balls
from gradcheck.judging.comparing import Match, compare, compare_slopes
from gradcheck.judging.evaluation import spread
from gradcheck.judging.low_precision.errors import Measured, apart, error, farther, measured, within
from gradcheck.judging.low_precision.grades import (
    Allowed,
    Derivation,
    allowed,
    derivations,
    grade_name,
    of_constants,
)
from gradcheck.judging.opinions import Opinion, PointResult, PointVerdict, Says
from gradcheck.judging.points.point import Point
from gradcheck.judging.reasons import Fault, Reason, ReasonKind
from gradcheck.judging.session import Session, Usable
from gradcheck.records.verdicts import Strength

__all__ = ["judge_low_precision"]

_MOST_SLOPES = 64
"""Entries up to which a backend that pays for each is asked for all of them; beyond, it confirms others'."""


def judge_low_precision(
    claim: Claim, point: Point, session: Session, stated: Stated, usable: list[Usable]
) -> PointResult:
    """The point's outcome for what the code stated in its dtype."""
    rights = _all_right(claim, point, session, usable)
    known = {n: a for n, a in rights.items() if isinstance(a, dict)}
    run = _in_balls(claim, point)
    wrong_formula: dict[str, dict[Quantity, Match]] = {}
    if run is not None:
        asked = [one for one in usable if one.name in known]
        wrong_formula = {
            one.name: _formula(run, known[one.name], claim, point, session, one) for one in asked
        }
    own: Derivation | None = None
    if run is not None and known and not any(wrong_formula.values()):
        own = Derivation(functools.partial(_without_rounding, claim, point))
    opinions: dict[str, Opinion] = {}
    found: Measured | None = None
    for one in usable:
        answers = rights[one.name]
        if not isinstance(answers, dict):
            opinions[one.name] = Opinion(one.name, reason=answers)
            continue
        right = {q: midpoints(answers[q].values) for q in stated.values}
        both = stated
        if stated.again:
            worse = {q: farther(stated.values[q], v, right[q], claim.dtype) for q, v in stated.again.items()}
            both = replace(stated, values={**stated.values, **worse})
        sources = list(derivations(claim, point, session, usable, unseen=run is None))
        good = functools.partial(within, both.values, right, dtype=claim.dtype)
        granted = allowed(claim, point, sources, own, right, good)
        if not granted.errors:
            granted = _by_sensitivity(claim, point, both, right)
        here = measured(both.values, right, granted, claim.dtype)
        if run is None and found is None:
            unseen = of_constants(sources, claim.dtype, claim.formula.grade, right)
            here = replace(here, constants=unseen)
        if stated.again:
            spread = {
                q: apart(stated.values[q], v, granted.sizes[q], claim.dtype) for q, v in stated.again.items()
            }
            here = replace(here, spread=spread)
        found = found or here
        opinions[one.name] = _opinion(
            one.name, claim, both, answers, granted, here, wrong_formula.get(one.name)
        )
    result = PointResult(point, PointVerdict.NONE, opinions, stated=stated, measured=found)
    if any(o.says is not Says.AGREE for o in opinions.values() if o.reason is None or o.says is Says.DIFFER):
        try:
            if session.kink(point, disputed=True) is not None:
                at_kink = {one.name: Opinion(one.name, Says.KINK) for one in usable}
                return replace(result, verdict=PointVerdict.KINK, opinions=at_kink, measured=None)
        except Unsupported as error:
            left_out = (f"a point was left out: {error}",)
            return replace(result, opinions={}, notes=left_out, measured=None)
    voted = arbitrate(opinions)
    result = replace(result, verdict=voted.verdict, opinions=voted.opinions, quantity=voted.quantity)
    if voted.verdict is PointVerdict.FAIL and not stated.is_finite:
        return _not_finite(result, stated, claim.dtype)
    return result


def _by_sensitivity(
    claim: Claim, point: Point, stated: Stated, right: dict[Quantity, NDArray[np.float64]]
) -> Allowed:
    """What is allowed where no derivation is at hand: what the code itself makes of inputs that are moved by
    rounding, an estimate that takes the digits of float32.
    """
    sizes = {q: np.abs(v) for q, v in right.items()}
    if claim.bits < SINGLE:
        return Allowed({}, sizes)
    try:
        bounds = rounding_bound(claim, point, stated)
    except Unsupported:
        return Allowed({}, sizes)
    cancelled = _ROUNDINGS * claim.dtype.unit * _on_the_way(point)
    return Allowed({"throughout": {q: b + cancelled for q, b in bounds.items()}}, sizes)


_ROUNDINGS = 32
"""Roundings granted to terms that cancel in the code: moved inputs move all of them together, and do not show
what is left over."""


def _on_the_way(point: Point) -> float:
    """How large such terms may be: as delta, or as what a forward that scales makes of it."""
    arguments = [float(np.max(np.abs(point.args[i]), initial=0.0)) for i in point.wrt]
    least = min((a for a in arguments if a > 0), default=1.0)
    return float(
        sum(
            np.sum(np.abs(d) * np.maximum(1.0, np.abs(o) / least))
            for d, o in zip(point.delta, point.outputs, strict=True)
        )
    )


def _all_right(
    claim: Claim, point: Point, session: Session, usable: list[Usable]
) -> dict[str, dict[Quantity, Answer] | Reason]:
    """The right values of each backend; where another answers, one for which this shape is dear is spared,
    and so is one that would pay for hundreds of slopes.
    """
    dear = [one for one in usable if session.spares(one, point) or _confirms(one, point)]
    rights = {one.name: _right(claim, point, session, one) for one in usable if one not in dear}
    answered = any(isinstance(a, dict) for a in rights.values())
    spared = Reason(ReasonKind.SPARED)
    return rights | {one.name: spared if answered else _right(claim, point, session, one) for one in dear}


def _right(claim: Claim, point: Point, session: Session, one: Usable) -> dict[Quantity, Answer] | Reason:
    """A backend's right values, every entry of them; or why it has none."""
    try:
        with precision(BITS):
            answers = _truths(claim, point, session, one)
    except Unsupported as refusal:
        return Reason(ReasonKind.UNSUPPORTED, str(refusal))
    if not all(b.is_finite() for a in answers.values() for b in a.values.reshape(-1)):
        return Reason(ReasonKind.NO_ENCLOSURE)
    for answer in answers.values():
        right = midpoints(answer.values)
        if (radii(answer.values) > claim.dtype.ulp(right) / 8).any() and answer.refine is None:
            return Reason(ReasonKind.TOO_WIDE)
    return answers


def _confirms(one: Usable, point: Point) -> bool:
    """Whether a backend pays for every slope, and there are too many."""
    return one.traits.pays_per_slope and sum(point.args[i].size for i in point.wrt) > _MOST_SLOPES


def _truths(claim: Claim, point: Point, session: Session, one: Usable) -> dict[Quantity, Answer]:
    """A backend's answers, entry by entry. Of one that confirms they are found by going back through the
    forward, and it has the same slope along a random direction of each argument. Raises `Unsupported`.
    """
    program = session.program(one, point)
    if not _confirms(one, point):
        return claim.right_answers(point, program)
    directions = claim.directions(point)
    if session.going_back is None or directions is None or not claim.kind.is_backward:
        raise Unsupported(f"a slope for each entry would cost too much in {claim.dtype.name}")
    found = session.going_back(claim, point, BALLS)
    for quantity, answer in claim.right_answers(point, program, directions).items():
        if answer.direction is None:
            raise Unsupported("nothing that is a slope")
        slope = dot(found[quantity], enclose(answer.direction))
        if compare_slopes(slope, answer, rigorous=True).outcome != "agree":
            raise Unsupported(f"{quantity} is another one by going back")
    return {q: Answer(values) for q, values in found.items()}


def _in_balls(claim: Claim, point: Point) -> dict[Quantity, ObjectArray] | None:
    """The code in balls, where it runs in them, and answers the same every time."""
    if not claim.formula.deterministic:
        return None
    try:
        with precision(BITS):
            return _without_rounding(claim, point, BALLS)
    except Unsupported:
        return None


def _without_rounding(claim: Claim, point: Point, domain: Domain) -> dict[Quantity, ObjectArray]:
    """The code in balls, where casts between the type and wider ones are none. Raises `Unsupported`."""
    with taken_as_exact(claim.dtype.bits):
        return run_in_balls(claim, point, domain)


def _formula(
    run: dict[Quantity, ObjectArray],
    answers: dict[Quantity, Answer],
    claim: Claim,
    point: Point,
    session: Session,
    one: Usable,
) -> dict[Quantity, Match]:
    """Quantities that are wrong as formulas, whatever is rounded; but for constants, of the code or of the
    forward, which may be rounded to the type where it holds them, and by a few units of float64 where not.
    """
    wrong = _differing(run, answers)
    if not wrong:
        return {}
    stored = STORED[claim.dtype.bits]
    try:
        with precision(BITS):
            loose = _without_rounding(claim, point, stored)
            program = session.program(one, point)
            if program.exact_answers:
                answers = claim.right_answers(point, program, None, stored)
            else:
                moved = [claim.right_answers(point, program, None, domain) for domain in SHIFTED]
                answers = {q: spread(a, [m[q] for m in moved]) for q, a in answers.items()}
    except Unsupported:
        return wrong
    still = _differing(loose, answers)
    return {q: m for q, m in wrong.items() if q in still}


def _differing(
    run: Mapping[Quantity, ObjectArray], answers: Mapping[Quantity, Answer]
) -> dict[Quantity, Match]:
    with precision(BITS):
        matches = {q: compare(v, answers[q], rigorous=True) for q, v in run.items() if q in answers}
    return {q: m for q, m in matches.items() if m.outcome == "differ"}


def _opinion(
    name: str,
    claim: Claim,
    stated: Stated,
    answers: dict[Quantity, Answer],
    granted: Allowed,
    here: Measured,
    wrong_formula: dict[Quantity, Match] | None,
) -> Opinion:
    """What a backend says: the code agrees where it meets the widest grade, or a stricter one."""
    if wrong_formula:
        return Opinion(name, Says.DIFFER, matches=wrong_formula, answers=answers)
    if not granted.errors:
        detail = (
            f"no derivation has a bound for its rounding in {claim.dtype.name} here: none is at hand that "
            "runs as code does (JAX is missing or not asked, or the forward is not NumPy), or it loses all "
            "digits, or a comparison is too close"
        )
        return Opinion(name, answers=answers, reason=Reason(ReasonKind.UNSUPPORTED, detail))
    claimed = claim.formula.grade
    shown = granted.errors.get(claimed) or granted.errors[max(granted.errors, key=GRADES.index)]
    agrees = here.meets(claimed)
    matches = {q: _match(q, stated, answers[q], shown[q], claim.dtype, agrees) for q in stated.values}
    if agrees:
        return Opinion(name, Says.AGREE, Strength.AGREED, matches=matches, answers=answers)
    if not here.bounded(claimed):
        detail = f"no bound for {grade_name(claimed, claim.dtype)} here, and no stricter grade is met"
        return Opinion(name, answers=answers, reason=Reason(ReasonKind.UNSUPPORTED, detail))
    return Opinion(name, Says.DIFFER, matches=matches, answers=answers)


def _match(
    quantity: Quantity, stated: Stated, answer: Answer, bound: Any, dtype: Dtype, agrees: bool
) -> Match:
    """The entry that is farthest off, as a part of what is allowed there."""
    value, right = stated.values[quantity], midpoints(answer.values)
    off = error(value, right, dtype)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(off == 0, 0.0, off / bound)
    if not parts.size:
        return Match("agree", False, (), arb(0), arb(0), 0.0, 0.0, 0.0, zero=True)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(parts)), parts.shape))
    own, true = float(value[index]), answer.values[index]
    scale = max(abs(own) if np.isfinite(own) else 0.0, abs(float(right[index])))
    return Match(
        outcome="agree" if agrees or parts[index] <= 1 else "differ",
        rigorous=False,
        index=index,
        stated=arb(own) if np.isfinite(own) else arb.nan(),
        true=true,
        gap=float(min(off[index], _HUGE)) / scale if scale else 0.0,
        bound=float(bound[index]) / scale if scale else 0.0,
        scale=scale,
        resolved=bool((np.abs(right) > bound).any()),
        zero=not np.any(value) and not np.any(right),
    )


_HUGE = 1e300


def _not_finite(result: PointResult, stated: Stated, dtype: Dtype) -> PointResult:
    for quantity, value in stated.values.items():
        for index in map(tuple, np.argwhere(~np.isfinite(value))):
            where = f"[{', '.join(map(str, index))}]" if index else ""
            right = next(
                (
                    float(midpoints(o.answers[quantity].values)[index])
                    for o in result.opinions.values()
                    if o.answers
                ),
                0.0,
            )
            if abs(right) >= dtype.overflows:
                continue
            text = f"{quantity}{where} is {value[index]} in {dtype.name}, where {right:.6g} is right and fits"
            return replace(result, fault=Fault(FaultKind.NOT_FINITE, text), quantity=quantity)
    return result
