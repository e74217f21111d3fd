"""Explanations of the whole quantity: what one simple change of the right value would give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from flint import arb

from gradcheck.arithmetic import enclose
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.values.whole_axes import Change, orders_of_axes, places_along, sums_over
from gradcheck.diagnosis.explanation import Explanation, Sides
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.formulas.kinds import Update
from gradcheck.formulas.quantity import Quantity

__all__ = ["whole_changes"]


def whole_changes(case: Case, quantity: Quantity, pilot: Sample) -> Iterator[Explanation]:
    """Every whole-quantity explanation worth trying, given the shapes at the pilot sample."""
    noun = case.noun

    def of_right(change: Change) -> Sides:
        return lambda s, q, how: (s.mine(q, how), change(s.right(q, how)))

    def relation(change: Change) -> Sides:
        return lambda s, q, how: (change(s.mine(q, how)), s.right(q, how))

    rank = len(pilot.shapes[quantity])
    if isinstance(case.claim.kind, Update):
        yield Explanation(
            "missing-term", "the old value is missing: only the step is given", 1.1, _step_alone
        )
    yield Explanation("sign", f"the sign is wrong: {noun} is minus the right one", 1.0, of_right(np.negative))
    yield Explanation(
        "missing-term", _zero_text(case, quantity), 1.0, lambda s, q, how: (s.mine(q, how), _zeros(s, q, how))
    )
    yield from _integers(pilot, quantity, noun)
    yield from orders_of_axes(rank, noun, of_right)
    yield from _other_quantities(case, quantity)
    yield from sums_over(pilot, quantity, noun, of_right, relation)
    yield from places_along(rank, noun, of_right)
    yield from _other_targets(case)
    if np.shape(pilot.mine(quantity)) == (max(pilot.right(quantity).size, 2),) * 2:
        yield Explanation(
            "shape",
            f"{noun} is an outer product where a product entry by entry should be: its diagonal is right",
            1.4,
            lambda s, q, how: (np.diagonal(s.mine(q, how)), np.ravel(s.right(q, how))),
        )
    yield Explanation(
        "shape",
        f"{noun} has the right entries in an array of another shape",
        1.6,
        lambda s, q, how: (np.ravel(s.mine(q, how)), np.ravel(s.right(q, how))),
    )


def _integers(pilot: Sample, quantity: Quantity, noun: str) -> Iterator[Explanation]:
    """What is kept as integers: the right values without what comes after the point."""
    dtype = pilot.values[quantity].dtype
    if dtype.kind not in "iub":
        return
    for cut, how_cut in ((np.trunc, "cut off"), (np.rint, "rounded away")):

        def sides(s: Sample, q: Quantity, how: How, cut: np.ufunc = cut) -> tuple[Any, Any]:
            whole = cut(s.right(q))
            return s.mine(q, how), whole if how is None else enclose(whole)

        text = f"{noun} holds integers ({dtype}): what comes after the point is {how_cut}"
        yield Explanation("rounded", text, 0.9, sides)


def _other_targets(case: Case) -> Iterator[Explanation]:
    """The derivative by another argument given as that by this one."""
    claim = case.claim
    for other in case.names:
        if other == claim.kind.argument or claim.kind.by(other) is None:
            continue

        def sides(s: Sample, q: Quantity, how: How, other: str = other) -> tuple[Any, Any]:
            return s.mine(q, how), s.of_other_target(other, how)

        yield Explanation(
            "swapped", f"this is the derivative by {other}, not by {claim.kind.argument}", 1.3, sides
        )


def _step_alone(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
    """The step of an update that forgot the old value: as if the gradient were old / rate + gradient."""
    names = sample.claim.formula.shapes.arguments
    old: Any = sample.point.args[names.index(str(quantity.argument))]
    rate: Any = sample.point.rate if how is None else arb(sample.point.rate)
    return sample.mine(quantity, how), (old if how is None else enclose(old)) / rate + sample.right(
        quantity, how
    )


def _zero_text(case: Case, quantity: Quantity) -> str:
    if isinstance(case.claim.kind, Update):
        return f"{quantity.argument} stays as it is: no step is taken"
    return f"{case.noun} is zero throughout, as if the output did not depend on it"


def _zeros(sample: Sample, quantity: Quantity, how: How) -> Any:
    zeros = np.zeros(np.shape(sample.mine(quantity)))
    return zeros if how is None else enclose(zeros)


def _other_quantities(case: Case, quantity: Quantity) -> Iterator[Explanation]:
    """The gradient of one argument given as that of another."""
    if quantity.argument is None:
        return
    for other in case.samples[0].shapes:
        if other == quantity:
            continue
        what = f"what is given for {quantity.argument} is the right gradient of {other.argument}"

        def sides(s: Sample, q: Quantity, how: How, other: Quantity = other) -> tuple[Any, Any]:
            return s.mine(q, how), s.right(other, how)

        yield Explanation("swapped", what, 1.65, sides)

        def turned(s: Sample, q: Quantity, how: How, other: Quantity = other) -> tuple[Any, Any]:
            return s.mine(q, how), np.transpose(s.right(other, how))

        yield Explanation("swapped", f"{what}, transposed", 1.9, turned)
