"""What a loop over a symbolic size runs over: ranges, arrays, values of a comprehension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.indices.neighbours import position
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import CONVERSIONS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes
from gradcheck.proofs.indexed.arrays.converting import from_entry
from gradcheck.proofs.indexed.arrays.guarding import refuse_all, unavailable
from gradcheck.proofs.indexed.arrays.indices.loop_index import LoopIndex
from gradcheck.proofs.indexed.arrays.size import Size, text_of

__all__ = ["Gone", "Steps", "enumerated", "ranged", "reversed_steps", "stepwise", "total", "zipped"]


_WORK = 20
"""What a step costs of a proof's budget, so that loops within loops end."""


class Steps:
    """``item`` of an index that runs over ``count``; ``what`` it is called. No step knows its place among the
    others, so their order does not matter.
    """

    of_symbols = True
    is_sequence = True

    def __init__(
        self, space: Space, count: Any, item: Callable[[LoopIndex], Any], what: str, *, once: bool = False
    ) -> None:
        self.space, self.count, self.item, self.what = space, count, item, what
        self.values: IndexedArray | None = None
        self.once, self.used = once, False

    @classmethod
    def of_values(cls, space: Space, count: Any, code: int, value: IndexedArray, *, once: bool) -> Steps:
        """The values of a comprehension, whose entry is written in the index ``code``."""
        own = axis_codes(space, value.shape)
        fresh = {c: space.fresh(space.size_of(c)) for c in own if not is_constant(c)}
        codes = [code, *(fresh.get(c, c) for c in own)]
        array = from_entry(space, value.entry.renamed(fresh), codes, (count, *value.shape), value.kind)
        made = cls(space, count, lambda index: array[index], "the values of a comprehension", once=once)
        made.values = array
        return made

    def begin(self) -> LoopIndex:
        """A new index. What can be run over once is not run over again."""
        space = self.space
        self.use()
        space.spend(_WORK)
        if self.count < 1:
            raise space.refused(Unsupported("a loop without steps"))
        code = space.fresh(space.size_number(self.count))
        if code in space.digits:
            raise space.refused(Unsupported("a loop over an axis that np.reshape splits"))
        return LoopIndex(space, (code,), 0)

    def use(self) -> None:
        """Run over it."""
        if self.used and self.once:
            raise self.space.refused(Unsupported(f"{self.what}, run over twice,"))
        self.used = True

    def __getattr__(self, name: str) -> Any:
        raise self._refuse(f".{name}")

    def _refuse(self, what: str) -> Unsupported:
        if what == "__iter__":
            return self.space.refused(Unsupported(f"a loop over {self.what}"))
        return unavailable(self.space, f"{what} of {self.what}")

    def array(self) -> IndexedArray:
        if self.values is None or self.once:
            raise self._refuse("an array")
        return self.values

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        given = [a.array() if type(a) is Steps else a for a in args]
        if function is np.stack and len(given) == 1 and not kwargs:
            return given[0]
        return function(*given, **kwargs)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        given = [i.array() if type(i) is Steps else i for i in inputs]
        return self.array().__array_ufunc__(ufunc, method, *given, **kwargs)


refuse_all(Steps, [*dir(list), *dir(np.ndarray), "__next__", "__bool__"])
CONVERSIONS[Steps] = Steps.array


class Gone:
    """What a name that a loop binds stands for after the loop: whatever the last step left there."""

    of_symbols = True

    def __init__(self, space: Space) -> None:
        self.space = space

    def _refuse(self, what: str) -> Unsupported:
        return self.space.refused(Unsupported("a value that the last step of a loop leaves"))

    def __getattr__(self, name: str) -> Any:
        raise self._refuse(name)


refuse_all(Gone, [*dir(list), *dir(np.ndarray), *dir(float), "__next__", "__call__", "__array_function__"])


def ranged(space: Space, *bounds: Any) -> Any:
    """`range` of sizes: from a number or a size on, or down by 1."""
    start, stop = (0, bounds[0]) if len(bounds) == 1 else bounds[:2]
    step = bounds[2] if len(bounds) == 3 else 1
    if not all(type(b) in (int, Size) for b in (start, stop)) or type(step) is not int or step not in (1, -1):
        raise space.refused(Unsupported(f"a loop over range({', '.join(map(text_of, bounds))})"))
    if step < 0:
        start, stop = stop + 1, start + 1
    count = stop - start
    if type(count) is int:
        raise space.refused(Unsupported(f"a loop over range({', '.join(map(text_of, bounds))})"))
    made = Steps(space, count, lambda index: index + start, f"range({', '.join(map(text_of, bounds))})")
    if step > 0 and start == 0:
        (code,) = axis_codes(space, (count,))
        made.values = IndexedArray(space, position(space, code, space.size_number(count)), (count,), "i")
    return made


def stepwise(space: Space, iterable: Any) -> Steps | None:
    """The steps over something symbolic; None for all else."""
    if type(iterable) is Steps:
        return iterable
    if type(iterable) is IndexedArray and iterable.shape and type(iterable.shape[0]) is not int:
        return Steps(space, iterable.shape[0], lambda index: iterable[index], "an array")
    return None


def enumerated(space: Space, values: Any, start: Any = 0) -> Any:
    steps = stepwise(space, values)
    if steps is None:
        return enumerate(values, start)
    return Steps(
        space, steps.count, lambda index: (index + start, steps.item(index)), "enumerate()", once=True
    )


def zipped(space: Space, *values: Any, strict: bool = False) -> Any:
    found = [stepwise(space, v) for v in values]
    steps = [s for s in found if s is not None]
    if not steps:
        return zip(*values, strict=strict)
    if len(steps) < len(found) or any(not s.count == steps[0].count for s in steps):
        raise space.refused(Unsupported("zip() of what need not be of one length"))
    return Steps(space, steps[0].count, lambda index: tuple(s.item(index) for s in steps), "zip()", once=True)


def reversed_steps(space: Space, values: Any) -> Any:
    steps = stepwise(space, values)
    if steps is None:
        return reversed(values)
    return Steps(space, steps.count, steps.item, "reversed()", once=True)


def total(space: Space, values: Any, start: Any = 0) -> Any:
    """`sum()`, of an array along its first axis too."""
    array = values
    if type(values) is Steps and values.values is not None:
        values.use()
        array = values.values
    if type(array) is not IndexedArray or not array.shape or type(array.shape[0]) is int:
        return sum(values, start)
    if array.kind != "f":
        raise space.refused(Unsupported("sum() of whole numbers or truth values"))
    if array.shape[0] < 1:
        raise space.refused(Unsupported("a loop without steps"))
    return np.sum(array, axis=0) + start
