"""Explanations by a constant: another number in the forward, or in the code, than there should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.edits.edit import Edit, either
from gradcheck.diagnosis.explaining.mistakes import of_mistake
from gradcheck.diagnosis.explaining.repairs import of_edit, recorded
from gradcheck.diagnosis.explanation import Explanation
from gradcheck.diagnosis.samples import Sample
from gradcheck.diagnosis.tape import is_right, tape_of
from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.words import place_of
from gradcheck.errors import CandidateFault, Unsupported

__all__ = ["constant_changes"]

_COMPARISONS = frozenset([np.greater, np.less, np.greater_equal, np.less_equal])


@dataclass(frozen=True)
class _Spot:
    """A constant operand: the operation, its position, and the number at the pilot sample."""

    key: Key
    position: int
    number: float
    call: Call


def constant_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Every constant of the forward against those of the code, and the other way round."""
    mine = _spots(recorded(case, pilot).calls)
    theirs: list[_Spot] = []
    try:
        if is_right(pilot) or case.claim.kind.states_outputs:
            theirs = _spots(tape_of(pilot).run.calls)
    except (Unsupported, CandidateFault):
        theirs = []
    numbers = {s.number for s in theirs} | {0.0, 1.0, -1.0}
    for spot in mine:
        for number in sorted(numbers - {spot.number}):
            if spot.call.function not in _COMPARISONS and number in (0.0, 1.0):
                continue
            yield of_edit(_repair(spot, number))
    own = {s.number for s in theirs}
    for spot in theirs:
        for other, what in _candidates(spot, mine, own):
            yield of_mistake(case, _mistake(spot, other, what), extra=0.3)


def _candidates(
    spot: _Spot, mine: Sequence[_Spot], own: set[float]
) -> Iterator[tuple[Callable[[Run, float], float], str]]:
    """What may stand in place of a constant: a rounded one, or one of the code's own."""
    tried: set[float] = {spot.number}

    def fresh(number: float) -> bool:
        if number in tried or not np.isfinite(number):
            return False
        tried.add(number)
        return True

    if not float(spot.number).is_integer():
        if fresh(float(np.float32(spot.number))):
            yield (lambda run, c: float(np.float32(c))), "rounded to float32"
        for digits in range(1, 12):
            if fresh(float(f"{spot.number:.{digits}g}")):
                yield (lambda run, c, d=digits: float(f"{c:.{d}g}")), f"rounded to {digits} digits"
        for decimals in range(1, 12):
            if fresh(round(spot.number, decimals)):
                yield (lambda run, c, d=decimals: round(c, d)), f"rounded to {decimals} decimals"
            if spot.number and fresh(
                1 / round(1 / spot.number, decimals) if round(1 / spot.number, decimals) else 0.0
            ):
                change = lambda run, c, d=decimals: 1 / round(1 / c, d)
                yield change, f"replaced by 1 / {round(1 / spot.number, decimals)!r}"
    for other in mine:
        if other.number not in own and fresh(other.number):
            yield (lambda run, c, v=other.number: v), f"{other.number!r}"


def _spots(calls: Sequence[Call]) -> list[_Spot]:
    found: dict[tuple[Key, int], _Spot] = {}
    for call in calls:
        if not isinstance(call.function, np.ufunc) and call.function is not np.where and call.name != "clip":
            continue
        for k, arg in enumerate(call.args):
            if isinstance(arg, (Value, bool | np.bool_)):
                continue
            if isinstance(arg, int | float | np.floating | np.integer) or (
                isinstance(arg, np.ndarray) and arg.ndim == 0
            ):
                found.setdefault((call.key, k), _Spot(call.key, k, float(arg), call))
    return list(found.values())


def _repair(spot: _Spot, number: float) -> Edit:
    kind = "mask" if spot.call.function in _COMPARISONS else "constant"
    text = f"in {place_of(spot.key)}, the constant {spot.number!r} should be {number!r}"
    return Edit(kind, text, 1.6, spot.key, _putting(spot.position, lambda run, c: number))


def _mistake(spot: _Spot, other: Callable[[Run, float], float], what: str) -> Edit:
    text = f"in {place_of(spot.key)}, the constant {spot.number!r} {either('should be', 'is')} {what}"
    return Edit("constant", text, 1.6, spot.key, _putting(spot.position, other))


def _putting(position: int, number: Callable[[Run, float], float]) -> Any:
    def action(call: Call, run: Run) -> Any:
        args = list(call.args)
        args[position] = number(run, float(args[position]))
        return run.do(call.function, *args, **call.kwargs)

    return action
