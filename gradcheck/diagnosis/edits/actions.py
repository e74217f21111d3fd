"""What edits do in place of an operation. Each works in float64 and in balls, recorded or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.tracing.traced import Traced, getitem, setitem

__all__ = [
    "adding",
    "adding_all",
    "along",
    "backwards_along",
    "calling",
    "first_of",
    "indexed",
    "input_alone",
    "input_spread",
    "latest",
    "moved_triangle",
    "negated_input",
    "reordered",
    "reversed_args",
    "rolled_back",
    "shifted",
    "transposed",
    "with_operand",
    "without",
]

Action = Callable[[Call, Run], Any]


def calling(other: Any) -> Action:
    """Another function of the same arguments."""
    return lambda call, run: run.do(other, *call.args, **call.kwargs)


def input_alone(call: Call, run: Run) -> Any:
    """The first argument, as if the operation were not there."""
    return call.args[0]


def input_spread(position: int) -> Action:
    """One operand, spread to the shape that the operation would have given."""

    def action(call: Call, run: Run) -> Any:
        value = call.args[position]
        shapes = [np.shape(a.value if isinstance(a, Value) else a) for a in call.args]
        try:
            shape = np.broadcast_shapes(*shapes)
        except ValueError:
            shape = np.shape(value)
        watched = value if isinstance(value, Value) else Traced(np.asarray(value, dtype=np.float64), run)
        return watched if np.shape(watched) == shape else run.do(np.broadcast_to, watched, shape)

    return action


def negated_input(call: Call, run: Run) -> Any:
    """`a - b` without `a`."""
    return run.do(np.negative, input_spread(1)(call, run))


def without(*names: str) -> Action:
    """The same without some keywords."""

    def action(call: Call, run: Run) -> Any:
        kwargs = {k: v for k, v in call.kwargs.items() if k not in names}
        return run.do(call.function, *call.args, **kwargs)

    return action


def reversed_args(call: Call, run: Run) -> Any:
    return run.do(call.function, call.args[1], call.args[0])


def transposed(value: Any, run: Run) -> Any:
    return run.do(np.swapaxes, value, -1, -2)


def with_operand(position: int, change: Callable[[Any, Run], Any]) -> Action:
    """The same with one operand changed."""

    def action(call: Call, run: Run) -> Any:
        args = list(call.args)
        args[position] = change(args[position], run)
        return run.do(call.function, *args, **{k: v for k, v in call.kwargs.items() if k != "out"})

    return action


def along(axis: Any, *, keepdims: bool | None = None) -> Action:
    """The same along another axis."""

    def action(call: Call, run: Run) -> Any:
        kwargs = {k: v for k, v in call.kwargs.items() if k != "axis"}
        if keepdims is not None:
            kwargs["keepdims"] = keepdims
        args = call.args if call.function is np.repeat else call.args[:1]
        return run.do(call.function, *args, axis=axis, **kwargs)

    return action


def backwards_along(call: Call, run: Run) -> Any:
    """`np.cumsum` from the end."""
    axis = call.kwargs.get("axis", call.args[1] if len(call.args) > 1 else 0)
    turned = run.do(np.flip, call.args[0], axis)
    return run.do(np.flip, run.do(call.function, turned, axis=axis), axis)


def first_of(call: Call, run: Run) -> Any:
    """The first entry in place of the largest."""
    axis = call.kwargs.get("axis", call.args[1] if len(call.args) > 1 else None)
    value = call.args[0]
    if axis is None:
        value, axis = run.do(np.ravel, value), 0
    taken = run.do(np.take, value, [0], axis=axis)
    return taken if call.kwargs.get("keepdims") else run.do(np.squeeze, taken, axis=axis)


def shifted(part: slice, step: int) -> slice:
    """A slice moved by one: `[:-2]` becomes `[1:-1]`."""
    start = part.start if part.start is not None else (0 if step > 0 and part.stop is not None else None)
    stop = part.stop

    def move(bound: Any) -> Any:
        if bound is None:
            return None
        moved = bound + step
        return None if bound < 0 <= moved or moved < 0 <= bound else moved

    return slice(move(start), move(stop), part.step)


def indexed(positions: Sequence[int], change: Callable[[Any, int, Run], Any]) -> Action:
    """The same array at another index."""

    def action(call: Call, run: Run) -> Any:
        array, index = call.args
        parts = list(index) if isinstance(index, tuple) else [index]
        shape = np.shape(array)
        for position in positions:
            length = shape[position] if position < len(shape) else 1
            parts[position] = change(parts[position], length, run)
        return run.do(getitem, array, tuple(parts) if isinstance(index, tuple) else parts[0])

    return action


def adding(call: Call, run: Run) -> Any:
    """`a[i] += v` in place of `a[i] = v`."""
    array, index, value = call.args
    total = run.do(np.add, run.do(getitem, array, index), value)
    return run.plainly(Call(call.key, call.turn, setitem, (array, index, total), {}))


def adding_all(call: Call, run: Run) -> Any:
    """`np.add.at(a, i, v)` in place of `a[i] += v`."""
    array, index, value = call.args
    more = run.do(np.subtract, value, run.do(getitem, array, index))
    return run.plainly(Call(replace(call.key, name="add.at"), call.turn, np.add.at, (array, index, more), {}))


def moved_triangle(mask: Any, step: int) -> Any:
    """A lower triangle that ends one diagonal later or earlier."""
    held: Any = np.asarray(mask.value if isinstance(mask, Value) else mask)
    now = next(k for k in (-1, 0, 1) if np.array_equal(held, np.tri(held.shape[0], held.shape[1], k, bool)))
    return np.tri(held.shape[0], held.shape[1], now + step, bool)


def rolled_back(call: Call, run: Run) -> Any:
    array, shift, *rest = call.args
    return run.do(np.roll, array, -shift, *rest, **call.kwargs)


def reordered(i: int, j: int) -> Action:
    """The same with two parts of the list exchanged."""

    def action(call: Call, run: Run) -> Any:
        parts = list(call.args[0])
        parts[i], parts[j] = parts[j], parts[i]
        return run.do(call.function, parts, *call.args[1:], **call.kwargs)

    return action


def latest(key: Key | None, name: str | None, *, turned: bool) -> Callable[[Any, Run], Any]:
    """What the operation with this key gave last, or an argument."""

    def change(_: Any, run: Run) -> Any:
        other = run.arguments[name] if name is not None else run.latest[key]  # type: ignore[index]
        return transposed(other, run) if turned else other

    return change
