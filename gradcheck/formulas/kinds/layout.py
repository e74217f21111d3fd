"""Where the partial derivatives by one argument stand in an array."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.formulas.kinds.jacobian import Form, Jacobian

__all__ = ["Layout"]


@dataclass(frozen=True)
class Layout(Jacobian):
    """`(*args) -> array`: a Jacobian whose claim is where its entries stand."""

    layout: Form = "numerator"

    name = "layout"

    def statement(self, name: str) -> str:
        return f"layout of the derivative of {name} by {self.target}"
