"""All derivatives of the output by one argument, as one array.

By a complex argument, or of a complex output, they are tables of real ones: of each real and imaginary part
by each. What the code states is one complex table, `Re J` and `Im J`, from which each of these follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from gradcheck.arithmetic import BALLS, Domain
from gradcheck.arithmetic.complex_numbers.arrays import parts
from gradcheck.backend import Answer, Program
from gradcheck.errors import Unsupported
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.kinds.directions import Directions, factors
from gradcheck.formulas.kinds.kind import Kind, Setting, Shape, Symbolic, Symbols
from gradcheck.formulas.kinds.tables import position_of, table_of, table_slope, weights_of
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity, derivative, entry

__all__ = ["Form", "Jacobian"]

Form = Literal["tensor", "numerator", "own"]
"""How a Jacobian is laid out: ``tensor`` is `output.shape + argument.shape`; ``numerator`` is
`(output.size, argument.size)`, so that a scalar by a vector is a row; ``own`` is the argument's own
shape and takes a scalar output."""


@dataclass(frozen=True)
class Block:
    """One real table: of output number ``output`` by the array ``leaf``. It is the real part of what the code
    states, or the imaginary one where ``imaginary``, times ``sign``.
    """

    output: int
    leaf: str
    imaginary: bool = False
    sign: int = 1

    def of(self, result: Any) -> Any:
        """This table in what the code gave."""
        re, im = parts(result)
        if self.imaginary:
            return np.zeros_like(re) if im is None else -im if self.sign < 0 else im
        return re


@dataclass(frozen=True)
class Jacobian(Kind):
    """`(*args) -> array`: `dz/darg` for the argument ``target``, in the given ``layout``.

    ``complex_output``: the output is complex, and stands as its two parts. By a complex argument J is then
    the one with `df = J dz`; of a real output it is `df/dRe + i df/dIm`, or its conjugate, as for gradients.
    """

    target: str
    layout: Form = "tensor"
    complex_output: bool = False

    name = "jacobian"
    noun = "your derivative"
    keyword = "jac"
    takes_complex: ClassVar[bool] = True

    @property
    def argument(self) -> str:
        return self.target

    def statement(self, name: str) -> str:
        return f"derivative of {name} by {self.target}"

    def stated(self, leaf: str) -> Quantity:
        """What the code states of a real output by an array."""
        return derivative(leaf)

    def blocks(self, formula: Declaration) -> dict[Quantity, Block]:
        """The real tables that are stated."""
        pair = self.target in formula.shapes.nesting.complex_leaves
        if not self.complex_output:
            if not pair:
                return {self.stated(self.target): Block(0, self.target)}
            re, im = f"{self.target}.real", f"{self.target}.imag"
            sign = -1 if formula.complex_convention == "jax" else 1
            return {self.stated(re): Block(0, re), self.stated(im): Block(0, im, imaginary=True, sign=sign)}
        leaves = [(f"{self.target}.real", False), (f"{self.target}.imag", True)]
        found = {}
        for leaf, times_i in leaves if pair else [(self.target, False)]:  # J, and i J
            for k, part in enumerate(("real", "imag")):
                sign = -1 if times_i and k == 0 else 1
                found[entry(leaf, f"dz.{part}/d{leaf}")] = Block(k, leaf, times_i != (k == 1), sign)
        return found

    def complex_pair(self, formula: Declaration, quantity: Quantity) -> tuple[Quantity, Quantity] | None:
        blocks = self.blocks(formula)
        if len(blocks) == 1:
            return None
        first = {b.imaginary: q for q, b in reversed(blocks.items())}
        return first[False], first[True]

    def shapes(self, formula: Declaration, point: Point) -> dict[Quantity, Shape]:
        output = point.output_shapes[0]
        found = {}
        for quantity, block in self.blocks(formula).items():
            argument = point.args[formula.shapes.arguments.index(block.leaf)].shape
            shape = output + argument
            if self.layout == "numerator":
                shape = (int(np.prod(output, dtype=int)), int(np.prod(argument, dtype=int)))
            elif self.layout == "own":
                shape = argument
            found[quantity] = shape
        return found

    def place(
        self, formula: Declaration, point: Point, quantity: Quantity, index: Shape
    ) -> tuple[int, Shape] | None:
        position = formula.shapes.arguments.index(self.blocks(formula)[quantity].leaf)
        shape = point.args[position].shape
        if self.layout == "numerator":
            return position, tuple(int(i) for i in np.unravel_index(index[-1], shape))
        return position, index if self.layout == "own" else index[len(index) - len(shape) :]

    def divided(self, formula: Declaration, setting: Setting, result: Any) -> dict[Quantity, Any]:
        blocks = self.blocks(formula)
        if len(blocks) == 1 or result is None:
            return dict.fromkeys(blocks, result)
        return {q: block.of(result) for q, block in blocks.items()}

    def derivatives(
        self,
        formula: Declaration,
        point: Point,
        program: Program,
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[Quantity, Answer]:
        found = {}
        for quantity, shape in self.shapes(formula, point).items():
            if directions and quantity not in directions:
                continue
            block = self.blocks(formula)[quantity]
            position = position_of(block.leaf, formula.shapes.arguments, point)
            if directions and not program.exact_answers:
                v, u = factors(point, position)
                products = [(weights_of(point, block.output, v), u)]
                found[quantity] = table_slope(
                    point, program, position, products, directions[quantity], domain
                )
                continue
            which = block.output if self.complex_output else None
            found[quantity] = Answer(table_of(point, program, position, domain, which).reshape(shape))
        return found

    def directions(self, formula: Declaration, point: Point) -> Directions | None:
        """A product of a direction over the output and one over the argument."""
        if len(point.outputs) != (2 if self.complex_output else 1):
            return None
        found = {}
        for quantity, shape in self.shapes(formula, point).items():
            leaf = self.blocks(formula)[quantity].leaf
            v, u = factors(point, formula.shapes.arguments.index(leaf))
            direction = np.multiply.outer(v, u).reshape(shape)
            direction.flags.writeable = False
            found[quantity] = direction
        return found

    def on_symbols(self, formula: Declaration, symbols: Symbols) -> dict[Quantity, Symbolic]:
        blocks = self.blocks(formula)
        return {q: self._on_symbols(formula, symbols, block) for q, block in blocks.items()}

    def _on_symbols(self, formula: Declaration, symbols: Symbols, block: Block) -> Symbolic:
        position = formula.shapes.arguments.index(block.leaf)
        rows, columns = symbols.outputs[block.output].shape, symbols.arrays[position].shape
        outer, inner = symbols.codes("out", rows), symbols.codes("target", columns)
        slope = symbols.jacobian(position, block.output if self.complex_output else None)
        if self.layout == "own":
            if rows:
                raise Unsupported("the layout of the argument itself takes a scalar output")
            return Symbolic(columns, inner, slope)
        if self.layout == "numerator":
            row, column = symbols.flat(rows, outer), symbols.flat(columns, inner)
            return Symbolic((row[0], column[0]), (row[1], column[1]), slope)
        return Symbolic(rows + columns, outer + inner, slope)

    def by(self, argument: str) -> Kind | None:
        return replace(self, target=argument)
