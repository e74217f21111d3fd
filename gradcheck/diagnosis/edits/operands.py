"""Edits that put another value in place of an operand."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from gradcheck.diagnosis.edits.actions import (
    latest,
    with_operand,
)
from gradcheck.diagnosis.edits.edit import ARITHMETIC, Edit, either, known, taken_for
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.traced import getitem
from gradcheck.diagnosis.words import describe, operand, place_of

__all__ = ["Before", "other_arrays", "other_operands"]


class Before:
    """The real values that there are before an operation, by their shapes.

    Of each shape the latest few are kept, beside the arguments, so that a long program costs no more for
    every operation than a short one.
    """

    _LATEST = 12

    def __init__(self, arguments: Iterable[Value]) -> None:
        self._arguments: list[Value] = []
        self._latest: dict[tuple[int, ...], deque[Value]] = {}
        for argument in arguments:
            if np.dtype(argument.dtype).kind == "f":
                self._arguments.append(argument)

    def add(self, value: Value) -> None:
        if np.dtype(value.dtype).kind == "f" and not _is_buffer(value):
            of_shape = self._latest.setdefault(tuple(value.shape), deque(maxlen=self._LATEST))
            if not any(value is v for v in of_shape):
                of_shape.append(value)

    def of_shapes(self, *shapes: tuple[int, ...]) -> Iterator[Value]:
        """Those of one of the shapes, the latest first."""
        for shape in dict.fromkeys(map(tuple, shapes)):
            yield from reversed(self._latest.get(shape, ()))
            yield from (a for a in self._arguments if tuple(a.shape) == shape)

    def of_rank(self, rank: int) -> Iterator[Value]:
        """Those with so many axes, one at least."""
        for shape in [s for s in self._latest if len(s) == rank and s]:
            yield from reversed(self._latest[shape])
        yield from (a for a in self._arguments if len(a.shape) == rank and a.shape)


def _is_buffer(value: Value) -> bool:
    """Whether it is what the code stores into, and so not what its own text says."""
    return value.call is not None and known(value.call.function, _BUFFERS)


_BUFFERS = frozenset([np.zeros_like, np.ones_like, np.empty_like, np.full_like])
MOVES = frozenset([getitem, np.flip, np.fliplr, np.flipud, np.roll, np.take, np.sort])


def other_operands(call: Call, before: Before) -> Iterator[Edit]:
    """Another value in place of an operand."""
    if not (
        known(call.function, ARITHMETIC) or isinstance(call.function, np.ufunc) or call.function is np.where
    ):
        return
    where = place_of(call.key)
    for k, arg in enumerate(call.args):
        if not isinstance(arg, Value) or np.dtype(arg.dtype).kind != "f":
            continue
        for other in before.of_shapes(arg.shape, arg.shape[::-1]):
            if other is arg:
                continue
            key = other.call.key if other.call is not None else None
            if (key is None and other.name is None) or (arg.call is not None and key == arg.call.key):
                continue
            turned = other.shape != arg.shape
            if turned and not (len(arg.shape) == 2 and other.shape == arg.shape[::-1]):
                continue
            if key is not None and key.site.snippet == call.key.site.snippet:
                continue  # the same expression in another call of the helper: it has no name of its own
            name = f"{describe(other, call.key)}{' transposed' if turned else ''}"
            kind, more = "other-value", ""
            if _is_step_from(other, arg):
                kind, more = "missing-term", either(": that step is missing", "")
            elif _is_other_order(arg, other):
                kind = "index"
            stood = operand(call, k)
            if stood.strip("`") == name:  # a helper's own name for another value
                stood = describe(arg, call.key)
            text = f"in {where}, {taken_for(name, stood)}{more}"
            swap = with_operand(k, latest(key, other.name, turned=turned))
            yield Edit(kind, text, 2.0 + 0.3 * turned, call.key, swap)


def other_arrays(call: Call, before: Before) -> Iterator[Edit]:
    """The same place of another array: `a3[1, 0]` for `a2[1, 0]`; or another part of the same array."""
    array = call.args[0]
    where = place_of(call.key)
    for other in before.of_rank(len(array.shape)):
        if other is array:
            continue
        key = other.call.key if other.call is not None else None
        if key is None and other.name is None:
            continue
        text = f"in {where}, {taken_for(describe(other, call.key), describe(array, call.key))}"
        yield Edit("other-value", text, 2.1, call.key, with_operand(0, latest(key, other.name, turned=False)))
    if not isinstance(call.output, Value):
        return  # it raised
    for other in before.of_shapes(call.output.shape):
        made = other.call
        if made is None or made.function is not getitem or made.key == call.key or made.args[0] is not array:
            continue
        text = taken_for(describe(other, call.key), where)
        swap = latest(made.key, None, turned=False)
        yield Edit("index", text, 1.9, call.key, lambda c, r, swap=swap: swap(None, r))


def _is_other_order(arg: Value, other: Value) -> bool:
    """Whether a value has the entries of the other, in another order."""
    call = arg.call
    if call is None or not known(call.function, MOVES) or not isinstance(call.args[0], Value):
        return False
    source = call.args[0]
    return source is other or (source.call is not None and source.call is other.call)


def _is_step_from(other: Value, arg: Value) -> bool:
    """Whether a value is the other, after one more multiplication or division."""
    call = other.call
    if call is None or call.function not in (np.multiply, np.true_divide):
        return False
    return any(v is arg or (v.call is not None and v.call is arg.call) for v in call.inputs)
