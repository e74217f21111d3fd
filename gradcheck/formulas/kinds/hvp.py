"""The Hessian of a scalar forward times a vector."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.derived.second_order import GradientOf
from gradcheck.formulas.kinds.double_backward import DoubleBackward
from gradcheck.formulas.quantity import Quantity, product

__all__ = ["Hvp"]


@dataclass(frozen=True)
class Hvp(DoubleBackward):
    """`(v, *args) -> one array per argument`: all second derivatives of a scalar, times v, one array per
    argument. They are symmetric, so it is the backward pass of the gradient, given v.
    """

    name = "hvp"
    noun = "your product"
    keyword = "hvp"
    part = "product"
    role = "hvp candidate"
    leading = ("v",)
    called = (
        "; it is called as (v, *args), v with one array for each argument: for SciPy's hessp(x, p), write "
        "lambda v, x: hessp(x, v[0])"
    )

    def about(self, formula: Declaration) -> Declaration:
        return GradientOf(formula)

    def statement(self, name: str) -> str:
        return f"the Hessian of {name} times a vector"

    def quantity(self, argument: str) -> Quantity:
        return product(argument)
