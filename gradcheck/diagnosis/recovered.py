"""What code loses that takes a summand back out of a sum: the slope `s (1 - s)` of `s = 1 / (1 + e)`.

The slope is `s e / (1 + e)`, and `e / (1 + e)` is `1 - s`, which code that keeps `s` writes so. Few digits of
that are left where `s` is near 1, and the forward's own operations do not show it: they have `e` itself. Here
`e` is what is left of the sum `1 + e` without the 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.diagnosis.tracing.backwards import Step
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.run import Run

__all__ = ["Recovered", "Straight"]

_EXPONENTIALS = (np.exp, np.exp2)
"""Functions whose slope is made of their own value."""


class Straight:
    """No detour: the way back but for the shift of a softmax, which every detour leaves out."""

    def jump(self, call: Call, g: Any) -> list[tuple[Value, Any]] | None:
        return None

    def take(self, step: Step) -> Any:
        return step.value

    def arrived(self, at: Call | str, g: Any) -> Any:
        return g


class Recovered(Straight):
    """A detour on the way back: exponentials that went into a sum with a constant come back out of it."""

    def __init__(self, run: Run) -> None:
        self.left: dict[Call, Any] = {}
        for call in run.calls:
            if call.function is not np.add or len(call.args) != 2:
                continue
            for term, other in (call.args, call.args[::-1]):
                if _is_exponential(term) and not isinstance(other, Value) and term.shape == call.output.shape:
                    self.left[term.call] = call.output.value - other

    def jump(self, call: Call, g: Any) -> list[tuple[Value, Any]] | None:
        if call not in self.left:
            return None
        slope = self.left[call] * (np.log(2.0) if call.function is np.exp2 else 1.0)
        return [(call.args[0], g * slope)]


def _is_exponential(term: Any) -> bool:
    return isinstance(term, Value) and term.call is not None and term.call.function in _EXPONENTIALS
