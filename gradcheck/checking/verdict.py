"""From what was found at all points to the verdict on a claim."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from gradcheck.checking.unused_arguments import is_zero_by_disuse
from gradcheck.formulas.claim import Claim
from gradcheck.judging.comparing import Match
from gradcheck.judging.opinions import PointResult, PointVerdict, Says
from gradcheck.judging.points.sizes import Predicate, distinct, example
from gradcheck.judging.reasons import ReasonKind
from gradcheck.judging.session import Session
from gradcheck.records.verdicts import Verdict

__all__ = ["MIN_ANSWERS", "Decision", "answered", "rule"]

MIN_ANSWERS = 5
"""Points that a backend must have answered before it counts as having answered a claim; one of them
with all sizes distinct and at least 2, where the declaration allows that."""


@dataclass(frozen=True)
class Decision:
    """A verdict on a claim, with one sentence behind one that is no pass. ``saturated`` is the quantity that
    is weak because it was below resolution everywhere.
    """

    verdict: Verdict
    reason: str | None = None
    saturated: str | None = None


def rule(claim: Claim, session: Session, results: list[PointResult]) -> Decision:
    """The verdict that the points amount to."""
    verdicts = Counter(r.verdict for r in results)
    if verdicts[PointVerdict.ERROR]:
        return Decision(Verdict.ERROR, _first_fault(results, PointVerdict.ERROR))
    if verdicts[PointVerdict.FAIL]:
        return _too_few_estimates(session, results) or Decision(
            Verdict.FAIL, _first_fault(results, PointVerdict.FAIL)
        )
    if verdicts[PointVerdict.SPLIT]:
        return Decision(Verdict.INCONCLUSIVE, "the backends contradict each other: " + _split_words(results))
    if not results:
        return Decision(
            Verdict.INCONCLUSIVE,
            "the forward is finite at no point that was tried; say what its arguments may hold, with "
            "values={...}",
        )
    if any(answered(u.name, results) for u in session.backends):
        return _weakness(claim, results) or Decision(Verdict.PASS)
    reasons = Counter(o.reason for r in results for o in r.opinions.values() if o.reason)
    if reasons and reasons.most_common(1)[0][0].kind is ReasonKind.BELOW_RESOLUTION:
        return _saturated("the gradient", next(iter(claim.formula.spaces), None))
    most = f": {reasons.most_common(1)[0][0]}" if reasons else ""
    return Decision(Verdict.INCONCLUSIVE, f"no backend answered at {MIN_ANSWERS} points or more{most}")


def _too_few_estimates(session: Session, results: list[PointResult]) -> Decision | None:
    """Where nothing but estimates speaks against the code, as many are needed as for a pass."""
    failing = [r for r in results if r.verdict is PointVerdict.FAIL]
    if any(r.fault is not None or not r.by_estimates for r in failing):
        return None
    if any(answered(u.name, results) for u in session.backends):
        return None
    text = (
        f"what speaks against the code are estimates, and too few of them: {_points(len(failing))} of "
        f"{len(results)}, and no backend answered at {MIN_ANSWERS} points or more"
    )
    return Decision(Verdict.INCONCLUSIVE, text)


def _points(count: int) -> str:
    return f"at {count} point{'s' * (count != 1)}"


def _first_fault(results: list[PointResult], verdict: PointVerdict) -> str | None:
    fault = next((r.fault for r in results if r.verdict is verdict), None)
    return None if fault is None else str(fault)


def _weakness(claim: Claim, results: list[PointResult]) -> Decision | None:
    """Why a pass could not have caught an error, or None."""
    passed = [r for r in results if r.verdict is PointVerdict.PASS]
    names = claim.formula.shapes.names
    if len(names) > 1 and all(len(set(r.point.sizes.values())) == 1 for r in passed):
        free = any(len(set(r.point.sizes.values())) > 1 for r in results)
        unequal: Predicate = lambda sizes: len(set(sizes.values())) > 1
        if not free and example(names, claim.formula.allows, unequal) is not None:
            return Decision(
                Verdict.WEAK,
                "only shapes with all sizes equal were tried, although the declaration allows others: a "
                "transposed gradient would have passed. Give values of unequal sizes.",
            )
    # an opinion that is no answer resolved something, but said nothing about it
    agreed = [(o.backend, o.matches) for r in passed for o in r.opinions.values() if o.says is Says.AGREE]
    for quantity in dict.fromkeys(q for _, found in agreed for q in found):
        matches = [(backend, found[quantity]) for backend, found in agreed if quantity in found]
        if any(m.resolved for _, m in matches) or _is_zero(matches):
            continue
        if not is_zero_by_disuse(claim, quantity, passed):
            in_space = claim.space(quantity) is not None
            return _saturated(str(quantity), quantity.argument if in_space else None)
    if not any(z.size for r in passed for z in r.point.outputs):
        return Decision(
            Verdict.WEAK,
            "the forward's result is empty at every point, so any gradient of its shape would have passed.",
        )
    if claim.kind.is_backward and all(not np.any(d) for r in passed for d in r.point.delta):
        return Decision(
            Verdict.WEAK,
            "delta was zero at every point, so any gradient would have passed. Give a delta that is not.",
        )
    return None


def _is_zero(matches: list[tuple[str, Match]]) -> bool:
    """Whether a quantity is zero and not only too small to be seen: all say so, or one backend's enclosures
    do wherever it has an answer. A difference of rounded enclosures never does.
    """
    by_backend = {name: [m for backend, m in matches if backend == name] for name, _ in matches}
    certain = [found for found in by_backend.values() if all(m.zero and m.rigorous for m in found)]
    return all(m.zero for _, m in matches) or any(len(found) >= MIN_ANSWERS for found in certain)


def _saturated(what: str, in_space: str | None) -> Decision:
    """``in_space`` is the argument whose space says what is drawn and compared, if one does."""
    advice = (
        "Give values at which it is not, as in values={'x': lambda shape, rng: rng.normal(size=shape)}."
        if in_space is None
        else f"Give {in_space} a space whose draw(shape, rng) gives points at which it is not, and whose "
        "tangent(x, v) is not zero there."
    )
    seen = "below resolution" if in_space is None else "below resolution along its space"
    reason = f"{what} was {seen} at every point (saturated?), so a wrong one would have passed too. {advice}"
    return Decision(Verdict.WEAK, reason, saturated=what)


def answered(backend: str, results: list[PointResult]) -> bool:
    """Whether a backend answered often enough, off kinks and at distinct sizes, to count."""
    given = [r for r in results if r.opinions.get(backend) and r.opinions[backend].says != "none"]
    smooth = [r for r in given if r.opinions[backend].says != "kink"]
    possible = any(distinct(r.point.sizes) for r in results)
    need = min(MIN_ANSWERS, len(results))
    return len(smooth) >= need and (not possible or any(distinct(r.point.sizes) for r in smooth))


def _split_words(results: list[PointResult]) -> str:
    split = next(r for r in results if r.verdict == "split")
    words = {"agree": "agrees with the code", "differ": "differs from it"}
    return ", ".join(f"{o.backend} {words[o.says]}" for o in split.opinions.values() if o.says in words)
