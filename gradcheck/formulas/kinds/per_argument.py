"""Bringing what a backward (an update) returns to one value per argument, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.arithmetic import BALLS, Domain, ElementArray
from gradcheck.backend import Answer, Program
from gradcheck.errors import FormFault
from gradcheck.formulas.calling.returned_arrays import one_shot
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.kinds.directions import Directions
from gradcheck.formulas.kinds.kind import Kind, Setting, Shape
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity
from gradcheck.formulas.suggestions import did_you_mean

__all__ = ["PerArgument", "SomeGradients", "gradients_of", "parts"]


class SomeGradients(dict[Any, Any]):
    """Gradients by name, of some arguments: the others are not checked."""


class PerArgument(Kind):
    """Kinds that state one quantity of its own shape for each argument that can be differentiated."""

    by_argument = True

    part: str
    """One of the quantities in words, "gradient"."""

    def shapes(self, formula: Declaration, point: Point) -> dict[Quantity, Shape]:
        names = formula.shapes.arguments
        return {self.quantity(names[i]): point.args[i].shape for i in point.wrt}

    def place(
        self, formula: Declaration, point: Point, quantity: Quantity, index: Shape
    ) -> tuple[int, Shape] | None:
        return formula.shapes.arguments.index(str(quantity.argument)), index

    def reader(self, formula: Declaration) -> Callable[[Any], Any] | None:
        nesting, conjugated = formula.shapes.nesting, formula.complex_convention == "jax"
        absent: set[str] = set()

        def flattened(result: Any) -> tuple[Any, ...]:
            placed = nesting.placed(result)
            try:
                given = _one_each(formula, nesting.arguments, placed, self.part)
            except FormFault as fault:
                raise FormFault(f"{fault}{nesting.near(placed)}") from None
            return nesting.flattened(given, self.part, conjugated=conjugated, absent=absent)

        flattened.absent = absent  # type: ignore[attr-defined]
        return flattened

    def divided(self, formula: Declaration, setting: Setting, result: Any) -> dict[Quantity, Any]:
        """One value an argument, or None. Raises `FormFault` also where one is given for integers."""
        names, what = formula.shapes.arguments, self.part
        given = _one_each(formula, names, result, what)
        named = {}
        for i, (name, part) in enumerate(zip(names, given, strict=True)):
            if i in setting.wrt:
                named[self.quantity(name)] = part
            elif part is not None:
                raise FormFault(
                    f"{name!r} holds integers and has no {what}; return None in its place, or give floats to "
                    "have it differentiated",
                )
        return named

    def derivatives(
        self,
        formula: Declaration,
        point: Point,
        program: Program,
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[Quantity, Answer]:
        return gradients_of(self, formula, point, program, directions, domain)


def gradients_of(
    kind: Kind,
    formula: Declaration,
    point: Point,
    program: Program,
    directions: Directions | None,
    domain: Domain,
) -> dict[Quantity, Answer]:
    """A program's gradients by the quantities that belong to the arguments. Raises `Unsupported`."""
    quantities = [kind.quantity(name) for name in formula.shapes.arguments]
    moved = None
    if directions is not None:
        moved = {i: directions[q] for i, q in enumerate(quantities) if q in directions}
    answers = program.vjp(point.args, kind.deltas(point), moved, domain)
    return {quantities[i]: answer for i, answer in answers.items()}


def _one_each(formula: Declaration, names: tuple[str, ...], result: Any, what: str) -> list[Any]:
    """`parts`, one for each name. Raises `FormFault` where there are more or fewer."""
    try:
        given = parts(names, result, what)
    except FormFault as fault:
        raise FormFault(f"{fault}{formula.left_out and '.'}{formula.left_out}") from None
    if len(given) == len(names):
        return given
    numbers = all(not isinstance(p, dict) and np.ndim(p) == 0 and p is not None for p in given)
    if numbers:
        advice = _ONE_ARRAY
    elif len(given) > len(names) and formula.left_out:
        advice = f".{formula.left_out}"
    else:
        advice = ""
    raise FormFault(
        f"{_expected(names, what)}, got {len(given)}; use None for an argument that is not checked{advice}"
    )


_ONE_ARRAY = ". A tuple or list has one entry per argument: return np.array([...]) where one array is meant"


def parts(names: tuple[str, ...], result: Any, what: str) -> list[Any]:
    """What was returned as a list, in the order of the names where it came by name; not counted.

    Raises `FormFault` for what is no such collection.
    """
    if isinstance(result, tuple | list):
        return list(result)
    # asking whether an array is a mapping or an iterator takes longer than all the rest
    if isinstance(result, np.ndarray | ElementArray) and len(names) == 1:
        return [result]
    if isinstance(result, Mapping):
        unknown = [k for k in result if k not in names]
        missing = not isinstance(result, SomeGradients) and any(n not in result for n in names)
        if unknown or missing:
            hint = did_you_mean(unknown[0], names) if unknown else ""
            raise FormFault(
                f"expected a dict with one {what} for each of {', '.join(names)}, got "
                f"{', '.join(map(str, result)) or 'none'}; use None for an argument that is not checked"
                + (f".{hint}" if hint else ""),
            )
        return [result.get(n) for n in names]
    if once := one_shot(result):
        hint = " (is it `yield` by mistake?)" if once == "a generator" else ""
        raise FormFault(f"the code returns {once}; return a tuple{hint}")
    if len(names) == 1:
        return [result]
    raise FormFault(
        f"{_expected(names, what)}, got {'None' if result is None else f'a single {type(result).__name__}'}; "
        "use None for an argument that is not checked",
    )


def _expected(names: tuple[str, ...], what: str) -> str:
    if len(names) == 1:
        return f"expected 1 {what}, for {names[0]}"
    return f"expected {len(names)} {what}s, one for each of {', '.join(names)}"
