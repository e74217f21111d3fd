"""Explanations by a term that is another: the rest of the code's sum is the rest of the right gradient.

The derivative of another function shares terms with the right one: of `0.5 + 0.5 * t + w`, the last may be
what belongs to the exact form of a function whose approximation the forward computes. Left out of the code,
it leaves what the right gradient is without one step of the chain rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.edits.absent import leaving_out
from gradcheck.diagnosis.edits.edit import Edit
from gradcheck.diagnosis.explaining.chain_rule.places import Place, nothing, places_of, through, with_step
from gradcheck.diagnosis.explaining.code.repairs import edited, recorded
from gradcheck.diagnosis.explanation import Explanation, Sides, near
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import tape_of
from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.words import operand, place_of
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["term_changes"]

_MOST_PLACES = 16
_MOST_SUMS = 8


def term_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """One explanation for each term of the hand-written sums and each step that it may stand for."""
    places = [(p, c) for p, c in places_of(pilot) if p.turn is None and _counts(pilot, p)][:_MOST_PLACES]
    if not places:
        return
    for call in _sums(case, pilot):
        for k, edit in enumerate(leaving_out(call)):
            if not isinstance(call.args[k], Value):
                continue  # a number is no part of a gradient
            for place, at in places:
                text = (
                    f"the term {operand(call, k)} of {place_of(call.key)} is not what it should be: "
                    f"the part that comes {through(at, place)}"
                )
                yield Explanation(
                    "derivative-wrong", text, 2.5, _without_both(edit, place), place=call.key.site.place
                )


def _sums(case: Case, pilot: Sample) -> list[Call]:
    """Sums that the hand-written code makes and the forward does not, the last ones first."""
    try:
        shared = {c.key for c in tape_of(pilot).run.calls}
    except (Unsupported, CandidateFault):
        return []
    found: dict[Key, Call] = {}
    for call in reversed(recorded(case, pilot).calls):
        if call.function in (np.add, np.subtract) and len(call.args) == 2 and call.key not in shared:
            found.setdefault(call.key, call)
    return list(found.values())[:_MOST_SUMS]


def _counts(pilot: Sample, place: Place) -> bool:
    """Whether the step is part of some gradient and not all of it: else the rest would say nothing."""
    try:
        rest = pilot.remember(("rest", place), lambda: with_step(place, nothing)(pilot, None))
        return any(v.any() and not near(v, pilot.right(q)) for q, v in rest.items())
    except (Unsupported, CandidateFault):
        return False


def _without_both(edit: Edit, place: Place) -> Sides:
    def sides(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        code = sample.remember(("left out", edit, id(how)), lambda: edited(sample, edit, how))
        rest = sample.remember(("rest of", place, id(how)), lambda: with_step(place, nothing)(sample, how))
        if how is None and not rest[quantity].any():
            raise Unsupported("nothing is left to compare")
        if any(near(mine, sample.right(q)) and not near(code[q], mine) for q, mine in sample.values.items()):
            raise Unsupported("the term is right in another gradient")
        return code[quantity], rest[quantity]

    return sides
