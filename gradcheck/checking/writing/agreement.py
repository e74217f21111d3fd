"""Who agrees with whom: the hand-written code and every backend, pair by pair, over all points."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from gradcheck.judging.arbitration import same_answers
from gradcheck.judging.comparing import RESOLUTION
from gradcheck.judging.opinions import Opinion, PointResult
from gradcheck.records.types import Agreement

__all__ = ["HAND_WRITTEN", "agreements"]

HAND_WRITTEN = "hand-written"
"""The name of the candidate among the sources."""


def agreements(results: Sequence[PointResult], backends: Sequence[str]) -> list[Agreement]:
    """Every pair of sources that could be compared at one point or more, in the order of the backends."""
    found = [_with_candidate(name, results) for name in backends]
    found += [_between(first, second, results) for first, second in combinations(backends, 2)]
    return [pair for pair in found if pair.points]


def _with_candidate(name: str, results: Sequence[PointResult]) -> Agreement:
    opinions = [o for r in results if (o := r.opinions.get(name)) and o.says in ("agree", "differ")]
    agreeing = [o for o in opinions if o.says == "agree"]
    bound = max(map(_bound, agreeing), default=None)
    return Agreement(first=HAND_WRITTEN, second=name, points=len(opinions), agreed=len(agreeing), bound=bound)


def _between(first: str, second: str, results: Sequence[PointResult]) -> Agreement:
    bounds: list[float | None] = []
    for result in results:
        a, b = result.opinions.get(first), result.opinions.get(second)
        if a is None or b is None or not {a.says, b.says} <= {"agree", "differ"}:
            continue
        if a.says == b.says == "agree":
            bounds.append(_bound(a) + _bound(b))
        elif a.says != b.says:
            bounds.append(None)
        elif a.answers.keys() & b.answers.keys():
            bounds.append(RESOLUTION if same_answers(a, b) else None)
    agreed = [bound for bound in bounds if bound is not None]
    return Agreement(
        first=first, second=second, points=len(bounds), agreed=len(agreed), bound=max(agreed, default=None)
    )


def _bound(opinion: Opinion) -> float:
    return max((match.bound for match in opinion.matches.values()), default=RESOLUTION)
