"""Errors of many entries that go one way: a factor that each of them alone would hide, and digits cut off.

Rounding to nearest errs either way, so over many points its errors average out: the mean of as many relative
errors as there are points is as uncertain as their spread divided by the root of the number of points, of
which nothing need be known but that the points are independent of each other (they are drawn so). What does
not average out is one number for all: constants that the code holds rounded. How far these reach is derived;
a mean beyond that and beyond its own uncertainty is no rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """Digits that are cut off: a part of the last unit that all entries lack, whatever they are; a factor
    would take more of a unit from a number with larger digits.
    """
    rows = list(_in_units(cases, dtype))
    normal = sum(x.T @ (w[:, None] * x) for x, _, w in rows)
    moment = sum(x.T @ (w * e) for x, e, w in rows)
    if np.linalg.cond(normal) > _SINGULAR:
        return None
    inverse = np.linalg.inv(normal)
    found = inverse @ moment
    scores = np.array([x.T @ (w * (e - x @ found)) for x, e, w in rows])
    doubt = _DEVIATIONS * float(np.sqrt((inverse @ (scores.T @ scores) @ inverse)[0, 0]))
    lacking = -float(found[0])
    if lacking < _CUT or lacking < doubt:
        return None
    count = sum(len(e) for _, e, _ in rows)
    return "bias", (
        f"digits are cut off, not rounded to nearest: {count} entries lack {lacking:.2g} of a unit in the "
        "last place in the mean, where rounding errs either way"
    )


_CUT = 0.25
"""Units that digits which are cut off take in the mean are half a unit; rounding to nearest takes none."""

_SINGULAR = 1e8


def _in_units(cases: list[_Case], dtype: Dtype) -> Iterator[tuple[Floats, Floats, Floats]]:
    """For each point one and the digits of every right value, its error away from zero in units in the last
    place, and its weight. What is not off at all tells of no side.
    """
    for whole in cases:
        off = whole.off != 0
        case = _Case(whole.right[off], whole.off[off], whole.granted[off], whole.constants[off])
        unit = dtype.ulp(case.right)
        digits = np.abs(case.right) / unit * dtype.unit * 2
        regressors = np.stack([np.ones_like(digits), digits], axis=1)
        outward = case.off * np.sign(case.right) / unit
        yield regressors, outward, (unit / case.granted) ** 2
