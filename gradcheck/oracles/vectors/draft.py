"""A test before it has a number, and the wrong ones that are made from right ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gradcheck.judging.points.point import Point
from gradcheck.oracles.kink_answers import Convention
from gradcheck.oracles.reference import Reference
from gradcheck.oracles.vectors.judge import accepts
from gradcheck.oracles.vectors.mutations import At, Right, Wrong, wrong_gradients
from gradcheck.oracles.vectors.records import Result

__all__ = ["Arrays", "Bounds", "Draft", "Made", "mistaken_drafts", "wrong_drafts"]

Arrays = dict[str, NDArray[np.float64]]
Made = Callable[[Point], Arrays]
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
    reasons: dict[str, str] = field(default_factory=dict)  # why there is no tolerance for a dtype
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


def mistaken_drafts(valid: list[Draft], mistakes: Mapping[str, Made]) -> Iterator[Draft]:
    """One wrong test for every mistake that is usual for a formula, on the right test that shows it in most
    dtypes: ``mistakes`` give the wrong gradients at a point, by argument.
    """
    for name, make in mistakes.items():
        found: list[Draft] = []
        for base in valid:
            for argument, stated in make(base.point).items():
                right = base.gradients.get(argument)
                if right is None or stated.shape != right.shape or not np.isfinite(stated).all():
                    continue
                told = f"wrong gradient of {argument}: {name}"
                draft = _wrong_draft(base, Wrong("UsualMistake", argument, stated, told))
                found += [draft] if "float64" in draft.tolerance else []
        if found:
            yield max(found, key=lambda d: len(d.tolerance))


def _wrong_draft(base: Draft, wrong: Wrong) -> Draft:
    """The test of a wrong gradient, with the tolerances of those dtypes in which it is outside."""
    stated = {wrong.argument: wrong.gradient}
    outside = {d: b[1] for d, b in base.tolerance.items() if not accepts(base.gradients, stated, b[1])}
    reasons = dict(base.reasons)
    for dtype in base.tolerance.keys() - outside.keys() - {"float64"}:
        reasons[dtype] = f"the mistake is no larger than what rounding to {dtype} may do"
    return replace(
        base,
        comment=wrong.comment or f"wrong gradient of {wrong.argument}",
        flags=[wrong.flag],
        gradients=stated,
        tolerance={d: (None, {wrong.argument: b[wrong.argument]}) for d, b in outside.items()},
        reasons=reasons,
        result="invalid",
        base=base,
        reference=None,
    )
