"""Tables of derivatives, and their slopes along a direction, which are compared in place of every entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import Domain, ObjectArray, enclose, zero_dimensional
from gradcheck.backend import Answer, Program
from gradcheck.errors import Unsupported
from gradcheck.formulas.point import Point

__all__ = ["along", "contract", "position_of", "table_of", "table_slope", "weights_of"]

Weights = tuple[NDArray[np.float64], ...]
"""What each output counts for."""


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


def position_of(target: str, names: tuple[str, ...], point: Point) -> int:
    """The position of the argument that a table is by. Raises `Unsupported` where it holds integers."""
    position = names.index(target)
    if position not in point.wrt:
        raise Unsupported(f"{target} holds integers, by which nothing is differentiated; give floats")
    return position


def weights_of(point: Point, k: int, weights: NDArray[np.float64]) -> Weights:
    """Weights of all outputs, zeros but for number k."""
    return tuple(weights if i == k else np.zeros(s) for i, s in enumerate(point.output_shapes))


def table_of(
    point: Point, program: Program, position: int, domain: Domain, output: int | None = None
) -> ObjectArray:
    """All derivatives of the one output by an argument, or of one of several. Raises `Unsupported`."""
    jacobians = program.jacobian(point.args, position, domain)
    if output is not None:
        return jacobians[output]
    if len(jacobians) != 1:
        raise Unsupported("Jacobians of a forward with several outputs; claim a vjp instead")
    return jacobians[0]


def table_slope(
    point: Point,
    program: Program,
    position: int,
    products: Iterable[tuple[Weights, NDArray[np.float64]]],
    direction: NDArray[np.float64],
    domain: Domain,
) -> Answer:
    """The slope of a table of derivatives, from slopes of weighted outputs along directions of the argument.

    ``products`` are pairs of weights of the outputs and a direction of the argument, whose products add up
    to the direction of the table. Columns for every entry of the argument are what a method pays for that
    differences or estimates.
    """
    slopes = []
    for weights, moved in products:
        answer = program.vjp(point.args, weights, {position: moved}, domain)[position]
        slopes.append(answer if answer.direction is not None else _contracted(answer, moved))
    return _total(slopes, direction)


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
        max((s.coarse for s in slopes), default=0.0),
    )
