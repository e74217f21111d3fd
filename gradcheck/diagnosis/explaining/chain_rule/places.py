"""Steps of the chain rule: where they are, and the way back with one of them changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import Tape, is_right, tape_of
from gradcheck.diagnosis.tracing.backwards import Step, steps
from gradcheck.diagnosis.tracing.calls import Call, Key
from gradcheck.diagnosis.tracing.traced import setitem
from gradcheck.diagnosis.words import describe, operand, place_of
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["Changed", "Place", "is_gathered", "nothing", "place_text", "places_of", "through", "with_step"]


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


def nothing(step: Step) -> Any:
    return None


def _places(tape: Tape) -> list[tuple[Place, Call]]:
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
            if call.is_step and _is_within(call, step.position):
                continue
            found.setdefault(Place(call.key, step.position), call)
            if turns[call.key] > 1 and not call.is_step:
                found.setdefault(Place(call.key, step.position, turn=0), call)
                found.setdefault(Place(call.key, step.position, turn=-1), call)
            if len(inner[(call.key.site.frames[:1], call.key.name)]) > 1:
                found.setdefault(Place(call.key, step.position, everywhere=True), call)
    return list(found.items())


def _is_within(call: Call, position: tuple[int, ...]) -> bool:
    """Whether a step of an operation on complex numbers takes what another step of it made."""
    arg: Any = call.args
    for p in position:
        arg = arg[p]
    made = getattr(arg, "call", None)
    return made is not None and made.is_step and made.key.site == call.key.site


def places_of(pilot: Sample) -> list[tuple[Place, Call]]:
    if not is_right(pilot):
        return []
    try:
        return pilot.remember("places", lambda: _places(tape_of(pilot)))
    except (Unsupported, CandidateFault):
        return []


def with_step(place: Place, action: Any) -> Any:
    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        tape = tape_of(sample, how)
        return tape.quantities(Changed(place, action, tape))

    return values


def through(call: Call, place: Place) -> str:
    arg: Any = call.args[place.position[0]]
    for p in place.position[1:]:
        arg = arg[p]
    turn = {None: "", 0: " (in the first turn of the loop)", -1: " (in the last turn of the loop)"}[
        place.turn
    ]
    at = place_text(call, place)
    if call.function is setitem:
        if place.position == (0,):
            return f"through what was stored before {at}{turn}"
        return f"through what is stored in {at}{turn}"
    name = operand(call, place.position[0]) if len(place.position) == 1 else _of_several(call, place, arg)
    if is_gathered(call):
        return f"through {name} in the output{turn}"
    if place.position in ((0,), (1,)) and len(call.args) == 2 and operand(call, 0) == operand(call, 1):
        name = f"the {'second' if place.position[0] else 'first'} {name}"
    return f"through {name} in {at}{turn}"


def _of_several(call: Call, place: Place, part: Any) -> str:
    """One of the arrays that are put together, with its number where others are written alike."""
    name = describe(part, call.key)
    alike = [other for other in call.args[place.position[0]] if describe(other, call.key) == name]
    return name if len(alike) == 1 else f"{name}, part {place.position[-1]},"


def is_gathered(call: Call) -> bool:
    """Whether the user's code has no such operation: a list of numbers that it returns is an array here."""
    return not call.key.site.frames


def place_text(call: Call, place: Place) -> str:
    return place_of(call.key, everywhere=place.everywhere)
