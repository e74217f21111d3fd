"""Second order of a backward pass: its own backward pass, given cotangents of what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.derived.second_order import GradientOf
from gradcheck.formulas.kinds.kind import Symbols
from gradcheck.formulas.kinds.vjp import Vjp
from gradcheck.formulas.point import Point

__all__ = ["DoubleBackward"]


@dataclass(frozen=True)
class DoubleBackward(Vjp):
    """`(grads, delta, *args) -> gradients for (delta, *args)`.

    ``grads`` are the cotangents of the gradients that the backward pass returns, one for each argument. It
    is a backward pass of the formula's true gradient (`gradcheck.formulas.derived.second_order`).
    """

    name = "double_backward"
    keyword = "double_backward"
    role = "double backward"
    leading = ("grads",)
    is_backward = False  # of the formula itself
    costs_slopes = True

    def about(self, formula: Declaration) -> Declaration:
        return GradientOf(formula, weighted=True)

    def statement(self, name: str) -> str:
        return f"gradients of the backward pass of {name}"

    @property
    def delta_name(self) -> str:
        return self.leading[0]

    @property
    def uses_delta(self) -> bool:
        return True

    def linear_in(self, formula: Declaration) -> tuple[str, tuple[int, ...]] | None:
        return self.delta_name, ()

    def inputs(self, formula: Declaration, point: Point) -> Mapping[str, Any]:
        """One cotangent for each argument of the forward; zeros for one that holds integers."""
        count = len(formula.shapes.arguments) - _arguments(formula)
        given = iter(point.delta)
        beside = [
            next(given) if i in point.wrt else np.zeros(a.shape)
            for i, a in enumerate(point.args)
            if i >= count
        ]
        return {self.delta_name: tuple(beside)}

    def lead(self, formula: Declaration) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
        """One cotangent for each argument, nested as it is."""
        assert isinstance(formula, GradientOf)
        nesting = formula.of.shapes.nesting
        return lambda given: (nesting.called_with(given[0]),)

    def symbolic_inputs(self, formula: Declaration, symbols: Symbols) -> Mapping[str, Any]:
        """As `inputs`, on symbols."""
        count = len(formula.shapes.arguments) - _arguments(formula)
        given = iter(symbols.delta)
        beside = [
            next(given) if i in symbols.wrt else 0.0 * array
            for i, array in enumerate(symbols.arrays)
            if i >= count
        ]
        return {self.delta_name: tuple(beside)}


def _arguments(formula: Declaration) -> int:
    assert isinstance(formula, GradientOf)
    return len(formula.of.shapes.arguments)
