"""Explanations by a local derivative: `f'` left out, taken twice, taken at `a`, or another expression.

For each elementwise stretch `z -> a` of the forward a few things are tried for `f'`. Where none
fits, the `f'` that the code must have used is solved for and looked up among short expressions in `z`,
`a` and `f'`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.chain_rule.foreseen import FIRST, Changes, are_apart, foreseen
from gradcheck.diagnosis.explaining.chain_rule.known import Known, known_function
from gradcheck.diagnosis.explaining.chain_rule.segments import Jump, Segment, Stretch, jumps, segments
from gradcheck.diagnosis.explanation import Explanation, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import Tape, is_right, tape_of
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.words import describe, place_of
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["slope_changes"]

_MOST_SEGMENTS = 120
"""The shortest: `tanh` behind a dozen of longer stretches is what has a derivative by heart."""


def slope_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Explanations by another local derivative, given the stretches at the pilot sample."""
    try:
        if not is_right(pilot):
            return
        tape = tape_of(pilot)
        passing: dict[Call, Any] = {}
        tape.gradients(None, passing)
        found = segments(tape.run, set(passing))
    except (Unsupported, CandidateFault):
        return
    has_delta = "delta" in case.claim.leading
    shortest = sorted(found.items(), key=lambda item: len(item[1].calls))
    for segment, stretch in shortest[:_MOST_SEGMENTS]:
        if case.is_spent:
            return
        if known_function(stretch) is not None or not _is_part(stretch, tape.run.calls):
            yield from _of_segment(segment, stretch, has_delta=has_delta)


def _is_part(stretch: Stretch, calls: Sequence[Call]) -> bool:
    """Whether it begins or ends within what the code says in one word, as `x.var()`: it has no name."""
    keys = {call.key for call in stretch.calls}
    sites = {key.site for key in keys}
    return any(c.key.site in sites and c.key not in keys for c in calls)


def _of_segment(segment: Segment, stretch: Stretch, *, has_delta: bool) -> Iterator[Explanation]:
    known = known_function(stretch)
    short = known is not None or len(stretch.calls) <= _SHORT
    name = _name(segment, stretch, known)
    extra = 0.02 * (not segment.everywhere) + 0.1 * (segment.turn is not None) + 0.03 * (known is None)

    def of(kind: str, text: str, cost: float, slope: Any) -> Explanation:
        sides = predicting(_with(segment, slope))
        may = foreseen(_at_stretch(segment, slope))
        return Explanation(kind, text, cost + extra, sides, later=FIRST if short else _PUT_OFF, may=may)

    yield of(
        "derivative-missing",
        f"the derivative of {name} is left out",
        1.5,
        lambda s, g: np.ones_like(s.z.value),
    )
    yield of("extra-term", f"the derivative of {name} is taken twice", 1.6, lambda s, g: _slope(s) ** 2)
    yield of(
        "derivative-point", f"the derivative of {name} is taken at its value a, not at z", 1.6, _at_value
    )
    yield of(
        "derivative-wrong",
        f"uses the value of {name}; should be its derivative",
        1.7,
        lambda s, g: s.end.output.value,
    )
    yield of(
        "derivative-wrong",
        f"uses the argument of {name}; should be its derivative",
        1.9,
        lambda s, g: s.z.value,
    )
    if has_delta:  # else it may be the number 1 that comes back
        yield of(
            "derivative-point",
            f"the derivative of {name} is taken at what comes back from behind, not at z",
            1.8,
            lambda s, g: s.at(g)[1],
        )
    if known is not None:
        for one in known.mistakes:
            yield of(
                one.kind,
                f"the derivative of {name} {one.text}",
                1.7,
                lambda s, g, slope=one.slope: slope(s.z.value, s.end.output.value),
            )


_SHORT, _PUT_OFF = 2, 0.6
"""Longer stretches that are no function with a name are seldom differentiated as one, and tried late."""


def _slope(stretch: Stretch) -> Any:
    return stretch.at(stretch.z.value)[1]


def _at_value(stretch: Stretch, g: Any) -> Any:
    return stretch.at(stretch.end.output.value)[1]


def _name(segment: Segment, stretch: Stretch, known: Known | None) -> str:
    place = place_of(segment.end, everywhere=segment.everywhere)
    if len(stretch.calls) > 1:  # both bounds of np.clip, not its last step alone
        place = place.removeprefix(f"np.{segment.end.name.rpartition('.')[2]} in ")
    turn = f", in turn {segment.turn} of the loop (from 0)," if segment.turn is not None else ""
    if known is not None:
        return f"{known.name} in {place}{turn}"
    if len(stretch.calls) > 1:
        return f"{place}{turn} by {describe(stretch.z)}"
    return place + turn


def _with(segment: Segment, slope: Any) -> Any:
    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        tape = tape_of(sample, how)
        return tape.quantities(Jump(tape, segment, slope))

    return values


def _at_stretch(segment: Segment, slope: Any) -> Changes:
    """What another slope adds, where no such stretch comes after another, and there is one way into each."""

    def changes(tape: Tape, passing: dict[Call, Any]) -> list[tuple[Value, Any]] | None:
        found = {end: s for end, s in jumps(tape, segment).items() if end in passing}
        if not are_apart(tape, list(found)) or not all(s.is_closed() for s in found.values()):
            return None
        return [(s.z, passing[end] * (slope(s, passing[end]) - _slope(s))) for end, s in found.items()]

    return changes
