"""Maxima through which nothing comes back, left out in every detour."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arithmetic import ElementArray, midpoints
from gradcheck.diagnosis.tracing.backwards import Detour, Step
from gradcheck.diagnosis.tracing.calls import Call, Value

__all__ = ["MAXIMA", "Quiet", "Watch"]


class Watch:
    """No detour: it adds up what arrives at some operations, and the magnitude of its terms."""

    def __init__(self, calls: set[Call]) -> None:
        self.calls = calls
        self.total: dict[Call, Any] = {}
        self.size: dict[Call, Any] = {}
        self.largest = 0.0

    def take(self, step: Step) -> Any:
        at = step.target.call
        self.largest = max(self.largest, float(np.max(np.abs(_plain(step.value)), initial=0.0)))
        if at in self.calls:
            terms = step.value if step.unsummed is None else step.unsummed
            self.total[at] = self.total.get(at, 0.0) + step.value
            self.size[at] = self.size.get(at, 0.0) + np.sum(np.abs(terms))
        return step.value

    def jump(self, call: Call, g: Any) -> None:
        return None

    def arrived(self, at: Call | str, g: Any) -> Any:
        return g

    def cancels(self, call: Call) -> bool:
        """Whether what arrives is nothing beside its terms, or beside what went back anywhere: behind a
        saturated softmax the terms are what rounding has left of larger ones.
        """
        total = np.abs(_plain(self.total[call]))
        return bool(np.all((total <= 1e-6 * _plain(self.size[call])) | (total <= _LOST * self.largest)))


_LOST = 1e-13
"""Some hundred roundings."""


def _plain(value: Any) -> Any:
    return midpoints(value.data) if isinstance(value, ElementArray) else np.asarray(value)


class Quiet:
    """A detour that also leaves out all that comes back through some operations."""

    def __init__(self, detour: Detour | None, silent: frozenset[Call]) -> None:
        self.detour, self.silent = detour, silent

    def take(self, step: Step) -> Any:
        if step.call in self.silent:
            return None
        return step.value if self.detour is None else self.detour.take(step)

    def arrived(self, at: Call | str, g: Any) -> Any:
        return g if self.detour is None else self.detour.arrived(at, g)

    def jump(self, call: Call, g: Any) -> list[tuple[Value, Any]] | None:
        if call in self.silent:
            return []
        return None if self.detour is None else self.detour.jump(call, g)


MAXIMA = (np.max, np.amax, np.maximum.reduce, np.min, np.amin, np.minimum.reduce)
