"""What is right at a point, by whichever backend knows it best, or by the forward itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arithmetic import BALLS, SHIFTED, WIDENED, Domain, ElementArray, call_in, enclose, wrap
from gradcheck.backend import Program
from gradcheck.diagnosis.tracing.budget import affordable, spend
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity, outputs
from gradcheck.judging.answers.forward_values import values_in_balls
from gradcheck.judging.evaluation import spread
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session, Usable

__all__ = ["right_at"]

_A_PROGRAM = 100
"""What an exact derivative at a point counts for, in operations."""

_AN_OPERATION = 10
"""What an operation of the forward counts for, beyond `_SHORT` of them, where a derivative is evaluated."""

_PREPARED = 40
"""What it counts for where the derivative has to be prepared for a new shape."""

_SHORT = 40

_OTHERS = 4
"""Where a point has a tie, others have none: of large ones the differences are not worth what they cost."""

_AN_ENTRY = 50
"""What an entry counts for that is known by a difference of the forward: four evaluations, at the least."""


def right_at(claim: Claim, session: Session, point: Point, how: Domain) -> dict[Quantity, Any]:
    """The right values of all quantities, as arrays of balls. Raises `Unsupported`."""
    if claim.kind.states_outputs:
        spend(_A_PROGRAM)
        return values_in_balls(claim.formula, point) if how is BALLS else _widened(claim, point)
    return {q: a.values for q, a in _truths(claim, session, point, how).items()}


def _truths(claim: Claim, session: Session, point: Point, how: Domain) -> dict[Quantity, Any]:
    """The answers of a backend that has them exactly; else those of differences, as far as that may cost."""
    reason, at_tie = "no backend", False
    order = sorted(session.backends, key=_cost)
    if claim.kind.slopes_of_outputs:  # differences have the slopes of all outputs at once
        order.sort(key=lambda u: not u.traits.takes_differences)
    for usable in order:
        try:
            _pay_for_shape(session, usable, point)
            program = session.program(usable, point)
            _pay_for(program, claim, point, keeping=_OTHERS if at_tie else 0)
            found = _answers(claim, program, point, how)
        except Unsupported as error:
            reason = str(error)
            continue
        if not any(a.convention for a in found.values()):
            return found
        reason, at_tie = "a tie inside the forward", True
    raise Unsupported(reason)


def _cost(usable: Usable) -> tuple[bool, int]:
    """Every entry is wanted, at a few shapes."""
    return usable.traits.pays_per_slope, usable.traits.cost_of_shape


def _pay_for_shape(session: Session, usable: Usable, point: Point) -> None:
    """Raises `Unsupported` where a long forward costs more than is left."""
    long = max(0, session.cost(point) - _SHORT)
    cost = long * (_AN_OPERATION if session.is_prepared(usable, point) else _PREPARED)
    if not affordable(cost):
        raise Unsupported("a derivative of code that is so long costs more than is left")
    spend(cost)


def _pay_for(program: Program, claim: Claim, point: Point, *, keeping: int) -> None:
    """Raises `Unsupported` where differences for all entries cost more than is left, or than leaves what so
    many others cost.
    """
    if program.exact_answers:
        spend(_A_PROGRAM)
        return
    cost = _AN_ENTRY * (1 if claim.kind.slopes_of_outputs else _entries(claim, point))
    if not affordable(cost * (1 + keeping)):
        raise Unsupported("a difference for every entry costs more than is left")
    spend(cost)


def _entries(claim: Claim, point: Point) -> int:
    """How many entries all that the claim states has, those of the outputs for a Jacobian counted once."""
    return sum(int(np.prod(shape, dtype=int)) for shape in claim.shapes(point).values())


def _answers(claim: Claim, program: Program, point: Point, how: Domain) -> dict[Quantity, Any]:
    if how is not WIDENED or program.exact_answers:
        return claim.right_answers(point, program, None, how)
    # a difference of widened evaluations would be as wide as 1 / h: the constants are moved instead
    own = claim.right_answers(point, program, None, BALLS)
    moved = [claim.right_answers(point, program, None, domain) for domain in SHIFTED]
    return {q: spread(a, [m[q] for m in moved]) for q, a in own.items()}


def _widened(claim: Claim, point: Point) -> dict[Quantity, Any]:
    args = [wrap(enclose(a), WIDENED) if i in point.wrt else a for i, a in enumerate(point.args)]
    result = call_in(WIDENED, claim.formula.function, args)
    parts = list(result) if point.multiple else [result]
    named = zip(outputs(len(parts)), parts, strict=True)
    return {q: p.data for q, p in named if isinstance(p, ElementArray)}
