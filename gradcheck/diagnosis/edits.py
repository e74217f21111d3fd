"""Changes to one operation of the code: what a repair, or a mistake, may be.

An `Edit` says where and what; running the code with it (see `gradcheck.diagnosis.tracing`) shows what
would come out. The same edit applied to the hand-written code is a repair; applied to the forward, it
is the mistake of somebody who differentiated another function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.run import Run

__all__ = ["Edit", "describe", "place_of"]

Action = Callable[[Call, Run], Any]


@dataclass(frozen=True, eq=False)
class Edit:
    """``action`` is done in place of the operation with this key; ``turn`` picks one turn of a loop."""

    kind: str
    text: str
    cost: float
    key: Key
    action: Action
    turn: int | None = None
    everywhere: bool = False  # wherever a helper function is called from

    def applies(self, call: Call) -> bool:
        if call.key.name != self.key.name or (self.turn is not None and call.turn != self.turn):
            return False
        if self.everywhere:
            return call.key.site.frames[:1] == self.key.site.frames[:1]
        return call.key == self.key

    def perform(self, call: Call, run: Run) -> Any:
        return self.action(call, run)


def place_of(key: Key) -> str:
    """Where an operation stands: "`x.mean(axis=0)` (layer.py:7)"."""
    site = key.site
    if site.snippet and site.place:
        return f"`{site.snippet}` ({site.place})"
    return f"np.{key.name}" + (f" ({site.place})" if site.place else "")


def describe(value: Any) -> str:
    """A value as a sentence calls it: an argument's name, the source of what made it, or a number."""
    if isinstance(value, Value):
        if value.name:
            return value.name
        if value.call is not None:
            snippet = value.call.key.site.snippet
            return f"`{snippet}`" if snippet else f"the result of np.{value.call.name}"
        return "a buffer"
    if isinstance(value, int | float | np.number):
        return f"{value!s}"
    return "a constant"
