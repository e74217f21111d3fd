"""What a backend's derivative says about a claim's quantities at a point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ObjectArray, enclose, zero_dimensional
from gradcheck.backend import Answer, Program
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity, derivative
from gradcheck.formulas.values import is_strategy, normal, positive, unit_interval
from gradcheck.judging.answers.slopes import contract, table_slope
from gradcheck.judging.candidates.running import expected_shapes, jacobian_shape
from gradcheck.judging.points.directions import Directions
from gradcheck.judging.points.point import Point

__all__ = ["deltas_of", "truths"]


def truths(
    claim: Claim,
    point: Point,
    program: Program,
    directions: Directions | None = None,
    domain: Domain = BALLS,
) -> dict[Quantity, Answer]:
    """The quantities that the claim states, as the backend has them. Raises `Unsupported`.

    ``directions`` (exact arrays) allow vjp and update quantities to be answered by
    their slopes. For a ``forward`` claim the gradients of the formula itself are given, under the
    names `dJ/d...`; the values are compared elsewhere.
    """
    names = claim.formula.shapes.arguments
    if claim.kind in ("vjp", "forward"):
        answers = _vjp(claim, point, program, directions, domain)
        return {
            claim.quantity(names[i]): a
            for i, a in answers.items()
            if claim.kind == "vjp" or _is_open(claim, names[i])
        }
    if claim.kind == "update":
        answers = _vjp(claim, point, program, directions, domain)
        return {claim.quantity(names[i]): _step(point, i, a) for i, a in answers.items()}
    position = names.index(str(claim.target))
    if position not in point.wrt:
        raise Unsupported(f"{claim.target} holds integers: it has no derivative")
    if claim.kind == "entry":
        return _entry(claim, point, program, position, directions, domain)
    if directions and not program.exact_answers:
        return table_slope(claim, point, program, position, directions, domain)
    jacobian = _single(program.jacobian(point.args, position, domain))
    shape = jacobian_shape(claim, point.output_shapes[0], point.args[position].shape)
    return {derivative(str(claim.target)): Answer(jacobian.reshape(shape))}


def _is_open(claim: Claim, argument: str) -> bool:
    """Whether an argument's values fill a region, so that two expressions that are equal on all of them
    have equal gradients. One-hot labels do not: off `sum(y) = 1` the expressions may part.
    """
    value = claim.formula.values.get(argument, normal)
    return value in (normal, positive, unit_interval) if callable(value) else is_strategy(value)


def deltas_of(claim: Claim, point: Point) -> tuple[NDArray[np.float64], ...]:
    """The weights of the outputs: an update descends their sum, whatever delta is."""
    return tuple(np.ones(s) for s in point.output_shapes) if claim.kind == "update" else point.delta


def _vjp(
    claim: Claim, point: Point, program: Program, directions: Directions | None, domain: Domain
) -> dict[int, Answer]:
    along = None
    if directions is not None:
        quantities = map(claim.quantity, claim.formula.shapes.arguments)
        along = {i: directions[q] for i, q in enumerate(quantities) if q in directions}
    return program.vjp(point.args, deltas_of(claim, point), along, domain)


def _step(point: Point, position: int, answer: Answer) -> Answer:
    """`argument - rate * gradient`, of the entries or of the slope."""
    start = enclose(point.args[position])
    if answer.direction is not None:
        start = zero_dimensional(contract(start, answer.direction)[0])
    moved = start - answer.values * arb(point.rate)
    moved = moved if isinstance(moved, np.ndarray) else zero_dimensional(moved)
    refine = answer.refine
    return Answer(
        moved,
        answer.direction,
        answer.scale * point.rate,
        answer.rigorous,
        answer.convention,
        None if refine is None else lambda: _step(point, position, refine()),
    )


def _entry(
    claim: Claim,
    point: Point,
    program: Program,
    position: int,
    directions: Directions | None,
    domain: Domain,
) -> dict[Quantity, Answer]:
    entry = claim.entry
    assert entry is not None
    name, shape = next(iter(expected_shapes(claim, point).items()))
    ranges = entry.ranges(point.args[position].shape, point.output_shapes[0])
    if not entry.scalar:
        if directions and not program.exact_answers:
            return table_slope(claim, point, program, position, directions, domain)
        jacobian = _single(program.jacobian(point.args, position, domain))
        whole = (slice(None),) * len(point.output_shapes[0])
        table = np.empty(shape, dtype=object)
        for assignment in entry.assignments(ranges):
            output, argument = entry.locate(assignment)
            cell: Any = (*assignment.values(), ...)
            place: Any = (*(whole if output is None else output), *argument)
            table[cell] = jacobian[place]
        return {name: Answer(table)}
    places = {tuple(a.values()): entry.locate(a)[1] for a in entry.assignments(ranges)}
    direction = (directions or {}).get(name)
    along = None
    if direction is not None:
        # the slope of the table of entries is a slope of the gradient that they are taken from
        spread = np.zeros(point.args[position].shape)
        for cell, argument in places.items():
            spread[argument] += direction[cell]
        along = {position: spread}
    answer = program.vjp(point.args, point.delta, along, domain)[position]
    return {name: _table(answer, places, shape, direction)}


def _table(
    answer: Answer,
    places: Mapping[tuple[int, ...], tuple[int, ...]],
    shape: tuple[int, ...],
    direction: NDArray[np.float64] | None,
) -> Answer:
    """A gradient's answer as that of the table of entries taken from it, entries or slope."""
    refine = answer.refine
    if answer.direction is not None:
        table, along = answer.values, direction
    else:
        table, along = np.empty(shape, dtype=object), None
        for cell, argument in places.items():
            table[cell] = answer.values[argument]
    return replace(
        answer,
        values=table,
        direction=along,
        refine=None if refine is None else lambda: _table(refine(), places, shape, direction),
    )


def _single(jacobians: tuple[ObjectArray, ...]) -> ObjectArray:
    if len(jacobians) != 1:
        raise Unsupported("Jacobians of a forward with several outputs; claim a vjp instead")
    return jacobians[0]
