"""What is found of a claim in low precision over all its points: grades, and errors in ulp."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from gradcheck.checking.further_points import LONG, may_be_long
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.dtypes import GRADES, Dtype
from gradcheck.judging.low_precision.errors import Measured, Part
from gradcheck.judging.low_precision.grades import grade_name
from gradcheck.judging.opinions import PointResult, PointVerdict
from gradcheck.records.accuracy import Accuracy, Grade, Length, Ulp
from gradcheck.records.types import Diagnosis

__all__ = ["accuracy", "low_precision_notes", "way_to_judge"]


def accuracy(claim: Claim, results: Sequence[PointResult]) -> Accuracy | None:
    """The record of a claim that is checked in low precision; None for others, and where nothing was
    measured.
    """
    found = [(r, r.measured) for r in _judged(results) if r.measured is not None]
    if not claim.formula.dtype.is_low or not found:
        return None
    dtype = claim.dtype
    return Accuracy(
        dtype=dtype.name,
        claimed=grade_name(claim.formula.grade, dtype),
        grades=[g for grade in GRADES if (g := _grade(grade, found, _beyond(results), dtype)) is not None],
        ulp=_ulps(found),
        lengths=_lengths(found, dtype),
        up_to=_up_to(claim, [r for r, _ in found]),
    )


def _up_to(claim: Claim, results: Sequence[PointResult]) -> dict[str, int]:
    """The longest size that was tried, of dimensions that may be longer than that: of a forward in loops, or
    of one that holds a table.
    """
    names = claim.formula.free_sizes if results else ()
    tried = {n: max(r.point.sizes[n] for r in results) for n in names}
    return {n: most for n, most in tried.items() if most < LONG[-1] and may_be_long(claim, n)}


def way_to_judge(claim: Claim, mistakes: Sequence[Diagnosis]) -> list[str]:
    """What to do about code that is right but for the digits of float32."""
    if claim.formula.dtype.is_low or not mistakes or any(m.kind != "float32" for m in mistakes):
        return []
    return [_WAY]


_WAY = 'right to the digits of float32: compute it in float64, or have it judged so with dtype="float32"'


def _judged(results: Sequence[PointResult]) -> list[PointResult]:
    return [r for r in results if r.measured is not None and r.verdict in ("pass", "fail")]


Found = list[tuple[PointResult, Measured]]


def _beyond(results: Sequence[PointResult]) -> Found:
    """Points of which no verdict comes, because the grade that is claimed has no bound there: beyond the
    stricter ones that have one.
    """
    return [(r, r.measured) for r in results if r.measured is not None and r.verdict is PointVerdict.NONE]


def _grade(grade: str, found: Found, beyond: Found, dtype: Dtype) -> Grade | None:
    """One grade over all points where it has a bound; None where there is none."""
    bounded = [(r, m) for r, m in (*found, *beyond) if m.bounded(grade)]
    if not bounded:
        return None
    result, worst = max(bounded, key=lambda rm: rm[1].parts[grade].ratio)
    part = worst.parts[grade]
    return Grade(
        name=grade_name(grade, dtype),
        met=all(m.meets(grade) for _, m in (*found, *bounded)),
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
        spreads = [m.spread[quantity] for _, m in found if quantity in m.spread]
        every = np.concatenate([e.ravel() for _, e in having])
        rows.append(
            Ulp(
                quantity=str(quantity),
                worst=_short(float(errors.max())),
                typical=_short(float(np.median(every))),
                where=[int(i) for i in where],
                sizes=dict(result.point.sizes),
                spread=_short(max(spreads)) if spreads else None,
            )
        )
    return rows


def _lengths(found: Found, dtype: Dtype) -> list[Length]:
    """By the largest size of a point, the entry that decides: the one that comes nearest to what the widest
    grade that was needed there allows, or goes farthest beyond.
    """
    groups: dict[int, list[tuple[int, Part]]] = defaultdict(list)
    for result, one in found:
        if one.parts:
            grade = max(one.parts, key=GRADES.index)
            groups[max(result.point.sizes.values(), default=1)].append(
                (GRADES.index(grade), one.parts[grade])
            )
    rows = []
    for size, group in sorted(groups.items()):
        _, part = max(group, key=lambda one: (one[0], one[1].ratio))
        allowed = {grade_name(g, dtype): _short(limit) for g, limit in part.beside.items()}
        rows.append(Length(size=size, ulp=_short(part.ulp), allowed=allowed))
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
    beyond = [r for r in results if any((np.abs(z) >= claim.dtype.overflows).any() for z in r.point.outputs)]
    if beyond:
        at = ", ".join(f"{n} = {s}" for n, s in beyond[0].point.sizes.items())
        notes.append(
            f"the forward's own value is beyond {declared} at {len(beyond)} of {len(results)} points, first "
            f"at {at}: the gradients are judged all the same"
        )
    judged = _judged(results)
    short = {n: s for n, s in _up_to(claim, judged).items() if s < LONG[0]}
    if short and all(r.verdict == "pass" for r in judged):
        sizes = ", ".join(f"{n} = {s}" for n, s in short.items())
        notes.append(
            f"grades are known up to {sizes}: longer sums cost too much, or nothing can be told there"
        )
    return notes
