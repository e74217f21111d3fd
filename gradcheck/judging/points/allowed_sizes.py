"""Which sizes a formula may be tried at, given what its values and delta fix."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.values import Values, check_one, is_strategy
from gradcheck.judging.points.point import Discarded, draw_arguments, evaluate_forward
from gradcheck.judging.points.sampling import filler

__all__ = ["Allowed", "checked_delta"]

_MOST_ENTRIES = 2**28
"""Numbers in the arguments of a point: two gigabytes. More would not fit beside their copies."""


@dataclass
class Allowed:
    """Which sizes may be tried: those that the declaration allows, at which every array that was given
    fits (a given delta must have the shape of the forward's result), and which are not too large.
    """

    formula: Declaration
    bound: dict[str, int]
    fixed: dict[str, tuple[int, ...]]
    delta: Values | None
    _known: dict[tuple[int, ...], bool] = field(default_factory=dict)
    _too_large: int = 0
    _output: str = ""

    def __call__(self, sizes: Mapping[str, int]) -> bool:
        whole = {**self.bound, **sizes}
        key = tuple(whole.values())
        if key not in self._known:
            self._known[key] = self._allowed(whole)
        return self._known[key]

    def _allowed(self, sizes: dict[str, int]) -> bool:
        if not self.formula.allows(sizes):
            return False
        shapes = dict(
            zip(self.formula.shapes.arguments, self.formula.shapes.concrete(sizes) or (), strict=True)
        )
        if any(shapes[name] != shape for name, shape in self.fixed.items()):
            return False
        entries = sum(math.prod(shape) for shape in shapes.values())
        if entries > _MOST_ENTRIES:
            self._too_large = min(self._too_large or entries, entries)
            return False
        return self._fits_delta(sizes)

    def _fits_delta(self, sizes: dict[str, int]) -> bool:
        given = self.delta if isinstance(self.delta, tuple) else (self.delta,)
        if not any(isinstance(d, np.ndarray) for d in given):
            return True
        try:
            args = draw_arguments(self.formula, sizes, np.random.default_rng(0))
            outputs, _ = evaluate_forward(self.formula, args)
        except Discarded:
            return True
        at = ", ".join(f"{n} = {s}" for n, s in sizes.items())
        self._output = " and ".join(str(o.shape) for o in outputs) + (f" at {at}" if at else "")
        if isinstance(self.delta, tuple) and len(given) != len(outputs):
            return True  # refused where it is used
        return all(
            not isinstance(d, np.ndarray) or d.shape == o.shape for d, o in zip(given, outputs, strict=False)
        )

    def reason(self) -> str:
        """Why nothing is allowed."""
        if self._too_large:
            return (
                f"the arguments have {self._too_large} entries, and at most {_MOST_ENTRIES} can be checked "
                "at once. Declare sizes by name, as in shapes={'x': 'n'}, or give smaller ones"
            )
        if self._output:
            given = self.delta if isinstance(self.delta, tuple) else (self.delta,)
            shapes = " and ".join(str(np.shape(d)) for d in given if isinstance(d, np.ndarray))
            return (
                f"delta: expected the shape of the forward's result, which is {self._output}, got {shapes}; "
                "no sizes from 1 to 13 give that"
            )
        at = ", ".join(f"{n} = {s}" for n, s in self.bound.items())
        return (
            "no sizes from 1 to 13 satisfy the shapes"
            + (" and where" if self.formula.where else "")
            + (f" with {at}" if at else "")
        )


def checked_delta(delta: Values | None) -> Values | None:
    """A declared delta: arrays as they are kept, strategies as functions `(shape, rng) -> array`."""

    def one(value: Values | None, who: str) -> Values | None:
        if value is None:
            return None
        return filler(value, who) if is_strategy(value) else check_one(value, who, "fiubc")

    if isinstance(delta, list) and not all(isinstance(d, int | float | list) for d in delta):
        delta = tuple(delta)  # one per output, not one array
    if isinstance(delta, tuple):
        return tuple(one(d, f"delta[{i}]") for i, d in enumerate(delta))
    return one(delta, "delta")
