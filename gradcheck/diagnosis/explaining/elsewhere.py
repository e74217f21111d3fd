"""Explanations by another point: the right value at a changed delta, or at a changed argument.

A backward pass that ignores delta states what is right where delta is all ones; one that sums over the
first example only states what is right where delta is zero for all the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explanation import Explanation, Sides, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import at_other_point
from gradcheck.errors import Unsupported
from gradcheck.points import Discarded, ForwardFault, Point, evaluate_forward

__all__ = ["argument_changes", "at_arguments", "at_delta", "delta_changes"]

Array = NDArray[np.float64]
Change = Callable[[Array], Array]


def delta_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Every explanation by another delta, given the shapes at the pilot sample."""
    if case.claim.kind == "vjp" or (case.claim.entry is not None and case.claim.entry.scalar):
        for k in range(len(pilot.point.delta)):
            yield from _of_delta(case, pilot, k)


def argument_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Every explanation by another argument, given the shapes at the pilot sample."""
    for k in pilot.point.wrt:
        yield from _of_argument(case, pilot, k)
    yield from _of_pairs(case, pilot)
    if case.claim.kind == "update":
        for k in pilot.point.wrt:
            quantity = f"new {case.names[k]}"
            if quantity in pilot.values:
                yield Explanation(
                    "other-value",
                    f"the gradient is taken at the new {case.names[k]}, not at the old one",
                    2.1,
                    predicting(_after_step(k, quantity, case)),
                    rounds=True,
                )


def _after_step(k: int, quantity: str, case: Case) -> Any:
    def values(sample: Sample, how: How) -> dict[str, Any]:
        def moved(x: Array) -> Array:
            return np.asarray(x - sample.point.rate * sample.right(quantity))

        return at_other_point(sample, _with_argument(sample.point, k, moved, case), how)

    return values


def _at(moved: Callable[[Point], Point]) -> Sides:
    return predicting(lambda sample, how: at_other_point(sample, moved(sample.point), how))


def at_delta(k: int, change: Change) -> Sides:
    """The right value at a changed delta."""
    return _at(lambda p: _with_delta(p, k, change))


def at_arguments(case: Case, changes: dict[int, Change]) -> Sides:
    """The right value at changed arguments."""
    return _at(
        lambda p: _with_arguments(
            p, {k: np.asarray(c(p.args[k]), dtype=np.float64) for k, c in changes.items()}, case
        )
    )


def _of_delta(case: Case, pilot: Sample, k: int) -> Iterator[Explanation]:
    name = "delta" if len(pilot.point.delta) == 1 else f"delta[{k}]"
    shape = pilot.point.delta[k].shape
    noun = case.noun

    def at(change: Change) -> Any:
        return _at(lambda p: _with_delta(p, k, change))

    yield Explanation(
        "delta-ignored",
        f"{noun} is the right one for {name} = ones: {name} is not used",
        1.3,
        at(np.ones_like),
    )
    if len(pilot.point.delta) > 1:
        yield Explanation(
            "delta-ignored",
            f"{noun} is the right one for {name} = 0: {name} is not used",
            1.2,
            at(np.zeros_like),
        )
    yield Explanation("sign", f"only the size of {name} is used, not its sign", 2.0, at(np.abs))
    yield Explanation("operation", f"only the sign of {name} is used, not its size", 2.0, at(np.sign))
    yield Explanation("extra-term", f"{name} is squared", 2.0, at(np.square))
    if len(shape) == 2 and shape[0] == shape[1]:
        yield Explanation("transposed", f"{name} is used transposed", 1.6, at(np.transpose))
    for axis in range(len(shape)):
        along = f" along axis {axis}" if len(shape) > 1 else ""

        def kept(test: Callable[[NDArray[np.int64], int], Any], axis: int = axis) -> Any:
            return at(lambda d: _masked(d, axis, test))

        def spread(function: Any, axis: int = axis) -> Any:
            return at(lambda d: np.broadcast_to(function(d, axis=axis, keepdims=True), d.shape).copy())

        if shape[axis] < 2:
            continue
        only = f"only the {{}} entry of {name}{along} counts; the sum over the others is missing"
        yield Explanation("missing-sum", only.format("first"), 1.5, kept(lambda i, n: i == 0))
        yield Explanation("missing-sum", only.format("last"), 1.5, kept(lambda i, n: i == n - 1))
        yield Explanation(
            "tail", f"entries of {name} from the ninth on{along} do not count", 1.6, kept(lambda i, n: i < 8)
        )
        yield Explanation(
            "tail",
            f"the last entry of {name}{along} does not count where their number is odd",
            1.7,
            kept(lambda i, n: i < n - n % 2),
        )
        for block in (4, 8):
            yield Explanation(
                "tail",
                f"entries of {name}{along} behind the last whole block of {block} do not count",
                1.8,
                kept(lambda i, n, block=block: (i < n // block * block) | (n < block)),
            )
        yield Explanation(
            "missing-sum",
            f"the last entry of {name}{along} does not count",
            1.7,
            kept(lambda i, n: i < n - 1),
        )
        yield Explanation(
            "missing-sum", f"the first entry of {name}{along} does not count", 1.7, kept(lambda i, n: i > 0)
        )
        yield Explanation(
            "wrong-axis",
            f"{name} is summed{along} where it should stay as it is",
            1.6,
            spread(np.sum),
            rounds=True,
        )
        yield Explanation(
            "wrong-axis",
            f"{name} is averaged{along} where it should not be",
            1.7,
            spread(np.mean),
            rounds=True,
        )
        yield Explanation(
            "index", f"{name} is reversed{along}", 1.8, at(lambda d, axis=axis: np.flip(d, axis))
        )
        for step in (1, -1):
            yield Explanation(
                "index",
                f"{name} is off by a shift of one{along}",
                1.8,
                at(lambda d, axis=axis, step=step: np.roll(d, step, axis)),
            )


def _of_argument(case: Case, pilot: Sample, k: int) -> Iterator[Explanation]:
    name, shape = case.names[k], pilot.point.args[k].shape

    def at(change: Change) -> Any:
        return _at(lambda p: _with_argument(p, k, change, case))

    noun = case.noun
    yield Explanation(
        "derivative-missing",
        f"{noun} is the right one for {name} = ones: the factor {name} is left out",
        2.2,
        at(np.ones_like),
    )
    yield Explanation(
        "missing-term", f"{noun} is the right one for {name} = 0: {name} is left out", 2.3, at(np.zeros_like)
    )
    yield Explanation("sign", f"{name} has the wrong sign in it", 2.3, at(np.negative))
    yield Explanation(
        "other-value", f"1 - {name} stands in place of {name}", 2.6, at(lambda x: 1 - x), rounds=True
    )
    if len(shape) == 2 and shape[0] == shape[1]:
        yield Explanation("transposed", f"{name} is used transposed", 1.9, at(np.transpose))
    for axis in range(len(shape)):
        if shape[axis] < 2:
            continue
        along = f" along axis {axis}" if len(shape) > 1 else ""

        def spread(function: Any, axis: int = axis) -> Any:
            return at(lambda x: np.broadcast_to(function(x, axis=axis, keepdims=True), x.shape).copy())

        yield Explanation(
            "wrong-axis",
            f"{name} is summed{along} where it should stay as it is",
            2.1,
            spread(np.sum),
            rounds=True,
        )
        yield Explanation(
            "wrong-axis",
            f"{name} is averaged{along} where it should not be",
            2.2,
            spread(np.mean),
            rounds=True,
        )
        yield Explanation(
            "index", f"{name} is reversed{along}", 2.2, at(lambda x, axis=axis: np.flip(x, axis))
        )
        for step in (1, -1):
            yield Explanation(
                "index",
                f"{name} is off by a shift of one{along}",
                2.2,
                at(lambda x, axis=axis, step=step: np.roll(x, step, axis)),
            )
        for what, test in _PARTS.items():
            yield Explanation(
                "index" if "stands" in what else "tail" if "ninth" in what else "missing-sum",
                what.format(name=name, along=along),
                2.3,
                at(lambda x, axis=axis, test=test: test(x, axis)),
            )


def _first_for_all(x: Array, axis: int) -> Array:
    return np.broadcast_to(np.take(x, [0], axis=axis), x.shape).copy()


_PARTS: dict[str, Callable[[Array, int], Array]] = {
    "the first entry of {name}{along} stands for all": _first_for_all,
    "the last entry of {name}{along} is left out": lambda x, a: _masked(x, a, lambda i, n: i < n - 1),
    "the first entry of {name}{along} is left out": lambda x, a: _masked(x, a, lambda i, n: i > 0),
    "entries of {name} from the ninth on{along} are left out": lambda x, a: _masked(x, a, lambda i, n: i < 8),
}


def _of_pairs(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Two arguments of one shape taken for each other, or one standing for both."""
    args = pilot.point.args
    for i in pilot.point.wrt:
        for j in pilot.point.wrt:
            if i == j or args[i].shape != args[j].shape or not args[i].shape:
                continue
            one, two = case.names[i], case.names[j]
            if i < j:
                yield Explanation(
                    "swapped",
                    f"{one} and {two} are taken for each other",
                    1.9,
                    _at(lambda p, i=i, j=j: _with_arguments(p, {i: p.args[j], j: p.args[i]}, case)),
                )
            yield Explanation(
                "other-value",
                f"{two} stands in place of {one}",
                2.1,
                _at(lambda p, i=i, j=j: _with_arguments(p, {i: p.args[j]}, case)),
            )


def _masked(d: Array, axis: int, test: Callable[[Any, int], Any]) -> Array:
    n = d.shape[axis]
    index = np.arange(n).reshape([-1 if a == axis else 1 for a in range(d.ndim)])
    return np.where(test(index, n), d, 0.0)


def _with_delta(point: Point, k: int, change: Change) -> Point:
    deltas = list(point.delta)
    deltas[k] = np.asarray(change(deltas[k]), dtype=np.float64)
    return point.with_values(point.args, tuple(deltas))


def _with_argument(point: Point, k: int, change: Change, case: Case) -> Point:
    return _with_arguments(point, {k: np.asarray(change(point.args[k]), dtype=np.float64)}, case)


def _with_arguments(point: Point, new: dict[int, Array], case: Case) -> Point:
    args = tuple(new.get(i, a) for i, a in enumerate(point.args))
    if any(np.shape(a) != b.shape for a, b in zip(args, point.args, strict=True)):
        raise Unsupported("the arguments have other shapes here")
    moved = point.with_values(args, point.delta)
    if case.claim.kind == "forward":
        return moved
    try:
        evaluate_forward(case.claim.formula, args)
    except (Discarded, ForwardFault) as error:
        raise Unsupported(str(error)) from None
    return moved
