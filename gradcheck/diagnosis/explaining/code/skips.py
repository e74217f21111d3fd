"""Edits that leave out a function of several operations: an activation that is written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.edits.edit import Edit, either
from gradcheck.diagnosis.explaining.chain_rule.known import known_function
from gradcheck.diagnosis.explaining.chain_rule.segments import segments
from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.words import describe, place_of
from gradcheck.errors import Unsupported

__all__ = ["skips"]


def skips(run: Run, live: set[Call]) -> Iterator[Edit]:
    """A function of several operations (an activation written out) that is not applied."""
    inner: dict[Any, set[Key]] = {}
    for call in run.calls:
        inner.setdefault((call.key.site.frames[:1], call.key.name), set()).add(call.key)
    for segment, stretch in segments(run, live).items():
        if segment.turn is not None or (len(stretch.calls) < 2 and not segment.everywhere):
            continue
        known = known_function(stretch)
        shared = len(inner[(segment.end.site.frames[:1], segment.end.name)]) > 1
        everywhere = segment.everywhere and shared
        place = place_of(segment.end, everywhere=everywhere)
        name = f"{known.name} in {place}" if known else place
        text = f"{name} {either('should not be', 'is not')} applied to {describe(stretch.z)}"
        yield Edit(
            "extra-term",
            text,
            1.5 if known else 1.7,
            segment.end,
            _skipping(stretch.z),
            mistake="missing-term",
            everywhere=everywhere,
        )


def _skipping(z: Value) -> Any:
    start = z.call.key if z.call is not None else None
    name = z.name

    def action(call: Call, run: Run) -> Any:
        found = _back_to(call, start, name)
        if found is None or np.shape(found) != np.broadcast_shapes(*(np.shape(v) for v in call.inputs)):
            raise Unsupported("the stretch is not met here")
        return found

    return action


def _back_to(call: Call, start: Key | None, name: str | None) -> Value | None:
    stack, seen = list(call.inputs), set()
    while stack:
        value = stack.pop(0)
        if name is not None and value.name == name:
            return value
        if value.call is None or id(value.call) in seen:
            continue
        seen.add(id(value.call))
        if name is None and value.call.key == start:
            return value
        stack.extend(value.call.inputs)
    return None
