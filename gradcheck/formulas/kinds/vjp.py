"""A backward pass: the gradient of every argument, given delta."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.kinds.kind import Symbolic, Symbols
from gradcheck.formulas.kinds.per_argument import PerArgument
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity

__all__ = ["Vjp"]


@dataclass(frozen=True)
class Vjp(PerArgument):
    """`(delta, *args) -> one gradient per argument` of `sum(delta * output)`."""

    name = "vjp"
    noun = "your gradient"
    part = "gradient"
    role = "backward"
    leading = ("delta",)
    is_backward = True

    def statement(self, name: str) -> str:
        return f"gradients of {name} in every argument"

    def inputs(self, formula: Declaration, point: Point) -> Mapping[str, Any]:
        return {"delta": point.delta if point.multiple else point.delta[0]}

    def on_symbols(self, formula: Declaration, symbols: Symbols) -> dict[Quantity, Symbolic]:
        found = {}
        for k in symbols.wrt:
            shape = symbols.arrays[k].shape
            quantity = self.quantity(formula.shapes.arguments[k])
            found[quantity] = Symbolic(shape, symbols.codes("target", shape), symbols.gradient(k))
        return found
