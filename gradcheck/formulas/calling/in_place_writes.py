"""Finding code that writes into the arrays that it is given, even where it restores them afterwards.

Every second run of a candidate gets read-only arrays, which NumPy guards for us.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import CandidateFault, FaultKind
from gradcheck.formulas.calling.user_lines import user_line

__all__ = ["IN_PLACE", "culprit", "plain", "read_only", "unchanged", "writes"]

IN_PLACE = "in place; work on a copy"
"""How every message on changed inputs ends."""


def unchanged(before: NDArray[Any], after: Any) -> bool:
    """Whether an array (a NumPy scalar) still holds what it held."""
    same = before.shape == after.shape and before.dtype == after.dtype
    # equal bytes are seen in a tenth of the time; other ones may be a zero of the other sign
    return (same and before.tobytes() == after.tobytes()) or np.array_equal(before, after)


def plain(value: NDArray[Any]) -> Any:
    """A writable copy, so that a change can be seen; a NumPy scalar for a 0-d array."""
    return value.copy() if value.ndim else value.dtype.type(value)


def read_only(value: NDArray[Any]) -> Any:
    """A copy that cannot be written into; a NumPy scalar for a 0-d array."""
    copy = plain(value)
    if value.ndim:
        copy.flags.writeable = False
    return copy


def writes(fault: CandidateFault) -> bool:
    """Whether the code failed because it stores into a read-only array, in NumPy's own words.

    A foreign library that only asks for writable memory ("buffer source array is read-only") writes
    nothing yet.
    """
    error = fault.__cause__
    return isinstance(error, ValueError) and "read-only" in str(error) and "buffer source" not in str(error)


def culprit(
    arguments: Sequence[str], run: Callable[[Callable[[NDArray[Any]], Any]], object]
) -> CandidateFault:
    """The fault that names what is written into: one argument (or else delta) at a time is read-only.

    ``run`` runs the candidate on what a function makes of every argument, then of every delta.
    """
    for position in range(len(arguments) + 1):
        count = itertools.count()

        def protect(value: NDArray[Any], position: int = position, count: Any = count) -> Any:
            place = min(next(count), len(arguments))
            return read_only(value) if place == position else plain(value)

        try:
            run(protect)
        except CandidateFault as fault:
            if writes(fault) and fault.__cause__ is not None:
                what = f"its argument {arguments[position]!r}" if position < len(arguments) else "delta"
                line = user_line(fault.__cause__)
                text = f"the code writes into {what} {IN_PLACE}{line}"
                return CandidateFault("error", text, kind=FaultKind.WRITES)
    text = f"the code writes into what it is given {IN_PLACE}"
    return CandidateFault("error", text, kind=FaultKind.WRITES)
