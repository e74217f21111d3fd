"""Finite differences of a forward that is right to some accuracy only: a solver that stops early, a table.

Its values may be anything within `a` of the function that is meant, relative to each. A central difference
over a step h then is off by at most `a * |z| / h`, so steps are long; what they leave of higher order is
taken out by extrapolating (Romberg): at eighth order a step of a tenth will do, and a slope is known to tens
or hundreds of `a`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import NoAnswer
from gradcheck_backends._differences.in_floats import Function, differences, first_smooth, kinked

__all__ = ["slope_within"]

_FEWEST = 4
"""Steps that must have values."""

_ORDERS = 4
"""Extrapolations of one another: the last has an error of the order h^8."""

_MARGIN = 4.0
"""The truncation is taken for so many times what neighbours in the table differ by."""


def slope_within(
    function: Function, weights: NDArray[np.float64], size: float, accuracy: float
) -> tuple[float, float, float]:
    """The derivative at 0 of `sum(weights * function(t))`, its error bound, and the scale of the terms, for a
    ``function`` as `in_floats.slope` takes it, each of whose values is right to ``accuracy``.

    Raises `NoAnswer` where there is a kink, or no bound can be given.
    """
    centre = function(0.0)
    steps = differences(function, weights, centre, size)
    noise = [accuracy * s.terms / (2 * s.length) for s in steps]
    apart = [4 * n for n in noise]  # by which one-sided slopes may differ: three values, over half of the way
    if kinked(steps, apart):
        raise NoAnswer("a kink: the one-sided slopes differ, so there is no derivative to difference")
    first = first_smooth(steps, apart)
    if len(steps) - first < _FEWEST:
        raise NoAnswer("the forward is rough next to this point (kinks?)")
    value, bound = _extrapolated([s.central for s in steps[first:]], noise[first:])
    return value, bound, float(np.abs(weights) @ np.abs(centre)) + abs(value)


def _extrapolated(central: list[float], noise: list[float]) -> tuple[float, float]:
    """The entry of Romberg's table with the least bound, which must be consistent with all others."""
    found: list[tuple[float, float]] = []
    before: list[tuple[float, float]] = []
    for value, error in zip(central, noise, strict=True):
        row = [(value, error)]
        for order, (coarse, off) in enumerate(before[: _ORDERS - 1], 1):
            fine, own = row[-1]
            weight = 4.0**order
            row.append(((weight * fine - coarse) / (weight - 1), (weight * own + off) / (weight - 1)))
        for k in range(1, len(row)):
            neighbours = [row[k - 1][0], before[k - 1][0], *([before[k][0]] if k < len(before) else [])]
            left = max(abs(row[k][0] - other) for other in neighbours)
            found.append((row[k][0], row[k][1] + _MARGIN * left))
        before = row
    for value, bound in sorted(found, key=lambda entry: entry[1]):
        if np.isfinite(bound) and all(abs(value - v) <= bound + b for v, b in found):
            return value, bound
    raise NoAnswer("the difference has no finite error estimate")
