"""Which edits to try on an operation: those that people's mistakes are made of."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.edits import Edit, describe, place_of
from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.tracing.traced import Traced, astype, getitem, setitem

__all__ = ["cast_edits", "proposals"]

PRODUCTS = frozenset([np.matmul, np.dot])
ARITHMETIC = frozenset(
    [np.add, np.subtract, np.multiply, np.true_divide, np.matmul, np.dot, np.outer, np.power]
)
REDUCTIONS: dict[Any, Any] = {
    np.sum: np.mean, np.mean: np.sum, np.max: np.min, np.min: np.max, np.argmax: np.argmin,
    np.argmin: np.argmax, np.add.reduce: None, np.prod: np.sum,
}  # fmt: skip
ALONG = frozenset(
    [np.sum, np.mean, np.max, np.min, np.prod, np.var, np.std, np.cumsum, np.cumprod, np.flip, np.add.reduce, np.argmax,
     np.argmin, np.concatenate, np.stack, np.repeat]
)  # fmt: skip
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
    np.repeat: [(np.tile, "operation", "np.tile")],
    np.tile: [(np.repeat, "operation", "np.repeat")],
    np.absolute: [(np.square, "operation", "the square")],
}


def proposals(calls: list[Call], arguments: dict[str, Value], indices: tuple[str, ...]) -> Iterator[Edit]:
    """The edits to try, operation by operation. ``indices`` are the free indices of an entry claim."""
    seen: set[Key] = set()
    before: list[Value] = list(arguments.values())
    for call in calls:
        if call.key in seen:
            if isinstance(call.output, Value):
                before.append(call.output)
            continue
        seen.add(call.key)
        yield from _of_call(call, indices)
        yield from _replacements(call, before)
        if isinstance(call.output, Value):
            before.append(call.output)


def _of_call(call: Call, indices: tuple[str, ...]) -> Iterator[Edit]:
    function = call.function
    yield from cast_edits(call)
    yield from _transposes(call)
    if _known(function, ALONG):
        yield from _axes(call)
    if _known(function, REDUCTIONS) and REDUCTIONS[function] is not None:
        yield from _reduction(call)
    if _known(function, SWAPS):
        for other, kind, sign in SWAPS[function]:
            yield Edit(
                kind, f"{place_of(call.key)} should be done with {sign}", 1.7, call.key, _calling(other)
            )
    yield from _drops(call)
    if function is getitem:
        yield from _indices(call, indices)
    if function is setitem:
        yield Edit(
            "missing-sum",
            f"{place_of(call.key)} stores where it should add to what is there",
            1.5,
            call.key,
            _adding,
        )
    if function is np.roll:
        yield Edit("index", f"{place_of(call.key)} shifts the wrong way", 1.7, call.key, _rolled_back)
        yield Edit("index", f"{place_of(call.key)} should not shift anything", 1.7, call.key, _input(0))
    if function is np.flip:
        yield Edit("index", f"{place_of(call.key)} should not reverse anything", 1.7, call.key, _input(0))


def _known(function: Any, table: Any) -> bool:
    try:
        return function in table
    except TypeError:
        return False


def _calling(other: Any) -> Any:
    return lambda call, run: run.do(other, *call.args, **call.kwargs)


def _input(position: int) -> Any:
    """The operand itself, spread to the shape that the operation would have given."""

    def action(call: Call, run: Run) -> Any:
        value = call.args[position]
        shapes = [np.shape(a.value if isinstance(a, Value) else a) for a in call.args]
        try:
            shape = np.broadcast_shapes(*shapes)
        except ValueError:
            shape = np.shape(value)
        if np.shape(value) == shape:
            return value if isinstance(value, Value) else run.do(np.add, value, Traced(np.float64(0.0), run))
        return run.do(np.broadcast_to, value, shape)

    return action


def cast_edits(call: Call) -> Iterator[Edit]:
    if call.function is astype and np.dtype(call.args[1]).kind == "f":
        width = np.dtype(call.args[1])
        if width != np.float64:
            text = f"{place_of(call.key)} rounds to {width}"
            yield Edit("float32", text, 0.5, call.key, _input_alone)
    if call.kwargs.get("dtype") is not None:
        try:
            width = np.dtype(call.kwargs["dtype"])
        except TypeError:
            return
        if width.kind == "f" and width != np.float64:
            text = f"{place_of(call.key)} computes in {width}"
            yield Edit("float32", text, 0.5, call.key, _without("dtype", "casting"))
    if call.function in (np.round, np.around, np.rint):
        yield Edit("rounded", f"{place_of(call.key)} rounds", 0.5, call.key, _input_alone)


def _input_alone(call: Call, run: Run) -> Any:
    return call.args[0]


def _without(*names: str) -> Any:
    def action(call: Call, run: Run) -> Any:
        kwargs = {k: v for k, v in call.kwargs.items() if k not in names}
        return run.do(call.function, *call.args, **kwargs)

    return action


def _transposes(call: Call) -> Iterator[Edit]:
    where = place_of(call.key)
    if call.function in (np.transpose, np.swapaxes):
        yield Edit("transposed", f"{where} should not be transposed", 1.4, call.key, _input_alone)
        return
    if call.function is np.outer:
        yield Edit(
            "transposed", f"{where} has its two factors in the wrong order", 1.4, call.key, _reversed_args
        )
        return
    if not (_known(call.function, ARITHMETIC) or call.function is np.linalg.solve):
        return
    for k, arg in enumerate(call.args):
        if isinstance(arg, Value) and len(np.shape(arg)) >= 2:
            yield Edit(
                "transposed",
                f"in {where}, {describe(arg)} should be transposed",
                1.4,
                call.key,
                _with_operand(k, lambda v, run: run.do(np.swapaxes, v, -1, -2)),
            )
    if _known(call.function, PRODUCTS) and all(isinstance(a, Value) for a in call.args):
        yield Edit(
            "transposed", f"{where} has its two factors in the wrong order", 1.6, call.key, _reversed_args
        )


def _reversed_args(call: Call, run: Run) -> Any:
    return run.do(call.function, call.args[1], call.args[0])


def _with_operand(position: int, change: Any) -> Any:
    def action(call: Call, run: Run) -> Any:
        args = list(call.args)
        args[position] = change(args[position], run)
        return run.do(call.function, *args, **{k: v for k, v in call.kwargs.items() if k != "out"})

    return action


def _axes(call: Call) -> Iterator[Edit]:
    first = call.args[0]
    rank = (
        len(np.shape(first.value if isinstance(first, Value) else first))
        if not isinstance(first, list | tuple)
        else 0
    )
    if isinstance(first, list | tuple) and first and isinstance(first[0], Value):
        rank = len(first[0].shape)
    now = call.kwargs.get(
        "axis", call.args[1] if len(call.args) > 1 and call.function is not np.repeat else None
    )
    options: list[Any] = list(range(rank))
    if rank > 1 and call.function not in (
        np.flip,
        np.concatenate,
        np.stack,
        np.repeat,
        np.cumsum,
        np.cumprod,
    ):
        options += [None, *itertools.combinations(range(rank), 2)]
    words = {np.sum: "sum", np.mean: "take the mean", np.max: "take the maximum", np.flip: "reverse"}
    for axis in options:
        if _normal(axis, rank) == _normal(now, rank):
            continue
        target = (
            "all axes"
            if axis is None
            else f"axis {axis}"
            if isinstance(axis, int)
            else f"axes {axis[0]} and {axis[1]}"
        )
        verb = words.get(call.function, "run")
        yield Edit(
            "wrong-axis", f"{place_of(call.key)} should {verb} over {target}", 1.4, call.key, _along(axis)
        )


def _along(axis: Any) -> Any:
    def action(call: Call, run: Run) -> Any:
        kwargs = {k: v for k, v in call.kwargs.items() if k != "axis"}
        args = call.args if call.function is np.repeat else call.args[:1]
        return run.do(call.function, *args, axis=axis, **kwargs)

    return action


def _normal(axis: Any, rank: int) -> Any:
    if axis is None:
        return tuple(range(rank))
    axes = axis if isinstance(axis, tuple) else (axis,)
    try:
        return tuple(sorted(int(a) % max(rank, 1) for a in axes))
    except TypeError:
        return None


def _reduction(call: Call) -> Iterator[Edit]:
    other = REDUCTIONS[call.function]
    names = {np.mean: "the mean", np.sum: "the sum", np.max: "the maximum", np.min: "the minimum"}
    kind = "size-factor" if {call.function, other} == {np.sum, np.mean} else "operation"
    if call.function in (np.argmax, np.argmin):
        kind = "index"
    text = f"{place_of(call.key)} should be {names.get(other, 'np.' + other.__name__)}"
    yield Edit(kind, text, 1.3, call.key, _calling(other))


def _drops(call: Call) -> Iterator[Edit]:
    where = place_of(call.key)
    if call.function in (np.add, np.subtract, np.multiply, np.true_divide) and len(call.args) == 2:
        word = "term" if call.function in (np.add, np.subtract) else "factor"
        for k in (0, 1):
            if k == 0 and call.function is np.true_divide:
                continue
            other, sign = call.args[1 - k], call.function is np.subtract and k == 1
            if k == 1 and call.function is np.subtract:
                action = lambda call, run: run.do(np.negative, _input(1)(call, run))  # noqa: E731
            else:
                action = _input(k)
            del sign
            yield Edit(
                "extra-term",
                f"in {where}, the {word} {describe(other)} should not be there",
                1.8,
                call.key,
                action,
            )
    elif call.function in (np.maximum, np.minimum, np.where, np.clip, np.power):
        positions = (
            (1, 2) if call.function is np.where else (0,) if call.function in (np.clip, np.power) else (0, 1)
        )
        for k in positions:
            if k < len(call.args) and isinstance(call.args[k], Value):
                yield Edit(
                    "extra-term" if call.function is np.power else "mask",
                    f"{where} should be {describe(call.args[k])} throughout",
                    1.9,
                    call.key,
                    _input(k),
                )
    elif (
        isinstance(call.function, np.ufunc)
        and len(call.args) == 1
        and call.name not in ("negative", "positive")
    ):
        yield Edit(
            "extra-term",
            f"{where} should not be there: its argument stands as it is",
            1.8,
            call.key,
            _input_alone,
        )


def _indices(call: Call, indices: tuple[str, ...]) -> Iterator[Edit]:
    """Another index in place of one that is a number or a slice."""
    index = call.args[1]
    parts = index if isinstance(index, tuple) else (index,)
    where = place_of(call.key)
    for k, part in enumerate(parts):
        if isinstance(part, int | np.integer) and not isinstance(part, bool | np.bool_):
            for name in indices:
                yield Edit(
                    "index",
                    f"in {where}, index {k} should be {name}"
                    if len(parts) > 1
                    else f"the index in {where} should be {name}",
                    1.5,
                    call.key,
                    _indexed(k, lambda i, n, run, name=name: run.indices[name]),
                )
            for step in (1, -1):
                yield Edit(
                    "index",
                    f"the index in {where} is off by one",
                    1.7,
                    call.key,
                    _indexed(k, lambda i, n, run, step=step: (i + step) % n),
                )
        elif isinstance(part, slice):
            for what, change in _SLICES.items():
                yield Edit("index", f"the slice in {where} {what}", 1.8, call.key, _indexed(k, change))
        elif isinstance(part, Value) and np.dtype(part.dtype).kind in "iu":
            for step in (1, -1):
                yield Edit(
                    "index",
                    f"the indices in {where} are off by one",
                    1.8,
                    call.key,
                    _indexed(k, lambda i, n, run, step=step: (np.asarray(i.value) + step) % n),
                )


def _shifted(part: slice, step: int) -> slice:
    def move(bound: Any) -> Any:
        return None if bound is None else bound + step

    return slice(move(part.start), move(part.stop), part.step)


_SLICES = {
    "should not be reversed": lambda i, n, run: slice(None) if i == slice(None, None, -1) else i,
    "should be reversed": lambda i, n, run: slice(None, None, -1) if i == slice(None) else i,
    "should start one later": lambda i, n, run: _shifted(i, 1),
    "should start one earlier": lambda i, n, run: _shifted(i, -1),
    "should take all": lambda i, n, run: slice(None),
}


def _indexed(position: int, change: Any) -> Any:
    def action(call: Call, run: Run) -> Any:
        array, index = call.args
        parts = list(index) if isinstance(index, tuple) else [index]
        length = np.shape(array.value)[position] if position < len(np.shape(array.value)) else 1
        parts[position] = change(parts[position], length, run)
        return run.do(getitem, array, tuple(parts) if isinstance(index, tuple) else parts[0])

    return action


def _adding(call: Call, run: Run) -> Any:
    array, index, value = call.args
    now = run.do(getitem, array, index)
    return run.plainly(Call(call.key, call.turn, setitem, (array, index, run.do(np.add, now, value)), {}))


def _rolled_back(call: Call, run: Run) -> Any:
    array, shift, *rest = call.args
    return run.do(np.roll, array, -shift, *rest, **call.kwargs)


def _replacements(call: Call, before: list[Value]) -> Iterator[Edit]:
    """Another value in place of an operand."""
    if not (
        _known(call.function, ARITHMETIC) or isinstance(call.function, np.ufunc) or call.function is np.where
    ):
        return
    where = place_of(call.key)
    for k, arg in enumerate(call.args):
        if not isinstance(arg, Value) or np.dtype(arg.dtype).kind != "f":
            continue
        tried: list[Any] = [arg]
        for other in reversed(before):
            if np.dtype(other.dtype).kind != "f" or any(other is t for t in tried):
                continue
            tried.append(other)
            key = other.call.key if other.call is not None else None
            if key is None and other.name is None:
                continue
            turned = other.shape != arg.shape
            if turned and not (len(arg.shape) == 2 and other.shape == arg.shape[::-1]):
                continue
            if arg.call is not None and key == arg.call.key:
                continue
            yield Edit(
                "other-value",
                f"in {where}, {describe(other)}{' transposed' if turned else ''} should stand in place of {describe(arg)}",
                2.0 + 0.3 * turned,
                call.key,
                _with_operand(k, _latest(key, other.name, turned)),
            )


def _latest(key: Key | None, name: str | None, turned: bool) -> Any:
    def change(_: Any, run: Run) -> Any:
        other = run.arguments[name] if name is not None else run.latest[key]  # type: ignore[index]
        return run.do(np.swapaxes, other, -1, -2) if turned else other

    return change
