"""Ranges: every number is all that it may be, so that a comparison tells which of its sides can happen.

Ends are float64, moved outwards by a unit in the last place where an operation rounds. Zero stays zero: sums
of squares are never negative, which is what guards such as `np.maximum(x.var(), 0)` ask. A scalar that is the
same object stands for the same number, so `v * v` is a square.
"""

from __future__ import annotations

import linecache
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.arithmetic.domain import Domain, elementwise
from gradcheck.errors import Undecided, Unsupported

__all__ = ["Range", "Ranges"]

_INF = math.inf
_NUMPY = str(Path(np.__file__).parent)
_ARITHMETIC = str(Path(__file__).parent)


def _down(value: float) -> float:
    return -_INF if math.isnan(value) else value if value == 0 else math.nextafter(value, -_INF)


def _up(value: float) -> float:
    return _INF if math.isnan(value) else value if value == 0 else math.nextafter(value, _INF)


def _product(a: float, b: float) -> float:
    """A product of two ends; what underflows is not zero."""
    if a == 0 or b == 0:
        return 0.0
    return a * b or math.copysign(5e-324, math.copysign(1.0, a) * math.copysign(1.0, b))


class Range:
    """All numbers from ``low`` to ``high``."""

    __slots__ = ("high", "low")

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __add__(self, other: Range) -> Range:
        return Range(_down(self.low + other.low), _up(self.high + other.high))

    def __neg__(self) -> Range:
        return Range(-self.high, -self.low)

    def __sub__(self, other: Range) -> Range:
        return Range(0.0, 0.0) if self is other else self + (-other)

    def __mul__(self, other: Range) -> Range:
        if self is other:
            return self.squared()
        ends = [_product(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Range(_down(min(ends)), _up(max(ends)))

    def __truediv__(self, other: Range) -> Range:
        if other.low <= 0 <= other.high:
            positive = self.low >= 0 and other.low >= 0  # by zero it is infinite, or no number
            return Range(0.0 if positive else -_INF, _INF)
        inverse = Range(_down(1 / other.high), _up(1 / other.low))
        return self * inverse

    def squared(self) -> Range:
        far = max(-self.low, self.high)
        near = 0.0 if self.low <= 0 <= self.high else min(abs(self.low), abs(self.high))
        return Range(_down(near * near), _up(_product(far, far)))

    def through(self, function: Callable[[float], float]) -> Range:
        """A rising function of it. Raises `Unsupported` where it is not defined."""
        try:
            return Range(_down(function(self.low)), _up(function(self.high)))
        except (ValueError, OverflowError) as error:
            raise Unsupported("a function outside of where it is defined") from error


def _exp(x: float) -> float:
    return _INF if x > 709 else math.exp(x)


def _tanh(x: Range) -> Range:
    return Range(max(-1.0, _down(math.tanh(x.low))), min(1.0, _up(math.tanh(x.high))))


def _absolute(x: Range) -> Range:
    if x.low >= 0:
        return x
    return Range(0.0 if x.high >= 0 else -x.high, max(-x.low, x.high))


def _power(x: Range, y: Range) -> Range:
    if y.low == y.high == 2:
        return x.squared()
    if y.low == y.high == 0.5:
        return x.through(math.sqrt)
    if y.low == y.high and y.low % 2 == 0 and y.low > 0:
        return Range(0.0, _INF)
    raise Unsupported("a power of a range")


def _bounded(low: float, high: float) -> Callable[[Range], Range]:
    return lambda x: Range(low, high)


class Ranges(Domain):
    """Ranges, and which sides of comparisons can happen: by file, line and text of what is compared in
    ``texts``, and by file, line and what is asked, as a watch names it, in ``by_line``.
    """

    name = "ranges"

    def __init__(self) -> None:
        self.texts: dict[tuple[str, int, str], set[bool]] = {}
        self.by_line: dict[tuple[str, int, str], set[bool]] = {}
        each = elementwise
        self.ufuncs = {
            "add": np.add,
            "subtract": np.subtract,
            "multiply": np.multiply,
            "divide": np.true_divide,
            "true_divide": np.true_divide,
            "negative": np.negative,
            "positive": each(lambda x: x),
            "square": each(Range.squared),
            "power": each(_power, 2),
            "absolute": each(_absolute),
            "fabs": each(_absolute),
            "sqrt": each(lambda x: x.through(math.sqrt)),
            "exp": each(lambda x: x.through(_exp)),
            "tanh": each(_tanh),
            "sin": each(_bounded(-1.0, 1.0)),
            "cos": each(_bounded(-1.0, 1.0)),
            "maximum": each(self._maximum, 2),
            "minimum": each(self._minimum, 2),
            "greater": each(lambda a, b: self._greater(a, b, ">"), 2),
            "less": each(lambda a, b: self._greater(b, a, "<"), 2),
            "greater_equal": each(lambda a, b: self._at_least(a, b, ">="), 2),
            "less_equal": each(lambda a, b: self._at_least(b, a, "<="), 2),
        }

    def lift(self, number: Any) -> Range:
        if isinstance(number, Range):
            return number
        data = getattr(number, "data", None)
        if isinstance(data, np.ndarray) and data.dtype == object and data.ndim == 0:
            entry: Range = data.item()
            return entry
        value = float(number)
        return Range(-_INF, _INF) if math.isnan(value) else Range(value, value)

    def select(self, condition: Any, yes: Any, no: Any) -> Any:
        raise Unsupported("a choice by ranges")

    def _maximum(self, a: Range, b: Range) -> Range:
        self._record("maximum", {True: a.high > b.low, False: a.low < b.high})
        return a if a is b else Range(max(a.low, b.low), max(a.high, b.high))

    def _minimum(self, a: Range, b: Range) -> Range:
        self._record("minimum", {True: a.low < b.high, False: a.high > b.low})
        return a if a is b else Range(min(a.low, b.low), min(a.high, b.high))

    def _greater(self, a: Range, b: Range, asks: str) -> bool:
        return self._decided(asks, {True: a.high > b.low, False: a.low <= b.high})

    def _at_least(self, a: Range, b: Range, asks: str) -> bool:
        return self._decided(asks, {True: a.high >= b.low, False: a.low < b.high})

    def _decided(self, asks: str, can: dict[bool, bool]) -> bool:
        self._record(asks, can)
        if can[True] and can[False]:
            raise Undecided("a comparison of ranges")
        return can[True]

    def _record(self, asks: str, can: dict[bool, bool]) -> None:
        frame = sys._getframe(2)  # noqa: SLF001  (the only way to the caller's line)
        while frame.f_code.co_filename.startswith((_NUMPY, _ARITHMETIC, "<__array_function__")):
            if frame.f_back is None:
                return
            frame = frame.f_back
        code, at = frame.f_code, frame.f_lasti
        sides = {side for side, happens in can.items() if happens}
        line, end, start, stop = list(code.co_positions())[at // 2]
        self.by_line.setdefault((code.co_filename, frame.f_lineno, asks), set()).update(sides)
        if line is not None and line == end:
            text = linecache.getline(code.co_filename, line).encode()[start:stop].decode(errors="replace")
            self.texts.setdefault((code.co_filename, line, f"`{text.strip()}`"), set()).update(sides)
