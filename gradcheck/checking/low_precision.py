"""What is found of a claim in low precision over all its points: grades, and errors in ulp."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from gradcheck.formulas.claim import Claim
from gradcheck.formulas.dtypes import GRADES, Dtype
from gradcheck.judging.low_precision.errors import Measured
from gradcheck.judging.low_precision.grades import grade_name
from gradcheck.judging.opinions import PointResult
from gradcheck.records.types import Accuracy, Diagnosis, Grade, Length, Ulp

__all__ = ["accuracy", "low_precision_notes", "way_to_judge"]


def accuracy(claim: Claim, results: Sequence[PointResult]) -> Accuracy | None:
    """The record of a claim that is checked in low precision; None for others, and where nothing was
    measured.
    """
    found = [(r, r.measured) for r in results if r.measured is not None and r.verdict in ("pass", "fail")]
    if not claim.formula.dtype.is_low or not found:
        return None
    dtype = claim.dtype
    return Accuracy(
        dtype=dtype.name,
        claimed=grade_name(claim.formula.grade, dtype),
        grades=[g for grade in GRADES if (g := _grade(grade, found, dtype)) is not None],
        ulp=_ulps(found),
        lengths=_lengths(found, dtype),
    )


def way_to_judge(claim: Claim, mistakes: Sequence[Diagnosis]) -> list[str]:
    """What to do about code that is right but for the digits of float32."""
    if claim.formula.dtype.is_low or not mistakes or any(m.kind != "float32" for m in mistakes):
        return []
    return [_WAY]


_WAY = 'right to the digits of float32: compute it in float64, or have it judged so with dtype="float32"'


Found = list[tuple[PointResult, Measured]]


def _grade(grade: str, found: Found, dtype: Dtype) -> Grade | None:
    """One grade over all points where it has a bound; None where there is none."""
    bounded = [(r, m) for r, m in found if m.bounded(grade)]
    if not bounded:
        return None
    result, worst = max(bounded, key=lambda rm: rm[1].parts[grade].ratio)
    part = worst.parts[grade]
    return Grade(
        name=grade_name(grade, dtype),
        met=all(m.meets(grade) for _, m in found),
        points=len(bounded),
        quantity=str(part.quantity),
        where=list(part.index),
        sizes=dict(result.point.sizes),
        ulp=_short(part.ulp),
        allowed=_short(part.allowed),
    )


def _ulps(found: Found) -> list[Ulp]:
    """The errors of every quantity in ulp."""
    rows = []
    for quantity in dict.fromkeys(q for _, m in found for q in m.errors):
        having = [(r, m.errors[quantity]) for r, m in found if quantity in m.errors]
        result, errors = max(having, key=lambda re: float(re[1].max()))
        where = np.unravel_index(int(np.argmax(errors)), errors.shape)
        every = np.concatenate([e.ravel() for _, e in having])
        rows.append(
            Ulp(
                quantity=str(quantity),
                worst=_short(float(errors.max())),
                typical=_short(float(np.median(every))),
                where=[int(i) for i in where],
                sizes=dict(result.point.sizes),
            )
        )
    return rows


def _lengths(found: Found, dtype: Dtype) -> list[Length]:
    """The errors by the largest size of a point."""
    groups: dict[int, list[Measured]] = defaultdict(list)
    for result, one in found:
        groups[max(result.point.sizes.values(), default=1)].append(one)
    rows = []
    for size, group in sorted(groups.items()):
        allowed = {}
        for grade in GRADES:
            parts = [m.parts[grade] for m in group if m.bounded(grade)]
            if parts:
                allowed[grade_name(grade, dtype)] = _short(max(parts, key=lambda p: p.ratio).allowed)
        worst = max((p.ulp for m in group for p in m.parts.values()), default=0.0)
        rows.append(Length(size=size, ulp=_short(worst), allowed=allowed))
    return rows


def _short(value: float) -> float:
    """Three digits: what follows them says nothing."""
    return float(f"{value:.3g}")


def low_precision_notes(claim: Claim, results: Sequence[PointResult]) -> list[str]:
    """What a reader should know of a claim in low precision besides its grades."""
    if not claim.formula.dtype.is_low:
        return []
    declared = claim.dtype.name
    wider = {
        (str(q), name)
        for r in results
        if r.stated is not None
        for q, name in r.stated.dtypes.items()
        if name != declared
    }
    notes = [f"{quantity} comes in {name}, not in {declared}" for quantity, name in sorted(wider)]
    found = [r.measured for r in results if r.measured is not None and r.verdict == "pass"]
    if (bias := _bias(found)) is not None:
        notes.append(bias)
    return notes


def _bias(found: list[Measured]) -> str | None:
    """Errors that go one way. Rounding to nearest errs either way, so that of n entries that are off by a
    part of a
    unit all go one way once in 2^(n - 1) runs; code that cuts digits off goes toward zero every time.
    """
    signed = [s.ravel() for m in found for s in m.outward.values()]
    off = np.concatenate(signed) if signed else np.zeros(0)
    off = off[(np.abs(off) > 2.0**-6) & (np.abs(off) < 1)]
    if len(off) >= _ENOUGH and (off < 0).all():
        return f"every one of {len(off)} inexact entries errs toward zero: digits are cut off, not rounded"
    return None


_ENOUGH = 40
"""Entries all of which err one way by accident once in 2^39 runs."""
