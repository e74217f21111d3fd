"""Explanations by two things that are exchanged on the way back: two gates, or two products' factors.

Both are said of one way back, which all gradients of the code share: they have to do for each of them.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.chain_rule.foreseen import FIRST, are_apart, foreseen
from gradcheck.diagnosis.explanation import Explanation, near, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import Tape, is_right, tape_of
from gradcheck.diagnosis.tracing.backwards import Step, is_real
from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.traced import getitem
from gradcheck.diagnosis.words import operand, place_of
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["exchanged_changes"]

_MOST = 16
_GATES = (getitem, np.add, np.matmul, np.dot)
"""What gives a gate what goes into its activation: a slice of all, or a sum of products."""

Instead = Callable[[dict[Call, Any], dict[Key, Call]], "dict[Call, Any]"]
"""What goes on from which operations in place of what arrives there."""


def exchanged_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Pairs of slices, or of sums, of one shape; and the two products of a sum."""
    try:
        if "delta" not in case.claim.leading or not is_right(pilot):
            return
        tape = tape_of(pilot)
        passing = _passing(pilot, None)
    except (Unsupported, CandidateFault):
        return
    once = {key for key, n in Counter(c.key for c in tape.run.calls).items() if n == 1}
    found = [c for c in passing if c.key in once and c.function in _GATES and not c.is_step]
    for one, other in itertools.combinations(found[:_MOST], 2):
        if one.function is other.function and _are_alike(one, other) and are_apart(tape, [one, other]):
            text = f"what comes back to {place_of(other.key)} and to {place_of(one.key)} is exchanged"
            instead = _crossed(one.key, other.key)
            may = foreseen(lambda tape, passing, instead=instead: _added(tape, passing, instead))
            sides = predicting(_with(instead))
            yield Explanation("swapped", text, 1.55, sides, later=FIRST, may=may)
    for call in passing:
        if call.key in once and call.function is np.add and len(call.args) == 2:
            yield from _of_sum(call, once)


def _of_sum(call: Call, once: set[Key]) -> Iterator[Explanation]:
    """`a * b + c * d`, whose ways back to `b` and `d` take each other's factors."""
    products = [v.call for v in call.args if isinstance(v, Value) and v.call is not None]
    if len(products) != 2 or any(p.function is not np.multiply or p.key not in once for p in products):
        return
    one, other = products
    shapes = {tuple(np.shape(a)) for p in products for a in p.args}
    if one is other or len(shapes) != 1 or not all(isinstance(a, Value) for p in products for a in p.args):
        return
    for i, j in itertools.product((0, 1), (0, 1)):
        if _is_made_of(one.args[1 - i], other.args[1 - j]) or _is_made_of(other.args[1 - j], one.args[1 - i]):
            continue  # `1 - z` and `z`: that is a sign
        text = (
            f"the ways back through {place_of(one.key)} to {operand(one, 1 - i)} and to "
            f"{operand(other, 1 - j)} take each other's factors, {operand(one, i)} and {operand(other, j)}"
        )
        sides = predicting(_with_factors((one.key, i), (other.key, j)))
        yield Explanation("swapped", text, 1.5, sides, later=FIRST)


def _is_made_of(value: Value, other: Value) -> bool:
    inputs = () if value.call is None else value.call.inputs
    return any(v.call is other.call and v.name == other.name for v in inputs)


def _with_factors(one: tuple[Key, int], other: tuple[Key, int]) -> Any:
    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        tape = tape_of(sample, how)
        by_key = {c.key: c for c in tape.run.calls}
        if one[0] not in by_key or other[0] not in by_key:
            raise Unsupported("a product is not met here")
        taken = {(a[0], 1 - a[1]): by_key[b[0]].args[b[1]].value for a, b in ((one, other), (other, one))}
        return _of_all(sample, how, tape.quantities(_Taking(taken)))

    return values


def _of_all(sample: Sample, how: How, found: dict[Quantity, Any]) -> dict[Quantity, Any]:
    """The predictions, if each is what the code gives. Raises `Unsupported`."""
    if how is None and not all(near(found[q], v) or _is_zero(found[q], v) for q, v in sample.values.items()):
        raise Unsupported("it is not so for all gradients")
    return found


def _is_zero(one: Any, other: Any) -> bool:
    return not np.any(one) and not np.any(other)


class _Taking:
    """A detour: other factors in two products."""

    def __init__(self, taken: dict[tuple[Key, int], Any]) -> None:
        self.taken = taken

    def take(self, step: Step) -> Any:
        factor = self.taken.get((step.call.key, step.position[0])) if len(step.position) == 1 else None
        return step.value if factor is None else step.g * factor

    def arrived(self, at: Call | str, g: Any) -> Any:
        return g

    def jump(self, call: Call, g: Any) -> None:
        return None


def _are_alike(one: Call, other: Call) -> bool:
    if not isinstance(one.output, Value) or not isinstance(other.output, Value):
        return False
    shape = tuple(one.output.shape)
    alike = bool(shape) and shape == tuple(other.output.shape) and is_real(one.output.value)
    return alike and (one.function is not getitem or _source(one) == _source(other))


def _source(call: Call) -> Any:
    """What a slice is taken from."""
    array = call.args[0]
    return array.call or array.name


def _crossed(one: Key, other: Key) -> Instead:
    def instead(passing: dict[Call, Any], by_key: dict[Key, Call]) -> dict[Call, Any]:
        first, second = by_key.get(one), by_key.get(other)
        if first is None or second is None or first not in passing or second not in passing:
            raise Unsupported("one of the two is not met here")
        return {first: passing[second], second: passing[first]}

    return instead


def _added(tape: Tape, passing: dict[Call, Any], instead: Instead) -> list[tuple[Value, Any]]:
    taken = instead(passing, {c.key: c for c in tape.run.calls})
    return [(call.output, g - passing[call]) for call, g in taken.items()]


def _passing(sample: Sample, how: How) -> dict[Call, Any]:
    """What arrives where on the right way back."""

    def compute() -> dict[Call, Any]:
        passing: dict[Call, Any] = {}
        tape_of(sample, how).gradients(None, passing)
        return passing

    return sample.remember(("arriving", id(how)), compute)


def _with(instead: Instead) -> Any:
    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        tape = tape_of(sample, how)
        taken = instead(_passing(sample, how), {c.key: c for c in tape.run.calls})
        return _of_all(sample, how, tape.quantities(_Arriving(taken)))

    return values


class _Arriving:
    """A detour: something else arrives at some operations."""

    def __init__(self, taken: dict[Call, Any]) -> None:
        self.taken = taken

    def take(self, step: Step) -> Any:
        return step.value

    def arrived(self, at: Call | str, g: Any) -> Any:
        return self.taken.get(at, g) if isinstance(at, Call) else g

    def jump(self, call: Call, g: Any) -> None:
        return None
