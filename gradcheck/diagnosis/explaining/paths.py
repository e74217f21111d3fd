"""Explanations by one step of the chain rule: left out, off by a factor, or handed on unchanged.

The forward is gone through backwards with one step changed. A gradient is a sum over the ways back
from the output to an argument, linear in every step, so one run that leaves a step out tells whether
the code's gradient is the right one with that step taken 0 times, -1 times, or n times.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.factors import Factor, recognise
from gradcheck.diagnosis.explaining.ratios import atoms_of, common_ratio, factor_words
from gradcheck.diagnosis.explanation import Explanation, Sides, near, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import Tape, is_right, tape_of
from gradcheck.diagnosis.tracing.backwards import Step, steps
from gradcheck.diagnosis.tracing.calls import Call, Key
from gradcheck.diagnosis.words import describe, operand, place_of
from gradcheck.errors import CandidateFault, Unsupported

__all__ = ["Place", "pairs_of_paths", "path_changes", "path_factors", "places_of"]


@dataclass(frozen=True)
class Place:
    """A step of the chain rule: from the output of the operations with this key back to one input.

    ``everywhere`` means in every call of a helper function; ``turn`` one turn of a loop, counted from
    the end where it is negative.
    """

    key: Key
    position: tuple[int, ...]
    everywhere: bool = False
    turn: int | None = None

    def matches(self, call: Call, count: int) -> bool:
        if call.key.name != self.key.name:
            return False
        if self.everywhere:
            return call.key.site.frames[:1] == self.key.site.frames[:1]
        if call.key != self.key:
            return False
        return self.turn is None or call.turn == (self.turn if self.turn >= 0 else count + self.turn)


class Changed:
    """A detour: ``action`` on the steps at a place. ``hits`` counts them."""

    def __init__(self, place: Place, action: Any, tape: Tape) -> None:
        self.place, self.action, self.hits = place, action, 0
        self._count = sum(c.key == place.key for c in tape.run.calls)

    def take(self, step: Step) -> Any:
        if step.position != self.place.position or not self.place.matches(step.call, self._count):
            return step.value
        self.hits += 1
        return self.action(step)

    def arrived(self, at: Call | str, g: Any) -> Any:
        return g

    def jump(self, call: Call, g: Any) -> None:
        return None


def _nothing(step: Step) -> Any:
    return None


def _unchanged(step: Step) -> Any:
    return step.g


def _unsummed(step: Step) -> Any:
    return step.value if step.unsummed is None else step.unsummed


def places(tape: Tape) -> list[tuple[Place, Call]]:
    """The steps that are worth changing at a sample, each with an operation that it stands for."""
    passing: dict[Call, Any] = {}
    tape.gradients(None, passing)
    found: dict[Place, Call] = {}
    turns: dict[Key, int] = {}
    inner: dict[Any, set[Key]] = {}
    for call in tape.run.calls:
        turns[call.key] = turns.get(call.key, 0) + 1
        inner.setdefault((call.key.site.frames[:1], call.key.name), set()).add(call.key)
    for call, g in passing.items():
        for step in steps(call, g):
            found.setdefault(Place(call.key, step.position), call)
            if turns[call.key] > 1:
                found.setdefault(Place(call.key, step.position, turn=0), call)
                found.setdefault(Place(call.key, step.position, turn=-1), call)
            if len(inner[(call.key.site.frames[:1], call.key.name)]) > 1:
                found.setdefault(Place(call.key, step.position, everywhere=True), call)
    return list(found.items())


def path_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Explanations by a step that is left out or handed on unchanged, for the steps at the pilot sample."""
    found = places_of(pilot)
    summed = _summed_places(pilot)
    for place, call in found:
        extra = 0.1 * (place.turn is not None) + 0.02 * (not place.everywhere and place.turn is None)
        if len(place.position) == 1:
            yield Explanation(
                "derivative-missing",
                f"the derivative of {_at(call, place)} is left out: what arrives there is handed on as it is",
                1.52 + extra,
                predicting(_with(place, _unchanged)),
            )
        if place in summed:
            yield Explanation(
                "missing-sum",
                f"what comes back {_through(call, place)} is not summed over the axes that were broadcast",
                1.6 + extra,
                predicting(_with(place, _unsummed)),
            )
        yield Explanation(
            "missing-term",
            f"the part that comes {_through(call, place)} is missing",
            1.45 + extra,
            predicting(_with(place, _nothing), ("without", place)),
        )


def pairs_of_paths(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Explanations by two steps that are left out."""
    found = [(p, c) for p, c in places_of(pilot) if p.turn is None and not p.everywhere]
    for (one, a), (two, b) in itertools.combinations(found[:_MOST_IN_PAIRS], 2):
        yield Explanation(
            "missing-term",
            f"the parts that come {_through(a, one)} and {_through(b, two)} are missing",
            2.4,
            predicting(_without(one, two)),
        )


_MOST_IN_PAIRS = 24


def _without(one: Place, two: Place) -> Any:
    def values(sample: Sample, how: How) -> dict[str, Any]:
        tape = tape_of(sample, how)
        return tape.quantities(_Twice(Changed(one, _nothing, tape), Changed(two, _nothing, tape)))

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


def path_factors(case: Case, quantity: str, pilot: Sample, wrong: Sequence[Sample]) -> Iterator[Explanation]:
    """Explanations by a step that is off by a factor, the same everywhere or a power of sizes."""
    if np.shape(np.asarray(pilot.values.get(quantity))) != pilot.shapes[quantity]:
        return
    for place, call in places_of(pilot):
        if case.out_of_time:
            return
        without = predicting(_with(place, _nothing), ("without", place))
        ratios, used = [], []
        for sample in [pilot, *(s for s in wrong[:_MOST_SAMPLES] if s is not pilot)]:
            ratio = _times(sample, quantity, without)
            if ratio is None:
                break
            if not np.isnan(ratio):
                ratios.append(ratio)
                used.append(sample)
        else:
            if len(used) < 2:
                continue
            for factor in recognise(ratios, atoms_of(case, used))[:2]:
                kind, words = factor_words(factor, None)
                if factor.ratio == -1 and not factor.powers:
                    kind, words = "sign", "the sign is wrong"
                extra = 0.1 * (place.turn is not None) + 0.02 * (not place.everywhere)
                yield Explanation(
                    kind,
                    f"in the part that comes {_through(call, place)}, {words}",
                    1.7 + extra + factor.cost,
                    _scaled(case, factor, without),
                )


_MOST_SAMPLES = 12


def places_of(pilot: Sample) -> list[tuple[Place, Call]]:
    if not is_right(pilot):
        return []
    try:
        return pilot.remember("places", lambda: places(tape_of(pilot)))  # type: ignore[no-any-return]
    except (Unsupported, CandidateFault):
        return []


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


def _with(place: Place, action: Any) -> Any:
    def values(sample: Sample, how: How) -> dict[str, Any]:
        tape = tape_of(sample, how)
        return tape.quantities(Changed(place, action, tape))

    return values


def _times(sample: Sample, quantity: str, without: Sides) -> float | None:
    """How many times the code takes the part that ``without`` leaves out; None where it is no multiple."""
    try:
        mine, rest = without(sample, quantity, None)
        right = sample.right(quantity)
    except (Unsupported, CandidateFault):
        return None
    except Exception:
        return None
    if mine.shape != right.shape or rest.shape != right.shape or near(rest, right):
        return None
    return common_ratio(mine - rest, right - rest)


def _scaled(case: Case, factor: Factor, without: Sides) -> Sides:
    def sides(sample: Sample, quantity: str, how: How) -> tuple[Any, Any]:
        mine, rest = without(sample, quantity, how)
        values = {a.name: a.values[0] for a in atoms_of(case, [sample])}
        times = factor.at(values) if how is None else factor.exactly(values)
        return mine, rest + (sample.right(quantity, how) - rest) * times

    return sides


def _through(call: Call, place: Place) -> str:
    arg: Any = call.args[place.position[0]]
    for p in place.position[1:]:
        arg = arg[p]
    name = operand(call, place.position[0]) if len(place.position) == 1 else describe(arg, call.key)
    turn = {None: "", 0: " (in the first turn of the loop)", -1: " (in the last turn of the loop)"}[
        place.turn
    ]
    return f"through {name} in {_at(call, place)}{turn}"


def _at(call: Call, place: Place) -> str:
    return place_of(call.key, everywhere=place.everywhere)
