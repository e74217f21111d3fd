"""One answer to one test: what the engine's records call a point result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import enclose
from gradcheck.backend import Answer
from gradcheck.errors import FaultKind
from gradcheck.formulas.dtypes import from_numpy
from gradcheck.formulas.quantity import Quantity, gradient
from gradcheck.judging.candidates.running import Stated
from gradcheck.judging.comparing import Match
from gradcheck.judging.opinions import Opinion, PointResult, PointVerdict, Says
from gradcheck.judging.points.point import Point
from gradcheck.judging.reasons import Fault, Reason, ReasonKind
from gradcheck.oracles.answers.given import Given
from gradcheck.oracles.vectors.judge import Judgement, judge_gradients
from gradcheck.oracles.vectors.records import Test, Tolerance
from gradcheck.records.arrays import decode
from gradcheck.records.types import ArrayRecord
from gradcheck.records.verdicts import Strength

__all__ = ["SOURCE", "Judged", "judge_test"]

SOURCE = "vectors"
"""The name under which reports show the stored answers, beside those of backends."""

METHOD = "stored answers, correctly rounded, with the tolerance of every entry"

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Judged:
    """A test with what was found.

    ``judgement`` is that of the worst entry, where entries were compared; ``unanswered`` says that the
    program gave nothing for this test.
    """

    test: Test
    result: PointResult
    judgement: Judgement | None = None
    unanswered: bool = False


def judge_test(test: Test, point: Point, given: Given | None, asked: Sequence[str]) -> Judged:
    """Judge the answer to a valid or acceptable test. ``asked`` are the arguments with a gradient."""
    if given is None:
        return replace(_silent(test, point, "no answer"), unanswered=True)
    if given.skipped:
        return _silent(test, point, f"skipped by the program: {given.message or 'it does not say why'}")
    if given.errored:
        return _broken(
            test, point, f"the program reports an error: {given.message or 'it does not say which'}"
        )
    gradients = given.gradients or {}
    if missing := [n for n in asked if n not in gradients]:
        return _broken(
            test,
            point,
            f"the answer has no gradient of {' and '.join(map(repr, missing))}; give null for one that is "
            "not computed",
        )
    answer = {n: g for n in asked if (g := gradients[n]) is not None}
    if not answer:
        return _broken(test, point, "the answer holds null for every argument: there is nothing to check")
    dtypes = {g.dtype.name for g in answer.values()}
    if len(dtypes) > 1:
        return _broken(test, point, "the answer holds gradients of two dtypes; expected one")
    dtype = next(named.name for g in answer.values() if (named := from_numpy(g)) is not None)
    tolerance: Tolerance | None = getattr(test.tolerance, dtype)
    if tolerance is None:
        why = test.tolerance.reason if dtype == "float32" else test.tolerance.reasons.get(dtype)
        return _silent(test, point, f"no tolerance for {dtype}: {why}")
    unchecked = tuple(gradient(n) for n in asked if n not in answer)
    bounds = _decoded(tolerance.gradients)
    if test.result == "acceptable":
        return _at_kink(test, point, answer, bounds, unchecked)
    return _smooth(test, point, answer, bounds, unchecked)


def _smooth(
    test: Test, point: Point, answer: Arrays, bounds: Arrays, unchecked: tuple[Quantity, ...]
) -> Judged:
    right = _decoded(test.gradients)
    found = {n: judge_gradients(right, {n: g}, bounds) for n, g in answer.items()}
    worst = max(found.values(), key=lambda j: (not j.passed, j.excess))
    opinion, stated = _opinion(Says.AGREE if worst.passed else Says.DIFFER), None
    if all(g.shape == right[n].shape for n, g in answer.items()):
        stated = Stated({gradient(n): np.asarray(g, dtype=np.float64) for n, g in answer.items()}, unchecked)
        answers = {gradient(n): Answer(enclose(right[n], bounds[n]), rigorous=False) for n in answer}
        matches = {gradient(n): _match(j) for n, j in found.items()} if np.isfinite(worst.answer) else {}
        opinion = replace(opinion, answers=answers, matches=matches)
    if worst.passed:
        return Judged(test, PointResult(point, PointVerdict.PASS, {SOURCE: opinion}, stated=stated), worst)
    fault = None if np.isfinite(worst.answer) else Fault(FaultKind.NOT_FINITE, str(worst.message))
    return Judged(test, _failed(point, opinion, fault, worst, stated), worst)


def _at_kink(
    test: Test, point: Point, answer: Arrays, bounds: Arrays, unchecked: tuple[Quantity, ...]
) -> Judged:
    sets = [test.gradients, *(a.gradients for a in test.alternatives)]
    found = [judge_gradients(_decoded(s), answer, bounds) for s in sets]
    nearest = min(found, key=lambda j: j.excess)
    shapes, stated = _decoded(test.gradients), None
    if all(g.shape == shapes[n].shape for n, g in answer.items()):
        stated = Stated({gradient(n): np.asarray(g, dtype=np.float64) for n, g in answer.items()}, unchecked)
    if any(j.passed for j in found):
        opinion = _opinion(Says.KINK)
        return Judged(test, PointResult(point, PointVerdict.KINK, {SOURCE: opinion}, stated=stated), nearest)
    fault = Fault(FaultKind.NOT_FINITE, str(nearest.message))
    if np.isfinite(nearest.answer):
        fault = Fault(
            FaultKind.KINK,
            f"no derivative exists here (a kink), and the gradients are none of the {len(sets)} that are "
            f"right by convention: {nearest.message} in the nearest of them",
        )
    return Judged(test, _failed(point, _opinion(Says.DIFFER), fault, nearest, stated), nearest)


def _failed(
    point: Point, opinion: Opinion, fault: Fault | None, worst: Judgement, stated: Stated | None
) -> PointResult:
    quantity = gradient(worst.argument)
    return PointResult(point, PointVerdict.FAIL, {SOURCE: opinion}, fault, quantity, stated)


def _silent(test: Test, point: Point, reason: str) -> Judged:
    return Judged(test, PointResult(point, PointVerdict.NONE, {SOURCE: _opinion(Says.NONE, reason)}))


def _broken(test: Test, point: Point, fault: str) -> Judged:
    return Judged(
        test,
        PointResult(
            point,
            PointVerdict.ERROR,
            {SOURCE: _opinion(Says.NONE, fault)},
            Fault(FaultKind.CONTRACT, f"test {test.tc_id}: {fault}"),
        ),
    )


def _opinion(says: Any, reason: str | None = None) -> Opinion:
    strength = Strength.AGREED if says is Says.AGREE else None
    why = None if reason is None else Reason(ReasonKind.UNSUPPORTED, reason)
    return Opinion(SOURCE, says, strength, why, method=METHOD)


def _match(found: Judgement) -> Match:
    scale = abs(found.answer) + abs(found.right) or found.tolerance or 1.0
    return Match(
        outcome="agree" if found.passed else "differ",
        rigorous=False,
        index=found.index,
        stated=arb(found.answer),
        true=arb(found.right),
        gap=abs(found.answer - found.right) / scale,
        bound=found.tolerance / scale,
        scale=scale,
    )


def _decoded(records: Mapping[str, ArrayRecord]) -> dict[str, NDArray[Any]]:
    return {n: decode(r) for n, r in records.items()}
