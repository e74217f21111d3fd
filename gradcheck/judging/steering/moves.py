"""Other values for a point: simple changes of one array or of all, and lines through it, within what the
declaration allows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.claim import Claim
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity
from gradcheck.formulas.values import Values as Declared
from gradcheck.formulas.values import integer_range, normal, positive, unit_interval
from gradcheck.judging.points.point import Discarded, ForwardFault, evaluate_forward
from gradcheck.judging.steering.changes import CHANGES, SCALES

__all__ = ["Moves", "Values"]

Array = NDArray[Any]
Values = tuple[tuple[Array, ...], tuple[Array, ...]]
"""Arguments and deltas of a point."""


class Moves:
    """The changes that a claim's points may be put through, within what is declared of arguments and of
    ``delta``. Arguments whose gradient is ``unchecked`` keep the values that they have.
    """

    def __init__(self, claim: Claim, delta: Declared | None, unchecked: Collection[Quantity]) -> None:
        self.claim, self.delta, self.unchecked = claim, delta, unchecked

    def changes(self, base: Point, constants: Sequence[float]) -> Iterator[tuple[int, Values]]:
        """Simple changes of a point, mild ones first: of one array, or of all, each with its place."""
        arrays = [*base.args, *base.delta]
        free = [i for i in range(len(arrays)) if self.may_move(base, i)]
        groups = [(i,) for i in free] + (
            [tuple(f for f in free if f < len(base.args))] if len(free) > 1 else []
        )
        for change in (*CHANGES, None, *SCALES):
            if change is None:
                yield from self._along_arguments(base, free)
                continue
            for place, group in enumerate(groups):
                moved = {i: change(arrays[i]) for i in group}
                if values := self.allowed(base, moved):
                    yield place, values
        for constant in constants:
            for place, group in enumerate(groups):
                whole = any(arrays[i].dtype.kind in "iu" for i in group)
                beside = [constant + 1, constant - 1] if whole else []
                for near in (
                    *(constant, np.nextafter(constant, np.inf), np.nextafter(constant, -np.inf)),
                    *beside,
                ):
                    if values := self.allowed(base, {i: np.full(arrays[i].shape, near) for i in group}):
                        yield place, values
        for place, i in enumerate(free):
            for peak in _peaks(arrays[i], constants):
                if values := self.allowed(base, {i: peak}):
                    yield place, values
        for place, i in enumerate(free, start=len(groups)):
            for entry in {0, arrays[i].size - 1}:
                nudged = np.round(arrays[i])  # sums of whole numbers are exact
                nudged.reshape(-1)[entry] += 1.0
                if values := self.allowed(base, {i: nudged}):
                    yield place * 2 + bool(entry), values
        for place, i in enumerate(free, start=2 * (len(groups) + len(free))):
            low, high = self._range(base, i) or (0, _MOST_VALUES + 1)
            for number in range(low, high) if high - low <= _MOST_VALUES else ():
                if values := self.allowed(base, {i: np.full(arrays[i].shape, number)}):
                    yield place, values

    def _along_arguments(self, base: Point, free: Collection[int]) -> Iterator[tuple[int, Values]]:
        """Delta along an argument of its shape, against it, and across it."""
        count = len(base.args)
        for (k, delta), (i, array) in product(enumerate(base.delta, start=count), enumerate(base.args)):
            if k in free and delta.shape == array.shape and array.dtype.kind == "f":
                for other in (array, -array, _across(delta, array)):
                    if values := self.allowed(base, {k: other}):
                        yield count + k + i, values

    def of_one_entry(self, base: Point, values: Values) -> Iterator[Values]:
        """A change of the base, made to one entry of each array alone: the rest of the array may show what
        a mistake at this entry costs, where it is not all saturated with it.
        """
        before, after = [*base.args, *base.delta], [*values[0], *values[1]]
        moved = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if not np.array_equal(a, b)]
        if all(before[i].size < 2 for i in moved):
            return
        for rank in range(_MOST_ENTRIES):
            single = {}
            for i in moved:
                kept, new = np.array(before[i]), after[i].reshape(-1)
                with np.errstate(all="ignore"):
                    farthest = np.argsort(-np.abs(new - before[i].reshape(-1)), kind="stable")
                entry = farthest[rank % len(farthest)]
                kept.reshape(-1)[entry] = new[entry]
                single[i] = kept
            if (allowed := self.allowed(base, single)) is not None:
                yield allowed

    def numbers_for(self, base: Point, i: int, numbers: Iterable[int]) -> list[int]:
        """Those of the numbers, and of their neighbours, that an argument of integers may hold."""
        low, high = self._range(base, i) or (0, 0)
        signed = [s * n for n in numbers for s in (1, -1)]
        beside = [n + step for step in (0, 1, -1) for n in signed]
        return [n for n in dict.fromkeys(beside) if low <= n < high]

    def along(self, base: Point, end: Values, t: float) -> Values | None:
        """The point at ``t`` of the line from the base (0) to a change of it (1), where that is allowed."""
        with np.errstate(all="ignore"):
            moved = {
                k: np.asarray(a + t * (b - a))
                for k, (a, b) in enumerate(zip((*base.args, *base.delta), (*end[0], *end[1]), strict=True))
                if a is not b
            }
        return self.allowed(base, moved)

    def point(self, base: Point, values: Values) -> Point | None:
        """A point at other values, where the forward is finite and gives arrays of the same shapes."""
        rounded = self.claim.dtype.rounded
        args, delta = (tuple(frozen(rounded(v)) for v in part) for part in values)
        try:
            outputs, multiple = evaluate_forward(self.claim.formula, args)
        except (Discarded, ForwardFault):
            return None
        if [o.shape for o in outputs] != [o.shape for o in base.outputs]:
            return None
        return replace(base, args=args, delta=delta, outputs=outputs, multiple=multiple, origin="steered")

    def may_move(self, base: Point, i: int) -> bool:
        declared = self._declared(base, i)
        is_movable = any(declared is d for d in _MOVABLE)
        if i >= len(base.args):
            return is_movable and base.delta[i - len(base.args)].size > 0
        name = self.claim.formula.shapes.arguments[i]
        if integer_range(declared) is not None:
            return base.args[i].size > 0
        if self.claim.kind.by_argument and self.claim.quantity(name) in self.unchecked:
            return False
        return i in base.wrt and base.args[i].size > 0 and is_movable

    def allowed(self, base: Point, moved: dict[int, Array]) -> Values | None:
        """The changed arrays, where they may hold what the change makes of them."""
        arrays = [*base.args, *base.delta]
        for i, value in moved.items():
            if not np.isfinite(value).all():
                return None
            if i < len(base.args) and (bounds := self._range(base, i)):
                clipped = np.clip(np.rint(value), bounds[0], bounds[1] - 1)
                value = clipped.astype(base.args[i].dtype)
            declared = self._declared(base, i)
            if declared is positive and not (value > 0).all():
                return None
            if declared is unit_interval and not ((value > 0) & (value < 1)).all():
                return None
            arrays[i] = value
        if base.delta and not any(d.any() for d in arrays[len(base.args) :]):
            return None  # an all-zero delta makes every gradient right
        if all(np.array_equal(a, b) for a, b in zip(arrays, [*base.args, *base.delta], strict=True)):
            return None
        count = len(base.args)
        return tuple(arrays[:count]), tuple(arrays[count:])

    def _declared(self, base: Point, i: int) -> Any:
        """What is declared of an argument's values, or of delta's."""
        count = len(base.args)
        if i < count:
            return self.claim.formula.values.get(self.claim.formula.shapes.arguments[i], normal)
        whole = isinstance(self.delta, tuple | list)
        declared = self.delta[i - count] if whole else self.delta  # type: ignore[index]
        return normal if declared is None else declared

    def _range(self, base: Point, i: int) -> tuple[int, int] | None:
        return None if i >= len(base.args) else integer_range(self._declared(base, i))


def _across(delta: Array, array: Array) -> Array:
    """Delta without the part that lies along an array."""
    with np.errstate(all="ignore"):
        along = np.vdot(delta, array) / np.vdot(array, array)
        return np.asarray(delta - along * array)


def _peaks(array: Array, places: Sequence[float]) -> Iterator[Array]:
    """The array with its largest, or its smallest, entry at a place that the code compares with:
    `np.argmax(x) == 5`.
    """
    for place in places:
        if place == int(place) and 0 <= place < array.size and array.dtype.kind == "f":
            for peak in (array.max() + 1.0, array.min() - 1.0):
                made = np.array(array)
                made.reshape(-1)[int(place)] = peak
                yield made


def frozen(value: Array) -> Array:
    """A copy that is not to be written into."""
    copy = np.array(value)
    copy.flags.writeable = False
    return copy


_MOST_ENTRIES = 3
"""Entries that are changed alone, those first that a change moves farthest."""

_MOST_VALUES = 256
"""Integers that an argument may hold, up to which each is tried."""

_MOVABLE = (normal, positive, unit_interval)
"""Declared values that say which numbers are allowed, so that an argument may be moved."""
