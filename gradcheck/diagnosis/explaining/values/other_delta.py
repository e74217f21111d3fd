"""Explanations by another delta: a backward pass that ignores delta states what is right for ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.diagnosis.case import Case, with_ones
from gradcheck.diagnosis.explaining.values.along_axes import moved_along
from gradcheck.diagnosis.explaining.values.elsewhere import Change, at_delta, at_point, masked
from gradcheck.diagnosis.explanation import Explanation, holds
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.formulas.kinds import Vjp
from gradcheck.formulas.quantity import Quantity

__all__ = ["delta_changes", "ignores_delta", "not_used", "unused_delta"]


def delta_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Every explanation by another delta, given the shapes at the pilot sample."""
    if "delta" in case.claim.leading:
        if case.claim.formula.outputs is not None:
            yield Explanation(
                "delta-ignored",
                f"{case.noun} is the right one for delta = ones: delta is not used",
                1.2,
                at_point(lambda p: with_ones(case.claim, p)),
            )
        for k in range(len(pilot.point.delta)):
            yield from _of_delta(case, pilot, k)


def _of_delta(case: Case, pilot: Sample, k: int) -> Iterator[Explanation]:
    name = "delta" if len(pilot.point.delta) == 1 else f"delta[{k}]"
    if (form := case.claim.formula.outputs) is not None:
        name = form.names[k]
    shape = pilot.point.delta[k].shape
    noun = case.noun

    def at(change: Change) -> Any:
        return at_delta(k, change)

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
    for steps in {s for a in pilot.point.args if (s := _steps_between(a.shape, shape))}:
        count = prod(steps)
        for starts in itertools.islice(itertools.product(*map(range, steps)), _MOST_STARTS):
            yield Explanation(
                "missing-sum",
                f"only one of {count} entries of {name} counts ({_every(steps, starts)}); the sum over the "
                "others is missing",
                1.5,
                at(partial(_kept_at, steps, starts)),
            )
    yield Explanation("extra-term", f"{name} is squared", 2.0, at(np.square))
    if len(shape) == 2 and shape[0] == shape[1]:
        yield Explanation("transposed", f"{name} is used transposed", 1.6, at(np.transpose))
    for axis in range(len(shape)):
        along = f" along axis {axis}" if len(shape) > 1 else ""

        def kept(test: Callable[[NDArray[np.int64], int], Any], axis: int = axis) -> Any:
            return at(lambda d: masked(d, axis, test))

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
        yield Explanation(
            "missing-sum",
            f"the last entry of {name}{along} does not count",
            1.7,
            kept(lambda i, n: i < n - 1),
        )
        yield Explanation(
            "missing-sum", f"the first entry of {name}{along} does not count", 1.7, kept(lambda i, n: i > 0)
        )
        yield from moved_along(name, axis, along, at, (1.6, 1.7, 1.8))
    for axes in itertools.combinations(range(len(shape)), 2):  # of a loop over places, its last turn alone
        for word, place in (("first", 0), ("last", -1)):
            text = f"only the {word} entry of {name} along axes {axes[0]} and {axes[1]} counts"
            sides = at(partial(_kept_alone, axes, place))
            yield Explanation("missing-sum", f"{text}; the sum over the others is missing", 1.55, sides)


def _steps_between(small: tuple[int, ...], large: tuple[int, ...]) -> tuple[int, ...] | None:
    """How many entries of the output stand for one of an argument that was repeated, along each axis."""
    if (
        len(small) != len(large)
        or not small
        or any(m == 0 or n % m for m, n in zip(small, large, strict=True))
    ):
        return None
    steps = tuple(n // m for m, n in zip(small, large, strict=True))
    return steps if max(steps) > 1 else None


def _kept_at(steps: tuple[int, ...], starts: tuple[int, ...], d: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = np.zeros_like(d)
    place = tuple(slice(start, None, step) for start, step in zip(starts, steps, strict=True))
    kept[place] = d[place]
    return kept


def _kept_alone(axes: Sequence[int], place: int, d: NDArray[np.float64]) -> NDArray[np.float64]:
    kept = np.zeros_like(d)
    index = tuple(place if axis in axes else slice(None) for axis in range(d.ndim))
    kept[index] = d[index]
    return kept


def _every(steps: tuple[int, ...], starts: tuple[int, ...]) -> str:
    ordinal = {2: "2nd", 3: "3rd"}
    along = [
        f"every {ordinal.get(step, f'{step}th')} along axis {axis}{f' from index {start} on' * (start > 0)}"
        for axis, (step, start) in enumerate(zip(steps, starts, strict=True))
        if step > 1
    ]
    return " and ".join(along)


_MOST_STARTS = 16


def ignores_delta(case: Case, quantity: Quantity, wrong: Sequence[Sample]) -> bool:
    """Whether the code gives the same for another delta, at every sample where it is wrong."""
    if not isinstance(case.claim.kind, Vjp):
        return False
    unused = unused_delta(case)
    return bool(wrong) and all(holds(unused, sample, quantity) for sample in wrong)


def unused_delta(case: Case) -> Explanation:
    """That another delta gives the same, and nothing more."""

    def sides(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        point = sample.point
        other = point.with_values(
            point.args, tuple(np.where(d == 0.25, 2.0, 1.0 - 3.0 * d) for d in point.delta)
        )
        moved = sample.remember("another delta", lambda: sample.at(other))
        mine = sample.mine(quantity, how)
        # code that gives zero on a branch gives it for any delta, which says nothing of delta
        return mine, moved.mine(quantity, how) if np.any(sample.values[quantity]) else mine + 1

    name, what = case.claim.kind.delta_name, case.noun.removeprefix("your ")
    other = f"other {name}" if name.endswith("s") else f"another {name}"
    return Explanation("delta-ignored", f"{not_used(case)}: the {what} is the same for {other}", 2.6, sides)


def not_used(case: Case) -> str:
    """That delta is not looked at, by the name that the code has for it."""
    name = case.claim.kind.delta_name
    return f"{name} {'are' if name.endswith('s') else 'is'} not used"
