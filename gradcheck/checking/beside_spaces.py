"""What of a gradient is compared where its argument lives in a space, for a reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.formulas.spaces import name_of, tangent_direction
from gradcheck.judging.opinions import PointResult, PointVerdict
from gradcheck.judging.points.point import Point

__all__ = ["along", "passed", "sentences"]

Values = Mapping[Quantity, NDArray[np.float64]]

_ROUNDING = 1e-9
"""A part beside the space that is smaller than this part of the gradient is not worth a sentence."""


def along(claim: Claim, point: Point, quantity: Quantity, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The tangent part of a gradient, in float64; all of it where its argument lives in no space."""
    space, name = claim.space(quantity), quantity.argument or ""
    if space is None or not np.isfinite(values).all():
        return values
    x = point.args[claim.formula.shapes.arguments.index(name)]
    return values if values.shape != x.shape else tangent_direction(space, x, values, name)


def sentences(claim: Claim, results: Sequence[PointResult], right: Sequence[Values]) -> list[str]:
    """One for each gradient that is right along a space; ``right`` are the right values at the results."""
    found = []
    for quantity, space in _with_space(claim, results):
        beside = 0.0
        for result, true in zip(results, right, strict=True):
            stated = result.stated.values.get(quantity) if result.stated else None
            if stated is None or quantity not in true:
                continue
            off = stated - true[quantity]
            off = np.abs(off - along(claim, result.point, quantity, off))
            if np.max(off, initial=0.0) > _ROUNDING * np.max(np.abs(true[quantity]), initial=0.0):
                beside = max(beside, float(np.max(off)))
        if beside:
            found.append(
                f"{quantity}: right along {space}; the normal component {beside:.2g} is not compared"
            )
        else:
            found.append(f"{quantity}: compared along {space} only")
    return found


def _with_space(claim: Claim, results: Sequence[PointResult]) -> list[tuple[Quantity, str]]:
    stated = next((r.stated.values for r in results if r.stated is not None), {})
    pairs = ((q, claim.space(q)) for q in stated)
    return [(q, name_of(space)) for q, space in pairs if space is not None]


def passed(results: Sequence[PointResult], most: int = 3) -> list[PointResult]:
    """A few points at which the claim passed, those of the plan first."""
    having = [r for r in results if r.verdict is PointVerdict.PASS and r.stated is not None]
    return sorted(having, key=lambda r: r.point.origin != "plan")[:most]
