"""A test before it has a number, and the wrong ones that are made from right ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gradcheck.judging.points.point import Point
from gradcheck.oracles.kink_answers import Convention
from gradcheck.oracles.reference import Reference
from gradcheck.oracles.vectors.judge import accepts
from gradcheck.oracles.vectors.mutations import At, Right, Wrong, wrong_gradients
from gradcheck.oracles.vectors.records import Result

__all__ = ["Arrays", "Bounds", "Draft", "wrong_drafts"]

Arrays = dict[str, NDArray[np.float64]]
Bounds = tuple[list[NDArray[np.float64]] | None, Arrays]

_WRONG_BASES = ("DistinctSizes", "SquareSizes", "FullPrecision", "DeltaNotOne")


@dataclass(eq=False)
class Draft:
    """A test before it has a number."""

    arguments: tuple[str, ...]
    point: Point
    comment: str
    flags: list[str]
    values: list[NDArray[np.float64]]
    gradients: Arrays
    tolerance: dict[str, Bounds]
    reason: str | None = None  # why there is no tolerance for float32
    result: Result = "valid"
    base: Draft | None = None
    alternatives: list[Convention] = field(default_factory=list)
    reference: Reference | None = None


def wrong_drafts(valid: list[Draft], at: At) -> Iterator[Draft]:
    """One wrong test for every kind of mistake that can be made: of each argument in turn, on the first
    of a few right tests that shows it.
    """
    seen: set[str] = set()
    bases = [next((d for d in valid if flag in d.flags), None) for flag in _WRONG_BASES]
    for base in dict.fromkeys(d for d in bases if d is not None):
        assert base.reference is not None
        right = Right(base.point, base.reference, tuple(base.gradients))
        found: dict[str, list[Wrong]] = {}
        for wrong in wrong_gradients(right, at):
            found.setdefault(wrong.flag, []).append(wrong)
        for flag, candidates in found.items():
            if flag in seen or (flag == "SinglePrecision" and "FullPrecision" not in base.flags):
                continue
            turn = len(seen) % len(candidates)
            made = [_wrong_draft(base, w) for w in candidates[turn:] + candidates[:turn]]
            made = [d for d in made if "float64" in d.tolerance]
            if made:
                seen.add(flag)
                yield max(made, key=lambda d: len(d.tolerance))  # the first of those that are plainest


def _wrong_draft(base: Draft, wrong: Wrong) -> Draft:
    """The test of a wrong gradient, with the tolerances of those dtypes in which it is outside."""
    stated = {wrong.argument: wrong.gradient}
    outside = {d: b[1] for d, b in base.tolerance.items() if not accepts(base.gradients, stated, b[1])}
    reason = base.reason
    if "float32" in base.tolerance and "float32" not in outside:
        reason = "the mistake is no larger than what rounding to float32 may do"
    return replace(
        base,
        comment=f"wrong gradient of {wrong.argument}",
        flags=[wrong.flag],
        gradients=stated,
        tolerance={d: (None, {wrong.argument: b[wrong.argument]}) for d, b in outside.items()},
        reason=reason,
        result="invalid",
        base=base,
        reference=None,
    )
