"""All derivatives of the output by one argument, as one array."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from gradcheck.arithmetic import BALLS, Domain
from gradcheck.backend import Answer, Program
from gradcheck.errors import Unsupported
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.kinds.directions import Directions, factors
from gradcheck.formulas.kinds.kind import Kind, Setting, Shape, Symbolic, Symbols
from gradcheck.formulas.kinds.tables import position_of, table_of, table_slope
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity, derivative

__all__ = ["Form", "Jacobian"]

Form = Literal["tensor", "numerator", "own"]
"""How a Jacobian is laid out: ``tensor`` is `output.shape + argument.shape`; ``numerator`` is
`(output.size, argument.size)`, so that a scalar by a vector is a row; ``own`` is the argument's own
shape and takes a scalar output."""


@dataclass(frozen=True)
class Jacobian(Kind):
    """`(*args) -> array`: `dz/darg` for the argument ``target``, in the given ``layout``."""

    target: str
    layout: Form = "tensor"

    name = "jacobian"
    noun = "your derivative"
    keyword = "jac"

    @property
    def argument(self) -> str:
        return self.target

    @property
    def stated(self) -> Quantity:
        """What the code states."""
        return derivative(self.target)

    def statement(self, name: str) -> str:
        return f"derivative of {name} by {self.target}"

    def shapes(self, formula: Declaration, point: Point) -> dict[Quantity, Shape]:
        output = point.output_shapes[0]
        argument = point.args[formula.shapes.arguments.index(self.target)].shape
        shape = output + argument
        if self.layout == "numerator":
            shape = (int(np.prod(output, dtype=int)), int(np.prod(argument, dtype=int)))
        elif self.layout == "own":
            shape = argument
        return {self.stated: shape}

    def place(
        self, formula: Declaration, point: Point, quantity: Quantity, index: Shape
    ) -> tuple[int, Shape] | None:
        position = formula.shapes.arguments.index(self.target)
        shape = point.args[position].shape
        if self.layout == "numerator":
            return position, tuple(int(i) for i in np.unravel_index(index[-1], shape))
        return position, index if self.layout == "own" else index[len(index) - len(shape) :]

    def divided(self, formula: Declaration, setting: Setting, result: Any) -> dict[Quantity, Any]:
        return {self.stated: result}

    def derivatives(
        self,
        formula: Declaration,
        point: Point,
        program: Program,
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[Quantity, Answer]:
        position = position_of(self.target, formula.shapes.arguments, point)
        ((quantity, shape),) = self.shapes(formula, point).items()
        if directions and not program.exact_answers:
            products = [factors(point, position)]
            slope = table_slope(point, program, position, products, directions[quantity], domain)
            return {quantity: slope}
        return {quantity: Answer(table_of(point, program, position, domain).reshape(shape))}

    def directions(self, formula: Declaration, point: Point) -> Directions | None:
        """A product of a direction over the output and one over the argument."""
        if len(point.outputs) != 1:
            return None
        ((quantity, shape),) = self.shapes(formula, point).items()
        v, u = factors(point, formula.shapes.arguments.index(self.target))
        direction = np.multiply.outer(v, u).reshape(shape)
        direction.flags.writeable = False
        return {quantity: direction}

    def on_symbols(self, formula: Declaration, symbols: Symbols) -> dict[Quantity, Symbolic]:
        position = formula.shapes.arguments.index(self.target)
        rows, columns = symbols.outputs[0].shape, symbols.arrays[position].shape
        outer, inner = symbols.codes("out", rows), symbols.codes("target", columns)
        entry = symbols.jacobian(position)
        found = Symbolic(rows + columns, outer + inner, entry)
        if self.layout == "own":
            if rows:
                raise Unsupported("the layout of the argument itself takes a scalar output")
            found = Symbolic(columns, inner, entry)
        elif self.layout == "numerator":
            row, column = symbols.flat(rows, outer), symbols.flat(columns, inner)
            found = Symbolic((row[0], column[0]), (row[1], column[1]), entry)
        return {self.stated: found}

    def by(self, argument: str) -> Kind | None:
        return replace(self, target=argument)
