"""Edits that leave out an operand, or a whole step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.edits.actions import (
    input_alone,
    input_spread,
    moved_triangle,
    negated_input,
    with_operand,
)
from gradcheck.diagnosis.edits.edit import SHOULD_BE, Edit, either, known
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.words import operand, place_of

__all__ = ["leaving_out"]


MASKS = frozenset([np.bitwise_and, np.bitwise_or, np.logical_and, np.logical_or])


def leaving_out(call: Call) -> Iterator[Edit]:
    """An operand, or a whole step, that is not there."""
    where = place_of(call.key)
    absent = either("should not be there", "is not there")
    function = call.function
    if function in (np.add, np.subtract, np.multiply, np.true_divide) and len(call.args) == 2:
        word = "term" if function in (np.add, np.subtract) else "factor"
        counts = _is_count(call.args[0]) and _is_count(call.args[1])
        for k in (0, 1):
            if k == 0 and function is np.true_divide:
                action = lambda c, r: r.do(np.true_divide, 1.0, c.args[1])
            elif k == 0:
                action = negated_input if function is np.subtract else input_spread(1)
            else:
                action = input_spread(0)
            noun = "divisor" if k == 1 and function is np.true_divide else word
            text = f"in {where}, the {noun} {operand(call, k)} {absent}"
            kind = "index" if counts else "extra-term"
            mistake = "missing-term" if word == "term" else "derivative-missing"
            yield Edit(kind, text, 1.8, call.key, action, mistake=mistake)
    elif function in (np.maximum, np.minimum, np.clip):
        for k in (0,) if function is np.clip else (0, 1):
            if isinstance(call.args[k], Value):
                others = [operand(call, i) for i in range(len(call.args)) if i != k]
                text = f"in {where}, the bound{'s' * (len(others) > 1)} {' and '.join(others)} {absent}"
                yield Edit("extra-term", text, 1.8, call.key, input_spread(k), mistake="missing-term")
    elif function is np.where and len(call.args) == 3:
        for k in (1, 2):
            if isinstance(call.args[k], Value):
                text = f"{where} {SHOULD_BE} {operand(call, k)} throughout"
                yield Edit("mask", text, 1.9, call.key, input_spread(k))
                text = f"in {where}, {operand(call, k)} {SHOULD_BE} 0"
                yield Edit("mask", text, 1.8, call.key, with_operand(k, lambda v, r: 0.0))
        if _is_triangle(call.args[0]):
            for step in (1, -1):
                moved = "later" if step > 0 else "earlier"
                text = f"the triangle in {where} {either('should end', 'ends')} one diagonal {moved}"
                yield Edit(
                    "mask", text, 1.8, call.key, with_operand(0, lambda v, r, s=step: moved_triangle(v, s))
                )
    elif known(function, MASKS) and len(call.args) == 2:
        for k in (0, 1):
            text = f"in {where}, the condition {operand(call, 1 - k)} {absent}"
            yield Edit("mask", text, 1.6, call.key, input_spread(k))
    elif function is np.power:
        text = f"in {where}, the power {absent}"
        yield Edit("extra-term", text, 1.9, call.key, input_spread(0), mistake="missing-term")
        for step in (1, -1):
            more = either("one more" if step > 0 else "one less", "one more" if step > 0 else "one less")
            text = f"the power in {where} {SHOULD_BE} {more}"
            yield Edit(
                "constant", text, 1.8, call.key, with_operand(1, lambda v, r, s=step: r.do(np.add, v, s))
            )
    elif isinstance(function, np.ufunc) and len(call.args) == 1 and call.name not in ("negative", "positive"):
        text = f"{where} {either(f'should be {operand(call, 0)}', 'is not there')}"
        yield Edit("extra-term", text, 1.8, call.key, input_alone, mistake="missing-term")
    elif call.name == "negative":
        yield Edit("sign", f"the minus in {where} {absent}", 1.6, call.key, input_alone)


def _is_triangle(value: Any) -> bool:
    """Whether a mask is a lower triangle, with or without its diagonal."""
    mask = np.asarray(value.value if isinstance(value, Value) else value)
    if mask.ndim != 2 or mask.dtype != bool or min(mask.shape) < 2:
        return False
    return any(np.array_equal(mask, np.tri(mask.shape[0], mask.shape[1], k, bool)) for k in (-1, 0, 1))


def _is_count(value: Any) -> bool:
    """Whether a value is of integers: labels and indices."""
    kind = np.dtype(value.dtype).kind if isinstance(value, Value) else np.asarray(value).dtype.kind
    return kind in "iu"
