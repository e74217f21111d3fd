"""An explanation: two things that are equal wherever it is the right one, and the words for it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arithmetic import BALLS, WIDENED, precision, zero_dimensional
from gradcheck.arithmetic.precisions import BITS
from gradcheck.diagnosis.comparing import RESOLUTION, ROUNDED, apart, distance, relative, same
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = [
    "NEAR",
    "Explanation",
    "Sides",
    "exact_gap",
    "holds",
    "near",
    "near_in_floats",
    "predicting",
    "repairing",
]

Sides = Callable[[Sample, Quantity, How], tuple[Any, Any]]
Values = Callable[[Sample, How], dict[Quantity, Any]]

NEAR = 1e-6
"""float64 values farther apart than this, relatively, are not worth a comparison in balls."""


@dataclass(frozen=True, eq=False)
class Explanation:
    """``sides`` gives, for a quantity, the two arrays that are equal if the explanation is right: mostly the
    code's value and what the mistake would make of the right one, or the repaired value and the right one.

    ``text`` is the sentence without the evidence. ``cost`` orders explanations: less is simpler.
    ``rounds`` says that one side was computed from inputs that were rounded to float64 on the way (a sum
    of entries of delta), so that balls cannot say more than floats. ``repair`` says that it changes the
    code, so that it must also do where the code raises. ``whole``: it speaks of a complex gradient, of which
    the quantity is one part. ``joint``: it speaks of one operation on complex numbers, and is false where it
    does not do for both parts of the gradient. ``place`` is where in the hand-written code the mistake
    stands, "layer.py:12", where the explanation knows one line of it. ``reaches_all`` says whether a repair
    comes to all the statements at some samples that the code as it is comes to: one that only keeps out of a
    wrong branch repairs nothing. ``also_at`` gives further samples at which a repair must do: beside the
    thresholds of the repaired code. ``removes`` says of a repair that it only leaves something out.
    ``on_branch`` are the sides of a repair that need not come to bear at every sample: of a line in a branch,
    of which it is said last. ``later`` puts off when it is tried, and says nothing of how simple it is.
    ``may`` is a cheap look at one sample that rules out most of what does not fit there, and nothing that
    fits up to a factor.
    """

    kind: str
    text: str
    cost: float
    sides: Sides
    rounds: bool = False
    repair: bool = False
    whole: bool = False
    joint: bool = False
    place: str = ""
    reaches_all: Callable[[Sequence[Sample]], bool] | None = None
    also_at: Callable[[Sequence[Sample]], Sequence[Sample]] | None = None
    removes: bool = False
    on_branch: Sides | None = None
    later: float = 0.0
    may: Callable[[Sample, Quantity], bool] | None = None


def predicting(values: Values, key: Hashable = None) -> Sides:
    """The code's value against a prediction of all quantities, which is made once for each sample.

    Predictions with the same ``key`` are the same, whoever asks for them.
    """
    key = object() if key is None else key

    def sides(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        found = sample.remember((key, id(how)), lambda: values(sample, how))
        if quantity not in found:
            raise Unsupported("nothing is predicted for this quantity")
        return sample.mine(quantity, how), found[quantity]

    return sides


def repairing(values: Values) -> Sides:
    """Repaired values of all quantities, made once for each sample, against the right ones."""
    key = object()

    def sides(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        found = sample.remember((key, id(how)), lambda: values(sample, how))
        return found[quantity], sample.right(quantity, how)

    return sides


def near(a: Any, b: Any) -> bool:
    """Whether two float64 arrays are roughly the same: shapes, and entries to `NEAR`."""
    if np.shape(a) != np.shape(b):
        return False
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.size == 0:
        return False  # of nothing, nothing is to be said
    with np.errstate(all="ignore"):
        largest = max(float(np.max(np.abs(a))), float(np.max(np.abs(b))))
        if not np.isfinite(largest):
            return False
        return bool(np.all(np.abs(a - b) <= NEAR * np.maximum(np.abs(a), np.abs(b)) + 1e-9 * largest))


def holds(explanation: Explanation, sample: Sample, quantity: Quantity) -> bool:
    """Whether the explanation's two sides are roughly equal at a sample (in float64)."""
    try:
        with np.errstate(all="ignore"):
            return near(*explanation.sides(sample, quantity, None))
    except (Unsupported, CandidateFault):
        return False
    except Exception:  # a transformation that does not fit the shapes, or changed code that raises
        return False


def near_in_floats(explanation: Explanation, sample: Sample, quantity: Quantity) -> bool:
    """Whether the two sides are equal as far as float64 can tell: to ten digits of the largest entry."""
    try:
        with np.errstate(all="ignore"):
            a, b = explanation.sides(sample, quantity, None)
            largest = float(np.max(np.abs(b), initial=0.0))
            return a.shape == b.shape and bool(np.all(np.abs(a - b) <= 1e-10 * largest))
    except (Unsupported, CandidateFault):
        return False


def exact_gap(explanation: Explanation, sample: Sample, quantity: Quantity) -> float | None:
    """How far the two sides are apart in balls, relative to the entries; None where they differ.

    A difference that may be constants rounded in the last place is looked at once more with every
    constant widened, as the engine does.
    """
    try:
        with precision(BITS), np.errstate(all="ignore"):
            a, b = map(_array, explanation.sides(sample, quantity, BALLS))
            if a.shape != b.shape:
                return None
            if same(a, b, sample.zero).all():
                return float(np.max(relative(a, b, sample.zero), initial=0.0))
            gap = distance(a, b)
            if gap > ROUNDED:
                return None
            a, b = map(_array, explanation.sides(sample, quantity, WIDENED))
            return None if apart(a, b).any() else max(gap, RESOLUTION)
    except (Unsupported, CandidateFault):
        return None
    except Exception:
        return None


def _array(value: Any) -> Any:
    """NumPy unpacks 0-d object arrays on the way."""
    return value if isinstance(value, np.ndarray) else zero_dimensional(value)
