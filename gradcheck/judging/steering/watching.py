"""Forward and hand-written code on watched arrays: what they compare, in counted operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.watched import Extent, Site, Watch, run_watched, watchable
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.calling.foreign import is_float_only
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.point import Point
from gradcheck.formulas.values import declared_range
from gradcheck.judging.candidates.running import call_candidate, given
from gradcheck.judging.steering.moves import Values

__all__ = ["WatchedCode"]

Array = NDArray[Any]

_A_RUN = 5
"""What a run costs besides its operations, in operations."""


class WatchedCode:
    """A claim's forward and hand-written code, to be run on watched arrays. ``left`` is what may still be
    spent, in operations.
    """

    def __init__(self, claim: Claim, left: int) -> None:
        self.claim = claim
        self.left = left
        self._forward = watchable(claim.formula.function)
        # the forward of a claim of second order is no code of the user's
        self._is_derived = getattr(claim.formula, "of", None) is not None
        formula = claim.formula
        names = [] if claim.dtype.is_low else formula.shapes.arguments  # a small one is rounded to 0
        self._declared = [declared_range(formula.values.get(name)) for name in names]
        self.seen_through = not is_float_only(claim.candidate)
        self._watched_claim = (
            replace(claim, candidate=watchable(claim.candidate)) if self.seen_through else claim
        )

    def run(self, args: Sequence[Array], delta: Sequence[Array], point: Point) -> Watch | None:
        """What forward and candidate compare; None where the forward breaks down, or is not to be watched."""
        self.left -= _A_RUN
        watch = Watch()
        if not self._is_derived:
            try:
                outputs, watch = run_watched(self._forward, args, self._declared)
                self.left -= watch.operations
            except Exception:
                return None
            if args is point.args and not _same(outputs, point):
                return None  # it does something else when it is watched
        if not self.seen_through:
            return watch
        moved = replace(point, args=tuple(args), delta=tuple(delta))
        before = given(self.claim, moved, lambda value: value)
        names, count = list(before), len(args)

        def call(*values: Any) -> Any:
            return call_candidate(
                self._watched_claim,
                point,
                list(values[:count]),
                dict(zip(names, values[count:], strict=True)),
            )

        try:
            _, of_candidate = run_watched(call, [*args, *before.values()], self._declared)
        except (CandidateFault, Unsupported):
            return watch  # what it compared before it broke down is seen by the judge, which fails it
        self.left -= of_candidate.operations
        watch.sites.update(of_candidate.sites)
        watch.given |= of_candidate.given
        return watch

    def extent(self, base: Point, site: Site, values: Values) -> Extent | None:
        """What a comparison comes to at other values of a point; None where it is not made."""
        watch = self.run(*values, base)
        return None if watch is None else watch.sites.get(site)


def _same(outputs: Any, point: Point) -> bool:
    parts = outputs if isinstance(outputs, tuple | list) else [outputs]
    return len(parts) == len(point.outputs) and all(
        np.array_equal(np.asarray(a, dtype=np.float64), b, equal_nan=True)
        for a, b in zip(parts, point.outputs, strict=True)
    )
