"""Explanations by a number: another one in the code than in the forward, or one that only one of them has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.code.mistakes import right_with
from gradcheck.diagnosis.explaining.code.repairs import recorded, repaired_by
from gradcheck.diagnosis.explanation import Explanation
from gradcheck.diagnosis.samples import Sample
from gradcheck.diagnosis.tape import is_right, tape_of
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.words import place_of
from gradcheck.errors import CandidateFault, Unsupported

__all__ = ["constant_changes", "numbers_of"]

_COMPARISONS = frozenset([np.greater, np.less, np.greater_equal, np.less_equal])

_STABILISER = 1e-2
"""What is added and no larger may stand there against a division by zero, and be forgotten on one side."""

_MOST = 8


@dataclass(frozen=True)
class _Replaced:
    """A change: another number for one, wherever that stands."""

    number: float
    other: float

    def applies(self, call: Call) -> bool:
        return _takes_numbers(call) and any(map(self._is_it, call.args))

    def perform(self, call: Call, run: Run) -> Any:
        args = [self.other if self._is_it(arg) else arg for arg in call.args]
        return run.do(call.function, *args, **call.kwargs)

    def _is_it(self, arg: Any) -> bool:
        return _is_number(arg) and float(arg) == self.number


@dataclass(frozen=True)
class _Spot:
    """A number, the first operation that has it, and in how many places it stands."""

    number: float
    call: Call
    places: int

    @property
    def text(self) -> str:
        more = " (and wherever else it stands)" if self.places > 1 else ""
        return f"the constant {self.number!r} in {place_of(self.call.key)}{more}"

    @property
    def place(self) -> str:
        return self.call.key.site.place

    @property
    def kind(self) -> str:
        return "mask" if self.call.function in _COMPARISONS else "constant"

    @property
    def is_stabiliser(self) -> bool:
        return self.call.function in (np.add, np.subtract) and 0 < abs(self.number) <= _STABILISER


def constant_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Numbers that only the code has, left out or replaced by those that only the forward has, and the
    other way round.
    """
    forward: list[Call] = []
    with contextlib.suppress(Unsupported, CandidateFault):
        if is_right(pilot) or case.claim.kind.states_outputs:
            forward = tape_of(pilot).run.calls
    shared = {call.key for call in forward}  # a layer's code runs its forward first
    mine = _spots([call for call in recorded(case, pilot).calls if call.key not in shared])
    theirs = _spots(forward)
    only_mine = [s for n, s in mine.items() if n not in theirs][:_MOST]
    only_theirs = [s for n, s in theirs.items() if n not in mine][:_MOST]
    for spot in only_mine:
        if spot.is_stabiliser:
            text = f"{spot.text} should not be there: the forward has none"
            yield repaired_by(_Replaced(spot.number, 0.0), "constant", text, 1.5, spot.place)
        for other in only_theirs:
            text = f"{spot.text} should be {other.number!r}"
            yield repaired_by(_Replaced(spot.number, other.number), spot.kind, text, 1.6, spot.place)
    for spot in only_theirs:
        if spot.is_stabiliser:
            text = f"{spot.text} is not there"
            yield right_with(case, _Replaced(spot.number, 0.0), "missing-term", text, 1.7)
        for other in only_mine:
            text = f"{spot.text} is {other.number!r}"
            yield right_with(case, _Replaced(spot.number, other.number), "constant", text, 1.9)


def numbers_of(pilot: Sample) -> list[float]:
    """The numbers that the forward computes with."""
    try:
        return list(_spots(tape_of(pilot).run.calls))[:_MOST]
    except (Unsupported, CandidateFault):
        return []


def _spots(calls: Sequence[Call]) -> dict[float, _Spot]:
    found: dict[float, dict[Any, Call]] = {}
    for call in filter(_takes_numbers, calls):
        for arg in filter(_is_number, call.args):
            found.setdefault(float(arg), {}).setdefault(call.key, call)
    return {n: _Spot(n, next(iter(places.values())), len(places)) for n, places in found.items()}


def _takes_numbers(call: Call) -> bool:
    return isinstance(call.function, np.ufunc) or call.function is np.where or call.name == "clip"


def _is_number(arg: Any) -> bool:
    if isinstance(arg, (Value, bool | np.bool_)):
        return False
    if isinstance(arg, np.ndarray):
        return arg.ndim == 0 and arg.dtype.kind in "fiu"
    return isinstance(arg, int | float | np.floating | np.integer)
