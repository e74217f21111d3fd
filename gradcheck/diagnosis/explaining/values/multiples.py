"""Explanations by a factor that is a value: an argument, or something that the forward computes.

The code's value is, entry by entry, the right one times (or divided by) another value; or the right
one with an argument taken for ones, times another value, which then stands in that argument's place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arithmetic import enclose, wrap
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.values.elsewhere import at_arguments
from gradcheck.diagnosis.explanation import Explanation, Sides
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import is_right, tape_of
from gradcheck.diagnosis.tracing.calls import Key, Value
from gradcheck.diagnosis.words import describe
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["multiples"]

_MOST_VALUES = 40


@dataclass(frozen=True)
class _Source:
    """A value by its name: an argument, a delta, or what an operation of the forward gives."""

    name: str
    argument: int | None = None
    delta: int | None = None
    key: Key | None = None
    turned: bool = False
    slope: str | None = None  # of a well-known function, at the value

    def at(self, sample: Sample, how: How) -> Any:
        if self.argument is not None:
            found: Any = sample.point.args[self.argument]
        elif self.delta is not None:
            found = sample.point.delta[self.delta]
        else:
            tape = tape_of(sample, how)
            calls = [c for c in tape.run.calls if c.key == self.key]
            if len(calls) != 1:
                raise Unsupported("not computed just once here")
            found = calls[0].output.value
            found = (
                found.data if how is not None and not isinstance(found, np.ndarray | np.generic) else found
            )
        found = np.asarray(found)
        if how is not None and found.dtype != object:
            found = enclose(np.asarray(found, dtype=np.float64))
        if self.slope is not None:
            watched: Any = found if how is None else wrap(found, how)
            slope = SLOPES[self.slope](watched)
            found = slope if how is None else slope.data
        return np.swapaxes(found, -1, -2) if self.turned else found


def multiples(case: Case, quantity: Quantity, pilot: Sample) -> Iterator[Explanation]:
    """Explanations by a value that is a factor too many or too few, at one quantity."""
    noun = case.noun
    right: Sides = lambda s, q, how: (s.mine(q, how), s.right(q, how))
    sources = list(_sources(case, pilot))
    divisors = _divisors(case, pilot)
    for source in sources:
        if not _spreads(source, pilot, quantity):
            continue
        inner = source.key is not None
        cost = 1.8 + 0.2 * inner
        if source.slope is not None:
            times = f"{noun} has the factor {source.name} once too often"
            over = f"the factor {source.name} is left out of {noun}"
            yield Explanation("extra-term", times, 1.9, _times(right, source, divide=False))
            yield Explanation("derivative-missing", over, 1.9, _times(right, source, divide=True))
        elif inner or source.argument in divisors:
            times = f"{noun} is too large by the factor {source.name}: a division by it is left out"
            once = "it is left out, or divided by once too often"
            over = f"{noun} is too small by the factor {source.name}: {once}"
            yield Explanation("derivative-missing", times, cost, _times(right, source, divide=False))
            yield Explanation("derivative-missing", over, cost, _times(right, source, divide=True))
        else:
            times = f"{noun} has the factor {source.name} once too often"
            over = f"the factor {source.name} is left out of {noun}"
            yield Explanation("extra-term", times, cost, _times(right, source, divide=False))
            yield Explanation("derivative-missing", over, cost, _times(right, source, divide=True))
    for k in pilot.point.wrt:
        ones = at_arguments(case, {k: np.ones_like})
        for source in sources:
            if source.slope is not None or (source.argument == k and not source.turned):
                continue
            if not _spreads(source, pilot, quantity):
                continue
            text = f"uses {source.name}; should be {case.names[k]}"
            yield Explanation("other-value", text, 2.05, _times(ones, source, divide=False))


def _sources(case: Case, pilot: Sample) -> Iterator[_Source]:
    for k in pilot.point.wrt:
        array = pilot.point.args[k]
        yield _Source(case.names[k], argument=k)
        if array.ndim == 2:
            yield _Source(f"{case.names[k]} transposed", argument=k, turned=True)
        for slope in SLOPES:
            yield _Source(f"f'({case.names[k]}) of {slope}", argument=k, slope=slope)
    if not is_right(pilot):
        return
    seen: set[Key] = set()
    for call in tape_of(pilot).run.calls:
        out = call.output
        if call.key in seen or not isinstance(out, Value) or np.dtype(out.dtype).kind != "f":
            continue
        seen.add(call.key)
        if len(seen) > _MOST_VALUES:
            return
        yield _Source(describe(out), key=call.key)


def _sigmoid_slope(z: Any) -> Any:
    e = np.exp(-np.abs(z))
    return e / ((1 + e) * (1 + e))


def _tanh_slope(z: Any) -> Any:
    t = np.tanh(z)
    return 1 - t * t


SLOPES = {"the sigmoid": _sigmoid_slope, "tanh": _tanh_slope}


def _divisors(case: Case, pilot: Sample) -> set[int]:
    """Arguments that the forward divides by."""
    if not is_right(pilot):
        return set()
    names = {
        v.name
        for c in tape_of(pilot).run.calls
        if c.function is np.true_divide and isinstance(v := c.args[1], Value)
    }
    return {k for k, n in enumerate(case.names) if n in names}


def _spreads(source: _Source, pilot: Sample, quantity: Quantity) -> bool:
    """Whether the value spreads over the quantity's shape without changing it."""
    try:
        shape = np.shape(source.at(pilot, None))
        return np.broadcast_shapes(shape, pilot.shapes[quantity]) == pilot.shapes[quantity]
    except (ValueError, Unsupported, CandidateFault):
        return False


def _times(sides: Sides, source: _Source, *, divide: bool) -> Sides:
    def changed(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        mine, right = sides(sample, quantity, how)
        value = source.at(sample, how)
        return mine, right / value if divide else right * value

    return changed
