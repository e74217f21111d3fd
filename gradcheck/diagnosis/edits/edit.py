"""Changes to one operation of the code: what a repair, or a mistake, may be.

An `Edit` says where and what; running the code with it (see `gradcheck.diagnosis.tracing`) shows what
would come out. Applied to the hand-written code, an edit is a repair; applied to the forward, it is the
mistake of somebody who differentiated another function. Its text serves both: `<should be|were>` is
read one way or the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.tracing.calls import Call, Key
from gradcheck.diagnosis.tracing.run import Run

__all__ = ["ARITHMETIC", "SHOULD_BE", "SHOULD_NOT", "Action", "Edit", "either", "known", "taken_for"]

Action = Callable[[Call, Run], Any]

_OPEN, _MIDDLE, _CLOSE = "\u27e6", "\u2016", "\u27e7"  # no code has these in it
_EITHER = re.compile(f"{_OPEN}(.*?){_MIDDLE}(.*?){_CLOSE}")


_NOT_GIVEN = object()
_REDUCTIONS = frozenset(["sum", "mean", "max", "min", "amax", "amin", "prod", "var", "std"])


def either(repair: str, mistake: str) -> str:
    """A piece of text that is read one way for a repair and the other way for a mistake."""
    return f"{_OPEN}{repair}{_MIDDLE}{mistake}{_CLOSE}"


def taken_for(other: str, this: str) -> str:
    """What an edit says that puts ``other`` where the code (or the forward) has ``this``."""
    return either(f"{this} should be {other}", f"{other} is used for {this}")


@dataclass(frozen=True, eq=False)
class Edit:
    """``action`` is done in place of the operation with this key; ``mistake`` is the kind that the edit has
    when it is made to the forward. ``alike``: also where the same text stands elsewhere in the function.
    """

    kind: str
    text: str
    cost: float
    key: Key
    action: Action
    mistake: str | None = None
    alike: bool = False
    everywhere: bool = False  # wherever a helper function is called from
    turn: int | None = None
    removes: bool = False  # it leaves something out
    beside: Any = _NOT_GIVEN  # every reduction of the same function along this axis

    def applies(self, call: Call) -> bool:
        mine, its = self.key, call.key
        if self.beside is not _NOT_GIVEN:
            same_code = bool(its.site.frames) and its.site.code is mine.site.code
            axis = call.kwargs.get("axis", call.args[1] if len(call.args) > 1 else None)
            return same_code and its.name in _REDUCTIONS and axis == self.beside
        if its.name != mine.name or (self.turn is not None and call.turn != self.turn):
            return False
        if its == mine:
            return True
        if not (mine.site.frames and its.site.frames):
            return False
        if self.everywhere:
            return its.site.frames[0] == mine.site.frames[0]
        same_code = its.site.code is mine.site.code
        return self.alike and same_code and its.site.snippet == mine.site.snippet

    def perform(self, call: Call, run: Run) -> Any:
        return self.action(call, run)

    @property
    def as_repair(self) -> str:
        return _EITHER.sub(lambda m: m.group(1), self.text)

    @property
    def as_mistake(self) -> str:
        """What the forward does that the code is right for."""
        return _EITHER.sub(lambda m: m.group(2), self.text)


SHOULD_BE = either("should be", "is")
SHOULD_NOT = either("should not", "does not")

ARITHMETIC = frozenset(
    [np.add, np.subtract, np.multiply, np.true_divide, np.matmul, np.dot, np.outer, np.power, np.linalg.solve]
)


def known(function: Any, table: Any) -> bool:
    """Whether a function is in a table; what cannot be hashed is in none."""
    try:
        return function in table
    except TypeError:
        return False
