"""Unchanged inputs, and the same answer every time.

Both are asked at every point, where the code runs twice on copies (the second time read-only). What is
added here is a return to the first arguments after all the others: code that keeps something between
calls answers differently then.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.checking.battery.finding import Finding, skipped
from gradcheck.errors import CandidateFault, FaultKind
from gradcheck.formulas.calling.in_place_writes import plain
from gradcheck.formulas.claim import Claim
from gradcheck.judging.candidates.running import run_prepared
from gradcheck.judging.opinions import PointResult, PointVerdict
from gradcheck.judging.points.repeats import NOT_DETERMINISTIC, repeats

__all__ = ["same_answer", "unchanged_inputs"]


def unchanged_inputs(results: Sequence[PointResult]) -> Finding:
    """No argument and no delta was written into, at any point."""
    return _fault_or_pass(results, FaultKind.WRITES) or _ran(results)


def same_answer(claim: Claim, results: Sequence[PointResult]) -> Finding:
    """Two calls in a row agree, and so does a call after all others: to the last bit, or where the code is
    declared not to be deterministic, within rounding.
    """
    if (found := _fault_or_pass(results, FaultKind.NOT_DETERMINISTIC)) is not None:
        return found
    first = next((r for r in results if r.stated is not None), None)
    if first is None or first.stated is None:
        return _ran(results)
    try:
        again = run_prepared(claim, first.point, plain).values
    except CandidateFault as fault:
        return Finding("fail", 1, f"a call that worked before does not work any more: {fault}", first.point)
    for name, value in first.stated.values.items():
        other = again.get(name)
        deterministic = claim.formula.deterministic
        if other is None or not repeats(value, other, first.point, claim.bits, deterministic=deterministic):
            reason = (
                f"{name} differs when the same arguments come again after others: {NOT_DETERMINISTIC}. Does "
                "it keep something from call to call (a cache, a global)?"
            )
            return Finding("fail", 1, reason, first.point)
    return _ran(results)


def _fault_or_pass(results: Sequence[PointResult], kind: FaultKind) -> Finding | None:
    for result in results:
        if result.fault is not None and result.fault.kind is kind and result.verdict in _COUNT:
            tried = sum(r.stated is not None or r is result for r in results)
            return Finding("fail", tried, str(result.fault), result.point)
    return None


_COUNT = (PointVerdict.ERROR, PointVerdict.FAIL)


def _ran(results: Sequence[PointResult]) -> Finding:
    count = sum(r.stated is not None for r in results)
    return Finding("pass", count) if count else skipped("the code gave no answer at any point")
