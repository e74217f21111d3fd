"""Explanations by one step of the chain rule: left out, off by a factor, or handed on unchanged.

The forward is gone through backwards with one step changed. A gradient is a sum over the ways back
from the output to an argument, linear in every step, so one run that leaves a step out tells whether
the code's gradient is the right one with that step taken 0 times, -1 times, or n times.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.places import (
    Changed,
    Place,
    nothing,
    place_text,
    places_of,
    through,
    with_step,
)
from gradcheck.diagnosis.explanation import Explanation, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import tape_of
from gradcheck.diagnosis.tracing.backwards import Step, steps
from gradcheck.diagnosis.tracing.calls import Call
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["pairs_of_paths", "path_changes"]


def _unchanged(step: Step) -> Any:
    return step.g


def _unsummed(step: Step) -> Any:
    return step.value if step.unsummed is None else step.unsummed


def path_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Explanations by a step that is left out or handed on unchanged, for the steps at the pilot sample."""
    found = places_of(pilot)
    summed = _summed_places(pilot)
    for place, call in found:
        extra = 0.1 * (place.turn is not None) + 0.02 * (not place.everywhere and place.turn is None)
        if len(place.position) == 1:
            at = place_text(call, place)
            yield Explanation(
                "derivative-missing",
                f"the derivative of {at} is left out: what arrives there is handed on as it is",
                1.52 + extra,
                predicting(with_step(place, _unchanged)),
            )
        if place in summed:
            yield Explanation(
                "missing-sum",
                f"what comes back {through(call, place)} is not summed over the axes that were broadcast",
                1.6 + extra,
                predicting(with_step(place, _unsummed)),
            )
        yield Explanation(
            "missing-term",
            f"the part that comes {through(call, place)} is missing",
            1.45 + extra,
            predicting(with_step(place, nothing), ("without", place)),
        )


def pairs_of_paths(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Explanations by two steps that are left out."""
    found = [(p, c) for p, c in places_of(pilot) if p.turn is None and not p.everywhere]
    for (one, a), (two, b) in itertools.combinations(found[:_MOST_IN_PAIRS], 2):
        yield Explanation(
            "missing-term",
            f"the parts that come {through(a, one)} and {through(b, two)} are missing",
            2.4,
            predicting(_without(one, two)),
        )


_MOST_IN_PAIRS = 24


def _without(one: Place, two: Place) -> Any:
    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        tape = tape_of(sample, how)
        return tape.quantities(_Twice(Changed(one, nothing, tape), Changed(two, nothing, tape)))

    return values


class _Twice:
    """Two detours, both of which leave steps out."""

    def __init__(self, one: Changed, two: Changed) -> None:
        self.one, self.two = one, two

    def take(self, step: Step) -> Any:
        return None if self.one.take(step) is None else self.two.take(step)

    def arrived(self, at: Call | str, g: Any) -> Any:
        return g

    def jump(self, call: Call, g: Any) -> None:
        return None


def _summed_places(pilot: Sample) -> set[Place]:
    """Steps that sum over axes along which their input was broadcast."""
    try:
        tape = tape_of(pilot)
        passing: dict[Call, Any] = {}
        tape.gradients(None, passing)
        return {
            Place(c.key, s.position)
            for c, g in passing.items()
            for s in steps(c, g)
            if s.unsummed is not None
        }
    except (Unsupported, CandidateFault):
        return set()
