"""How many shapes a backend is asked at that pays for each: SymPy's expressions, a trace by JAX.

What a shape costs is counted in operations of the forward (`points/operations.py`), so that neither the
machine nor the clock decides who is asked.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

__all__ = ["MIN_SHAPES", "MOST_COUNTED", "ShapeBudget"]

MOST_COUNTED = 5000
"""Operations up to which a forward is counted: this is dear whatever more there is."""

_BUDGET = 300
"""Operations of the forward, over all shapes for which one backend is prepared. JAX takes one to two
milliseconds to trace one of them."""

MIN_SHAPES = 5
"""Shapes that are always prepared, one of them with all sizes distinct where that is possible."""


@dataclass
class ShapeBudget:
    """What one backend has been prepared for: ``tried`` shapes, and those ``derived`` with whether their
    sizes are distinct.
    """

    spent: int = 0
    tried: set[Hashable] = field(default_factory=set)
    derived: dict[Hashable, bool] = field(default_factory=dict)

    def takes(self, shape: Hashable, cost: int, *, distinct: bool) -> bool:
        """Whether the backend is asked at this shape, which is counted then."""
        if shape in self.tried:
            return True
        few = len(self.derived) < MIN_SHAPES or (distinct and not any(self.derived.values()))
        if self.spent + cost > _BUDGET and not few:
            return False
        self.tried.add(shape)
        self.spent += cost
        return True
