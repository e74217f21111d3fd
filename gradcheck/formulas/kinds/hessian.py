"""All second derivatives of a scalar forward by one argument."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.derived.second_order import GradientOf
from gradcheck.formulas.kinds.jacobian import Jacobian
from gradcheck.formulas.kinds.kind import Kind
from gradcheck.formulas.quantity import Quantity, second

__all__ = ["Hessian"]


@dataclass(frozen=True)
class Hessian(Jacobian):
    """`(*args) -> array` of the shape `x.shape + x.shape`: the Jacobian of the gradient by ``target``."""

    name = "hessian"
    noun = "your Hessian"
    keyword = "hessian"
    takes_complex = False

    def about(self, formula: Declaration) -> Declaration:
        return GradientOf(formula, target=self.target)

    def statement(self, name: str) -> str:
        return f"second derivatives of {name} by {self.target}"

    def stated(self, leaf: str) -> Quantity:
        return second(leaf)

    def by(self, argument: str) -> Kind | None:
        return replace(self, target=argument)
