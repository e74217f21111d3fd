"""Loops over symbolic sizes: one step is run, from unknown entries of all that the loop changes.

The body runs twice. The first time shows what it changes, and is undone; the second time starts from unknown
entries there, and `stepping` says what all steps make of them. What a loop may not change, such as a list or
an object, is compared before and after.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.derivative import variables_of
from gradcheck.proofs.indexed.algebra.expression import Expr, factor
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes
from gradcheck.proofs.indexed.arrays.converting import as_array
from gradcheck.proofs.indexed.arrays.size import polynomial_of
from gradcheck.proofs.indexed.arrays.stepping import after_all_steps
from gradcheck.proofs.indexed.copies.stepwise import Gone, Steps, stepwise
from gradcheck.proofs.indexed.copies.still import still

__all__ = ["Loop", "mapped"]


class Loop:
    """One `for`. ``names`` are those that its body binds, ``targets`` those of the loop itself."""

    def __init__(self, space: Space, iterable: Any, names: tuple[str, ...], targets: tuple[str, ...]) -> None:
        self.space, self.names, self.targets = space, names, targets
        self.iterable = iterable
        self.steps = stepwise(space, iterable)
        self.symbolic = self.steps is not None
        self.touched: dict[int, tuple[IndexedArray, Expr]] = {}  # arrays that the body changes, as they were
        self.since = 0
        self.again = False
        self._before: dict[str, Any] = {}
        self._after: dict[str, Any] = {}
        self._unknown: dict[Any, IndexedArray] = {}
        self._still: Any = None

    def __iter__(self) -> Iterator[Any]:
        if self.steps is None:
            yield from self.iterable
            return
        space = self.space
        index = self.steps.begin()
        self.since = space.made
        uses = _copied(space.uses)
        space.loops.append(self)
        try:
            yield self.steps.item(index)
            space.uses = uses
            self._start_again()
            mark = len(space.heads)
            yield self.steps.item(index)
        finally:
            space.loops.remove(self)
        self._finish(index.codes[0], mark)

    def touch(self, array: IndexedArray) -> None:
        """An array is about to be changed."""
        if array.made > self.since:
            return
        if self.again and id(array) not in self.touched:
            raise self.space.refused(Unsupported("a loop that changes other arrays in another run"))
        self.touched.setdefault(id(array), (array, array.held))

    def enter(self, names: Mapping[str, Any]) -> None:
        """The body begins."""
        if not self.symbolic:
            return
        if not self.again:
            self._before = {n: names[n] for n in self.names if n in names}
        self._still = still(names, {*self.names, *self.targets})

    def changes(self, name: str) -> bool:
        """Whether a name is to be bound to something unknown now."""
        return self.again and name in self._unknown

    def value(self, name: str) -> Any:
        return self._unknown[name]

    def leave(self, names: Mapping[str, Any]) -> None:
        """The body ends."""
        if not self.symbolic:
            return
        if self._still is None or still(names, {*self.names, *self.targets}) != self._still:
            raise self.space.refused(
                Unsupported("a loop that changes a list, an object or what else it finds")
            )
        self._after = {n: names[n] for n in self.names if n in names}

    def _start_again(self) -> None:
        """Undo the first run, and put something unknown into all that it changed."""
        space = self.space
        for array, entry in self.touched.values():
            array.hold(entry)
        self.again = True
        changed = [n for n, v in self._before.items() if self._after.get(n) is not v]
        for name in changed:
            if not all(map(_is_number, (self._before[name], self._after[name]))):
                raise space.refused(Unsupported("a loop that binds a name to something else in each step"))
            self._unknown[name] = self._unknown_like(as_array(space, self._after[name]))
        for key, (array, _) in self.touched.items():
            self._unknown[key] = self._unknown_like(array)
            array.hold(self._unknown[key].entry)

    def _unknown_like(self, array: IndexedArray) -> IndexedArray:
        space = self.space
        if array.kind != "f" or array.infinite:
            raise space.refused(Unsupported("a loop that changes whole numbers or truth values"))
        codes = axis_codes(space, array.shape)
        if not space.digits.keys().isdisjoint(codes):
            raise space.refused(
                Unsupported("a loop that changes an array with an axis that np.reshape splits")
            )
        space.unknowns += 1
        slots = tuple(space.size_number(s) for s in array.shape)
        head = space.head(("unknown", space.unknowns), "variable", "unknown", slots=slots)
        return IndexedArray(space, factor(space, head.number, codes), array.shape)

    def _finish(self, index: int, mark: int) -> None:
        """What all steps make of it."""
        space = self.space
        own = {key: next(iter(array.entry.terms))[0][0][:2] for key, array in self._unknown.items()}
        unknown = {head for head, _ in own.values()}
        if any(variables_of(space, h) & unknown - {h} for h in range(mark, len(space.heads))):
            raise space.refused(Unsupported("a loop in which a step needs what another one made"))
        for key, (array, first) in self.touched.items():
            entry = after_all_steps(space, array.held, first, own[key], unknown, index)
            array.hold(first)
            array.change(entry)
        for name in (n for n in self._unknown if type(n) is str):
            if self._after[name] is self._unknown[name]:
                raise space.refused(Unsupported("a loop that binds a name in some runs alone"))
            made = as_array(space, self._after[name])
            first_array = as_array(space, self._before[name])
            alike = [polynomial_of(s) for s in made.shape] == [
                polynomial_of(s) for s in self._unknown[name].shape
            ]
            if not alike or made.kind != "f" or len(first_array.shape) > len(made.shape):
                raise space.refused(Unsupported("a loop that changes the shape or the kind of a value"))
            broadcast: Any = np.broadcast_to
            broad: Any = broadcast(first_array, made.shape) if made.shape else first_array
            entry = after_all_steps(space, made.entry, broad.entry, own[name], unknown, index)
            self._before[name] = IndexedArray(space, entry, made.shape)
            self._unknown[name] = self._before[name]

    def result(self, name: str) -> Any:
        """What a name is bound to after the loop."""
        if name in self._unknown or (name in self._before and self._after.get(name) is self._before[name]):
            return self._before[name]
        return Gone(self.space)


def _is_number(value: Any) -> bool:
    """Whether a value is a number, or an array of numbers."""
    return type(value) in (int, float, np.float64, IndexedArray)


def _copied(uses: Any) -> Any:
    """The same requirements, to come back to."""
    made = copy.copy(uses)
    for name, value in vars(uses).items():
        held = copy.copy(value)
        if type(held) is dict:
            held = {k: set(v) if type(v) is set else v for k, v in held.items()}
        setattr(made, name, held)
    return made


def mapped(
    space: Space,
    function: Callable[..., Any],
    iterable: Any,
    listed: bool,
    single: bool,
    names: Mapping[str, Any],
) -> Any:
    """A comprehension: a list, or a generator, of the function's values."""
    steps = stepwise(space, iterable)
    if steps is None:
        values = (function(v) if single else function(*v) for v in iterable)
        return list(values) if listed else values
    loop = Loop(space, (), (), ())
    loop.since, loop.again = space.made, True
    before = still(names, set())
    index = steps.begin()
    space.loops.append(loop)
    try:
        item = steps.item(index)
        value = function(item) if single else function(*item)
    finally:
        space.loops.remove(loop)
    if before is None or still(names, set()) != before:
        raise space.refused(Unsupported("a comprehension that changes what it finds"))
    return Steps.of_values(space, steps.count, index.codes[0], as_array(space, value), once=not listed)
