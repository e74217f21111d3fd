"""Explanations of a value that is nearly right: float32 on the way, rounding, a rounded constant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.edits.edit import Edit
from gradcheck.diagnosis.edits.proposals import cast_edits
from gradcheck.diagnosis.explaining.code.repairs import of_edit, recorded
from gradcheck.diagnosis.explaining.values.elsewhere import at_arguments, at_delta
from gradcheck.diagnosis.explanation import Explanation, Sides
from gradcheck.diagnosis.samples import Sample
from gradcheck.errors import Unsupported
from gradcheck.formulas.dtypes import NAMED
from gradcheck.formulas.quantity import Quantity

__all__ = ["accuracy_changes", "is_nearly_right", "rounded_values"]

Rounding = Callable[[Any], Any]

NEARLY = 1e-2
"""Of the largest entry: what is farther off is another formula, not the same with fewer digits."""


def _to(width: Any) -> Rounding:
    return lambda x: x.astype(width).astype(np.float64)


def _to_bfloat16(x: Any) -> Any:
    """To the nearest number of eight significant bits, even on ties; truncated ones stay as they are."""
    fraction, exponent = np.frexp(x)
    return np.ldexp(np.rint(np.ldexp(fraction, 8)), exponent - 8)


_WIDTHS: dict[str, tuple[Rounding, int]] = {
    "bfloat16": (_to_bfloat16, 2),
    "float16": (_to(np.float16), 3),
    "float32": (_to(np.float32), 7),
}
"""Rounding to it, and its decimal digits; what bfloat16 holds mostly fits the next, so it comes first."""


def _widths(case: Case) -> Iterator[tuple[str, Rounding, int]]:
    """The types that hold less than the code's own: in that all its numbers are stored anyway."""
    for name, (rounded, digits) in _WIDTHS.items():
        if NAMED[name].bits < case.claim.bits:
            yield name, rounded, digits


def is_nearly_right(quantity: Quantity, wrong: Sequence[Sample]) -> bool:
    """Whether the value has the right leading digits at every sample."""
    for sample in wrong:
        if np.shape(np.asarray(sample.values.get(quantity))) != sample.shapes[quantity]:
            return False
        try:
            off, right = sample.residual(quantity), sample.right(quantity)
        except Unsupported:
            return False
        largest = float(np.max(np.abs(right), initial=0.0))
        if float(np.max(np.abs(off), initial=0.0)) > NEARLY * largest:
            return False
    return True


def accuracy_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Casts that are left out, and inputs that are rounded."""
    seen: set[Any] = set()
    for call in recorded(case, pilot).calls:
        if call.key not in seen:
            seen.add(call.key)
            edits: list[Edit] = list(cast_edits(call))
            for edit in edits:
                yield of_edit(edit)
    for name, rounded, _ in _widths(case):
        for k in range(len(pilot.point.delta)):
            text = f"accurate to {name} only: delta is rounded to it"
            yield Explanation("float32", text, 0.7, at_delta(k, rounded))
        for k in pilot.point.wrt:
            text = f"accurate to {name} only: {case.names[k]} is rounded to it"
            yield Explanation("float32", text, 0.7, at_arguments(case, {k: rounded}))


def rounded_values(case: Case, quantity: Quantity, wrong: Sequence[Sample]) -> Explanation | None:
    """Values that float32 (float16, bfloat16) holds exactly, or that have a fixed number of decimals.

    The right values must have no such form, so that this is no accident once there are a few of them; and
    what is rounded to decimals is no farther off than half a unit of the last: 0.01 in place of 0 is not 0
    rounded.
    """
    stated = [s.values[quantity] for s in wrong]
    right = [s.right(quantity) for s in wrong]
    count = sum(v.size for v in stated)
    if count < _FEWEST:
        return None
    for name, rounded, digits in _widths(case):
        with np.errstate(all="ignore"):
            plain = all(np.array_equal(v, rounded(v)) for v in right)
            held = all(np.array_equal(v, rounded(v)) for v in stated)
            if not plain and held and _has_digits(digits, stated, right):
                text = f"accurate to {digits} digits only: computed or stored in {name}"
                return Explanation("float32", text, 0.8, _rounded_by(rounded))
    for decimals in range(2, 13):
        half = 0.5000001 * 10.0**-decimals
        close = all(np.all(np.abs(v - t) <= half) for v, t in zip(stated, right, strict=True))
        if close and all(np.array_equal(v, np.round(v, decimals)) for v in stated):
            text = f"{case.noun} is rounded to {decimals} decimals"
            return Explanation("rounded", text, 0.8, _rounded_by(lambda t, d=decimals: np.round(t, d)))
    return None


def _has_digits(digits: int, stated: Sequence[Any], right: Sequence[Any]) -> bool:
    """Whether so many digits of the largest entries are right, but for a unit of the last."""
    return all(
        float(np.max(np.abs(v - t), initial=0.0))
        <= 10.0 ** (1 - digits) * float(np.max(np.abs(t), initial=0.0))
        for v, t in zip(stated, right, strict=True)
    )


_FEWEST = 6


def _rounded_by(rounding: Rounding) -> Sides:
    """Both sides in float64, rounded: equal up to one unit of the coarser grid is all that can be said."""
    return lambda sample, quantity, how: (sample.values[quantity], rounding(sample.right(quantity)))
