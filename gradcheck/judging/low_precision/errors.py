"""The error of an answer in low precision, against the right values and what each grade allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.dtypes import GRADES, Dtype
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.low_precision.grades import Allowed

__all__ = ["Measured", "Part", "apart", "error", "farther", "measured", "within"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """The entry that comes nearest to what a grade allows, or goes farthest beyond: the error there and what
    is allowed, in units in the last place of the right value (of its terms, where they cancel), and their
    ``ratio``. ``beside`` is what each grade allows there.
    """

    ratio: float
    quantity: Quantity
    index: tuple[int, ...]
    ulp: float
    allowed: float
    beside: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """An answer at one point. ``parts`` are by grade; one without a bound is missing. ``errors`` are all of
    them in ulp, by quantity; ``right`` the right values, ``granted`` what the widest grade that has a bound
    allows. Of code whose operations are not seen, ``constants`` are what rounded constants may put all
    entries off by. ``spread`` is how far two calls are apart, in ulp, where answers change.
    """

    parts: Mapping[str, Part] = field(default_factory=dict)
    errors: Mapping[Quantity, Floats] = field(default_factory=dict)
    right: Mapping[Quantity, Floats] = field(default_factory=dict)
    granted: Mapping[Quantity, Floats] = field(default_factory=dict)
    constants: Mapping[Quantity, Floats] = field(default_factory=dict)
    spread: Mapping[Quantity, float] = field(default_factory=dict)

    def meets(self, grade: str) -> bool:
        """Whether a grade is met: its own bound or that of a stricter one."""
        order = GRADES[: GRADES.index(grade) + 1]
        return any(g in self.parts and self.parts[g].ratio <= 1 for g in order)

    def bounded(self, grade: str) -> bool:
        """Whether there is a bound for a grade here."""
        return grade in self.parts


def farther(first: Floats, again: Floats, right: Floats, dtype: Dtype) -> Floats:
    """Of two answers, entry by entry the one that is farther off: both must be within what is allowed."""
    return np.where(error(again, right, dtype) > error(first, right, dtype), again, first)


def apart(first: Floats, again: Floats, sizes: Floats, dtype: Dtype) -> float:
    """The largest distance of two answers, in units in the last place."""
    with np.errstate(invalid="ignore"):
        units = np.abs(first - again) / dtype.ulp(sizes)
    return float(np.max(np.where(np.isfinite(units), units, 0.0), initial=0.0))


def measured(
    stated: Mapping[Quantity, Floats], right: Mapping[Quantity, Floats], allowed: Allowed, dtype: Dtype
) -> Measured:
    """How far stated values are from the right ones."""
    parts: dict[str, Part] = {}
    errors = {}
    for quantity, value in stated.items():
        if not value.size:
            continue
        truth = right[quantity]
        off, ulp = error(value, truth, dtype), dtype.ulp(allowed.sizes[quantity])
        errors[quantity] = np.minimum(off / ulp, _MOST)
        for grade, bounds in allowed.errors.items():
            ratios = _ratios(value, truth, off, bounds[quantity], dtype)
            index = tuple(int(i) for i in np.unravel_index(int(np.argmax(ratios)), ratios.shape))
            if grade not in parts or ratios[index] > parts[grade].ratio:
                limits = {g: float(b[quantity][index] / ulp[index]) for g, b in allowed.errors.items()}
                found = float(errors[quantity][index])
                ratio = min(float(ratios[index]), _MOST)
                parts[grade] = Part(ratio, quantity, index, found, limits[grade], limits)
    widest = max(allowed.errors, key=GRADES.index, default=None)
    granted = {} if widest is None else allowed.errors[widest]
    return Measured(parts, errors, right, granted)


def within(
    stated: Mapping[Quantity, Floats],
    right: Mapping[Quantity, Floats],
    bounds: Mapping[Quantity, Floats],
    dtype: Dtype,
) -> bool:
    """Whether all stated values are as near to the right ones as is allowed."""
    for quantity, value in stated.items():
        off = error(value, right[quantity], dtype)
        if (_ratios(value, right[quantity], off, bounds[quantity], dtype) > 1).any():
            return False
    return True


def _ratios(value: Floats, truth: Floats, off: Floats, bound: Floats, dtype: Dtype) -> Floats:
    """The errors as parts of what is allowed. What may round to infinity within it may be infinite."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(off == 0, 0.0, off / bound)
    may_overflow = np.isinf(value) & (np.sign(value) == np.sign(truth))
    may_overflow &= np.abs(truth) + bound >= dtype.overflows
    return np.where(may_overflow, 0.0, ratios)


def error(value: Floats, truth: Floats, dtype: Dtype) -> Floats:
    """The distance from the right values. An infinity is right where the right value rounds to it, and so
    is a zero for what is too small to keep its digits; NaN is infinitely far off.
    """
    with np.errstate(invalid="ignore"):
        off = np.abs(value - truth)
    off = np.where(np.isfinite(value), off, np.inf)
    infinite = np.isinf(value) & (np.sign(value) == np.sign(truth))
    off = np.where(infinite & (np.abs(truth) >= dtype.overflows), 0.0, off)
    return np.where((value == 0) & (np.abs(truth) < dtype.normal), 0.0, off)


_MOST = 1e30
"""Units in the last place that stand for no digit at all, as records hold finite numbers."""
