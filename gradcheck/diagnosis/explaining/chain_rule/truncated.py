"""Explanations by a way back through a loop that stops after a few turns: truncated backpropagation in time.

With each step through the loop taken ``e`` times, a gradient is a polynomial in ``e``, and the coefficient of
its power ``k`` is what comes back through ``k`` of these steps. Runs at as many ``e`` as it has coefficients
give them all, by interpolation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import arb

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.chain_rule.places import Changed, Place, places_of, through
from gradcheck.diagnosis.explanation import Explanation, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import tape_of
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.dependence import reachable
from gradcheck.errors import Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["truncated_changes"]

_FEWEST_TURNS, _MOST_TURNS = 3, 12
_MOST_STEPS = 3
_PRODUCTS = (np.matmul, np.dot, np.multiply)
"""What carries a state from turn to turn: its weights, or a gate."""

_FIRST = -0.2
"""There are few of these, and they are what is usual in code with loops."""


def truncated_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """One explanation for each step that goes from a turn of a loop to the one before, and each number."""
    for place, call in places_of(pilot):
        if place.turn is not None or place.everywhere or not _goes_to_the_turn_before(call, place):
            continue
        turns = sum(c.key == place.key for c in tape_of(pilot).run.calls)
        if not _FEWEST_TURNS <= turns <= _MOST_TURNS:
            continue
        for steps in range(1, min(_MOST_STEPS, turns - 2) + 1):
            some = "1 step" if steps == 1 else f"{steps} steps"
            text = f"what comes back {through(call, place)} is cut off after {some} through the loop"
            sides = predicting(_cut_off(place, steps))
            yield Explanation("missing-term", text, 1.7 + 0.01 * steps, sides, later=_FIRST)


def _goes_to_the_turn_before(call: Call, place: Place) -> bool:
    if len(place.position) != 1 or call.turn == 0 or call.function not in _PRODUCTS:
        return False
    arg = call.args[place.position[0]]
    return isinstance(arg, Value) and any(c.key == call.key for c in reachable(arg.run, [arg]))


def _cut_off(place: Place, steps: int) -> Any:
    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        tape = tape_of(sample, how)
        turns = sum(c.key == place.key for c in tape.run.calls)
        if turns > _MOST_TURNS:
            raise Unsupported("too many turns")
        nodes = [Fraction(k, 8) for k in range(turns + 1)]  # exact in float64

        def at_nodes() -> list[dict[Quantity, Any]]:
            return [
                tape.quantities(Changed(place, lambda step, e=float(e): step.value * e, tape)) for e in nodes
            ]

        found = sample.remember(("turns", place, id(how)), at_nodes)
        weights = _weights(nodes, steps)
        parts: list[Any] = [float(w) for w in weights]
        if how is not None:
            parts = [arb(w.numerator) / w.denominator for w in weights]
        return {q: sum(w * one[q] for w, one in zip(parts, found, strict=True)) for q in found[0]}

    return values


def _weights(nodes: Sequence[Fraction], steps: int) -> list[Fraction]:
    """Of the values at the nodes, those that add up to the coefficients up to a power."""
    weights = []
    for k, own in enumerate(nodes):
        basis = [Fraction(1)]  # Lagrange's polynomial, its lowest coefficient first
        for j, other in enumerate(nodes):
            if j != k:
                longer = [Fraction(0), *basis]
                basis = [a - other * b for a, b in zip(longer, [*basis, Fraction(0)], strict=True)]
                basis = [c / (own - other) for c in basis]
        weights.append(sum(basis[: steps + 1], Fraction(0)))
    return weights
