"""One slope along several arguments together: where it agrees, each of them does.

For methods that pay for every argument. Nothing is said against a candidate here: for that, each argument is
asked about alone, and so is one whose gradient is so small that it would be lost in the sum.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import ObjectArray, dot, enclose, midpoints
from gradcheck.backend import Program
from gradcheck.errors import Unsupported
from gradcheck.formulas.kinds.directions import Directions
from gradcheck.formulas.quantity import JOINT, Quantity
from gradcheck.judging.comparing import Match, compare_slopes
from gradcheck.judging.evaluation import Evaluation
from gradcheck.judging.session import Usable

__all__ = ["Group", "groups", "matched_jointly"]

_RAISED = 64
"""A direction is made longer by this many powers of two at most. The step of a difference, 2^-140, is then
still 2^-76, which leaves a truncation of about 2^-152 (the resolution is 2^-83)."""

_SWAMPED = 20
"""Powers of two by which a part may be smaller than the largest: the resolution of 1e-25 of the sum is then
at least 1e-19 of every part."""


def matched_jointly(check: Evaluation, usable: Usable, program: Program, bits: int) -> dict[Quantity, Match]:
    """How quantities compare along all their arguments together: those that one slope settles in the
    candidate's favour, and those of which it is too wide to tell.
    """
    directions = check.directions
    if program.exact_answers or not check.claim.kind.by_argument or directions is None or len(directions) < 2:
        return {}
    try:
        gradients, rough = _gradients(check, bits)
        found: dict[Quantity, Match] = {}
        for group in groups(gradients, directions, rough):
            found |= _matched(check, usable, program, group, len(gradients))
    except Unsupported:
        return {}
    return found


def _matched(
    check: Evaluation, usable: Usable, program: Program, group: Group, of: int
) -> dict[Quantity, Match]:
    """How the slope of one group compares; nothing where it differs. Raises `Unsupported`."""
    claim, point, along = check.claim, check.point, group.directions
    own, rigorous = group.slope, True
    quantities = map(claim.quantity, claim.formula.shapes.arguments)
    moved = {i: along[q] for i, q in enumerate(quantities) if q in along}
    answer = claim.kind.joint_slope(point, program, moved)
    if answer is None:
        return {}
    if claim.kind.states_outputs:
        again = check.session.program(usable, point, claim.candidate)
        stated = claim.kind.joint_slope(point, again, moved)
        if stated is None:
            return {}
        own, rigorous = stated.values.item(), stated.rigorous
    match = compare_slopes(own, answer, rigorous=rigorous)
    if match.outcome == "unclear":
        return dict.fromkeys(along, match)
    if match.outcome == "differ" or not (match.resolved or match.zero):
        return {}
    whose = [JOINT] if len(along) == of and match.resolved else []
    return dict.fromkeys([*whose, *along], match)


def _gradients(
    check: Evaluation, bits: int
) -> tuple[Mapping[Quantity, ObjectArray], Mapping[Quantity, NDArray[np.float64]]]:
    """Gradients by quantity, entry by entry, in balls and in float64: those behind what is stated. Where
    outputs are stated, the gradients of the formula stand for them, from a backend that has every entry.

    Raises `Unsupported`.
    """
    claim, point = check.claim, check.point
    if not claim.kind.states_outputs:
        stated = check.balls(bits)
        known = claim.kind.gradients(claim.formula, point, stated)
        return known, check.stated.values if known is stated else _rough(known)
    for source in check.backends:
        program = check.session.program(source, point)
        if program.exact_answers:
            answers = claim.right_answers(point, program, check.directions)
            known = {q: a.values for q, a in answers.items() if a.direction is None}
            return known, _rough(known)
    return {}, {}


def _rough(gradients: Mapping[Quantity, ObjectArray]) -> dict[Quantity, NDArray[np.float64]]:
    return {q: midpoints(values) for q, values in gradients.items()}


@dataclass(frozen=True)
class Group:
    """Directions by quantity that are taken together, and the stated slope along all of them."""

    directions: Directions
    slope: arb


def groups(
    gradients: Mapping[Quantity, ObjectArray],
    directions: Directions,
    rough: Mapping[Quantity, NDArray[np.float64]],
) -> list[Group]:
    """The quantities whose gradients are zero, and the others, the directions of those that would be lost in
    the sum made longer.

    By powers of two, so they stay exact. Gradients that are smaller still, or not finite, are left out.
    ``rough`` are the gradients in float64.
    """
    with np.errstate(all="ignore"):
        sizes = {q: float(np.abs(rough[q] * directions[q]).sum()) for q in gradients if q in rough}
    sizes = {q: size for q, size in sizes.items() if size < math.inf}
    top = math.frexp(max(sizes.values(), default=0.0))[1]
    below = {q: top - math.frexp(size)[1] for q, size in sizes.items() if size > 0}
    counted = {q: 2.0 ** _raised(e) for q, e in below.items() if e <= _RAISED + _SWAMPED}
    zeros = {q: 1.0 for q, size in sizes.items() if size == 0 and _is_zero(gradients[q])}
    return [
        Group(
            {q: directions[q] if f == 1 else directions[q] * f for q, f in chosen.items()},
            sum((dot(gradients[q], enclose(directions[q])) * f for q, f in chosen.items()), arb(0)),
        )
        for chosen in (counted, zeros)
        if len(chosen) > 1
    ]


def _raised(below: int) -> int:
    """By how many powers of two a direction is made longer whose part is smaller by so many."""
    return 0 if below <= _SWAMPED else min(below, _RAISED)


def _is_zero(values: ObjectArray) -> bool:
    """Exactly, not only in float64."""
    return all(b.is_zero() for b in values.ravel().tolist())
