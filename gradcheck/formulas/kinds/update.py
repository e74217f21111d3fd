"""One step of gradient descent: the new value of every argument, given the rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ObjectArray, enclose, zero_dimensional
from gradcheck.backend import Answer, Program
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.kinds.directions import Directions
from gradcheck.formulas.kinds.kind import Symbolic, Symbols
from gradcheck.formulas.kinds.per_argument import PerArgument
from gradcheck.formulas.kinds.tables import contract
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity, updated

__all__ = ["Descent", "Update"]


@dataclass(frozen=True)
class Descent:
    """How an update claim's training loop is run.

    It starts at a drawn point of these ``sizes`` and takes ``steps`` steps of the hand-written update
    at ``rate``; the rate is halved where a step would not lower the cost. It stops early where the
    cost no longer changes in float64.
    """

    sizes: dict[str, int]
    steps: int = 30
    rate: float = 0.5


@dataclass(frozen=True)
class Update(PerArgument):
    """`(rate, *args) -> new value per argument`, `argument - rate * gradient` of the sum of all outputs."""

    descent: Descent | None = field(default=None, compare=False)

    name = "update"
    noun = "your step"
    part = "new value"
    leading = ("rate",)

    def statement(self, name: str) -> str:
        return f"one step of gradient descent on {name}"

    def quantity(self, argument: str) -> Quantity:
        return updated(argument)

    def inputs(self, formula: Declaration, point: Point) -> Mapping[str, Any]:
        return {"rate": point.rate}

    def deltas(self, point: Point) -> tuple[NDArray[np.float64], ...]:
        """An update descends the sum of the outputs, whatever delta is."""
        return tuple(np.ones(s) for s in point.output_shapes)

    def right_answers(
        self,
        formula: Declaration,
        point: Point,
        program: Program,
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[Quantity, Answer]:
        names = formula.shapes.arguments
        gradients = self.derivatives(formula, point, program, directions, domain)
        return {
            quantity: _step(point.args[names.index(str(quantity.argument))], point.rate, answer)
            for quantity, answer in gradients.items()
        }

    def gradients(
        self, formula: Declaration, point: Point, stated: Mapping[Quantity, ObjectArray]
    ) -> Mapping[Quantity, ObjectArray]:
        """What is subtracted, `rate * gradient`."""
        taken = {}
        for name, start in zip(formula.shapes.arguments, point.args, strict=True):
            if (quantity := self.quantity(name)) in stated:
                taken[quantity] = _whole(enclose(start) - stated[quantity])
        return taken

    def joint_slope(
        self, point: Point, program: Program, moved: Mapping[int, NDArray[np.float64]]
    ) -> Answer | None:
        """The slope of the step."""
        answer = super().joint_slope(point, program, moved)
        if answer is None:
            return None
        step = zero_dimensional(answer.values.item() * arb(point.rate))
        scale = answer.scale * abs(point.rate)
        return Answer(step, answer.direction, scale, answer.rigorous, answer.convention)

    def on_symbols(self, formula: Declaration, symbols: Symbols) -> dict[Quantity, Symbolic]:
        found = {}
        for k in symbols.wrt:
            array = symbols.arrays[k]
            codes = symbols.codes("target", array.shape)
            moved = symbols.entry(array, codes) - symbols.rate.entry * symbols.slope(k)
            found[self.quantity(formula.shapes.arguments[k])] = Symbolic(array.shape, codes, moved)
        return found

    def as_gradient(self, value: Any, start: Any, rate: Any) -> Any:
        """The gradient that a new value must have come from; a value of another shape as it is."""
        try:
            np.broadcast_shapes(np.shape(value), np.shape(start))
        except ValueError:
            return value
        return (start - value) / rate


def _step(argument: NDArray[np.float64], rate: float, gradient: Answer) -> Answer:
    """`argument - rate * gradient`, of the entries or of the slope."""
    start = enclose(argument)
    if gradient.direction is not None:
        start = zero_dimensional(contract(start, gradient.direction)[0])
    refine = gradient.refine
    return Answer(
        _whole(start - gradient.values * arb(rate)),
        gradient.direction,
        gradient.scale * rate,
        gradient.rigorous,
        gradient.convention,
        None if refine is None else lambda: _step(argument, rate, refine()),
        gradient.coarse,
    )


def _whole(value: Any) -> ObjectArray:
    """An array: NumPy unpacks 0-d object arrays."""
    return value if isinstance(value, np.ndarray) else zero_dimensional(value)
