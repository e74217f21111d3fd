"""How much was done: operations of watched code, counted, so that a limit does not depend on the clock."""

from __future__ import annotations

from contextvars import ContextVar

__all__ = ["Budget", "spend"]

_spent: ContextVar[list[int] | None] = ContextVar("_spent", default=None)

IN_BALLS = 6
"""What an operation on balls counts for (measured on arrays of ten entries)."""


def spend(units: int) -> None:
    """Count work that is being done."""
    spent = _spent.get()
    if spent is not None:
        spent[0] += units


class Budget:
    """A limit on what is counted from now on, in this thread."""

    def __init__(self, units: int) -> None:
        self._mine = [0]
        self.units = units
        _spent.set(self._mine)

    @property
    def is_spent(self) -> bool:
        return self._mine[0] > self.units
