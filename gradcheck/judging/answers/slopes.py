"""Slopes of derivatives along a direction: what is compared in place of every entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import Domain, ObjectArray, enclose, zero_dimensional
from gradcheck.backend import Answer, Program
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.points.directions import Directions, factors, is_whole
from gradcheck.judging.points.point import Point

__all__ = ["along", "contract", "table_slope"]


def contract(values: ObjectArray, direction: NDArray[np.float64]) -> tuple[arb, arb]:
    """The slope `sum(values * direction)` and the summed magnitude of its terms."""
    terms = (values.reshape(-1) * enclose(direction).reshape(-1)).tolist()
    slope = sum(terms, arb(0))
    finite = terms if slope.is_finite() else [t for t in terms if t.is_finite()]
    return slope, sum(map(abs, finite), arb(0)).upper()


def along(entries: Answer, like: Answer) -> Answer:
    """An answer by entries as one of the same form as another: entries, or a slope."""
    if like.direction is None:
        return entries
    value = zero_dimensional(contract(entries.values, like.direction)[0])
    return Answer(value, like.direction, like.scale, entries.rigorous)


def table_slope(
    claim: Claim,
    point: Point,
    program: Program,
    position: int,
    directions: Directions,
    domain: Domain,
) -> dict[Quantity, Answer]:
    """The slope of a table of derivatives, from slopes of weighted outputs along the argument.

    Columns for every entry of the argument are what a method pays for that differences or estimates.
    """
    ((name, direction),) = directions.items()
    slopes = []
    for weights, moved in _weighted(claim, point, position, direction):
        answer = program.vjp(point.args, (weights,), {position: moved}, domain)[position]
        slopes.append(answer if answer.direction is not None else _contracted(answer, moved))
    return {name: _total(slopes, direction)}


def _weighted(
    claim: Claim, point: Point, position: int, direction: NDArray[np.float64]
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Pairs of weights of the outputs and a direction of the argument whose products add up to the
    direction of the claim's table: one pair for a whole table, else one for each output.
    """
    if is_whole(claim):
        yield factors(point, position)
        return
    entry = claim.entry
    assert entry is not None
    output_shape, shape = point.output_shapes[0], point.args[position].shape
    moved: dict[tuple[int, ...], NDArray[np.float64]] = {}
    for assignment in entry.assignments(entry.ranges(shape, output_shape)):
        cell = tuple(assignment.values())
        output, argument = entry.locate(assignment)
        for place in [output] if output is not None else np.ndindex(output_shape):
            spread = moved.setdefault(place, np.zeros(shape))
            spread[argument] += direction[cell if output is not None else (*cell, *place)]
    for place, spread in moved.items():
        weights = np.zeros(output_shape)
        weights[place] = 1.0
        yield weights, spread


def _contracted(answer: Answer, direction: NDArray[np.float64]) -> Answer:
    """Entries as the slope along a direction."""
    value = zero_dimensional(contract(answer.values, direction)[0])
    refine = answer.refine
    return replace(
        answer,
        values=value,
        direction=direction,
        refine=None if refine is None else lambda: _contracted(refine(), direction),
    )


def _total(slopes: list[Answer], direction: NDArray[np.float64]) -> Answer:
    """The sum of slopes, as the slope along a direction."""
    refines = [s.refine or (lambda s=s: s) for s in slopes]
    return Answer(
        zero_dimensional(sum((s.values.item() for s in slopes), arb(0))),
        direction,
        sum(s.scale for s in slopes),
        all(s.rigorous for s in slopes),
        any(s.convention for s in slopes),
        (lambda: _total([r() for r in refines], direction)) if any(s.refine for s in slopes) else None,
    )
