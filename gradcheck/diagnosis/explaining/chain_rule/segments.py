"""Elementwise stretches of the forward, `z -> a = f(z)`, and what is used for `f'` on the way back."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.tape import Tape
from gradcheck.diagnosis.tracing.backwards import is_real
from gradcheck.diagnosis.tracing.calls import Call, Key, Value, mapped
from gradcheck.diagnosis.tracing.derivatives import local_derivatives
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.errors import Unsupported

__all__ = ["Segment", "Stretch", "jumps", "segments"]


@dataclass(frozen=True)
class Segment:
    """A stretch by its ends: the operation (or argument) that gives `z`, and the one that gives `a`.

    ``everywhere``: in every call of the helper function that holds the whole stretch. ``turn`` is that
    of the end, in a loop; None means all turns.
    """

    start: Key | str
    end: Key
    everywhere: bool = False
    turn: int | None = None


@dataclass(eq=False)
class Stretch:
    """A segment as it was run: the values at its ends, and the operations between them, in order."""

    z: Value
    end: Call
    calls: list[Call]

    def at(self, z: Any) -> tuple[Any, Any]:
        """`f` and `f'` at other bare values of `z`."""
        values: dict[Any, Any] = {}
        slopes: dict[Any, Any] = {}
        start = _id(self.z)
        values[start], slopes[start] = z, np.ones_like(z)
        for call in self.calls:
            bare = mapped(call.args, lambda v: values.get(_id(v), v.value))
            out = call.function(*bare, **call.kwargs)
            local = local_derivatives(call.function)
            slope: Any = 0.0
            if local is not None:
                for arg, derivative in zip(call.args, local, strict=False):
                    if isinstance(arg, Value) and _id(arg) in slopes and derivative is not None:
                        slope = slope + slopes[_id(arg)] * derivative(out, *bare)
            values[call], slopes[call] = out, slope
        return values[self.end], slopes[self.end]

    def is_closed(self) -> bool:
        """Whether nothing but `z` comes into it that a gradient goes back to."""
        known = {_id(self.z), *self.calls}
        inputs = (v for call in self.calls for v in call.inputs)
        return all(_id(v) in known for v in inputs if is_real(v.value) and _varies(v))


def _id(value: Value) -> Any:
    return value.call if value.call is not None else value.name


def segments(run: Run, live: set[Call]) -> dict[Segment, Stretch]:
    """The stretches of a run that the output depends on, keyed so that other tapes have them too."""
    above: dict[
        Any, dict[Any, Value]
    ] = {}  # operation -> the values that all its elementwise ways go through
    found: dict[Segment, Stretch] = {}
    inner: dict[Any, set[Key]] = {}
    turns: dict[Key, int] = {}
    for call in run.calls:
        inner.setdefault((call.key.site.frames[:1], call.key.name), set()).add(call.key)
        turns[call.key] = turns.get(call.key, 0) + 1
    for call in run.calls:
        if call not in live or not isinstance(call.output, Value):
            continue
        if local_derivatives(call.function) is None or call.kwargs:
            continue
        inputs = [v for v in call.inputs if is_real(v.value) and _varies(v)]
        if not inputs or any(v.shape != call.output.shape for v in inputs):
            continue
        ways = [{_id(v): v, **above.get(v.call, {})} for v in inputs]
        common = {k: v for k, v in ways[0].items() if all(k in way for way in ways[1:])}
        above[call] = dict(itertools.islice(common.items(), _MOST_STARTS))
        helper = call.key.site.frames[:1]
        shared = len(inner[(helper, call.key.name)]) > 1
        for z in above[call].values():
            start: Key | str = z.call.key if z.call is not None else str(z.name)
            wanted = [Segment(start, call.key)]
            if 1 < turns[call.key] <= _MOST_TURNS:
                wanted.append(Segment(start, call.key, turn=call.turn))
            if shared:
                wanted.append(Segment(start, call.key, everywhere=True))
            new = [segment for segment in wanted if segment not in found]
            if not new:
                continue
            stretch = Stretch(z, call, _between(z, call))
            inside = shared and all(c.key.site.code is call.key.site.code for c in stretch.calls)
            found |= {segment: stretch for segment in new if inside or not segment.everywhere}
    return found


_MOST_STARTS = 16
"""Of an operation, the nearest values at which a stretch to it may begin: more is no function by itself."""

_MOST_TURNS = 6
"""Turns of a longer loop are not looked at one by one."""


def _varies(value: Value) -> bool:
    return value.call is not None or value.name is not None


def _between(z: Value, end: Call) -> list[Call]:
    """The operations from `z` (not included) to the end (included), in the order in which they ran."""
    stop, found, stack = _id(z), set(), [end]
    order: list[Call] = []
    while stack:
        call = stack.pop()
        if call in found:
            continue
        found.add(call)
        order.append(call)
        stack += [v.call for v in call.inputs if v.call and _id(v) != stop and is_real(v.value)]
    position = {c: i for i, c in enumerate(end.output.run.calls)}
    return sorted(order, key=lambda c: position[c])


def jumps(tape: Tape, segment: Segment) -> dict[Call, Stretch]:
    """The stretches of a segment in a tape, by the operations at their ends. Raises `Unsupported`."""
    found: dict[Call, Stretch] = {}
    for call in tape.run.calls:
        if segment.everywhere:
            if call.key.name != segment.end.name or call.key.site.frames[:1] != segment.end.site.frames[:1]:
                continue
        elif call.key != segment.end or (segment.turn is not None and call.turn != segment.turn):
            continue
        z = _start_of(segment, call)
        if z is not None:
            found[call] = Stretch(z, call, _between(z, call))
    if not found:
        raise Unsupported("the stretch is not met here")
    return found


def _start_of(segment: Segment, end: Call) -> Value | None:
    """Where the stretch that ends here starts: the nearest value that fits its description."""
    helper = end.key.site.code
    seen: set[Any] = set()
    stack = list(end.inputs)
    while stack:
        value = stack.pop(0)
        if _id(value) in seen or not is_real(value.value):
            continue
        seen.add(_id(value))
        if segment.everywhere:
            outside = value.call is None or value.call.key.site.code is not helper
            if outside and _varies(value):
                return value
        elif isinstance(segment.start, str):
            if value.name == segment.start:
                return value
        elif value.call is not None and value.call.key == segment.start:
            return value
        if value.call is not None:
            stack.extend(value.call.inputs)
    return None


class Jump:
    """A detour over the stretches of a segment: what arrives at `a` goes to `z` times ``slope``.

    ``slope`` gets the stretch and what arrives, and gives what is used for `f'`.
    """

    def __init__(self, tape: Tape, segment: Segment, slope: Any) -> None:
        self.stretches, self.slope = jumps(tape, segment), slope

    def take(self, step: Any) -> Any:
        return step.value

    def arrived(self, at: Call | str, g: Any) -> Any:
        return g

    def jump(self, call: Call, g: Any) -> list[tuple[Value, Any]] | None:
        stretch = self.stretches.get(call)
        if stretch is None:
            return None
        return [(stretch.z, g * self.slope(stretch, g))]
