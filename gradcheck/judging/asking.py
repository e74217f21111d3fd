"""Asking one backend about the candidate at one point: the precision is raised until it has an opinion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import (
    SHIFTED,
    WIDENED,
    WIDENING_ULPS,
    ObjectArray,
    enclose,
    makes_tables_of_angles,
    midpoints,
    precision,
    zero_dimensional,
)
from gradcheck.arithmetic.precisions import DOUBLE
from gradcheck.backend import Answer, Program
from gradcheck.errors import NoAnswer, Unsupported
from gradcheck.formulas.kinds.directions import Directions
from gradcheck.formulas.kinds.tables import contract
from gradcheck.formulas.quantity import Quantity
from gradcheck.formulas.spaces import Space
from gradcheck.judging.along_spaces import compare_along
from gradcheck.judging.answers.forward_values import values_in_balls
from gradcheck.judging.candidates.same_code import unknown_rounding
from gradcheck.judging.comparing import RESOLUTION, Match, compare, running_scale
from gradcheck.judging.evaluation import Evaluation, spread
from gradcheck.judging.joint_slopes import matched_jointly
from gradcheck.judging.opinions import Opinion, Says
from gradcheck.judging.reasons import Reason, ReasonKind
from gradcheck.judging.rounded_points import by_rounded_points
from gradcheck.judging.session import Usable
from gradcheck.records.verdicts import Strength

__all__ = ["ask"]


def ask(check: Evaluation, usable: Usable) -> Opinion:
    """What a backend says, at the first precision that settles every quantity.

    Where the candidate is not finite in any arithmetic, only the backend's answers are taken.
    """
    opinion = Opinion(usable.name)
    for bits in check.precisions:
        try:
            with precision(bits):
                opinion = _at_precision(check, usable, bits)
        except Unsupported as error:
            here = isinstance(error, NoAnswer)
            reason = Reason(ReasonKind.NO_ANSWER if here else ReasonKind.UNSUPPORTED, str(error))
            opinion = replace(opinion, reason=reason, method=_method(check, usable), bits=bits)
            if here:  # a higher precision may have one
                continue
            return opinion
        if opinion.says is not Says.NONE or not opinion.matches:
            break
    if opinion.says is Says.DIFFER and _has_dear_entries(check, usable):
        loose = _without_rounded_constants(check, usable, opinion)  # which asks along directions only
        opinion = loose if loose.says is Says.AGREE else opinion
    if opinion.says is Says.DIFFER:
        opinion = _below_rounding(check, usable, opinion)
    if opinion.says is Says.DIFFER:
        opinion = _without_rounded_constants(check, usable, opinion)
    if opinion.says is Says.DIFFER:
        opinion = _without_rounded_points(check, usable, opinion)
    if opinion.says is Says.DIFFER and check.why_float64 is not None:
        opinion = _without_cancellation(check, opinion)
    return opinion


def _method(check: Evaluation, usable: Usable) -> str | None:
    with suppress(Unsupported):
        return check.session.program(usable, check.point).method
    return None


def _at_precision(check: Evaluation, usable: Usable, bits: int) -> Opinion:
    """The opinion at the precision that is set. Raises `Unsupported`."""
    program = check.session.program(usable, check.point)
    finite = check.comparable
    matches = matched_jointly(check, usable, program, bits) if finite else {}
    if any(m.outcome == "unclear" for m in matches.values()):
        if bits < check.precisions[-1]:  # more digits cost less than each argument by itself
            return _concluded(usable.name, matches, {}, program.method, bits)
        matches = {q: m for q, m in matches.items() if m.outcome == "agree"}
    left = _directions_beside(check, matches)
    answers = {} if left == {} else check.claim.right_answers(check.point, program, left)
    answers = {q: a for q, a in answers.items() if check.states(q)}
    if not finite:
        answers = {q: a if a.refine is None else a.refine() for q, a in answers.items()}
        if not all(_is_number(b) for a in answers.values() for b in a.values.reshape(-1)):
            raise NoAnswer("the derivative is not finite here")
        return Opinion(usable.name, answers=answers, method=program.method, bits=bits)
    stated, rigorous = _stated(check, usable, left, bits)
    for quantity in [q for q in answers if q in stated]:  # in order: a set's changes from run to run
        match = _match(check, quantity, stated[quantity], answers[quantity], rigorous, program)
        if match.outcome != "agree" and match.gap > 0 and (refine := answers[quantity].refine) is not None:
            answers[quantity] = refine()
            match = _match(check, quantity, stated[quantity], answers[quantity], rigorous, program)
        matches[quantity] = match
    if check.claim.kind.states_outputs:
        matches.update(_values(check, bits))
    return _concluded(usable.name, matches, answers, program.method, bits)


def _is_number(ball: arb) -> bool:
    """Whether a ball holds a finite number of which something is known: a difference quotient grows without
    end at `cbrt(0)`, and its enclosure with it.
    """
    return bool(ball.is_finite() and ball.rad() <= _KNOWN * (1 + abs(ball)).lower())


_KNOWN = 2.0**-10
"""How wide a ball may be, as a part of what it holds, or of 1."""


def _concluded(
    name: str, matches: Mapping[Quantity, Match], answers: Mapping[Quantity, Answer], method: str, bits: int
) -> Opinion:
    """The opinion that matches amount to."""
    outcomes = [m.outcome for m in matches.values()]
    opinion = partial(Opinion, name, answers=answers, method=method, bits=bits)
    if any(m.outcome == "differ" and answers[q].convention for q, m in matches.items() if q in answers):
        return opinion(reason=Reason(ReasonKind.CONVENTION))
    if "differ" in outcomes:
        return opinion(Says.DIFFER, matches=matches)
    if "unclear" in outcomes:
        unclear = (m.reason for m in matches.values() if m.outcome == "unclear")
        reason = next(filter(None, unclear), Reason(ReasonKind.TOO_WIDE))
        return opinion(matches=matches, reason=reason)
    if not outcomes:
        return opinion(matches=matches)
    certain = all(m.rigorous for m in matches.values())
    strength = Strength.CERTIFIED if certain else Strength.AGREED
    return opinion(Says.AGREE, matches=matches, strength=strength)


def _directions_beside(check: Evaluation, settled: Mapping[Quantity, Match]) -> Directions | None:
    """The directions of what is not settled yet."""
    directions = check.directions
    if directions is None:
        return directions
    return {q: d for q, d in directions.items() if q not in settled and check.states(q)}


def _stated(
    check: Evaluation, usable: Usable, directions: Directions | None, bits: int
) -> tuple[Mapping[Quantity, ObjectArray], bool]:
    """The candidate's side, and whether it is rigorous: in balls, or float64 with a bound."""
    if check.claim.kind.states_outputs:
        program = check.session.program(usable, check.point, check.claim.candidate)
        other = {} if directions == {} else check.claim.right_answers(check.point, program, directions)
        return {q: a.values for q, a in other.items()}, all(a.rigorous for a in other.values())
    return check.certain_or_bounded(bits)


def _match(
    check: Evaluation,
    quantity: Quantity,
    stated: ObjectArray,
    answer: Answer,
    rigorous: bool,
    program: Program,
) -> Match:
    if (space := check.claim.space(quantity)) is not None:
        return _match_along(check, space, quantity, stated, answer, rigorous, program)
    return compare(
        stated,
        answer,
        rigorous=rigorous,
        floor=check.floor,
        scales=lambda: check.scale(quantity),
        slopes=check.claim.kind.states_outputs,
        bits=check.claim.bits,
    )


def _match_along(
    check: Evaluation,
    space: Space,
    quantity: Quantity,
    stated: ObjectArray,
    answer: Answer,
    rigorous: bool,
    program: Program,
) -> Match:
    """Along one tangent of the space that the argument lives in."""
    assert check.directions is not None
    direction = check.directions[quantity]
    entries = lambda: check.claim.right_answers(check.point, program)[quantity]
    bits = check.claim.bits
    return compare_along(space, direction, stated, answer, entries, rigorous=rigorous, bits=bits)


def _values(check: Evaluation, bits: int) -> dict[Quantity, Match]:
    """A forward claim's values against the formula's own."""
    truth = values_in_balls(check.session.formula, check.point)

    def match(quantity: Quantity, value: ObjectArray) -> Match:
        scales = lambda: running_scale(check.balls(53)[quantity])
        return compare(value, Answer(truth[quantity]), rigorous=True, scales=scales)

    return {q: match(q, value) for q, value in check.balls(bits).items()}


def _below_rounding(check: Evaluation, usable: Usable, opinion: Opinion) -> Opinion:
    """The opinion, unless every entry rounds as the right one does: within half a unit in the last place.

    Guards (`where(x > 40, x, log1p(exp(x)))`) and series near zero are right in that sense, and no run
    of the code can tell them from the formula.
    """
    differing = {q: m for q, m in opinion.matches.items() if m.outcome == "differ"}
    half = 2.0**-DOUBLE
    if check.claim.bits != DOUBLE or any(m.gap > half or not m.rigorous for m in differing.values()):
        return opinion
    try:
        with precision(opinion.bits):
            program = check.session.program(usable, check.point)
            stated, _ = _stated(check, usable, None, opinion.bits)
            right = check.claim.right_answers(check.point, program)
            lost = {q: max(RESOLUTION * m.scale, half * check.floor) for q, m in differing.items()}
            if any(_is_apart(stated[q], right[q].values, half, lost[q]) for q in differing):
                return opinion
    except Unsupported:
        return opinion
    return replace(opinion, says=Says.AGREE, strength=Strength.AGREED, below_rounding=True)


_FEW_ENTRIES = 64


def _has_dear_entries(check: Evaluation, usable: Usable) -> bool:
    """Whether a backend needs a difference of the forward for each of many entries."""
    if usable.traits.pays_per_slope:
        return (
            sum(int(np.prod(s, dtype=int)) for s in check.claim.shapes(check.point).values()) > _FEW_ENTRIES
        )
    return False


def _is_apart(stated: ObjectArray, right: ObjectArray, part: float, lost: float) -> bool:
    """Whether some entry may be off by more than a part of the right one, and by more than what is lost."""
    return any(
        not (abs(mine - its) <= abs(its) * part or abs(mine - its) <= lost)
        for mine, its in zip(stated.reshape(-1).tolist(), right.reshape(-1).tolist(), strict=True)
    )


def _without_rounded_constants(check: Evaluation, usable: Usable, opinion: Opinion) -> Opinion:
    """The opinion, unless the difference is only float constants that were rounded differently.

    Both sides are run again with every non-integer constant widened by a few units in the last place.
    Where the balls then meet, and are still narrow, nothing was refuted; where they meet and are wide,
    there is no answer.
    """
    differing = {q for q, m in opinion.matches.items() if m.outcome == "differ"}
    if check.claim.kind.states_outputs or not differing:
        return opinion
    try:
        with precision(opinion.bits):
            stated = check.balls(opinion.bits, WIDENED)
            program = check.session.program(usable, check.point)

            def outcomes_by(truth: Mapping[Quantity, Answer]) -> set[str]:
                return {_match(check, q, stated[q], truth[q], False, program).outcome for q in differing}

            # of a quantity that agrees nothing has to be known: each costs a difference of its own
            only = replace(opinion, answers={q: a for q, a in opinion.answers.items() if q in differing})
            truth = _uncertain_truth(check, usable, only, lambda found: "differ" in outcomes_by(found))
            opinion = replace(opinion, loose=truth)
            outcomes = outcomes_by(truth)
    except Unsupported:
        return opinion
    if "differ" in outcomes:
        tables = makes_tables_of_angles(check.session.formula.function) and _by_rounded_angles(
            check, opinion, differing
        )
        return _no_answer(opinion, ReasonKind.ROUNDED_CONSTANTS) if tables else opinion
    if "unclear" in outcomes:
        return _no_answer(opinion, ReasonKind.ROUNDED_CONSTANTS)
    return replace(opinion, says=Says.AGREE, strength=Strength.AGREED, rounded_constants=True)


def _without_rounded_points(check: Evaluation, usable: Usable, opinion: Opinion) -> Opinion:
    """The opinion, unless the difference is only that points of curved spaces lie beside them by rounding."""
    differing = [q for q, m in opinion.matches.items() if m.outcome == "differ"]
    if not check.claim.formula.spaces or check.claim.kind.states_outputs or check.why_float64 is not None:
        return opinion
    try:
        with precision(opinion.bits):
            program = check.session.program(usable, check.point)
            by_rounding = by_rounded_points(check.claim, check.point, program, differing)
    except Unsupported:
        return opinion
    return replace(opinion, says=Says.AGREE, strength=Strength.AGREED) if by_rounding else opinion


def _by_rounded_angles(check: Evaluation, opinion: Opinion, differing: set[Quantity]) -> bool:
    """Whether a difference is no more than what rounded angles do to a table of the forward, such as the
    roots of unity: a backend sees its entries, which are off by more than a unit where angles are large.
    Those of a transform reach 2 pi n^2, and each is off by a few units in its last place. A transform mixes
    all entries, so the largest of them counts.
    """
    size = max(check.point.sizes.values(), default=1)
    part = 2 * np.pi * size**2 * WIDENING_ULPS * 2.0**-DOUBLE
    stated = check.balls(opinion.bits)
    largest = max(float(np.max(np.abs(midpoints(v)), initial=0.0)) for v in stated.values())
    for quantity in differing:
        answer = opinion.answers[quantity]
        if answer.direction is not None:
            return False
        apart = np.asarray(
            stated[quantity] - answer.values, dtype=object
        )  # a difference without axes is bare
        if (np.abs(midpoints(apart)) > part * largest).any():
            return False
    return True


def _uncertain_truth(
    check: Evaluation,
    usable: Usable,
    opinion: Opinion,
    differs: Callable[[Mapping[Quantity, Answer]], bool],
) -> Mapping[Quantity, Answer]:
    """A backend's answer, as uncertain as the constants of the code make it.

    A difference of widened evaluations would be as wide as 1 / h. So the constants are moved by a few
    units in the last place, by the same in all evaluations, and the spread of a few such answers, with a
    margin, is the uncertainty. One of them is enough where the code ``differs`` by `_FAR` times as much.
    """
    program = check.session.program(usable, check.point)
    directions = check.directions
    if directions is not None:
        directions = {q: d for q, d in directions.items() if q in opinion.answers}
    if program.exact_answers:
        slopes = all(a.direction is not None for a in opinion.answers.values())
        return check.claim.right_answers(check.point, program, directions if slopes else None, WIDENED)
    moved: list[Mapping[Quantity, Answer]] = []
    for domain in SHIFTED:
        moved.append(check.claim.right_answers(check.point, program, directions, domain))
        if len(moved) == 1 and differs(_spread(opinion, moved, _FAR)):
            return _spread(opinion, moved, _LOOSE)
    return _spread(opinion, moved)


def _spread(
    opinion: Opinion, moved: Sequence[Mapping[Quantity, Answer]], times: float = 4.0
) -> Mapping[Quantity, Answer]:
    return {q: spread(a, [m[q] for m in moved], times) for q, a in opinion.answers.items()}


_FAR = 2.0**20
"""No four samples of a sum of as many moved constants are so much farther out than a first one."""

_LOOSE = 64.0
"""The margin of a single sample."""


def _without_cancellation(check: Evaluation, opinion: Opinion) -> Opinion:
    """The opinion, unless a difference in floating point is no more than terms that cancel may leave.

    How the code's inside is written is not known, so the bound of the derivations at hand may be too
    narrow for it (a saturated sigmoid's `1 - a`). What rounding at the size of the values that go in can
    leave is no refutation, and no agreement either: there is no answer.
    """
    left = unknown_rounding(check.point, check.claim.bits)
    differing = [q for q, m in opinion.matches.items() if m.outcome == "differ"]
    everywhere = {q: np.full(check.stated.values[q].shape, left) for q in differing}
    if _is_within(check, opinion, everywhere):
        return _no_answer(opinion, ReasonKind.CANCELLATION)
    own = check.own_rounding
    if own.keys() >= set(differing) and _is_within(check, opinion, {q: own[q] for q in differing}):
        return _no_answer(opinion, ReasonKind.CANCELLATION)
    return opinion


def _is_within(check: Evaluation, opinion: Opinion, bounds: Mapping[Quantity, NDArray[np.float64]]) -> bool:
    """Whether the stated entries of these quantities are no farther from a backend's than their bounds."""
    for quantity, most in bounds.items():
        answer, stated = opinion.answers[quantity], enclose(check.stated.values[quantity])
        if answer.direction is not None:
            stated = zero_dimensional(contract(stated, answer.direction)[0])
            most = np.asarray(np.sum(most * np.abs(answer.direction)))
        if (np.asarray(np.abs(stated - answer.values)) > most).any():
            return False
    return True


def _no_answer(opinion: Opinion, why: ReasonKind) -> Opinion:
    return replace(opinion, says=Says.NONE, matches={}, reason=Reason(why))
