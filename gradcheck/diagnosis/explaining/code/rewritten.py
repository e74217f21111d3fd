"""Explanations by one changed word of the hand-written code, where nothing simpler was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.edits.rewriting import Rewrite, rewrites
from gradcheck.diagnosis.explaining.code.constants import numbers_of
from gradcheck.diagnosis.explaining.code.repairs import recorded
from gradcheck.diagnosis.explanation import Explanation, repairing
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tracing.budget import affordable, spend
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.calling.in_place_writes import plain, unchanged
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import call_candidate, given, run_in_balls
from gradcheck.judging.steering.comparisons import steer
from gradcheck.judging.steering.moves import Moves

__all__ = ["rewritten"]


def rewritten(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """One explanation for each change of a word in the code."""
    if not case.claim.kind.is_backward:
        return
    cost = 1 + len(recorded(case, pilot).calls) // 4
    if not affordable(cost):
        return
    numbers = numbers_of(pilot)
    function = case.claim.candidate
    changes = case.samples[0].remember(("rewrites", *numbers), lambda: list(rewrites(function, numbers)))
    for rewrite in changes:
        if not affordable(cost):
            return
        yield _of(rewrite, case, cost)


def _of(rewrite: Rewrite, case: Case, cost: int) -> Explanation:
    claim = case.claim
    made = cache(rewrite.made)

    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        if not affordable(cost):
            raise Unsupported("there is no effort left")
        spend(cost if how is None else 4 * cost)
        function, point = made(), sample.point
        if function is None:
            raise Unsupported("the changed code is none")
        changed = replace(claim, candidate=function)
        if how is not None:
            return dict(run_in_balls(changed, point, how))
        args = [plain(a) for a in point.args]
        found = call_candidate(changed, point, args, given(changed, point, plain))
        if not all(map(unchanged, point.args, args)):
            raise Unsupported("the changed code writes into its arguments")
        return {q: np.asarray(v) for q, v in found.items() if v is not None}

    def reaches_all(samples: Sequence[Sample]) -> bool:
        """Whether the changed code comes to every statement that the code as it is comes to."""
        before, after = (_reached(rewrite, claim, samples, with_change=c) for c in (False, True))
        return before <= after

    def also_at(samples: Sequence[Sample]) -> Sequence[Sample]:
        """Samples at both sides of what the changed code compares, and just beside: values and sizes."""
        function = made()
        if function is None or not samples:
            return []
        changed = replace(claim, candidate=function)
        points = [s.point for s in samples[:_MOST_WATCHED]]
        steered = steer(changed, points, Moves(changed, None, ()))
        met = [point for point, _ in steered.for_side]
        beside = [samples[0].at(p) for p in (*met, *steered.points, *steered.close)]
        return beside + case.at_sizes(_sizes_beside(samples[0].sizes, function))

    return Explanation(
        rewrite.kind,
        rewrite.text,
        rewrite.cost,
        repairing(values),
        repair=True,
        reaches_all=reaches_all,
        also_at=also_at if rewrite.of_comparison else None,
    )


def _sizes_beside(sizes: dict[str, int], function: Any) -> list[dict[str, int]]:
    """The same sizes, with one of them at a whole number of the code, or next to it."""
    code = getattr(function, "__code__", None)
    numbers = {abs(k) for k in code.co_consts if type(k) is int and 1 < abs(k) <= _LARGEST} if code else set()
    return [
        {**sizes, name: k + step}
        for k in sorted(numbers)[:_MOST_NUMBERS]
        for name in sizes
        for step in (-1, 0, 1)
    ]


_LARGEST = 40
_MOST_NUMBERS = 4

_MOST_WATCHED = 8
"""Samples from which the thresholds of changed code are looked for."""


def _reached(rewrite: Rewrite, claim: Claim, samples: Sequence[Sample], *, with_change: bool) -> set[int]:
    reached: set[int] = set()
    function = rewrite.marked(with_change, reached)
    if function is not None:
        marked = replace(claim, candidate=function)
        for sample in samples:
            point = sample.point
            with suppress(CandidateFault):
                call_candidate(marked, point, [plain(a) for a in point.args], given(marked, point, plain))
    return reached
