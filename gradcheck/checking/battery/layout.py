"""The same answer however the arrays lie in memory, and whether or not they may be written into.

Code that reads raw memory, or flattens in the order of the memory, is right for the arrays that a test
makes and wrong for a transposed or sliced one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.checking.battery.finding import Finding, skipped
from gradcheck.checking.battery.trial import Trial
from gradcheck.errors import CandidateFault
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import run_prepared
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session

__all__ = ["LAYOUTS", "non_contiguous", "read_only"]

Prepare = Callable[[NDArray[Any]], Any]


def strided(value: NDArray[Any]) -> Any:
    """Every second entry of a larger array, whose other entries are NaN (of integers: zero)."""
    if not value.ndim:
        return value[()]
    large = np.full([2 * n for n in value.shape], np.nan if value.dtype.kind == "f" else 0, value.dtype)
    view = large[(slice(None, None, 2),) * value.ndim]
    view[...] = value
    return view


def fortran(value: NDArray[Any]) -> Any:
    """Columns one after the other, as a transposed array has them."""
    return np.array(value, order="F") if value.ndim else value[()]


def reversed_strides(value: NDArray[Any]) -> Any:
    """Stored backwards along every axis, as `a[::-1]` is."""
    if not value.ndim:
        return value[()]
    back = (slice(None, None, -1),) * value.ndim
    return value[back].copy()[back]


LAYOUTS: dict[str, Prepare] = {
    "every second entry of a larger array": strided,
    "in Fortran order": fortran,
    "with negative strides": reversed_strides,
}


def non_contiguous(claim: Claim, basis: Sequence[Point], session: Session) -> Finding:
    """The float64 values for arrays of another layout, against those for contiguous ones.

    They may differ by rounding, since NumPy adds in another order then.
    """
    tried = 0
    for point in basis:
        if not any(a.ndim for a in (*point.args, *point.delta)):
            continue
        tried += 1
        try:
            usual = Trial(claim, point, session)
        except CandidateFault as fault:
            return skipped(str(fault))
        for words, prepare in LAYOUTS.items():
            try:
                values = run_prepared(claim, point, prepare).values
            except CandidateFault as fault:
                return Finding("fail", tried, f"for arrays {words} {fault}", point)
            if not usual.gives(values):
                return Finding("fail", tried, f"for arrays {words} {_words(usual.values, values)}", point)
    return Finding("pass", tried) if tried else skipped("there are only numbers, no arrays")


def read_only(results: Sequence[PointResult]) -> Finding:
    """The code ran on read-only arrays at every point (where it writes into them, it is an error)."""
    ran = [r for r in results if r.stated is not None]
    for result in ran:
        if result.stated is not None and result.stated.read_only is not None:
            return Finding("fail", len(ran), f"for read-only arrays {result.stated.read_only}", result.point)
    return Finding("pass", len(ran)) if ran else skipped("the code gave no answer at any point")


def _words(usual: dict[Quantity, NDArray[np.float64]], values: dict[Quantity, NDArray[np.float64]]) -> str:
    for quantity, value in usual.items():
        if quantity not in values:
            return f"{quantity} is None"
        differs = values[quantity] != value
        if differs.any():
            gaps = np.nan_to_num(np.where(differs, np.abs(values[quantity] - value), -1.0), nan=np.inf)
            worst = np.unravel_index(int(np.argmax(gaps)), gaps.shape) if gaps.ndim else ()
            place = f"[{', '.join(str(int(i)) for i in worst)}]" if worst else ""
            return f"{quantity}{place} is {values[quantity][worst]}, else {value[worst]}"
    return "other gradients are given"
