"""What a changed step would give, foreseen along a few directions: most changes are ruled out unrun.

A change of what goes back to one value `v` changes the gradient by an argument by `(dv/dx)^T change`. Along
a direction `u` of the argument that is the product of the change with how `v` moves along `u`, which two
runs of the forward tell for all values at once. To go back through the forward costs as much per change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.diagnosis.explaining.chain_rule.places import Place
from gradcheck.diagnosis.samples import Sample
from gradcheck.diagnosis.tape import Tape, tape_of
from gradcheck.diagnosis.tracing.backwards import Step, steps
from gradcheck.diagnosis.tracing.budget import spend
from gradcheck.diagnosis.tracing.calling import run_forward
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.dependence import reachable
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.errors import Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["FIRST", "Changes", "May", "are_apart", "at_step", "foreseen"]

May = Callable[[Sample, Quantity], bool]
Changes = Callable[[Tape, dict[Call, Any]], "list[tuple[Value, Any]] | None"]

FIRST = -1.0
"""What can be foreseen is tried before what has to be run: `Explanation.later`."""

_DIRECTIONS = 3
_STEP = 1e-5
"""Central differences with it are right to about 1e-10 at values of order 1: closer than is asked."""

_CLOSE = 1e-4
_FEWEST_ENTRIES = 3
"""Of fewer entries any value is a multiple of any other: see `gradcheck.diagnosis.search`."""


@dataclass(frozen=True)
class _Moves:
    """Directions of an argument, and how the values of a forward move along each."""

    directions: list[NDArray[np.float64]]
    moves: list[dict[Call | str, NDArray[np.float64]]]

    def along(self, value: Value, change: Any) -> NDArray[np.float64]:
        return np.array([float(np.sum(m[_id(value)] * change)) for m in self.moves])

    def of(self, gradient: Any) -> NDArray[np.float64]:
        return np.array([float(np.sum(u * gradient)) for u in self.directions])


def foreseen(changes: Changes, *, alone: bool = False) -> May:
    """Whether the code's value may be what the changes would give, or a multiple of that. ``changes`` are
    what is added to what goes back to which values, or None where that is not known before the change is
    run; ``alone``: they are all there is.
    """

    def may(sample: Sample, quantity: Quantity) -> bool:
        spend(1)
        try:
            known = sample.remember(("moves", quantity), lambda: _moves(sample, quantity))
            if known is None:
                return True
            tape = tape_of(sample)
            added = changes(tape, sample.remember("passing", lambda: _passing(tape)))
            if added is None or any(np.shape(c) != tuple(v.shape) for v, c in added):
                return True
            mine, right = sample.mine(quantity), sample.right(quantity)
            if np.shape(mine) != np.shape(right):
                return True
            said = known.of(mine)
            total = np.zeros(_DIRECTIONS) if alone else known.of(right)
            size = np.abs(said) + np.abs(total)
            for value, change in added:
                moved = known.along(value, change)
                total, size = total + moved, size + np.abs(moved)
            return _fits(said, total, size, several=np.size(mine) >= _FEWEST_ENTRIES)
        except Exception:  # what cannot be foreseen is run, and judged there
            return True

    return may


def _fits(said: Any, total: Any, size: Any, *, several: bool) -> bool:
    """Whether two lists of numbers are the same, or one a multiple of the other."""
    if not (np.isfinite(said).all() and np.isfinite(total).all()):
        return True
    within = _CLOSE * float(np.max(size, initial=0.0))
    if np.all(np.abs(said - total) <= within):
        return True
    k = int(np.argmax(np.abs(total)))
    if not several or abs(total[k]) <= within:
        return False
    ratio = said[k] / total[k]
    return bool(np.all(np.abs(said - ratio * total) <= within * max(1.0, abs(ratio))))


def at_step(place: Place, action: Callable[[Step], Any]) -> Changes:
    """What an action on the steps at a place adds, where none of these comes after another."""

    def changes(tape: Tape, passing: dict[Call, Any]) -> list[tuple[Value, Any]] | None:
        count = sum(c.key == place.key for c in tape.run.calls)
        calls = [c for c in passing if place.matches(c, count)]
        if not calls or not are_apart(tape, calls):
            return None
        added = []
        for step in (s for call in calls for s in steps(call, passing[call])):
            if step.position == place.position:
                taken = action(step)
                added.append((step.target, -step.value if taken is None else taken - step.value))
        return added

    return changes


def are_apart(tape: Tape, calls: Sequence[Call]) -> bool:
    """Whether none of the operations depends on another: what arrives at each is right, whatever goes back
    from the others.
    """
    if len(calls) == 1:
        return True
    return not any(_behind(tape, one) & {c for c in calls if c is not one} for one in calls)


def _behind(tape: Tape, call: Call) -> set[Call]:
    return set(reachable(tape.run, call.inputs))


def _passing(tape: Tape) -> dict[Call, Any]:
    passing: dict[Call, Any] = {}
    tape.gradients(None, passing)
    return passing


def _id(value: Value) -> Call | str:
    if value.call is not None:
        return value.call
    if value.name is None:
        raise Unsupported("a buffer")
    return value.name


def _computed(run: Run) -> list[Call]:
    """Without questions about shapes, which explanations ask of a tape too."""
    return [c for c in run.calls if isinstance(c.output, Value)]


class _Held:
    """A change: the maxima that no gradient goes through stay what they were."""

    def __init__(self, values: dict[tuple[Any, int], Any]) -> None:
        self.values = values

    def applies(self, call: Call) -> bool:
        return (call.key, call.turn) in self.values

    def perform(self, call: Call, run: Run) -> Any:
        return run.wrapped(self.values[call.key, call.turn], call)


def _moves(sample: Sample, quantity: Quantity) -> _Moves | None:
    """None where the quantity is no gradient by an argument, or the runs beside do not tell."""
    claim, point = sample.claim, sample.point
    names = claim.formula.shapes.arguments
    own = [i for i in point.wrt if quantity.kind == "gradient" and quantity.path == (names[i],)]
    if not own or claim.leading != ("delta",):
        return None
    tape = tape_of(sample)
    deltas = claim.kind.deltas(point)
    silent = tape.silent(list(deltas))
    held = _Held({(c.key, c.turn): c.output.value for c in silent if isinstance(c.output, Value)})
    i = own[0]
    rng = np.random.default_rng(5)
    directions, moves = [], []
    for _ in range(_DIRECTIONS):
        direction = rng.standard_normal(point.args[i].shape)
        step = _STEP * max(1.0, float(np.max(np.abs(point.args[i]), initial=0.0)))
        runs: list[Run] = []
        for sign in (1.0, -1.0):
            args = tuple(a + sign * step * direction if k == i else a for k, a in enumerate(point.args))
            beside = point.with_values(args, point.delta)
            runs.append(run_forward(claim.formula, beside, change=held if silent else None)[0])
        here, there, back = map(_computed, (tape.run, *runs))
        if any([c.key for c in calls] != [c.key for c in here] for calls in (there, back)):
            return None
        found: dict[Call | str, NDArray[np.float64]] = {
            name: np.zeros(value.shape) for name, value in tape.run.arguments.items()
        }
        found[names[i]] = direction
        for call, ahead, behind in zip(here, there, back, strict=True):
            if np.dtype(call.output.dtype).kind == "f":
                found[call] = (ahead.output.value - behind.output.value) / (2 * step)
        directions.append(direction)
        moves.append(found)
    known = _Moves(directions, moves)
    told = sum(
        (known.along(o, d) for o, d in zip(tape.outputs, deltas, strict=True)), start=np.zeros(_DIRECTIONS)
    )
    right = known.of(sample.right(quantity))
    size = float(np.max(np.abs(right)) + np.max(np.abs(told)))

    return known if np.all(np.abs(told - right) <= _CLOSE * size / 10) else None
