"""The records of one claim: a row per backend, and the claim's own row."""

from __future__ import annotations

from collections import Counter
from typing import Any

from gradcheck.checking.verdict import answered
from gradcheck.checking.writing.agreement import agreements
from gradcheck.checking.writing.by_quantity import compared
from gradcheck.checking.writing.comparison import comparison
from gradcheck.formulas.claim import Claim
from gradcheck.judging.opinions import Opinion, PointResult, Says
from gradcheck.judging.points.sizes import distinct
from gradcheck.judging.session import Usable
from gradcheck.records.sources import helpers_of, source_of
from gradcheck.records.types import BackendRow, ClaimRow, Comparison
from gradcheck.records.verdicts import Strength, Verdict

__all__ = ["backend_row", "claim_row", "silent_row"]


def claim_row(
    claim: Claim, verdict: Verdict, results: list[PointResult], *, seconds: float, **found: Any
) -> ClaimRow:
    """The claim's row: what the declaration says, and what was found (fields of `ClaimRow`)."""
    return ClaimRow(
        uid=claim.uid,
        formula=claim.formula.name,
        kind=claim.kind.name,
        statement=claim.statement(),
        verdict=verdict.value,
        expected=claim.expected,
        as_declared=verdict.value == claim.expected,
        points=len(results),
        shapes=_distinct_shapes(results),
        forward=source_of(claim.formula.function),
        candidate=source_of(claim.candidate),
        seconds=round(seconds, 6),
        id=claim.id,
        section=claim.section,
        latex=claim.latex,
        printed=claim.printed,
        note=claim.note,
        compared=compared(results, proved=found.get("strength") == Strength.PROVED),
        agreement=agreements(results, list(dict.fromkeys(name for r in results for name in r.opinions))),
        helpers=helpers_of(claim.candidate, besides=claim.formula.function),
        **found,
    )


def silent_row(claim: Claim, usable: Usable, reason: str) -> BackendRow:
    """The row of a backend that could not be asked, because the check cannot be made at all."""
    return BackendRow(
        claim=claim.uid, backend=usable.name, verdict="error", as_declared=False, strength=None, points=0,
        answered=0, agreed=0, differed=0, kinks=0, distinct=0, outlier=0, seconds=0.0, reason=reason,
    )  # fmt: skip


def backend_row(claim: Claim, usable: Usable, results: list[PointResult]) -> BackendRow:
    """What one backend found, over all points."""
    opinions: list[tuple[PointResult, Opinion]] = [
        (r, r.opinions[usable.name]) for r in results if usable.name in r.opinions
    ]
    said = Counter(o.says for _, o in opinions)
    replies = said[Says.AGREE] + said[Says.DIFFER] + said[Says.KINK]
    outlier = sum(o.outvoted for _, o in opinions)
    against = sum(o.says == "differ" and not o.outvoted for _, o in opinions)
    reasons = Counter(o.reason for _, o in opinions if o.says == "none" and o.reason)
    if any(r.verdict == "error" for r in results):
        verdict = "error" if replies else "unsupported"
    elif against:
        verdict = "fail"
    elif replies == 0:
        verdict = "unsupported"
    elif answered(usable.name, results):
        verdict = "pass"
    else:
        verdict = "inconclusive"
    if verdict == "inconclusive" and said[Says.NONE] > replies:
        verdict = "unsupported"
    strength = Strength.weakest(o.strength for _, o in opinions if o.says == "agree" and o.strength)
    reason = str(reasons.most_common(1)[0][0]) if reasons else None
    return BackendRow(
        claim=claim.uid,
        backend=usable.name,
        verdict=verdict,
        as_declared=verdict in (claim.expected, "unsupported"),
        strength=strength.value if strength and verdict == "pass" else None,
        points=len(results),
        answered=replies,
        agreed=said[Says.AGREE],
        differed=said[Says.DIFFER],
        kinks=said[Says.KINK],
        distinct=sum(o.says != "none" and distinct(r.point.sizes) for r, o in opinions),
        outlier=outlier,
        seconds=round(usable.seconds, 6),
        method=next((o.method for _, o in reversed(opinions) if o.method), None),
        reason=reason,
        worst=_worst(usable.name, opinions),
    )


def _worst(backend: str, opinions: list[tuple[PointResult, Opinion]]) -> Comparison | None:
    found: tuple[Any, Comparison] | None = None
    for result, opinion in opinions:
        if opinion.says not in ("agree", "differ") or opinion.worst is None:
            continue
        quantity, match = opinion.worst
        rank = (match.outcome == "differ", match.gap)
        if found is None or rank > found[0]:
            found = (rank, comparison(backend, quantity, match, result.point))
    return found[1] if found else None


def _distinct_shapes(results: list[PointResult]) -> list[dict[str, int]]:
    seen: dict[tuple[tuple[str, int], ...], dict[str, int]] = {}
    for result in results:
        seen.setdefault(tuple(sorted(result.point.sizes.items())), dict(result.point.sizes))
    return list(seen.values())
