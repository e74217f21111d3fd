"""Judging a claim over all its points and backends, and putting the outcome into records."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.claims import Claim
from gradcheck.comparison import comparison
from gradcheck.counterexample import describe
from gradcheck.digits import in_float32, summary
from gradcheck.discovery import Found, choose
from gradcheck.generation import Generated, generate
from gradcheck.judge import BELOW
from gradcheck.minimise import Minimal, minimise
from gradcheck.opinions import Opinion, PointResult
from gradcheck.points import ForwardFault, Point
from gradcheck.records import BackendRow, ClaimRow, Comparison, Precision, Training
from gradcheck.session import Session, Usable
from gradcheck.sizes import distinct
from gradcheck.sources import source_of
from gradcheck.training import train
from gradcheck.values import Values
from gradcheck.verdicts import Strength, Verdict
from gradcheck.verification import check_point

__all__ = ["MIN_ANSWERS", "Outcome", "check_claim"]

MIN_ANSWERS = 5
"""Points that a backend must have answered before it counts as having answered a claim; one of them
with all sizes distinct and at least 2, where the declaration allows that."""


@dataclass
class Outcome:
    """A claim's records, and the failing point that minimisation ended at."""

    row: ClaimRow
    backends: list[BackendRow]
    minimal: Minimal | None = None
    results: list[PointResult] = field(default_factory=list)


def check_claim(
    claim: Claim,
    *,
    max_examples: int = 50,
    seed: int = 0,
    backends: Sequence[str] | None = None,
    delta: Values | None = None,
    session: Session | None = None,
    points: Generated | ForwardFault | None = None,
    found: Sequence[Found] | None = None,
) -> Outcome:
    """Check one claim. ``session`` and ``points`` may be shared by the claims of a formula.

    Raises `UsageError` for an unknown backend and for declarations that leave nothing to try.
    """
    started = time.perf_counter()
    session = session or Session(claim.formula, found or choose(backends))
    for usable in session.backends:
        usable.seconds = 0.0
    if points is None:
        try:
            points = generate(claim.formula, max_examples=max_examples, seed=seed, delta=delta)
        except ForwardFault as fault:
            points = fault
    if isinstance(points, ForwardFault):
        return _cannot_run(claim, session, str(points), started)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        misread = session.misread(points.points)
    if misread is not None:
        return _cannot_run(claim, session, misread, started)
    results = [_checked(claim, point, session) for point in points.points]
    training: Training | None = None
    if claim.descent is not None and not any(r.verdict in ("fail", "error") for r in results):
        steps, training = train(claim, session, seed)
        results += steps
    return _summarise(claim, session, points, results, training, seed, delta, started)


def _checked(claim: Claim, point: Point, session: Session) -> PointResult:
    """`check_point`; a bug of ours at one point is an error of this claim, not the end of the run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the candidate's are recorded where it runs in float64
            return check_point(claim, point, session)
    except Exception as error:
        text = f"gradcheck itself failed here, please report it: {type(error).__name__}: {error}"
        return PointResult(point, "error", fault=text)


def _summarise(
    claim: Claim,
    session: Session,
    points: Generated,
    results: list[PointResult],
    training: Training | None,
    seed: int,
    delta: Values | None,
    started: float,
) -> Outcome:
    verdict, reason = _verdict(claim, session, results, points)
    if training is not None and verdict is Verdict.PASS and training.stopped.startswith("failed"):
        verdict, reason = Verdict.FAIL, training.stopped
    minimal = None
    if verdict in (Verdict.FAIL, Verdict.ERROR):
        first = next((r for r in results if r.verdict == verdict.value), None)
        if first is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                minimal = minimise(claim, first, session, seed, delta)
    strengths = [s for r in results if r.verdict == "pass" and (s := r.strength)]
    strength = Strength.weakest(strengths) if verdict is Verdict.PASS else None
    notes = list(points.notes)
    notes += [note for note, _ in Counter(n for r in results for n in r.notes).most_common(5)]
    if any(o.rounded_constants for r in results for o in r.opinions.values()):
        notes.append(
            "at some points the difference is no more than float constants rounded in the last place"
        )
    measured = _precision(claim, results) if verdict is Verdict.PASS else []
    if any(p.dtype == "float64" and p.typical >= _UNSTABLE for p in measured):
        notes.append(
            "right as a formula, unstable as code: float64 typically loses more than half its digits"
        )
    unchecked = sorted({u for r in results if r.stated for u in r.stated.unchecked})
    notes += sorted({f"warning of the code: {w}" for r in results if r.stated for w in r.stated.warnings})[:3]
    counterexample = describe(claim, minimal, session) if minimal else None
    if minimal is not None and counterexample is not None:
        reason = counterexample.message
    forward, candidate = source_of(claim.formula.function), source_of(claim.candidate)
    row = ClaimRow(
        uid=claim.uid,
        formula=claim.formula.name,
        kind=claim.kind,
        statement=claim.statement(),
        verdict=verdict.value,
        expected=claim.expected,
        as_declared=verdict.value == claim.expected,
        strength=strength.value if strength else None,
        points=len(results),
        discarded=points.discarded,
        shapes=_distinct_shapes(results),
        forward=forward,
        candidate=candidate,
        seconds=round(time.perf_counter() - started, 6),
        id=claim.id,
        section=claim.section,
        latex=claim.latex,
        printed=claim.printed,
        note=claim.note,
        reason=reason,
        unchecked=unchecked,
        notes=notes,
        counterexample=counterexample,
        training=training,
        precision=measured,
    )
    rows = [_backend_row(claim, usable, results, session) for usable in session.backends]
    return Outcome(row, rows, minimal, results)


_UNSTABLE = 8.0

_FLOAT32_POINTS = 8
"""Points at which the code is run in float32 too; the plan's, so that they are the same in every run."""


def _precision(claim: Claim, results: list[PointResult]) -> list[Precision]:
    double = summary("float64", [(r.point, r.lost) for r in results if r.lost is not None])
    planned = [r.point for r in results if r.verdict == "pass" and r.point.origin == "plan"]
    single = summary("float32", in_float32(claim, planned[:_FLOAT32_POINTS]))
    return [p for p in (double, single) if p is not None]


def _verdict(
    claim: Claim, session: Session, results: list[PointResult], points: Generated
) -> tuple[Verdict, str | None]:
    verdicts = Counter(r.verdict for r in results)
    if verdicts["error"]:
        return Verdict.ERROR, next(r.fault for r in results if r.verdict == "error")
    if verdicts["fail"]:
        return Verdict.FAIL, next((r.fault for r in results if r.verdict == "fail"), None)
    if verdicts["split"]:
        return Verdict.INCONCLUSIVE, "the backends contradict each other: " + _split_words(results)
    if not results:
        return Verdict.INCONCLUSIVE, "the forward is finite at no point that was tried"
    if any(_answered(u.name, results, session) for u in session.backends):
        weakness = _weakness(claim, results)
        return (Verdict.WEAK, weakness) if weakness else (Verdict.PASS, None)
    reasons = Counter(o.reason for r in results for o in r.opinions.values() if o.reason)
    if reasons and reasons.most_common(1)[0][0] == BELOW:
        return Verdict.WEAK, _saturated("the gradient")
    most = f": {reasons.most_common(1)[0][0]}" if reasons else ""
    return Verdict.INCONCLUSIVE, f"no backend answered at {MIN_ANSWERS} points or more{most}"


def _weakness(claim: Claim, results: list[PointResult]) -> str | None:
    """Why a pass could not have caught an error, or None."""
    passed = [r for r in results if r.verdict == "pass"]
    names = claim.formula.shapes.names
    if len(names) > 1 and all(len(set(r.point.sizes.values())) == 1 for r in passed):
        free = [r for r in results if len(set(r.point.sizes.values())) > 1]
        if not free:
            return (
                "only shapes with all sizes equal were tried, although the declaration allows others: a "
                "transposed gradient would have passed. Give values of unequal sizes."
            )
    for quantity in dict.fromkeys(q for r in passed for o in r.opinions.values() for q in o.matches):
        matches = [o.matches[quantity] for r in passed for o in r.opinions.values() if quantity in o.matches]
        if not any(m.resolved for m in matches) and not all(m.zero for m in matches):
            return _saturated(quantity)
    if claim.kind == "vjp" and all(not np.any(d) for r in passed for d in r.point.delta):
        return "delta was zero at every point, so any gradient would have passed. Give a delta that is not."
    return None


def _saturated(what: str) -> str:
    return (
        f"{what} was below resolution at every point (saturated?), so a wrong one would have passed too. "
        "Give values at which it is not, as in values={'x': lambda shape, rng: rng.normal(size=shape)}."
    )


def _answered(backend: str, results: list[PointResult], session: Session) -> bool:
    answered = [r for r in results if r.opinions.get(backend) and r.opinions[backend].says != "none"]
    smooth = [r for r in answered if r.opinions[backend].says != "kink"]
    possible = any(distinct(r.point.sizes) for r in results)
    need = min(MIN_ANSWERS, len(results))
    return len(smooth) >= need and (not possible or any(distinct(r.point.sizes) for r in smooth))


def _backend_row(claim: Claim, usable: Usable, results: list[PointResult], session: Session) -> BackendRow:
    opinions: list[tuple[PointResult, Opinion]] = [
        (r, r.opinions[usable.name]) for r in results if usable.name in r.opinions
    ]
    said = Counter(o.says for _, o in opinions)
    answered = said["agree"] + said["differ"] + said["kink"]
    outlier = sum(o.outvoted for _, o in opinions)
    against = sum(o.says == "differ" and not o.outvoted for _, o in opinions)
    reasons = Counter(o.reason for _, o in opinions if o.says == "none" and o.reason)
    if any(r.verdict == "error" for r in results):
        verdict = "error" if answered else "unsupported"
    elif against:
        verdict = "fail"
    elif answered == 0:
        verdict = "unsupported"
    elif _answered(usable.name, results, session):
        verdict = "pass"
    else:
        verdict = "inconclusive"
    if verdict == "inconclusive" and said["none"] > answered:
        verdict = "unsupported"
    strength = Strength.weakest(o.strength for _, o in opinions if o.says == "agree" and o.strength)
    reason = reasons.most_common(1)[0][0] if reasons else None
    return BackendRow(
        claim=claim.uid,
        backend=usable.name,
        verdict=verdict,
        as_declared=verdict in (claim.expected, "unsupported"),
        strength=strength.value if strength and verdict == "pass" else None,
        points=len(results),
        answered=answered,
        agreed=said["agree"],
        differed=said["differ"],
        kinks=said["kink"],
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


def _split_words(results: list[PointResult]) -> str:
    split = next(r for r in results if r.verdict == "split")
    words = {"agree": "agrees with the code", "differ": "differs from it"}
    return ", ".join(f"{o.backend} {words[o.says]}" for o in split.opinions.values() if o.says in words)


def _cannot_run(claim: Claim, session: Session, reason: str, started: float) -> Outcome:
    row = ClaimRow(
        uid=claim.uid,
        formula=claim.formula.name,
        kind=claim.kind,
        statement=claim.statement(),
        verdict="error",
        expected=claim.expected,
        as_declared=False,
        strength=None,
        points=0,
        discarded=0,
        shapes=[],
        forward=source_of(claim.formula.function),
        candidate=source_of(claim.candidate),
        seconds=round(time.perf_counter() - started, 6),
        id=claim.id,
        section=claim.section,
        latex=claim.latex,
        printed=claim.printed,
        note=claim.note,
        reason=reason,
    )
    rows = [
        BackendRow(
            claim=claim.uid, backend=u.name, verdict="error", as_declared=False, strength=None, points=0,
            answered=0, agreed=0, differed=0, kinks=0, distinct=0, outlier=0, seconds=0.0, reason=reason,
        )
        for u in session.backends
    ]  # fmt: skip
    return Outcome(row, rows)
