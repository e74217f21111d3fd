"""Which edits to try on an operation: those that people's mistakes are made of."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.diagnosis.edits.absent import leaving_out
from gradcheck.diagnosis.edits.actions import (
    calling,
    input_alone,
    without,
)
from gradcheck.diagnosis.edits.axes import (
    ALONG,
    REDUCTIONS,
    axis_edits,
    reduction_edits,
    transposing_edits,
    variance_edits,
)
from gradcheck.diagnosis.edits.counts import count_edits
from gradcheck.diagnosis.edits.edit import Edit, known, taken_for
from gradcheck.diagnosis.edits.indices import index_edits, order_edits
from gradcheck.diagnosis.edits.operands import Before, other_arrays, other_operands
from gradcheck.diagnosis.edits.stabilisers import stabiliser_edits
from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.traced import astype, getitem
from gradcheck.diagnosis.words import place_of

__all__ = ["cast_edits", "proposals"]

SWAPS: dict[Any, list[tuple[Any, str, str]]] = {
    np.add: [(np.subtract, "sign", "-")],
    np.subtract: [(np.add, "sign", "+")],
    np.multiply: [(np.true_divide, "operation", "/"), (np.matmul, "operation", "@")],
    np.true_divide: [(np.multiply, "operation", "*")],
    np.matmul: [(np.multiply, "operation", "*")],
    np.maximum: [(np.minimum, "operation", "np.minimum")],
    np.minimum: [(np.maximum, "operation", "np.maximum")],
    np.greater: [(np.less, "mask", "<")],
    np.less: [(np.greater, "mask", ">")],
    np.greater_equal: [(np.less, "mask", "<")],
    np.less_equal: [(np.greater, "mask", ">")],
    np.absolute: [(np.square, "operation", "the square")],
    np.square: [(np.absolute, "operation", "the absolute value")],
}
SIGNS: dict[Any, str] = {
    np.add: "+", np.subtract: "-", np.multiply: "*", np.true_divide: "/", np.matmul: "@",
    np.maximum: "np.maximum", np.minimum: "np.minimum", np.greater: ">", np.less: "<",
    np.greater_equal: ">=", np.less_equal: "<=", np.absolute: "the absolute value",
    np.square: "the square",
}  # fmt: skip


_COMPARISONS = frozenset(
    [np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.isclose]
)


def proposals(
    calls: Sequence[Call], arguments: dict[str, Value], indices: tuple[str, ...] = ()
) -> Iterator[Edit]:
    """The edits to try, operation by operation. ``indices`` are the free indices of an entry claim."""
    texts = Counter((c.key.name, c.key.site.frames[:1], c.key.site.snippet) for c in _first(calls))
    doubled = Counter((name, frames and frames[0][0], text) for name, frames, text in texts)
    before = Before(arguments.values())
    seen: set[Key] = set()
    for call in calls:
        if call.key not in seen and not call.is_step:
            seen.add(call.key)
            frames = call.key.site.frames
            again = doubled[(call.key.name, frames and frames[0][0], call.key.site.snippet)] > 1
            deeper = 0.01 * max(len(frames) - 1, 0)  # said of the caller, it is easier to follow
            elsewhere = other_arrays if call.function is getitem else other_operands
            made_of = itertools.chain(_of_call(call, indices), elsewhere(call, before))
            if call.key.site.decides:  # any condition would do that happens to hold at the points tried
                made_of = itertools.chain()
            elif known(call.function, _COMPARISONS):
                made_of = itertools.chain(_turned(call))
            for made in made_of:
                edit = replace(made, cost=made.cost + deeper)
                yield edit
                if again and call.key.site.snippet:
                    text = f"{edit.text} (and so wherever the same stands in this function)"
                    yield replace(edit, alike=True, cost=edit.cost + 0.05, text=text)
        if isinstance(call.output, Value) and not call.is_step:
            before.add(call.output)


def _first(calls: Sequence[Call]) -> list[Call]:
    """One operation for each key."""
    return list({c.key: c for c in reversed(calls)}.values())[::-1]


def _of_call(call: Call, indices: tuple[str, ...]) -> Iterator[Edit]:
    yield from cast_edits(call)
    yield from stabiliser_edits(call)
    yield from transposing_edits(call)
    if known(call.function, ALONG):
        yield from axis_edits(call)
    if known(call.function, REDUCTIONS):
        yield from reduction_edits(call)
    if call.function in (np.var, np.std):
        yield from variance_edits(call)
    yield from _turned(call)
    yield from (replace(edit, removes=True) for edit in leaving_out(call))
    if call.function is getitem:
        yield from index_edits(call, indices)
    yield from order_edits(call)
    yield from count_edits(call)


def _turned(call: Call) -> Iterator[Edit]:
    """Another operation that is written in its place: a sign, a comparison, a product."""
    for other, kind, sign in SWAPS.get(call.function, []) if known(call.function, SWAPS) else []:
        text = f"in {place_of(call.key)}, {taken_for(sign, SIGNS[call.function])}"
        yield Edit(kind, text, 1.7, call.key, calling(other))


def cast_edits(call: Call) -> Iterator[Edit]:
    """Casts to fewer digits that are left out."""
    where = place_of(call.key)
    if call.function is astype and np.dtype(call.args[1]).kind == "f":
        width = np.dtype(call.args[1])
        if width != np.float64:
            yield Edit(
                "float32", f"accurate to {width} only: {where} rounds to it", 0.5, call.key, input_alone
            )
    if call.kwargs.get("dtype") is not None:
        try:
            width = np.dtype(call.kwargs["dtype"])
        except TypeError:
            return
        if width.kind == "f" and width != np.float64:
            yield Edit(
                "float32",
                f"accurate to {width} only: {where} computes in it",
                0.5,
                call.key,
                without("dtype", "casting"),
            )
    if call.function in (np.round, np.around, np.rint):
        yield Edit("rounded", f"{where} rounds", 0.5, call.key, input_alone)
