"""Explanations by another argument: one reversed, left out, or taken for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.values.along_axes import moved_along
from gradcheck.diagnosis.explaining.values.elsewhere import (
    Array,
    Change,
    at_arguments,
    at_point,
    masked,
    with_arguments,
)
from gradcheck.diagnosis.explanation import Explanation, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import at_other_point
from gradcheck.formulas.kinds import Update
from gradcheck.formulas.quantity import Quantity

__all__ = ["argument_changes"]


def argument_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Every explanation by another argument, given the shapes at the pilot sample."""
    for k in pilot.point.wrt:
        yield from _of_argument(case, pilot, k)
    yield from _of_pairs(case, pilot)
    if isinstance(case.claim.kind, Update):
        for k in pilot.point.wrt:
            quantity = case.claim.quantity(case.names[k])
            if quantity in pilot.values:
                yield Explanation(
                    "other-value",
                    f"the gradient is taken at the new {case.names[k]}, not at the old one",
                    2.1,
                    predicting(_after_step(k, quantity, case)),
                    rounds=True,
                )


def _after_step(k: int, quantity: Quantity, case: Case) -> Any:
    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        point = sample.point
        after = np.asarray(point.args[k] - point.rate * sample.right(quantity), dtype=np.float64)
        return at_other_point(sample, with_arguments(point, {k: after}, case), how)

    return values


def _of_argument(case: Case, pilot: Sample, k: int) -> Iterator[Explanation]:
    name, shape = case.names[k], pilot.point.args[k].shape

    def at(change: Change) -> Any:
        return at_arguments(case, {k: change})

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
    yield Explanation(
        "other-value", f"uses 1 - {name}; should be {name}", 2.6, at(lambda x: 1 - x), rounds=True
    )
    if len(shape) == 2 and shape[0] == shape[1]:
        yield Explanation("transposed", f"{name} is used transposed", 1.9, at(np.transpose))
    for axis in range(len(shape)):
        if shape[axis] < 2:
            continue
        along = f" along axis {axis}" if len(shape) > 1 else ""
        yield from moved_along(name, axis, along, at, (2.1, 2.2, 2.2))
        for kind, what, test in _PARTS:
            yield Explanation(
                kind,
                what.format(name=name, along=along),
                2.3,
                at(lambda x, axis=axis, test=test: test(x, axis)),
            )


def _first_for_all(x: Array, axis: int) -> Array:
    return np.broadcast_to(np.take(x, [0], axis=axis), x.shape).copy()


_PARTS: tuple[tuple[str, str, Callable[[Array, int], Array]], ...] = (
    ("index", "the first entry of {name}{along} stands for all", _first_for_all),
    (
        "missing-sum",
        "the last entry of {name}{along} is left out",
        lambda x, a: masked(x, a, lambda i, n: i < n - 1),
    ),
    (
        "tail",
        "entries of {name} from the ninth on{along} are left out",
        lambda x, a: masked(x, a, lambda i, n: i < 8),
    ),
)


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
                    at_point(lambda p, i=i, j=j: with_arguments(p, {i: p.args[j], j: p.args[i]}, case)),
                )
            yield Explanation(
                "other-value",
                f"uses {two}; should be {one}",
                2.1,
                at_point(lambda p, i=i, j=j: with_arguments(p, {i: p.args[j]}, case)),
            )
