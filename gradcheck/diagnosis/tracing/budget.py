"""How much was done: operations of watched code, counted, so that a limit does not depend on the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["Budget", "affordable", "spend", "spent"]

IN_BALLS = 2
"""What an operation on balls counts for, beside its entries, of which some 64 cost as much as one."""


def spend(units: int) -> None:
    """Count work that is being done."""
    budget = _current.get()
    if budget is not None:
        budget.spent += units


def spent() -> int:
    """What has been spent of the latest budget."""
    budget = _current.get()
    return 0 if budget is None else budget.spent


def affordable(units: int) -> bool:
    """Whether so much is left."""
    budget = _current.get()
    return budget is None or budget.spent + units <= budget.units


class Budget:
    """A limit on what is counted from now on, in this thread."""

    def __init__(self, units: int) -> None:
        self.units, self.spent = units, 0
        _current.set(self)

    @property
    def is_spent(self) -> bool:
        return self.spent > self.units

    @contextmanager
    def holding_back(self, units: int) -> Iterator[None]:
        """So much of it is kept for what comes later."""
        self.units -= units
        try:
            yield
        finally:
            self.units += units

    @property
    def is_spent_by_a_third(self) -> bool:
        """What may be spent on points, before anything is explained."""
        return 3 * self.spent > self.units


_current: ContextVar[Budget | None] = ContextVar("_current", default=None)
