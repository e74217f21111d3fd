"""Axes of size 1, where broadcasting and squeezing go wrong, and of size 0, where anything may."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.checking.battery.finding import Finding, skipped
from gradcheck.errors import CandidateFault
from gradcheck.formulas.calling.in_place_writes import plain
from gradcheck.formulas.claim import Claim
from gradcheck.judging.candidates.running import run_prepared
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.points.point import Discarded, ForwardFault, Point, evaluate_forward

__all__ = ["size_one", "size_zero"]


_WRONG = ("fail", "error")


def size_one(results: Sequence[PointResult]) -> Finding:
    """Whether the code is wrong only where an axis has the size 1."""
    small = [r for r in results if 1 in r.point.sizes.values()]
    large = [r for r in results if 1 not in r.point.sizes.values()]
    if not small:
        return skipped("no size can be 1")
    wrong = [r for r in small if r.verdict in _WRONG]
    if not wrong:
        return Finding("pass", len(small))
    if any(r.verdict in _WRONG for r in large):
        return skipped("the code is wrong at other sizes too")
    if not any(r.verdict == "pass" for r in large):
        return skipped("no larger size could be judged")
    first = min(wrong, key=lambda r: (list(r.point.sizes.values()).count(1), sum(r.point.sizes.values())))
    ones = [n for n, size in first.point.sizes.items() if size == 1]
    shared = [n for n in ones if all(r.point.sizes[n] == 1 for r in wrong)]
    where = " and ".join(f"{n} = 1" for n in shared or ones)
    fault = f": {first.fault}" if first.fault else ""
    return Finding("fail", len(small), f"wrong only where {where}{fault}", first.point)


def size_zero(claim: Claim, results: Sequence[PointResult], basis: Sequence[Point]) -> Finding:
    """What the code does with one size 0, where the forward has a value. Never more than a note."""
    if any(r.verdict in _WRONG for r in results):
        return skipped("the code is wrong at other sizes too")
    if basis and claim.kind.ranges(claim.formula, basis[0]) is not None:
        return skipped("there are no entries to state")
    tried = 0
    for empty in _emptied(claim, basis[0]):
        tried += 1
        if (wrong := _wrong(claim, empty)) is not None:
            return Finding("note", tried, wrong, empty)
    return Finding("pass", tried) if tried else skipped("the forward takes no size of 0")


def _emptied(claim: Claim, point: Point) -> Iterator[Point]:
    """The point with one size 0 after the other, where the forward has a value there.

    A name that is part of an expression (`n-k+1`) is left out: nobody means anything by a kernel of 0.
    """
    dimensions = [d for shape in claim.formula.shapes.shapes for d in shape]
    for name in claim.formula.shapes.names:
        if any(name in d.names and not d.is_name for d in dimensions):
            continue
        sizes = {**point.sizes, name: 0}
        args = _cut(claim, point, sizes)
        if args is None or not _where(claim, sizes):
            continue
        try:
            outputs, multiple = evaluate_forward(claim.formula, args)
        except (Discarded, ForwardFault):
            continue
        if multiple != point.multiple or len(outputs) != len(point.outputs):
            continue
        delta = tuple(np.ones(o.shape) for o in outputs)
        yield replace(point, sizes=sizes, args=args, outputs=outputs, delta=delta)


def _cut(claim: Claim, point: Point, sizes: Mapping[str, int]) -> tuple[NDArray[Any], ...] | None:
    """The point's arguments cut to smaller shapes; None where a shape is not smaller."""
    args = []
    for declared, value in zip(claim.formula.shapes.shapes, point.args, strict=True):
        shape = tuple(d.size(sizes) for d in declared)
        if any(not 0 <= new <= old for new, old in zip(shape, value.shape, strict=True)):
            return None
        cut = np.asarray(value[tuple(slice(0, new) for new in shape)])  # of a 0-d array it is a number
        cut.flags.writeable = False
        args.append(cut)
    return tuple(args)


def _where(claim: Claim, sizes: Mapping[str, int]) -> bool:
    """Whether the declared relation holds; it was not written with 0 in mind."""
    try:
        return claim.formula.related(sizes)
    except Exception:
        return False


def _wrong(claim: Claim, empty: Point) -> str | None:
    at = ", ".join(f"{n} = 0" for n, size in empty.sizes.items() if size == 0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stated = run_prepared(claim, empty, plain)
    except CandidateFault as fault:
        return f"at {at} the forward has a value, but {fault}"
    for quantity, value in stated.values.items():
        if not np.isfinite(value).all():
            return f"at {at} the forward has a value, but {quantity} is not finite"
        if claim.kind.is_backward and not sum(o.size for o in empty.outputs) and np.any(value):
            return f"at {at} the output is empty, but {quantity} is not 0"
    return None
