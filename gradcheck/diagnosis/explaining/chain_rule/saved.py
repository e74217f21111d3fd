"""Explanations by a product on the way back that takes another value, or a transpose, for the right one.

The way back through `h @ W` multiplies by `h` or by `W` as they were on the way forward. Taking `z` for
`h = max(z, 0)`, or `W` for its transpose, is the commonest slip there.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.chain_rule.foreseen import FIRST, May, at_step, foreseen
from gradcheck.diagnosis.explaining.chain_rule.places import Changed, Place, places_of
from gradcheck.diagnosis.explanation import Explanation, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import Tape, tape_of
from gradcheck.diagnosis.tracing.backwards import Step
from gradcheck.diagnosis.tracing.calls import Call, Key, Value, mapped
from gradcheck.diagnosis.tracing.derivatives import local_derivatives
from gradcheck.diagnosis.tracing.pullbacks import PULLBACKS, unbroadcast
from gradcheck.diagnosis.words import describe, operand, place_of
from gradcheck.errors import Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["saved_changes"]

_PRODUCTS = frozenset([np.multiply, np.matmul, np.dot, np.outer])


def saved_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Explanations by another value, or by a transpose, in a product on the way back."""
    if case.claim.kind.states_outputs:
        return
    way = case.claim.kind.way
    for place, call in places_of(pilot):
        if place.turn is not None or len(place.position) != 1 or call.function not in _PRODUCTS:
            continue
        if len(call.args) != 2 or call.is_step:
            continue
        k = place.position[0]
        saved = call.args[1 - k]
        where = place_of(call.key, everywhere=place.everywhere)
        extra = 0.02 * (not place.everywhere)
        taking = partial(_taken_from, place, 1 - k)
        if isinstance(saved, Value) and _is_square(saved.shape):
            text = f"on {way} through {where}, {operand(call, 1 - k)} stands the wrong way round"
            yield taking("transposed", text, 1.6 + extra, _turned)
        if isinstance(call.output, Value) and _is_square(call.output.shape):
            text = f"{_arriving(case)} {where} is taken transposed"
            yield Explanation("transposed", text, 1.65 + extra, predicting(_with_g(place)))
        if not isinstance(saved, Value):
            continue
        if call.function is not np.multiply:  # of which `paths` says it
            text = f"on {way} through {where}, {operand(call, 1 - k)} is left out (taken for ones)"
            yield taking("derivative-missing", text, 1.7 + extra, _ones)
        for name, source in _others(tape_of(pilot), call, saved):
            if name == operand(call, 1 - k):
                continue  # the same name in another turn of a loop says nothing
            text = f"{way} through {where} uses {name}; should be {operand(call, 1 - k)}"
            yield taking("other-value", text, 1.95 + extra, source)


def _taken_from(place: Place, position: int, kind: str, text: str, cost: float, source: Any) -> Explanation:
    """One operand of a product on the way back is what ``source`` gives."""
    sides, may = predicting(_with(place, position, source)), _may(place, position, source)
    return Explanation(kind, text, cost, sides, later=FIRST, may=may)


def _arriving(case: Case) -> str:
    return "what comes back to" if case.claim.kind.is_backward else "a part of what comes through"


def _is_square(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[0] == shape[1] > 1


def _turned(tape: Tape, call: Call, value: Any) -> Any:
    return np.swapaxes(value, -1, -2)


def _ones(tape: Tape, call: Call, value: Any) -> Any:
    return np.ones_like(value)


def _others(tape: Tape, call: Call, saved: Value) -> Iterator[tuple[str, Any]]:
    """Values of the same shape: arguments, and what other operations give."""
    seen: set[Key] = set()
    for name, argument in tape.run.arguments.items():
        if argument.shape == saved.shape and saved.name != name and np.dtype(argument.dtype).kind == "f":
            yield name, (lambda tape, call, value, name=name: tape.run.arguments[name].value)
    for other in tape.run.calls:
        out = other.output
        if other.key in seen or other is saved.call or not isinstance(out, Value):
            continue
        if out.shape != saved.shape or np.dtype(out.dtype).kind != "f":
            continue
        seen.add(other.key)
        yield describe(out, call.key), _made_by(other.key)


def _made_by(key: Key) -> Any:
    """What the operation with this key gave: in the same turn of a loop if there are as many, else last."""

    def source(tape: Tape, call: Call, value: Any) -> Any:
        calls = [c for c in tape.run.calls if c.key == key]
        if not calls:
            raise Unsupported("not computed here")
        same = [c for c in calls if c.turn == call.turn]
        return (same or calls[-1:])[0].output.value

    return source


def _with(place: Place, position: int, source: Any) -> Any:
    """The gradients with one operand of the products at a place taken from elsewhere."""

    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        tape = tape_of(sample, how)
        return tape.quantities(Changed(place, _taking(tape, position, source), tape))

    return values


def _taking(tape: Tape, position: int, source: Any) -> Any:
    """What goes back with one operand taken from elsewhere."""

    def action(step: Step) -> Any:
        bare = list(mapped(step.call.args, lambda v: v.value))
        bare[position] = source(tape, step.call, bare[position])
        return _pulled(step, bare, step.g)

    return action


def _may(place: Place, position: int, source: Any) -> May:
    return foreseen(lambda tape, passing: at_step(place, _taking(tape, position, source))(tape, passing))


def _with_g(place: Place) -> Any:
    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        tape = tape_of(sample, how)

        def action(step: Step) -> Any:
            bare = list(mapped(step.call.args, lambda v: v.value))
            return _pulled(step, bare, np.swapaxes(step.g, -1, -2))

        return tape.quantities(Changed(place, action, tape))

    return values


def _pulled(step: Step, bare: list[Any], g: Any) -> Any:
    call, k = step.call, step.position[0]
    local = local_derivatives(call.function)
    if local is not None:
        derivative = local[k]
        assert derivative is not None
        return unbroadcast(g * derivative(call.output.value, *bare), step.target.shape)
    return PULLBACKS[call.function](g, call.output.value, *bare)[k]
