"""Which operations of a recorded run depend on which, through buffers too."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from gradcheck.arithmetic import ElementArray
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.run import Run, stored_into

__all__ = ["depending", "reachable"]


def reachable(run: Run, outputs: Sequence[Value]) -> list[Call]:
    """The operations that the outputs depend on, in the order in which they ran; those too that store into
    their buffers before they are read.
    """
    wanted = {o.call for o in outputs if o.call is not None}
    memory = {_memory(o) for o in outputs}
    found = []
    for call in reversed(run.calls):
        target = None if run.functional else stored_into(call)  # there a store makes a new value
        if call in wanted or (target is not None and _memory(target) in memory):
            found.append(call)
            wanted |= {v.call for v in call.inputs if v.call is not None}
            memory |= {_memory(v) for v in call.inputs}
    return found[::-1]


def depending(run: Run, names: Collection[str]) -> set[Call]:
    """The operations that depend on some of the arguments."""
    memory: set[int] = set()
    found: set[Call] = set()
    for call in run.calls:
        if any(v.name in names or v.call in found or _memory(v) in memory for v in call.inputs):
            found.add(call)
            if not run.functional and (target := stored_into(call)) is not None:
                memory.add(_memory(target))
    return found


def _memory(value: Value) -> int:
    """What tells an array, and its views, from others."""
    array = value.value.data if isinstance(value.value, ElementArray) else value.value
    while isinstance(base := getattr(array, "base", None), np.ndarray):
        array = base
    return id(array)
