"""Errors of many entries that go one way: a factor that each of them alone would hide, and digits cut off.

Rounding to nearest errs either way, so over many points its errors average out: the mean of as many relative
errors as there are points is as uncertain as their spread divided by the root of the number of points, of
which nothing need be known but that the points are independent of each other (they are drawn so). What does
not average out is one number for all: constants that the code holds rounded. How far these reach is derived;
a mean beyond that and beyond its own uncertainty is no rounding. Digits that are cut off are another matter:
they put every single entry off toward zero, by less than a unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.diagnosis.multiples_within import shortest
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.dtypes import NAMED, Dtype
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.opinions import PointResult
from gradcheck.records.types import Diagnosis

__all__ = ["biased"]

Floats = NDArray[np.float64]

_POINTS = 16
"""Points that are needed to know their spread."""

_DEVIATIONS = 10.0
"""Standard errors by which a mean must be off. Student's t of 14 degrees of freedom comes so far once in ten
million, of 40 once in 10^11."""

_CLEAR = 16.0
"""Entries count that are so many times what is allowed of them: of those, what rounding does to second order
is known to be small, and is counted."""


@dataclass(frozen=True)
class _Case:
    """The entries of one quantity at one point that tell: right values, errors, and what is allowed."""

    right: Floats
    off: Floats
    granted: Floats
    constants: Floats


def biased(claim: Claim, results: Sequence[PointResult]) -> list[Diagnosis]:
    """What goes one way in code whose operations are not seen, by quantity."""
    if not claim.formula.dtype.is_low:
        return []
    found = []
    for quantity, cases in _cases(results).items():
        if len(cases) < _POINTS:
            continue
        told = _factor(cases, _own_constant(claim)) or _cut_off(cases, claim.dtype)
        if told is not None:
            kind, text = told
            row = Diagnosis(quantity=str(quantity), kind=kind, text=text, points=len(cases), of=len(cases))
            found.append(row)
    return found


def _own_constant(claim: Claim) -> float:
    """One constant that the code may hold of its own, such as 1/n, rounded: relatively."""
    dtype = claim.dtype
    return NAMED[dtype.wide].unit if claim.formula.grade == "rounded" else dtype.unit


def _cases(results: Sequence[PointResult]) -> dict[Quantity, list[_Case]]:
    """By quantity, at points whose numbers are not those of another one."""
    seen: set[bytes] = set()
    cases: dict[Quantity, list[_Case]] = {}
    for result in results:
        measured, stated = result.measured, result.stated
        if measured is None or stated is None or result.verdict != "pass" or not measured.constants:
            continue
        inputs = {a.tobytes() for a in result.point.args if a.dtype.kind == "f"}
        if inputs & seen:
            continue
        seen |= inputs
        for quantity, right in measured.right.items():
            if quantity not in measured.granted or quantity not in measured.constants:
                continue
            granted = measured.granted[quantity]
            off = stated.values[quantity] - right
            with np.errstate(invalid="ignore"):
                telling = np.isfinite(off) & (np.abs(right) >= _CLEAR * granted) & (granted > 0)
            if telling.any():
                parts = (right, off, granted, measured.constants[quantity])
                cases.setdefault(quantity, []).append(_Case(*(p[telling] for p in parts)))
    return cases


def _factor(cases: list[_Case], own: float) -> tuple[str, str] | None:
    """A factor that all entries have in common, beyond what constants explain."""
    weights = [(c.right / c.granted) ** 2 for c in cases]
    total = np.array([w.sum() for w in weights])
    means = np.array([(w * c.off / c.right).sum() / w.sum() for w, c in zip(weights, cases, strict=True)])
    explained = [c.constants / np.abs(c.right) + (c.granted / c.right) ** 2 / 2 for c in cases]
    share = np.minimum(total, np.median(total))  # no single point may decide
    share = share / share.sum()
    shared = float(share @ [(w * e).sum() / w.sum() for w, e in zip(weights, explained, strict=True)])
    mean = float(share @ means)
    doubt = _DEVIATIONS * float(np.sqrt(share**2 @ (means - mean) ** 2))
    if abs(mean) <= own + shared + doubt:
        return None
    count, number = sum(c.right.size for c in cases), shortest(1 + mean - doubt, 1 + mean + doubt)
    return "factor", (
        f"your gradient is the right one times {number} in the mean of {count} entries: rounding to nearest "
        f"errs either way, and may put that off by {own + shared + doubt:.2g}, not by {abs(mean):.2g}"
    )


def _cut_off(cases: list[_Case], dtype: Dtype) -> tuple[str, str] | None:
    """Digits that are cut off: every entry lacks something, none a whole unit, whatever its digits are.

    Code that rounds to nearest is off by what it computed before, and by up to half a unit either way. What a
    constant puts off is a part of each number, so between f and 2f of its unit, by its digits; the best that
    can hide there (f = -1/3) leaves a twelfth of the entries outside. Chernoff's bound says how many fewer
    chance may leave. Where nothing is rounded at the end, as in products with a power of two, the constant is
    seen alone, and is told by its slope in the digits; ties that all go to zero lack half a unit, no more.
    """
    digits, off = map(np.concatenate, zip(*(_in_units(c, dtype) for c in cases), strict=True))
    count = len(off)
    outside = int(np.sum((off < -1) | (off > 0)))
    if count == 0 or count * _divergence(outside / count, _OUTSIDE) < _CERTAIN:
        return None
    if np.ptp(digits) < _VARIED or np.mean(off < -_TIES) < _LACKING:
        return None
    _, lacking = np.polyfit(digits, off, 1)
    if -lacking < _LACKING:
        return None
    return "bias", (
        f"digits are cut off, not rounded to nearest: of {count} entries {count - outside} lack a part of a "
        "unit in the last place, where rounding errs either way"
    )


_OUTSIDE = 1 / 12
"""The mean of |1/2 - f d| for d from 1 to 2 is least at f = 1/3."""

_CERTAIN = np.log(1e7)

_VARIED = 0.5
"""How far apart the digits must be, as numbers from 1 to 2, for a line through them."""

_LACKING = 0.25
"""Half of what is lacking where digits are cut off: in the mean, half a unit; more than half a unit, half of
the entries."""

_TIES = 9 / 16
"""Half a unit, and what else may be off where ties are broken."""

_OF_A_BINADE = 32
"""Entries of a point between two powers of two that count. A summand that they share may put all of them off
by half a unit; in the next binade it is another part of a unit, and at another point another summand.
"""


def _divergence(seen: float, expected: float) -> float:
    """Kullback and Leibler's, where fewer are seen than expected: Chernoff's bound is exp(-n times it)."""
    if seen >= expected:
        return 0.0
    less = seen * np.log(seen / expected) if seen else 0.0
    return float(less + (1 - seen) * np.log((1 - seen) / (1 - expected)))


def _in_units(case: _Case, dtype: Dtype) -> tuple[Floats, Floats]:
    """The digits of right values, as numbers from 1 to 2, and their errors away from zero in units in the
    last place: some of those that are off at all, each value once.
    """
    right, first = np.unique(case.right[case.off != 0], return_index=True)
    missed = case.off[case.off != 0][first]
    unit = dtype.ulp(right)
    some = [i for u in np.unique(unit) for i in _spread(np.flatnonzero(unit == u))]
    right, missed, unit = right[some], missed[some], unit[some]
    return np.abs(right) / unit * dtype.unit * 2, missed * np.sign(right) / unit


def _spread(places: NDArray[np.intp]) -> list[int]:
    """Some of many places, evenly."""
    chosen = np.linspace(0, len(places) - 1, min(len(places), _OF_A_BINADE), dtype=int)
    return [int(i) for i in places[chosen]]
