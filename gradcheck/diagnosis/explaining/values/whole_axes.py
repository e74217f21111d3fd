"""Explanations of the whole quantity along its axes: another order, a sum, a shift."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.explanation import Explanation, Sides
from gradcheck.diagnosis.samples import Sample
from gradcheck.formulas.quantity import Quantity

__all__ = ["Change", "orders_of_axes", "places_along", "sums_over"]

Change = Callable[[Any], Any]


def orders_of_axes(rank: int, noun: str, of_right: Callable[[Change], Sides]) -> Iterator[Explanation]:
    for axes in itertools.permutations(range(rank)):
        if axes == tuple(range(rank)):
            continue
        if rank == 2:
            text, cost = f"{noun} is the transpose of the right one", 1.0
        else:
            text, cost = f"the axes of {noun} stand in the order {axes} of the right one's", 1.3
        yield Explanation("transposed", text, cost, of_right(lambda t, axes=axes: np.transpose(t, axes)))
    if rank == 2:
        yield Explanation(
            "transposed",
            f"{noun} is the transpose of the right one, reshaped: reshaping moves no entry",
            1.8,
            of_right(lambda t: np.reshape(np.transpose(t), t.shape)),
        )
        yield Explanation(
            "transposed",
            f"{noun} is minus the transpose of the right one",
            2.0,
            of_right(lambda t: -np.transpose(t)),
        )


def sums_over(
    pilot: Sample,
    quantity: Quantity,
    noun: str,
    of_right: Callable[[Change], Sides],
    relation: Callable[[Change], Sides],
) -> Iterator[Explanation]:
    rank, mine = len(pilot.shapes[quantity]), np.ndim(pilot.mine(quantity))
    for axes in _subsets(rank):
        named = _named(axes)
        for what, function, kind in (("summed", np.sum, "wrong-axis"), ("averaged", _mean, "wrong-axis")):
            text = f"{noun} is {what} over {named}, which it should not be"

            def spread(t: Any, axes: Any = axes, function: Any = function) -> Any:
                return np.broadcast_to(function(t, axis=axes, keepdims=True), t.shape)

            def short(t: Any, axes: Any = axes, function: Any = function) -> Any:
                return np.asarray(function(t, axis=axes))

            def kept(t: Any, axes: Any = axes, function: Any = function) -> Any:
                return function(t, axis=axes, keepdims=True)

            if all(pilot.shapes[quantity][a] == 1 for a in axes):
                continue  # nothing is summed there: an axis is lost
            if np.shape(pilot.mine(quantity)) == pilot.shapes[quantity]:
                yield Explanation(kind, text, 1.5, of_right(spread))
            else:
                text = f"the shape is another: {text}"
                yield Explanation("shape", text, 1.5, of_right(short if mine < rank else kept))
    for axes in _subsets(mine):
        if all(np.shape(pilot.mine(quantity))[a] == 1 for a in axes):
            continue  # nothing to sum: an axis too many
        text = f"the sum over {_named(axes)} is missing: summed over it, {noun} is right"
        if mine - len(axes) == rank:
            yield Explanation(
                "missing-sum", text, 1.1, relation(lambda m, axes=axes: np.asarray(np.sum(m, axis=axes)))
            )
        elif mine == rank and np.shape(pilot.mine(quantity)) != pilot.shapes[quantity]:
            yield Explanation(
                "missing-sum", text, 1.2, relation(lambda m, axes=axes: np.sum(m, axis=axes, keepdims=True))
            )


def _mean(t: Any, axis: Any, keepdims: bool = False) -> Any:
    total = np.asarray(np.sum(t, axis=axis, keepdims=keepdims))
    return total / (t.size // max(total.size, 1))


def places_along(rank: int, noun: str, of_right: Callable[[Change], Sides]) -> Iterator[Explanation]:
    for axis in range(rank):
        along = f" along axis {axis}" if rank > 1 else ""
        yield Explanation(
            "index",
            f"the entries of {noun} stand in reverse order{along}",
            1.4,
            of_right(lambda t, axis=axis: np.flip(t, axis)),
        )
        for step in (1, -1):
            yield Explanation(
                "index",
                f"{noun} is off by a shift of one{along}",
                1.4,
                of_right(lambda t, axis=axis, step=step: np.roll(t, step, axis)),
            )
            yield Explanation(
                "index",
                f"{noun} is off by a shift of one{along}, with zeros moved in",
                1.5,
                of_right(lambda t, axis=axis, step=step: _shifted(t, step, axis)),
            )


def _shifted(t: Any, step: int, axis: int) -> Any:
    rolled = np.roll(t, step, axis).copy()
    edge: list[Any] = [slice(None)] * t.ndim
    edge[axis] = 0 if step > 0 else -1
    rolled[tuple(edge)] = rolled[tuple(edge)] * 0
    return rolled


def _subsets(rank: int) -> Iterator[tuple[int, ...]]:
    for count in range(1, rank + 1):
        yield from itertools.combinations(range(rank), count)


def _named(axes: tuple[int, ...]) -> str:
    if len(axes) == 1:
        return f"axis {axes[0]}"
    return "axes " + ", ".join(map(str, axes[:-1])) + f" and {axes[-1]}"
