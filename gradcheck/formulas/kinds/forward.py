"""Another expression for the same value: the outputs once more, with the same gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradcheck.arithmetic import BALLS, Domain
from gradcheck.backend import Answer, Program
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.kinds.directions import Directions, random_directions
from gradcheck.formulas.kinds.kind import Kind, Setting, Shape, Symbolic, Symbols
from gradcheck.formulas.kinds.per_argument import gradients_of
from gradcheck.formulas.kinds.per_output import per_output
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity, outputs
from gradcheck.formulas.values import is_entrywise, is_strategy, normal

__all__ = ["Forward"]


@dataclass(frozen=True)
class Forward(Kind):
    """`(*args) -> output`. Values are compared, and with every backend the gradients of both."""

    name = "forward"
    noun = "your value"
    states_outputs = True
    follows_outputs = True
    by_argument = True
    uses_delta = True

    def statement(self, name: str) -> str:
        return f"another expression for {name}"

    def shapes(self, formula: Declaration, point: Point) -> dict[Quantity, Shape]:
        return dict(zip(outputs(len(point.outputs)), point.output_shapes, strict=True))

    def divided(self, formula: Declaration, setting: Setting, result: Any) -> dict[Quantity, Any]:
        return per_output(outputs, setting, result, "outputs")

    def derivatives(
        self,
        formula: Declaration,
        point: Point,
        program: Program,
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[Quantity, Answer]:
        """The formula's own gradients, by the arguments in which two expressions must have equal ones."""
        found = gradients_of(self, formula, point, program, directions, domain)
        return {q: a for q, a in found.items() if _is_open(formula, str(q.argument))}

    def directions(self, formula: Declaration, point: Point) -> Directions | None:
        """Those of the gradients; values are compared entry by entry."""
        names = formula.shapes.arguments
        drawn = random_directions(tuple(point.args[i].shape for i in point.wrt))
        return {self.quantity(names[i]): d for i, d in zip(point.wrt, drawn, strict=True)}

    def on_symbols(self, formula: Declaration, symbols: Symbols) -> dict[Quantity, Symbolic]:
        found = {}
        for quantity, output in zip(outputs(len(symbols.outputs)), symbols.outputs, strict=True):
            codes = symbols.codes("out", output.shape)
            found[quantity] = Symbolic(output.shape, codes, symbols.entry(output, codes))
        return found


def _is_open(formula: Declaration, argument: str) -> bool:
    """Whether an argument's values fill a region, so that two expressions that are equal on all of them
    have equal gradients. One-hot labels do not: off `sum(y) = 1` the expressions may part.
    """
    value = formula.values.get(argument, normal)
    return is_entrywise(value) if callable(value) else is_strategy(value)
