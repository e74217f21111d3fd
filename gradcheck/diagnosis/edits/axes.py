"""Edits of the order of axes, and of the axis that a reduction runs along."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.edits.actions import (
    along,
    backwards_along,
    calling,
    first_of,
    input_alone,
    reversed_args,
    transposed,
    with_operand,
    without,
)
from gradcheck.diagnosis.edits.edit import ARITHMETIC, SHOULD_BE, Edit, either, known
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.words import operand, place_of

__all__ = ["ALONG", "REDUCTIONS", "axis_edits", "reduction_edits", "transposing_edits", "variance_edits"]


PRODUCTS = frozenset([np.matmul, np.dot])


REDUCTIONS: dict[Any, Any] = {
    np.sum: np.mean, np.mean: np.sum, np.max: np.min, np.min: np.max, np.argmax: np.argmin,
    np.argmin: np.argmax, np.prod: np.sum,
}  # fmt: skip


ALONG = frozenset(
    [np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std, np.cumsum, np.cumprod, np.flip,
     np.argmax, np.argmin, np.concatenate, np.stack, np.repeat]
)  # fmt: skip


REDUCING = frozenset([np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std])


VERBS = {np.sum: "sum", np.mean: "take the mean", np.max: "take the maximum", np.flip: "reverse"}


def transposing_edits(call: Call) -> Iterator[Edit]:
    where = place_of(call.key)
    if call.function in (np.transpose, np.swapaxes):
        text = f"{where} {either('should not be', 'is not')} transposed"
        yield Edit("transposed", text, 1.4, call.key, input_alone)
        return
    factors = f"the two factors of {where} {either('stand in the wrong order', 'stand the other way round')}"
    if call.function is np.outer:
        yield Edit("transposed", factors, 1.4, call.key, reversed_args)
        return
    if not known(call.function, ARITHMETIC):
        return
    for k, arg in enumerate(call.args):
        if isinstance(arg, Value) and len(np.shape(arg)) >= 2:
            text = f"in {where}, {operand(call, k)} {SHOULD_BE} transposed"
            yield Edit("transposed", text, 1.4, call.key, with_operand(k, transposed))
    if known(call.function, PRODUCTS) and all(isinstance(a, Value) for a in call.args):
        yield Edit("transposed", factors, 1.6, call.key, reversed_args)
        if all(len(np.shape(a)) == 2 for a in call.args):
            yield Edit("transposed", factors, 1.7, call.key, lambda c, r: transposed(reversed_args(c, r), r))


def axis_edits(call: Call) -> Iterator[Edit]:
    rank = _rank(call.args[0])
    plain = call.function not in REDUCING
    now = call.kwargs.get("axis", call.args[1] if len(call.args) > 1 and not plain else None)
    options: list[Any] = list(range(rank))
    if rank > 1 and not plain:
        options += [None, *itertools.combinations(range(rank), 2)]
    kept = bool(call.kwargs.get("keepdims", False))
    for axis in options:
        if _normal(axis, rank) == _normal(now, rank):
            continue
        target = (
            "all axes" if axis is None
            else f"axis {axis}" if isinstance(axis, int)
            else f"axes {axis[0]} and {axis[1]}"
        )  # fmt: skip
        verb = VERBS.get(call.function, "run")
        present = {"sum": "sums", "take the mean": "takes the mean", "take the maximum": "takes the maximum",
                   "reverse": "reverses", "run": "runs"}[verb]  # fmt: skip
        text = f"{place_of(call.key)} {either('should ' + verb, present)} over {target}"
        yield Edit("wrong-axis", text, 1.4, call.key, along(axis))
        if not plain:
            if not kept:
                yield Edit("wrong-axis", text, 1.5, call.key, along(axis, keepdims=True))
            over = f"{either('should run', 'run')} over {target}"
            shared = f"the reductions along axis {now} beside {place_of(call.key)} {over}"
            yield Edit("wrong-axis", shared, 1.6, call.key, along(axis), beside=now)
            if not kept:
                yield Edit("wrong-axis", shared, 1.65, call.key, along(axis, keepdims=True), beside=now)
    if call.function in (np.cumsum, np.cumprod):
        text = f"{place_of(call.key)} {either('should run', 'runs')} from the end"
        yield Edit("index", text, 1.5, call.key, backwards_along)


def _rank(first: Any) -> int:
    if isinstance(first, list | tuple):
        return len(np.shape(first[0])) if first else 0
    return len(np.shape(first.value if isinstance(first, Value) else first))


def _normal(axis: Any, rank: int) -> Any:
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, tuple) else (axis,)
    try:
        return tuple(sorted(int(a) % max(rank, 1) for a in axes))
    except TypeError:
        return None


def variance_edits(call: Call) -> Iterator[Edit]:
    """A variance that is divided by one less than the number of entries, or should be."""
    where, count = place_of(call.key), "the number of entries"
    if call.kwargs.get("ddof"):
        text = f"{where} {either('should divide', 'divides')} by {count}, without ddof"
        yield Edit("size-factor", text, 1.4, call.key, without("ddof"))
    else:
        text = f"{where} {either('should divide', 'divides')} by one less than {count}, with ddof=1"
        yield Edit("size-factor", text, 1.5, call.key, _with_ddof)


def _with_ddof(call: Call, run: Run) -> Any:
    return run.do(call.function, *call.args, **{**call.kwargs, "ddof": 1})


def reduction_edits(call: Call) -> Iterator[Edit]:
    other = REDUCTIONS[call.function]
    names = {np.mean: "the mean", np.sum: "the sum", np.max: "the maximum", np.min: "the minimum"}
    kind = "size-factor" if {call.function, other} == {np.sum, np.mean} else "operation"
    if call.function in (np.argmax, np.argmin):
        kind = "index"
    text = f"{place_of(call.key)} {SHOULD_BE} {names.get(other, 'np.' + other.__name__)}"
    yield Edit(kind, text, 1.3, call.key, calling(other))
    if call.function in (np.max, np.min):
        text = f"{place_of(call.key)} {SHOULD_BE} the first entry"
        yield Edit("index", text, 1.8, call.key, first_of)
