"""Which edits to try on an operation: those that people's mistakes are made of."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.diagnosis.actions import (
    adding,
    adding_all,
    along,
    backwards_along,
    calling,
    first_of,
    indexed,
    input_alone,
    input_spread,
    latest,
    moved_triangle,
    negated_input,
    reordered,
    reversed_args,
    rolled_back,
    shifted,
    transposed,
    with_operand,
    without,
)
from gradcheck.diagnosis.edits import Edit, either
from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.traced import astype, getitem, setitem
from gradcheck.diagnosis.words import describe, operand, place_of

__all__ = ["cast_edits", "proposals"]

SHOULD_BE = either("should be", "is")
SHOULD_NOT = either("should not", "does not")

PRODUCTS = frozenset([np.matmul, np.dot])
ARITHMETIC = frozenset(
    [np.add, np.subtract, np.multiply, np.true_divide, np.matmul, np.dot, np.outer, np.power, np.linalg.solve]
)
REDUCTIONS: dict[Any, Any] = {
    np.sum: np.mean, np.mean: np.sum, np.max: np.min, np.min: np.max, np.argmax: np.argmin,
    np.argmin: np.argmax, np.prod: np.sum,
}  # fmt: skip
ALONG = frozenset(
    [np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std, np.cumsum, np.cumprod, np.flip,
     np.argmax, np.argmin, np.concatenate, np.stack, np.repeat]
)  # fmt: skip
REDUCING = frozenset([np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std])
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
MOVES = frozenset([getitem, np.flip, np.fliplr, np.flipud, np.roll, np.take, np.sort])
MASKS = frozenset([np.bitwise_and, np.bitwise_or, np.logical_and, np.logical_or])
VERBS = {np.sum: "sum", np.mean: "take the mean", np.max: "take the maximum", np.flip: "reverse"}


def proposals(
    calls: Sequence[Call], arguments: dict[str, Value], indices: tuple[str, ...] = ()
) -> Iterator[Edit]:
    """The edits to try, operation by operation. ``indices`` are the free indices of an entry claim."""
    texts = Counter((c.key.name, c.key.site.frames[:1], c.key.site.snippet) for c in _first(calls))
    doubled = Counter((name, frames and frames[0][0], text) for name, frames, text in texts)
    before: list[Value] = list(arguments.values())
    seen: set[Key] = set()
    for call in calls:
        if call.key not in seen:
            seen.add(call.key)
            frames = call.key.site.frames
            again = doubled[(call.key.name, frames and frames[0][0], call.key.site.snippet)] > 1
            deeper = 0.01 * max(len(frames) - 1, 0)  # said of the caller, it is easier to follow
            for made in itertools.chain(_of_call(call, indices), _replacements(call, before)):
                edit = replace(made, cost=made.cost + deeper)
                yield edit
                if again and call.key.site.snippet:
                    text = f"{edit.text} (and so wherever the same stands in this function)"
                    yield replace(edit, alike=True, cost=edit.cost + 0.05, text=text)
        if isinstance(call.output, Value):
            before.append(call.output)


def _first(calls: Sequence[Call]) -> list[Call]:
    """One operation for each key."""
    return list({c.key: c for c in reversed(calls)}.values())[::-1]


def _of_call(call: Call, indices: tuple[str, ...]) -> Iterator[Edit]:
    yield from cast_edits(call)
    yield from _transposes(call)
    if known(call.function, ALONG):
        yield from _axes(call)
    if known(call.function, REDUCTIONS):
        yield from _reductions(call)
    for other, kind, sign in SWAPS.get(call.function, []) if known(call.function, SWAPS) else []:
        text = f"{place_of(call.key)} {SHOULD_BE} done with {sign}"
        yield Edit(kind, text, 1.7, call.key, calling(other))
    yield from _drops(call)
    if call.function is getitem:
        yield from _indices(call, indices)
    yield from _orders(call)


def known(function: Any, table: Any) -> bool:
    try:
        return function in table
    except TypeError:
        return False


def cast_edits(call: Call) -> Iterator[Edit]:
    """Casts to fewer digits that are left out."""
    where = place_of(call.key)
    if call.function is astype and np.dtype(call.args[1]).kind == "f":
        width = np.dtype(call.args[1])
        if width != np.float64:
            yield Edit("float32", f"{where} rounds to {width}", 0.5, call.key, input_alone)
    if call.kwargs.get("dtype") is not None:
        try:
            width = np.dtype(call.kwargs["dtype"])
        except TypeError:
            return
        if width.kind == "f" and width != np.float64:
            yield Edit("float32", f"{where} computes in {width}", 0.5, call.key, without("dtype", "casting"))
    if call.function in (np.round, np.around, np.rint):
        yield Edit("rounded", f"{where} rounds", 0.5, call.key, input_alone)


def _transposes(call: Call) -> Iterator[Edit]:
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


def _axes(call: Call) -> Iterator[Edit]:
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
            shared = f"the reductions along axis {now} beside {place_of(call.key)} {either('should run', 'run')} over {target}"  # noqa: E501
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


def _reductions(call: Call) -> Iterator[Edit]:
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


def _drops(call: Call) -> Iterator[Edit]:
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
                text = f"in {where}, the bound {' and '.join(others)} {absent}"
                yield Edit("extra-term", text, 1.8, call.key, input_spread(k), mistake="missing-term")
    elif function is np.where and len(call.args) == 3:
        for k in (1, 2):
            if isinstance(call.args[k], Value):
                text = f"{where} {SHOULD_BE} {operand(call, k)} throughout"
                yield Edit("mask", text, 1.9, call.key, input_spread(k))
        if _is_triangle(call.args[0]):
            for step in (1, -1):
                text = f"the triangle in {where} {either('should end', 'ends')} one diagonal {'later' if step > 0 else 'earlier'}"  # noqa: E501
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
        text = f"{where} {absent}"
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


def _indices(call: Call, indices: tuple[str, ...]) -> Iterator[Edit]:
    """Another index in place of one that is a number or a slice."""
    index = call.args[1]
    parts = index if isinstance(index, tuple) else (index,)
    where = place_of(call.key)
    every = [k for k, p in enumerate(parts) if isinstance(p, slice)]
    for k, part in enumerate(parts):
        which = f"index {k} in {where}" if len(parts) > 1 else f"the index in {where}"
        if isinstance(part, int | np.integer) and not isinstance(part, bool | np.bool_):
            for name in indices:
                text = f"{which} {SHOULD_BE} {name}"
                yield Edit("index", text, 1.5, call.key, indexed([k], lambda i, n, r, m=name: r.indices[m]))
            for step in (1, -1):
                text = f"{which} {either('is off by one', 'is off by one')}"
                yield Edit("index", text, 1.7, call.key, indexed([k], lambda i, n, r, s=step: (i + s) % n))
                clipped = indexed([k], lambda i, n, r, s=step: min(max(i + s, 0), n - 1))
                yield Edit("index", text, 1.75, call.key, clipped)
            text = f"{which} {either('should count', 'counts')} from the other end"
            yield Edit("index", text, 1.8, call.key, indexed([k], lambda i, n, r: n - 1 - i % n))
        elif isinstance(part, list) and len(part) == 1 and isinstance(part[0], int):
            for name in indices:
                text = f"{which} {SHOULD_BE} {name}"
                yield Edit("index", text, 1.5, call.key, indexed([k], lambda i, n, r, m=name: [r.indices[m]]))
        elif isinstance(part, slice):
            for what, change in SLICES.items():
                text = f"the slice in {where} {what}"
                yield Edit("index", text, 1.8, call.key, indexed([k], change))
                if len(every) > 1 and k == every[0]:
                    yield Edit(
                        "index", text.replace("slice", "slices"), 1.8, call.key, indexed(every, change)
                    )
        elif isinstance(part, Value) and np.dtype(part.dtype).kind in "iu":
            for step in (1, -1):
                text = f"the indices in {where} are off by one"
                change = lambda i, n, r, s=step: (np.asarray(i.value) + s) % n
                yield Edit("index", text, 1.8, call.key, indexed([k], change))


SLICES = {
    either("should not be", "is not") + " reversed": lambda i, n, r: (
        slice(None) if i == slice(None, None, -1) else i
    ),
    either("should be", "is") + " reversed": lambda i, n, r: slice(None, None, -1) if i == slice(None) else i,
    either("should start", "starts") + " one later": lambda i, n, r: shifted(i, 1),
    either("should start", "starts") + " one earlier": lambda i, n, r: shifted(i, -1),
    either("should take", "takes") + " all": lambda i, n, r: slice(None),
}


def _orders(call: Call) -> Iterator[Edit]:
    """Shifts, reversals, stores, and the order of what is put together."""
    where = place_of(call.key)
    if call.function is setitem:
        text = f"{where} {either('stores where it should add', 'adds')} to what is there"
        yield Edit("missing-sum", text, 1.5, call.key, adding)
        text = f"{where} writes once where an index occurs several times; np.add.at adds them up"
        yield Edit("missing-sum", text, 1.55, call.key, adding_all)
    elif call.function is np.roll:
        yield Edit("index", f"{where} {either('shifts', 'shifts')} the wrong way", 1.7, call.key, rolled_back)
        yield Edit("index", f"{where} {SHOULD_NOT} shift anything", 1.7, call.key, input_alone)
    elif call.function is np.flip:
        yield Edit("index", f"{where} {SHOULD_NOT} reverse anything", 1.7, call.key, input_alone)
    elif call.function in (np.repeat, np.tile):
        other = np.tile if call.function is np.repeat else np.repeat
        text = f"{where} {SHOULD_BE} np.{other.__name__}"
        yield Edit("operation", text, 1.7, call.key, calling(other))
    elif call.function in (np.concatenate, np.stack) and isinstance(call.args[0], list | tuple):
        for i, j in itertools.combinations(range(min(len(call.args[0]), 5)), 2):
            text = f"parts {i} and {j} of {where} {either('stand in the wrong order', 'stand the other way round')}"  # noqa: E501
            yield Edit("swapped", text, 1.7, call.key, reordered(i, j))


def _replacements(call: Call, before: list[Value]) -> Iterator[Edit]:
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
            name = f"{describe(other)}{' transposed' if turned else ''}"
            kind, more = "other-value", ""
            if _is_step_from(other, arg):
                kind, more = "missing-term", either(": that step is missing", "")
            elif _is_other_order(arg, other):
                kind = "index"
            text = f"in {where}, {name} {stands} in place of {operand(call, k)}{more}"
            swap = with_operand(k, latest(key, other.name, turned=turned))
            yield Edit(kind, text, 2.0 + 0.3 * turned, call.key, swap)


def _other_arrays(call: Call, before: list[Value]) -> Iterator[Edit]:
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
        text = f"in {where}, {describe(other)} {stands} in place of {describe(array)}"
        yield Edit("other-value", text, 2.1, call.key, with_operand(0, latest(key, other.name, turned=False)))
    for other in reversed(before):
        made = other.call
        if made is None or made.function is not getitem or made.key == call.key or made.args[0] is not array:
            continue
        if any(other is t for t in tried) or other.shape != call.output.shape:
            continue
        tried.append(other)
        text = f"{describe(other)} {stands} in place of {where}"
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
