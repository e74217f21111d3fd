"""Explanations of the whole quantity: what one simple change of the right value would give."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from flint import arb

from gradcheck.arithmetic import enclose, midpoints
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explanation import Explanation, Sides
from gradcheck.diagnosis.samples import How, Sample

__all__ = ["whole_changes"]

Change = Callable[[Any], Any]


def whole_changes(case: Case, quantity: str, pilot: Sample) -> Iterator[Explanation]:
    """Every whole-quantity explanation worth trying, given the shapes at the pilot sample."""
    noun = case.noun

    def of_right(change: Change) -> Sides:
        return lambda s, q, how: (s.mine(q, how), change(s.right(q, how)))

    def relation(change: Change) -> Sides:
        return lambda s, q, how: (change(s.mine(q, how)), s.right(q, how))

    rank = len(pilot.shapes[quantity])
    if case.claim.kind == "update":
        yield Explanation(
            "missing-term", "the old value is missing: only the step is given", 1.1, _step_alone
        )
    yield Explanation("sign", f"the sign is wrong: {noun} is minus the right one", 1.0, of_right(np.negative))
    yield Explanation(
        "missing-term", _zero_text(case, quantity), 1.0, lambda s, q, how: (s.mine(q, how), _zeros(s, q, how))
    )
    yield from _orders_of_axes(rank, noun, of_right)
    yield from _other_quantities(case, quantity)
    yield from _sums(pilot, quantity, noun, of_right, relation)
    yield from _places(rank, noun, of_right)
    yield Explanation("sign", f"{noun} is the absolute value of the right one", 2.0, of_right(abs))
    yield Explanation("operation", f"{noun} is only the sign of the right one", 2.0, of_right(_signs))
    yield Explanation("operation", f"{noun} is the square of the right one", 3.0, of_right(lambda t: t * t))
    yield Explanation("operation", f"{noun} is 1 divided by the right one", 3.0, of_right(lambda t: 1 / t))
    yield from _other_targets(case)
    if np.shape(pilot.mine(quantity)) == (max(pilot.right(quantity).size, 2),) * 2:
        yield Explanation(
            "shape",
            f"{noun} is an outer product; its diagonal holds the right values, as a product entry by entry would",  # noqa: E501
            1.4,
            lambda s, q, how: (np.diagonal(s.mine(q, how)), np.ravel(s.right(q, how))),
        )
    yield Explanation(
        "shape",
        f"{noun} has the right entries in an array of another shape",
        1.6,
        lambda s, q, how: (np.ravel(s.mine(q, how)), np.ravel(s.right(q, how))),
    )


def _other_targets(case: Case) -> Iterator[Explanation]:
    """The derivative by another argument given as that by this one."""
    claim = case.claim
    if claim.kind not in ("jacobian", "layout"):
        return
    for other in case.names:
        if other == claim.target:
            continue

        def sides(s: Sample, q: str, how: How, other: str = other) -> tuple[Any, Any]:
            return s.mine(q, how), s.of_other_target(other, how)

        yield Explanation("swapped", f"this is the derivative by {other}, not by {claim.target}", 1.3, sides)


def _step_alone(sample: Sample, quantity: str, how: How) -> tuple[Any, Any]:
    """The step of an update that forgot the old value: as if the gradient were old / rate + gradient."""
    names = sample.claim.formula.shapes.arguments
    old: Any = sample.point.args[names.index(quantity.removeprefix("new "))]
    rate: Any = sample.point.rate if how is None else arb(sample.point.rate)
    return sample.mine(quantity, how), (old if how is None else enclose(old)) / rate + sample.right(
        quantity, how
    )


def _zero_text(case: Case, quantity: str) -> str:
    if case.claim.kind == "update":
        return f"{quantity.removeprefix('new ')} stays as it is: no step is taken"
    return f"{case.noun} is zero throughout, as if the output did not depend on it"


def _zeros(sample: Sample, quantity: str, how: How) -> Any:
    zeros = np.zeros(np.shape(sample.mine(quantity)))
    return zeros if how is None else enclose(zeros)


def _signs(right: Any) -> Any:
    if right.dtype == object:
        return enclose(np.sign(midpoints(right)))
    return np.sign(right)


def _orders_of_axes(rank: int, noun: str, of_right: Callable[[Change], Sides]) -> Iterator[Explanation]:
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


def _other_quantities(case: Case, quantity: str) -> Iterator[Explanation]:
    """The gradient of one argument given as that of another."""
    if case.claim.kind not in ("vjp", "update"):
        return
    own = quantity.rsplit("/d", maxsplit=1)[-1].removeprefix("new ")
    for other in case.samples[0].shapes:
        if other == quantity:
            continue
        name = other.split("/d")[-1].removeprefix("new ")

        def sides(s: Sample, q: str, how: How, other: str = other) -> tuple[Any, Any]:
            return s.mine(q, how), s.right(other, how)

        yield Explanation("swapped", f"what is given for {own} is the right gradient of {name}", 1.65, sides)

        def turned(s: Sample, q: str, how: How, other: str = other) -> tuple[Any, Any]:
            return s.mine(q, how), np.transpose(s.right(other, how))

        yield Explanation(
            "swapped", f"what is given for {own} is the right gradient of {name}, transposed", 1.9, turned
        )


def _sums(
    pilot: Sample,
    quantity: str,
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


def _places(rank: int, noun: str, of_right: Callable[[Change], Sides]) -> Iterator[Explanation]:
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
