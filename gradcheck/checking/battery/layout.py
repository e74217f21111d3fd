"""The same answer however the arrays lie in memory, and whether or not they may be written into.

Code that reads raw memory, or flattens in the order of the memory, is right for the arrays that a test
makes and wrong for a transposed or sliced one. Such a one is what the next layer hands it, so this decides
the verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.checking.battery.finding import Finding, skipped
from gradcheck.checking.battery.trial import Trial
from gradcheck.errors import CandidateFault, FaultKind, user_code
from gradcheck.formulas.calling.in_place_writes import plain
from gradcheck.formulas.calling.in_place_writes import read_only as locked
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import run_prepared
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session

__all__ = ["LAYOUTS", "non_contiguous", "read_only", "repeated"]

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


class _Array(np.ndarray):
    """An array of a class that is not quite `np.ndarray`, as `np.memmap` is."""


def of_a_subclass(value: NDArray[Any]) -> Any:
    """A view of it that may not be written into. Code need not take such an array, if it only raises."""
    return locked(value).view(_Array) if value.ndim else value[()]


LAYOUTS: dict[str, Prepare] = {
    "every second entry of a larger array": strided,
    "in Fortran order": fortran,
    "with negative strides": reversed_strides,
}


def repeated(value: NDArray[Any]) -> Any:
    """One number in memory for all entries, as `np.broadcast_to` leaves it: what `sum` hands back. Of equal
    entries only.
    """
    return np.broadcast_to(value.reshape(-1)[:1].copy().reshape(()), value.shape) if value.size else value


def non_contiguous(
    claim: Claim, basis: Sequence[Point], session: Session, *, free_delta: bool = True
) -> Finding:
    """The float64 values for arrays of another layout, against those for contiguous ones.

    They may differ by rounding, since NumPy adds in another order then. Where the forward does not take
    arrays that lie so, nothing is asked of the code.
    """
    tried = 0
    for point in basis:
        if not any(a.ndim for a in (*point.args, *point.delta)):
            continue
        tried += 1
        for at, words, prepare, of_delta in _trials(claim, point, free_delta):
            found = _compared(claim, at, session, words, prepare, of_delta)
            if found is not None:
                return Finding("fail", tried, found, at)
    return Finding("pass", tried) if tried else skipped("there are only numbers, no arrays")


def _trials(claim: Claim, point: Point, free_delta: bool) -> Iterator[tuple[Point, str, Prepare, Prepare]]:
    """Points, what is said of the arrays there, and how arguments and what comes before them are laid out."""
    for words, prepare in LAYOUTS.items():
        yield point, f"arrays {words}", prepare, prepare
    yield point, "read-only views of a subclass of np.ndarray", of_a_subclass, of_a_subclass
    if not claim.kind.uses_delta or not any(d.ndim for d in point.delta):
        return
    for words, prepare in LAYOUTS.items():
        yield point, f"a delta {words}", plain, prepare
    equal = tuple(np.full(d.shape, 1.5) for d in point.delta)
    if free_delta:
        at = point.with_values(point.args, equal)
        yield at, "a delta of stride 0 (np.broadcast_to)", plain, repeated


def _compared(
    claim: Claim, point: Point, session: Session, words: str, prepare: Prepare, before: Prepare
) -> str | None:
    """What is wrong for arrays that lie so, or None."""
    if not forward_takes(claim, point, prepare):
        return None
    try:
        usual = Trial(claim, point, session)
    except CandidateFault:  # judged where it is a point of its own
        return None
    try:
        values = run_prepared(claim, point, prepare, before=before).values
    except CandidateFault as fault:
        return None if prepare is of_a_subclass else f"for {words} {fault}"
    return None if usual.gives(values) else f"for {words} {_words(usual.values, values)}"


def forward_takes(claim: Claim, point: Point, prepare: Prepare) -> bool:
    """Whether the forward runs on arrays that lie so."""
    try:
        with np.errstate(all="ignore"), user_code:
            claim.formula.function(*(prepare(a) for a in point.args))
    except Exception:
        return False
    return True


def read_only(claim: Claim, results: Sequence[PointResult]) -> Finding:
    """The code ran on read-only arrays at every point (where it writes into them, it is an error)."""
    for result in results:
        if result.fault is not None and result.fault.kind is FaultKind.LAYOUT:
            return Finding("fail", 1, str(result.fault), result.point)
    ran = [r for r in results if r.stated is not None]
    for result in ran:
        if result.stated is None or result.stated.read_only is None:
            continue
        if forward_takes(claim, result.point, locked):
            return Finding("fail", len(ran), f"for read-only arrays {result.stated.read_only}", result.point)
    return Finding("pass", len(ran)) if ran else skipped("the code gave no answer at any point")


def _words(usual: dict[Quantity, NDArray[np.float64]], values: dict[Quantity, NDArray[np.float64]]) -> str:
    """The entry that is farthest off, as a part of its gradient's largest."""
    worst: tuple[float, str] = (0.0, "other gradients are given")
    for quantity, value in usual.items():
        if quantity not in values:
            return f"{quantity} is None"
        with np.errstate(all="ignore"):
            gaps = np.nan_to_num(np.abs(values[quantity] - value), nan=np.inf)
        if not gaps.any():
            continue
        index = np.unravel_index(int(np.argmax(gaps)), gaps.shape) if gaps.ndim else ()
        place = f"[{', '.join(str(int(i)) for i in index)}]" if index else ""
        text = f"{quantity}{place} is {values[quantity][index]}, else {value[index]}"
        part = float(gaps[index]) / (float(np.max(np.abs(value), initial=0.0)) or 1.0)
        worst = max(worst, (part, text))
    return worst[1]
