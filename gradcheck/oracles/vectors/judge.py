"""Whether gradients satisfy a test: the rule that every reader of the vectors can apply.

An answer passes where it has every gradient, each of the argument's shape, and each entry finite and
within the tolerance of the right one. Nothing is broadcast, and NaN is never close to anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.quantity import gradient

__all__ = ["Judgement", "accepts", "judge_gradients"]

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Judgement:
    """What was found for the first argument that is wrong, or, where all is right, for the entry that uses
    most of its tolerance. ``excess`` is `|answer - right| / tolerance` there.
    """

    passed: bool
    argument: str
    index: tuple[int, ...]
    answer: float
    right: float
    tolerance: float
    excess: float
    message: str | None = None


def judge_gradients(right: Arrays, answer: Arrays, tolerance: Arrays) -> Judgement:
    """Hold an answer against the right gradients, argument by argument. All arguments of ``answer`` are
    judged; it must have at least one.
    """
    worst: Judgement | None = None
    for name, given in answer.items():
        found = _one(name, right[name], given, tolerance[name])
        if not found.passed:
            return found
        if worst is None or found.excess > worst.excess:
            worst = found
    assert worst is not None
    return worst


def accepts(right: Arrays, answer: Arrays, tolerance: Arrays) -> bool:
    """Whether the answer passes."""
    return judge_gradients(right, answer, tolerance).passed


def _one(name: str, right: NDArray[Any], given: NDArray[Any], tolerance: NDArray[Any]) -> Judgement:
    if given.shape != right.shape:
        wanted = f"an array of shape {right.shape}" if right.shape else "a number"
        got = f"an array of shape {given.shape}" if given.shape else "a number"
        message = f"{gradient(name)}: expected {wanted}, got {got}"
        return Judgement(False, name, (), np.nan, np.nan, np.nan, np.inf, message)
    values = given.astype(np.float64)
    with np.errstate(all="ignore"):
        error = np.abs(values - right)
        excess = np.where(tolerance > 0, error / tolerance, np.where(error > 0, np.inf, 0.0))
    excess = np.where(np.isfinite(values), excess, np.inf)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(excess)), excess.shape))
    entry = (float(values[index]), float(right[index]), float(tolerance[index]), float(excess[index]))
    if entry[3] <= 1:
        return Judgement(True, name, index, *entry)
    place = f"[{', '.join(map(str, index))}]" if index else ""
    message = f"{gradient(name)}{place} is {entry[0]!r}, but the right value is {entry[1]!r}"
    if not np.isfinite(entry[0]):
        message = f"{gradient(name)}{place} is {entry[0]!r} although the derivative exists"
    return Judgement(False, name, index, *entry, message)
