"""One entry of a derivative, for all values of its indices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain
from gradcheck.backend import Answer, Program
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.entries import EntrySpec, Index, assignments
from gradcheck.formulas.kinds.directions import Directions, factors, random_directions
from gradcheck.formulas.kinds.kind import Kind, Setting, Shape, Symbolic, Symbols
from gradcheck.formulas.kinds.tables import position_of, table_of, table_slope
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity

__all__ = ["Entry"]

Places = Mapping[Shape, Shape]
"""An index of the table of entries -> the index of the argument that it is by."""


@dataclass(frozen=True)
class Entry(Kind):
    """`(*indices, [delta,] *args) -> scalar or array`, called once for every entry of the table."""

    spec: EntrySpec

    name = "entry"
    noun = "your table of entries"

    @property
    def leading(self) -> tuple[str, ...]:
        return (*self.spec.free, *(("delta",) if self.spec.scalar else ()))

    @property
    def argument(self) -> str:
        return self.spec.argument

    @property
    def label(self) -> str:
        return f"{self.name}-{self.spec.text.replace(' ', '').replace('/', '_')}"

    def statement(self, name: str) -> str:
        return f"{self.spec.text} of {name}"

    def ranges(self, formula: Declaration, point: Point) -> dict[str, int]:
        argument = point.args[formula.shapes.arguments.index(self.argument)].shape
        return self.spec.ranges(argument, point.output_shapes[0])

    def shapes(self, formula: Declaration, point: Point) -> dict[Quantity, Shape]:
        whole = self.spec.output_index is None and not self.spec.scalar
        table = tuple(self.ranges(formula, point).values())
        return {self.spec.quantity: table + (point.output_shapes[0] if whole else ())}

    def place(
        self, formula: Declaration, point: Point, quantity: Quantity, index: Shape
    ) -> tuple[int, Shape] | None:
        free = self.spec.free
        if len(index) < len(free):
            return None
        located = self.spec.locate(dict(zip(free, index, strict=False)))[1]
        return formula.shapes.arguments.index(self.argument), located

    def inputs(self, formula: Declaration, point: Point) -> Mapping[str, Any]:
        if not self.spec.scalar:
            return {}
        return {"delta": point.delta if point.multiple else point.delta[0]}

    def divided(self, formula: Declaration, setting: Setting, result: Any) -> dict[Quantity, Any]:
        """One entry, or the table of all that the calls gave."""
        return {self.spec.quantity: result}

    def derivatives(
        self,
        formula: Declaration,
        point: Point,
        program: Program,
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[Quantity, Answer]:
        position = position_of(self.argument, formula.shapes.arguments, point)
        ((quantity, shape),) = self.shapes(formula, point).items()
        direction = (directions or {}).get(quantity)
        every = list(assignments(self.ranges(formula, point)))
        if self.spec.scalar:
            places = {tuple(a.values()): self.spec.locate(a)[1] for a in every}
            return {quantity: _of_gradient(point, program, position, places, shape, direction, domain)}
        if direction is not None and not program.exact_answers:
            products = self._products(point, position, every, direction)
            return {quantity: table_slope(point, program, position, products, direction, domain)}
        jacobian = table_of(point, program, position, domain)
        whole = (slice(None),) * len(point.output_shapes[0])
        table = np.empty(shape, dtype=jacobian.dtype)
        for assignment in every:
            output, argument = self.spec.locate(assignment)
            cell: Any = (*assignment.values(), ...)
            place: Any = (*(whole if output is None else output), *argument)
            table[cell] = jacobian[place]
        return {quantity: Answer(table)}

    def directions(self, formula: Declaration, point: Point) -> Directions | None:
        if len(point.outputs) != 1 and not self.spec.scalar:
            return None
        ((quantity, shape),) = self.shapes(formula, point).items()
        if not self._is_whole:
            return {quantity: random_directions((shape,))[0]}
        v, u = factors(point, formula.shapes.arguments.index(self.argument))
        direction = np.multiply.outer(u, v).reshape(shape)  # the indices of the argument come first
        direction.flags.writeable = False
        return {quantity: direction}

    @property
    def _is_whole(self) -> bool:
        """Whether all derivatives are stated: `dz/dA[i,j]` with an index of its own for every axis."""
        spec = self.spec
        return not spec.scalar and spec.output_index is None and spec.free == spec.argument_index

    def _products(
        self, point: Point, position: int, every: list[dict[str, int]], direction: NDArray[np.float64]
    ) -> Iterator[tuple[tuple[NDArray[np.float64], ...], NDArray[np.float64]]]:
        """Weights of the output and directions of the argument whose products add up to the table's: one
        pair for a whole table, else one for each output.
        """
        if self._is_whole:
            v, u = factors(point, position)
            yield (v,), u
            return
        output_shape, shape = point.output_shapes[0], point.args[position].shape
        moved: dict[Shape, NDArray[np.float64]] = {}
        for assignment in every:
            cell = tuple(assignment.values())
            output, argument = self.spec.locate(assignment)
            for place in [output] if output is not None else np.ndindex(output_shape):
                spread = moved.setdefault(place, np.zeros(shape))
                spread[argument] += direction[cell if output is not None else (*cell, *place)]
        for place, spread in moved.items():
            weights = np.zeros(output_shape)
            weights[place] = 1.0
            yield (weights,), spread

    def index_axes(self, formula: Declaration, symbols: Symbols) -> list[tuple[int | str, Any]]:
        position = formula.shapes.arguments.index(self.argument)
        of_output: list[tuple[int | str, Any]] = []
        if self.spec.output_index is not None:
            of_output = list(zip(self.spec.output_index, symbols.outputs[0].shape, strict=True))
        return of_output + list(zip(self.spec.argument_index, symbols.arrays[position].shape, strict=True))

    def on_symbols(self, formula: Declaration, symbols: Symbols) -> dict[Quantity, Symbolic]:
        codes = symbols.index_codes(self.index_axes(formula, symbols))

        def placed(at: tuple[int, ...], index: Index) -> dict[int, int]:
            named = [i if isinstance(i, int) else codes[i] for i in index]
            return dict(zip(at, named, strict=True))

        position = formula.shapes.arguments.index(self.argument)
        places = placed(symbols.codes("target", symbols.arrays[position].shape), self.spec.argument_index)
        if self.spec.scalar:
            return {self.spec.quantity: Symbolic((), (), symbols.placed(symbols.gradient(position), places))}
        entry = symbols.jacobian(position)
        shape = symbols.outputs[0].shape
        outer = symbols.codes("out", shape)
        if self.spec.output_index is not None:
            places |= placed(outer, self.spec.output_index)
            shape, outer = (), ()
        return {self.spec.quantity: Symbolic(shape, outer, symbols.placed(entry, places))}


def _of_gradient(
    point: Point,
    program: Program,
    position: int,
    places: Places,
    shape: Shape,
    direction: NDArray[np.float64] | None,
    domain: Domain,
) -> Answer:
    """Entries of `dJ/darg`. The slope of their table is a slope of the gradient that they are taken from."""
    along = None
    if direction is not None:
        spread = np.zeros(point.args[position].shape)
        for cell, argument in places.items():
            spread[argument] += direction[cell]
        along = {position: spread}
    answer = program.vjp(point.args, point.delta, along, domain)[position]
    return _table(answer, places, shape, direction)


def _table(answer: Answer, places: Places, shape: Shape, direction: NDArray[np.float64] | None) -> Answer:
    """A gradient's answer as that of the table of entries taken from it, entries or slope."""
    refine = answer.refine
    if answer.direction is not None:
        table, along = answer.values, direction
    else:
        table, along = np.empty(shape, dtype=answer.values.dtype), None
        for cell, argument in places.items():
            table[cell] = answer.values[argument]
    return replace(
        answer,
        values=table,
        direction=along,
        refine=None if refine is None else lambda: _table(refine(), places, shape, direction),
    )
