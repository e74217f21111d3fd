"""Explanations by one changed word of the hand-written code, where nothing simpler was found."""

from __future__ import annotations

from collections.abc import Iterator
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
from gradcheck.errors import Unsupported
from gradcheck.formulas.calling.in_place_writes import plain
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import call_candidate, given, run_in_balls

__all__ = ["rewritten"]


def rewritten(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """One explanation for each change of a word in the code."""
    if not case.claim.kind.is_backward:
        return
    cost = 1 + len(recorded(case, pilot).calls) // 4
    for rewrite in rewrites(case.claim.candidate, numbers_of(pilot)):
        if not affordable(cost):
            return
        yield _of(rewrite, case.claim, cost)


def _of(rewrite: Rewrite, claim: Claim, cost: int) -> Explanation:
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
        found = call_candidate(changed, point, [plain(a) for a in point.args], given(changed, point, plain))
        return {q: np.asarray(v) for q, v in found.items() if v is not None}

    return Explanation(rewrite.kind, rewrite.text, rewrite.cost, repairing(values), repair=True)
