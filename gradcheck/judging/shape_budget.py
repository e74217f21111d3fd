"""How many shapes a backend is asked at that pays for each: SymPy's expressions, a trace by JAX.

What a shape costs is counted in operations of the forward (`points/operations.py`), so that neither the
machine nor the clock decides who is asked.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

__all__ = ["MIN_SHAPES", "MOST_COUNTED", "Asked", "ShapeBudget"]

MOST_COUNTED = 5000
"""Operations up to which a forward is counted: this is dear whatever more there is."""

_BUDGET = 120
"""Operations of the forward, over all shapes for which one backend is prepared. JAX takes about a millisecond
to trace and differentiate one of them."""

MIN_SHAPES = 5
"""Shapes that are always prepared, one of them with all sizes distinct where that is possible."""


@dataclass(frozen=True)
class Asked:
    """What a shape costs, in operations of the forward, and whether its sizes are distinct."""

    cost: int
    distinct: bool


@dataclass
class ShapeBudget:
    """What one backend has been prepared for: ``tried`` shapes, and those ``derived`` with whether their
    sizes are distinct. ``planned`` are shapes that were chosen beforehand, and are paid for.
    """

    spent: int = 0
    tried: set[Hashable] = field(default_factory=set)
    derived: dict[Hashable, bool] = field(default_factory=dict)
    planned: dict[Hashable, Asked] = field(default_factory=dict)

    def plan(self, shapes: Mapping[Hashable, Asked]) -> None:
        """Choose among the shapes of a run, once: one with distinct sizes, and those that cost least. Costs
        that differ by less than twice are the same, and the first in order goes first.
        """
        if self.planned:
            return
        ordered = sorted(shapes, key=lambda s: shapes[s].cost.bit_length())
        ordered = [s for s in ordered if shapes[s].distinct][:1] + ordered
        for shape in dict.fromkeys(ordered):
            if len(self.planned) >= MIN_SHAPES and self.spent + shapes[shape].cost > _BUDGET:
                break
            self.planned[shape] = shapes[shape]
            self.spent += shapes[shape].cost

    def takes(self, shape: Hashable, cost: int, *, distinct: bool) -> bool:
        """Whether the backend is asked at this shape, which is counted then."""
        if shape in self.tried:
            return True
        if shape not in self.planned:
            coming = [asked.distinct for s, asked in self.planned.items() if s not in self.tried]
            few = len(self.derived) + len(coming) < MIN_SHAPES
            few |= distinct and not any(self.derived.values()) and not any(coming)
            if self.spent + cost > _BUDGET and not few:
                return False
            self.spent += cost
        self.tried.add(shape)
        return True
