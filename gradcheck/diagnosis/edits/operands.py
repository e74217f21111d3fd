"""Edits that put another value in place of an operand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.edits.actions import (
    latest,
    with_operand,
)
from gradcheck.diagnosis.edits.edit import ARITHMETIC, Edit, either, known
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.traced import getitem
from gradcheck.diagnosis.words import describe, operand, place_of

__all__ = ["other_arrays", "other_operands"]


MOVES = frozenset([getitem, np.flip, np.fliplr, np.flipud, np.roll, np.take, np.sort])


def other_operands(call: Call, before: list[Value]) -> Iterator[Edit]:
    """Another value in place of an operand."""
    if not (
        known(call.function, ARITHMETIC) or isinstance(call.function, np.ufunc) or call.function is np.where
    ):
        return
    where, stands = place_of(call.key), either("should stand", "stands")
    for k, arg in enumerate(call.args):
        if not isinstance(arg, Value) or np.dtype(arg.dtype).kind != "f":
            continue
        tried: list[Any] = [arg]
        for other in reversed(before):
            if np.dtype(other.dtype).kind != "f" or any(other is t for t in tried):
                continue
            tried.append(other)
            key = other.call.key if other.call is not None else None
            if (key is None and other.name is None) or (arg.call is not None and key == arg.call.key):
                continue
            turned = other.shape != arg.shape
            if turned and not (len(arg.shape) == 2 and other.shape == arg.shape[::-1]):
                continue
            name = f"{describe(other, call.key)}{' transposed' if turned else ''}"
            kind, more = "other-value", ""
            if _is_step_from(other, arg):
                kind, more = "missing-term", either(": that step is missing", "")
            elif _is_other_order(arg, other):
                kind = "index"
            stood = operand(call, k)
            if stood.strip("`") == name:  # a helper's own name for another value
                stood = describe(arg, call.key)
            text = f"in {where}, {name} {stands} in place of {stood}{more}"
            swap = with_operand(k, latest(key, other.name, turned=turned))
            yield Edit(kind, text, 2.0 + 0.3 * turned, call.key, swap)


def other_arrays(call: Call, before: list[Value]) -> Iterator[Edit]:
    """The same place of another array: `a3[1, 0]` for `a2[1, 0]`; or another part of the same array."""
    array = call.args[0]
    where, stands = place_of(call.key), either("should stand", "stands")
    tried: list[Any] = [array]
    for other in reversed(before):
        if any(other is t for t in tried) or len(other.shape) != len(array.shape) or not other.shape:
            continue
        tried.append(other)
        key = other.call.key if other.call is not None else None
        if np.dtype(other.dtype).kind != "f" or (key is None and other.name is None):
            continue
        text = f"in {where}, {describe(other, call.key)} {stands} in place of {describe(array, call.key)}"
        yield Edit("other-value", text, 2.1, call.key, with_operand(0, latest(key, other.name, turned=False)))
    for other in reversed(before):
        made = other.call
        if made is None or made.function is not getitem or made.key == call.key or made.args[0] is not array:
            continue
        if any(other is t for t in tried) or other.shape != call.output.shape:
            continue
        tried.append(other)
        text = f"{describe(other, call.key)} {stands} in place of {where}"
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
