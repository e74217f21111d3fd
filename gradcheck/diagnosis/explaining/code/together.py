"""Explanations by a repair in several places at once: reductions along an axis, divisions by a size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.edits.actions import along
from gradcheck.diagnosis.explaining.code.repairs import recorded, repaired_by
from gradcheck.diagnosis.explanation import Explanation
from gradcheck.diagnosis.samples import Sample
from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.dependence import reachable
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.words import place_of

__all__ = ["changes_together"]

_REDUCING = (np.sum, np.mean, np.var, np.std)
_SCALING = (np.multiply, np.true_divide)
_MOST_RANK = 4


def changes_together(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """The axes first: there are fewer."""
    if not pilot.values or not pilot.is_same_when_watched or "delta" not in case.claim.leading:
        return
    run = recorded(case, pilot)
    yield from _other_axes(run, pilot)
    yield from _other_sizes(case, run, pilot)


@dataclass(frozen=True)
class _Along:
    """A change: reductions run along another axis."""

    keys: frozenset[Key]
    axis: int

    def applies(self, call: Call) -> bool:
        return call.key in self.keys

    def perform(self, call: Call, run: Run) -> Any:
        return along(self.axis, keepdims=True)(call, run)


def _other_axes(run: Run, pilot: Sample) -> Iterator[Explanation]:
    """Of a wrong quantity the reductions along one axis that no right quantity is made of."""
    wrong = {q for q in run.stated if (mask := pilot.wrong_or_none(q)) is not None and mask.any()}
    shared = set(reachable(run, [v for q, v in run.stated.items() if q not in wrong]))
    for quantity in wrong:
        mine = [c for c in reachable(run, [run.stated[quantity]]) if c not in shared]
        reductions = [c for c in mine if c.function in _REDUCING and isinstance(_axis(c), int)]
        ranks = {len(np.shape(c.args[0])) for c in reductions}
        if len(ranks) != 1 or (rank := ranks.pop()) > _MOST_RANK:
            continue
        for now in sorted({int(_axis(c)) for c in reductions}):
            keys = frozenset(c.key for c in reductions if _axis(c) == now)
            if len(keys) < 2:
                continue
            first = place_of(next(c.key for c in reductions if c.key in keys))
            for axis in set(range(rank)) - {now % rank}:
                text = (
                    f"the {len(keys)} reductions along axis {now} that {quantity} is made of, {first} and "
                    f"what follows, should run over axis {axis}"
                )
                yield repaired_by(_Along(keys, axis), "wrong-axis", text, 1.65, "")


def _axis(call: Call) -> Any:
    return call.kwargs.get("axis", call.args[1] if len(call.args) > 1 else None)


@dataclass(frozen=True)
class _Size:
    """The length of an axis of an argument."""

    name: str
    axis: int

    def of(self, run: Run) -> int:
        return int(run.arguments[self.name].shape[self.axis])

    def __str__(self) -> str:
        return f"the size of axis {self.axis} of {self.name}"


@dataclass(frozen=True)
class _Sized:
    """A change: what is multiplied with or divided by a size takes another size."""

    spots: frozenset[tuple[Key, int, bool]]
    size: _Size
    other: _Size

    def applies(self, call: Call) -> bool:
        return any((call.key, k, over) in self.spots for k in (0, 1) for over in (False, True))

    def perform(self, call: Call, run: Run) -> Any:
        args = list(call.args)
        for k, arg in enumerate(args):
            for over in (False, True):
                if (call.key, k, over) in self.spots:
                    args[k] = 1.0 / self.other.of(run) if over else arg * 0 + self.other.of(run)
        return run.do(call.function, *args, **{k: v for k, v in call.kwargs.items() if k != "out"})


def _other_sizes(case: Case, run: Run, pilot: Sample) -> Iterator[Explanation]:
    """`N` for `D` wherever it stands, which shows where the two differ."""
    names = [n for n, v in run.arguments.items() if n in case.names and len(v.shape) >= 2]
    for name in names[:2]:
        sizes = [_Size(name, k) for k in range(len(run.arguments[name].shape))]
        for size in sizes:
            spots = _spots(run, size)
            for sample in case.failed[:_MOST_SAMPLES]:  # a size that is 2 here is no factor of 2
                if sample is not pilot and spots:
                    spots &= _spots(recorded(case, sample), size) | _unmet(recorded(case, sample), spots)
            if len(spots) < 2:
                continue
            first = place_of(min((key for key, _, _ in spots), key=lambda key: str(key.site.place)))
            for other in sizes:
                if other.of(run) != size.of(run):
                    text = f"{size} in {first}, and in {_others(len(spots) - 1)}, should be {other}"
                    yield repaired_by(_Sized(frozenset(spots), size, other), "size-factor", text, 1.7, "")


_MOST_SAMPLES = 6


def _others(count: int) -> str:
    return "one place more" if count == 1 else f"{count} places more"


def _spots(run: Run, size: _Size) -> set[tuple[Key, int, bool]]:
    """Where a number is that size, or one over it."""
    length = size.of(run)
    found = set()
    for call in run.calls:
        if call.function in _SCALING and len(call.args) == 2:
            for k, arg in enumerate(call.args):
                if not isinstance(arg, Value) and np.ndim(arg) == 0 and np.asarray(arg).dtype.kind in "if":
                    if float(arg) == length:
                        found.add((call.key, k, False))
                    elif float(arg) == 1.0 / length:
                        found.add((call.key, k, True))
    return found


def _unmet(run: Run, spots: set[tuple[Key, int, bool]]) -> set[tuple[Key, int, bool]]:
    met = {c.key for c in run.calls}
    return {spot for spot in spots if spot[0] not in met}
