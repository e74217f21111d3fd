"""Forward mode: the tangents of the outputs, given tangents of the arguments."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, zero_dimensional
from gradcheck.backend import Answer, Program
from gradcheck.errors import Unsupported
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.derived.tangents import WithTangents
from gradcheck.formulas.kinds.directions import Directions
from gradcheck.formulas.kinds.kind import Kind, Setting, Shape, Symbolic, Symbols
from gradcheck.formulas.kinds.per_output import per_output
from gradcheck.formulas.kinds.tables import contract, weights_of
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity, tangents

__all__ = ["Jvp"]


@dataclass(frozen=True)
class Jvp(Kind):
    """`(tangents, *args) -> tangent of the output`, a tuple of a tuple.

    Its formula takes the tangents before its arguments, see `formulas.derived.tangents`. The truth comes
    from gradients: the tangent `J t` has the slope `sum(d * J t) = sum(dJ/darg * t)` along d.
    """

    name = "jvp"
    noun = "your tangent"
    way = "the way"
    keyword = "jvp"
    costs_slopes = True
    follows_outputs = True
    slopes_of_outputs = True

    def about(self, formula: Declaration) -> Declaration:
        return WithTangents(formula)

    def statement(self, name: str) -> str:
        return f"tangents of {name} along tangents of every argument"

    def linear_in(self, formula: Declaration) -> tuple[str, tuple[int, ...]] | None:
        return "the tangents", tuple(range(len(formula.shapes.arguments) // 2))

    def shapes(self, formula: Declaration, point: Point) -> dict[Quantity, Shape]:
        return dict(zip(tangents(len(point.outputs)), point.output_shapes, strict=True))

    def divided(self, formula: Declaration, setting: Setting, result: Any) -> dict[Quantity, Any]:
        return per_output(tangents, setting, result, "tangents, one for each output of the forward")

    def derivatives(
        self,
        formula: Declaration,
        point: Point,
        program: Program,
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[Quantity, Answer]:
        moved = _moved(point)
        found = {}
        for k, (quantity, shape) in enumerate(self.shapes(formula, point).items()):
            if directions is None:
                found[quantity] = _entries(point, program, moved, k, shape, domain)
            elif quantity in directions:
                along = directions[quantity]
                slope = _slope(point, program, moved, weights_of(point, k, along), domain)
                found[quantity] = _along(slope, along)
        return found

    def on_symbols(self, formula: Declaration, symbols: Symbols) -> dict[Quantity, Symbolic]:
        count = len(symbols.arrays) // 2
        pairs = [(count + i, i) for i in range(count) if count + i in symbols.wrt]
        found = {}
        for k, quantity in enumerate(tangents(len(symbols.outputs))):
            shape = symbols.outputs[k].shape
            found[quantity] = Symbolic(shape, symbols.codes("out", shape), symbols.along(k, pairs))
        return found


def _moved(point: Point) -> dict[int, NDArray[np.float64]]:
    """The tangents by the positions of their arguments."""
    count = len(point.args) // 2
    return {count + i: point.args[i] for i in range(count) if count + i in point.wrt}


def _slope(
    point: Point,
    program: Program,
    moved: Mapping[int, NDArray[np.float64]],
    weights: tuple[NDArray[np.float64], ...],
    domain: Domain,
) -> Answer:
    """The slope of weighted outputs along the tangents of all arguments together."""
    if not moved:
        raise Unsupported("every argument holds integers: nothing moves")
    joint = None
    with suppress(Unsupported):  # what does not run in balls has a slope for each argument
        joint = program.joint_slope(point.args, weights, moved, domain)
    if joint is not None:
        return joint
    return _total([_contracted(a, moved[i]) for i, a in _gradients(point, program, moved, weights, domain)])


def _gradients(
    point: Point,
    program: Program,
    moved: Mapping[int, NDArray[np.float64]],
    weights: tuple[NDArray[np.float64], ...],
    domain: Domain,
) -> list[tuple[int, Answer]]:
    along = None if program.exact_answers else moved
    answers = program.vjp(point.args, weights, along, domain)
    return [(i, answers[i]) for i in moved]


def _entries(
    point: Point,
    program: Program,
    moved: Mapping[int, NDArray[np.float64]],
    k: int,
    shape: Shape,
    domain: Domain,
) -> Answer:
    """One slope for each entry of output number k, the truncation in its radius."""
    values = np.empty(shape, dtype=object)
    scale, rigorous, convention, coarse = 0.0, True, False, 0.0
    for index in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[index] = 1.0
        slope = _slope(point, program, moved, weights_of(point, k, unit), domain)
        if slope.refine is not None:
            slope = slope.refine()
        values[index] = slope.values.item()
        scale, rigorous = max(scale, slope.scale), rigorous and slope.rigorous
        convention, coarse = convention or slope.convention, max(coarse, slope.coarse)
    return Answer(values, None, scale, rigorous, convention, coarse=coarse)


def _along(slope: Answer, direction: NDArray[np.float64]) -> Answer:
    """The same slope as one of the outputs' tangent."""
    refine = slope.refine
    again = None if refine is None else lambda: _along(refine(), direction)
    return replace(slope, direction=direction, refine=again)


def _contracted(answer: Answer, direction: NDArray[np.float64]) -> Answer:
    """A gradient, or its slope already, as the slope along a direction."""
    if answer.direction is not None:
        return answer
    value = zero_dimensional(contract(answer.values, direction)[0])
    return replace(answer, values=value, direction=direction, refine=None)


def _total(slopes: list[Answer]) -> Answer:
    refines = [s.refine or (lambda s=s: s) for s in slopes]
    return Answer(
        zero_dimensional(sum((s.values.item() for s in slopes), arb(0))),
        slopes[0].direction,
        sum(s.scale for s in slopes),
        all(s.rigorous for s in slopes),
        any(s.convention for s in slopes),
        (lambda: _total([r() for r in refines])) if any(s.refine for s in slopes) else None,
        max((s.coarse for s in slopes), default=0.0),
    )
