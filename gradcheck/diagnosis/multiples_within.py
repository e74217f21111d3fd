"""Mistakes that show through rounding: values that are the right ones times something or plus a number,
within what is allowed.

Every entry says in which interval the factor lies. Where the intervals of all entries at all points meet,
that is the factor, known as well as the numbers allow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.opinions import PointResult
from gradcheck.records.types import Diagnosis

__all__ = ["multiples_within"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Case:
    """One quantity at one point."""

    value: Floats
    right: Floats
    granted: Floats
    sizes: Mapping[str, int]

    @property
    def is_wrong(self) -> NDArray[np.bool_]:
        """Which entries are off by more than is allowed of them."""
        return np.asarray(np.abs(self.value - self.right) > self.granted)

    def turned(self) -> _Case:
        """Against the right values with their axes the other way round."""
        return _Case(self.value, self.right.T, self.granted.T, self.sizes)


def multiples_within(results: Sequence[PointResult]) -> list[Diagnosis]:
    """A diagnosis for each quantity that is the right one times a factor, plus a number, transposed, or
    zero: where it is wrong, and as far as one can tell where it is right.
    """
    found = []
    for quantity in dict.fromkeys(q for r in results if r.measured is not None for q in r.measured.errors):
        cases = [c for r in results if (c := _case(r, quantity)) is not None]
        wrong = [c for c in cases if c.is_wrong.any()]
        if sum(np.count_nonzero(c.is_wrong) for c in wrong) < _FEWEST:
            continue  # intervals of few entries meet by accident
        told = next(_explained(cases), None)
        if told is not None:
            kind, text = told
            count = len(wrong)
            found.append(Diagnosis(quantity=str(quantity), kind=kind, text=text, points=count, of=count))
    return found


def _case(result: PointResult, quantity: Quantity) -> _Case | None:
    """The quantity at a point where it is finite, and of the right shape."""
    measured, stated = result.measured, result.stated
    if measured is None or stated is None or quantity not in measured.granted:
        return None
    value, right, granted = stated.values[quantity], measured.right[quantity], measured.granted[quantity]
    if not np.isfinite(value).all() or not np.isfinite(right).all():
        return None
    return _Case(value, right, granted, result.point.sizes)


def _explained(cases: list[_Case]) -> Iterator[tuple[str, str]]:
    """What fits at every point, the simplest first."""
    if all(not np.any(c.value) for c in cases):
        yield "missing-term", "your gradient is zero, the right one is not"
    factor = _common([_interval(c, 1.0) for c in cases])
    if factor is not None and not factor[0] <= 1 <= factor[1]:
        yield _constant(factor)
    for name in cases[0].sizes:
        for power, words in ((1, f"{name} times"), (-1, f"1/{name} times")):
            if _common([_interval(c, float(c.sizes[name]) ** power) for c in cases], one=True) is not None:
                yield "size-factor", f"your gradient is {words} the right one"
    square = all(c.value.ndim >= 2 and c.value.shape == c.right.T.shape for c in cases)
    if square and _common([_interval(c.turned(), 1.0) for c in cases], one=True) is not None:
        yield "transposed", "your gradient is the right one transposed"
    if (number := _added(cases)) is not None:
        text = f"your gradient is the right one plus {number} in every entry"
        yield "extra-term", f"{text}, as well as rounding lets one tell"


def _added(cases: list[_Case]) -> Any:
    """The number by which all entries are off, where enough of them tell; None where there is none."""
    off = np.concatenate([(c.value - c.right).ravel() for c in cases])
    granted = np.concatenate([c.granted.ravel() for c in cases])
    width = 2 * granted  # the addition rounds too, by no more than is allowed
    low, high = float(np.max(off - width)), float(np.min(off + width))
    telling = np.count_nonzero(np.abs(off) > granted)
    if low > high or low <= 0 <= high or telling < _FEWEST:  # zero would do as well
        return None
    return shortest(low, high)


_FEWEST = 4
"""Entries off by one number, beyond what is allowed of them, that are no accident."""


def _interval(case: _Case, by: float) -> tuple[float, float] | None:
    """Where the factor of the right values times ``by`` lies at a point (anywhere, where nothing tells);
    None where there is none.
    """
    right, granted = case.right * by, np.maximum(case.granted * abs(by), case.granted)
    telling = np.abs(right) > _TELLING * granted
    beside = ~telling & (np.abs(case.value) > _LOOSE * (granted + np.abs(right)))
    if beside.any():
        return None
    if not telling.any():
        return -math.inf, math.inf
    ratio = case.value[telling] / right[telling]
    spread = granted[telling] / np.abs(right[telling]) * np.maximum(np.abs(ratio), 1.0)
    low, high = float(np.max(ratio - spread)), float(np.min(ratio + spread))
    return (low, high) if low <= high else None


_TELLING = 4.0
"""An entry tells of a factor where it is so many times what is allowed of it."""

_LOOSE = 64.0
"""Beside entries that tell, one that does not may be so many times what is allowed, as factors multiply
that."""


def _common(
    intervals: Sequence[tuple[float, float] | None], *, one: bool = False
) -> tuple[float, float] | None:
    """Where all intervals meet, holding 1 where that is asked; None where they do not."""
    found = [i for i in intervals if i is not None]
    if len(found) < len(intervals):
        return None
    low, high = max(i[0] for i in found), min(i[1] for i in found)
    if low > high or math.isinf(low) or (one and not low <= 1 <= high):
        return None
    return low, high


def _constant(factor: tuple[float, float]) -> tuple[str, str]:
    low, high = factor
    if low <= -1 <= high:
        return "sign", "your gradient is the right one with the other sign"
    number = shortest(low, high)
    return "factor", f"your gradient is the right one times {number}, as well as rounding lets one tell"


def shortest(low: float, high: float) -> Any:
    """The shortest decimal between two numbers."""
    for digits in range(1, 17):
        number = float(f"{(low + high) / 2:.{digits}g}")
        if low <= number <= high:
            return f"{number:g}" if digits <= 6 else repr(number)
    return repr(low)
