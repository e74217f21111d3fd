"""How many digits the code loses when it runs in floating point, beside the verdict on the formula.

A formula can be right and its code unstable. So at the points tried, what the code gives in float64
(float32) is held against its own value in ball arithmetic, which is exact for this purpose.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, ObjectArray, precision
from gradcheck.arithmetic.precisions import BITS, DOUBLE, SINGLE
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.ending import at_most_lines
from gradcheck.judging.candidates.running import run_in_balls, run_in_float32
from gradcheck.judging.points.point import Point
from gradcheck.records.accuracy import Precision

__all__ = ["digits_lost", "in_float32", "summary"]

UNIT = {"float64": 2.0**-DOUBLE, "float32": 2.0**-SINGLE}
"""Half a unit in the last place: the best that a correctly rounded value can do."""


def digits_lost(
    values: Mapping[Quantity, NDArray[np.float64]],
    exact: Mapping[Quantity, ObjectArray],
    dtype: str,
    scales: Callable[[Quantity], NDArray[np.float64] | None] | None = None,
) -> float:
    """Decimal digits lost in the worst quantity: 0 is as good as correct rounding, about 16 (7) is all.

    The error of a quantity is measured against its largest entry; one that is zero throughout has no digits.
    Nor has one whose entries are all below the rounding of the formula's terms, of which ``scales`` gives S
    (a saturated softmax). Values that are not finite have lost everything.
    """
    unit = UNIT[dtype]
    most = -math.log10(unit)
    if not all(np.isfinite(value).all() for value in values.values()):
        return most
    losses: list[tuple[float, Quantity, arb]] = []
    for quantity, value in values.items():
        balls = exact[quantity].reshape(-1).tolist()
        if not all(b.is_finite() for b in balls) or all(b.contains(0) for b in balls):
            continue
        largest = max(abs(b).lower() for b in balls)
        error = max(abs(b - v).lower() for b, v in zip(balls, value.reshape(-1).tolist(), strict=True))
        if error > largest * unit:
            losses.append((math.log10(min(float(error / largest), 1.0) / unit), quantity, largest))
    for lost, quantity, largest in sorted(losses, key=lambda loss: -loss[0]):  # S costs more than the rest
        if scales is None or not _saturated(largest, scales(quantity), unit):
            return min(max(lost, 0.0), most)
    return 0.0


def _saturated(largest: arb, scale: NDArray[np.float64] | None, unit: float) -> bool:
    return scale is not None and largest <= float(np.max(scale)) * unit


def in_float32(claim: Claim, points: Iterable[Point]) -> list[tuple[Point, float]]:
    """The digits that the code loses in float32, at the given points rounded to float32; as far as it ends
    there: a loop may ask for digits that float32 has not.
    """
    found = []
    for point in points:
        rounded = point.with_values(tuple(map(_rounded, point.args)), tuple(map(_rounded, point.delta)))
        try:
            with at_most_lines(_MOST_LINES):
                values = run_in_float32(claim, rounded)
            with precision(BITS):
                exact = run_in_balls(claim, rounded, BALLS)
        except (CandidateFault, Unsupported):
            continue
        found.append((point, digits_lost(values, exact, "float32")))
    return found


_MOST_LINES = 50_000


def summary(dtype: str, lost: Iterable[tuple[Point, float]]) -> Precision | None:
    """The typical and the worst point as a record, or None where nothing was measured."""
    measured = list(lost)
    if not measured:
        return None
    point, most = max(measured, key=lambda item: item[1])
    return Precision(
        dtype=dtype,
        points=len(measured),
        typical=round(float(np.median([lost for _, lost in measured])), 1),
        lost=round(most, 1),
        sizes=dict(point.sizes),
    )


def _rounded(values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind != "f":
        return values
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32).astype(np.float64)
    rounded = np.where(np.isfinite(rounded), rounded, values)
    rounded.flags.writeable = False
    return rounded
