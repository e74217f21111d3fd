"""Explanations of entries that are wrong by their values: "wrong only where z < -8".

Every value of the forward with as many entries as the quantity is looked at: an argument, or a value in
between. A condition has to tell every wrong entry from every right one, at all samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.samples import Sample
from gradcheck.diagnosis.tape import Tape, tape_of
from gradcheck.diagnosis.tracing.calls import Key
from gradcheck.diagnosis.tracing.traced import setitem
from gradcheck.diagnosis.words import describe
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["ValueCondition", "value_conditions"]

_FEWEST = 4
"""Entries that have to lie on each side of a condition."""


@dataclass(frozen=True)
class ValueCondition:
    """``text`` such as `z < -8`; ``wrong`` and ``right`` are the numbers of entries on the two sides."""

    text: str
    cost: float
    wrong: int
    right: int


def value_conditions(
    case: Case, quantity: Quantity, wrong: Sequence[Sample], sound: Sequence[Sample]
) -> Iterator[ValueCondition]:
    """Conditions that tell the wrong entries from the right ones."""
    rows = []
    for sample in [*wrong, *sound]:
        mask = sample.wrong_or_none(quantity)
        if mask is None:
            return
        try:
            shows = mask | _would_show(sample, quantity)
            rows.append((sample, mask, shows))
        except Unsupported:
            continue
    for name, values in _sources(case, quantity, [r[0] for r in rows]):
        inside, outside = [], []
        for (_, mask, shows), value in zip(rows, values, strict=True):
            if not _belongs(np.shape(value), mask.shape):
                break
            spread = np.broadcast_to(value, mask.shape)
            inside.append(spread[mask])
            outside.append(spread[shows & ~mask])
        if len(inside) < len(rows):
            continue
        yes, no = np.concatenate(inside), np.concatenate(outside)
        # a condition that nearly all entries meet explains nothing
        if len(yes) >= 1 and len(no) >= max(_FEWEST, len(yes) // 2):
            yield from _tests(name, yes, no)


def _would_show(sample: Sample, quantity: Quantity) -> NDArray[np.bool_]:
    """Entries where the right value is not zero: where it is, a mistake may not show."""
    right = sample.right(quantity)
    return np.asarray(right != 0)


def _tests(name: str, yes: Any, no: Any) -> Iterator[ValueCondition]:
    counts = len(yes), len(no)
    few = len(yes) < _FEWEST
    if np.all(yes == 0) and not np.any(no == 0):
        yield ValueCondition(f"{name} is 0", 0.3, *counts)
    if few:
        return
    if yes.max() < no.min():
        yield ValueCondition(f"{name} < {_between(yes.max(), no.min())}", 0.4, *counts)
    if yes.min() > no.max():
        yield ValueCondition(f"{name} > {_between(no.max(), yes.min())}", 0.4, *counts)
    big, small = np.abs(yes), np.abs(no)
    if big.min() > small.max():
        yield ValueCondition(f"|{name}| > {_between(small.max(), big.min())}", 0.5, *counts)
    if big.max() < small.min():
        yield ValueCondition(f"|{name}| < {_between(big.max(), small.min())}", 0.5, *counts)
    low, high = yes.min(), yes.max()
    below, above = no[no < low], no[no > high]
    if low == high and low and len(below) + len(above) == len(no):
        yield ValueCondition(f"{name} is {low:.17g}", 0.45, *counts)
    elif len(below) >= 2 and len(above) >= 2 and len(below) + len(above) == len(no):
        # as narrow as what was tried: right entries may be rare, and far
        left = _between(low - (low - below.max()) / 16, low)
        right = _between(high, high + (above.min() - high) / 16)
        yield ValueCondition(f"{left} < {name} < {right}", 0.8, *counts)


def _between(low: float, high: float) -> str:
    """The shortest number between two: zero, if it lies there, else with as few digits as possible."""
    low, high = float(low), float(high)
    if low <= 0 <= high:
        return "0"
    middle = (low + high) / 2
    for digits in range(1, 17):
        text = f"{middle:.{digits}g}"
        if low <= float(text) <= high:
            return f"{float(text):g}" if digits < 6 else text
    return repr(middle)


def _sources(case: Case, quantity: Quantity, samples: Sequence[Sample]) -> Iterator[tuple[str, list[Any]]]:
    """Values of the forward that belong to the entries of the quantity: by shape, or by leading axes."""
    first = samples[0]
    shape = first.shapes[quantity]
    for k in first.point.wrt:
        if _belongs(first.point.args[k].shape, shape):
            yield case.names[k], [s.point.args[k] for s in samples]
    for k, delta in enumerate(first.point.delta):
        if delta.shape == shape and shape:
            yield (
                ("delta" if len(first.point.delta) == 1 else f"delta[{k}]"),
                [s.point.delta[k] for s in samples],
            )
    for i in first.point.wrt:  # arguments of one shape: |s - y| bends where they are equal
        for j in first.point.wrt:
            a = first.point.args[i]
            if (
                i < j
                and all(s.point.args[i].shape == s.point.args[j].shape for s in samples)
                and a.shape == shape
            ):
                yield (
                    f"{case.names[i]} - {case.names[j]}",
                    [s.point.args[i] - s.point.args[j] for s in samples],
                )
    yield from _inner(samples, shape)


def _inner(samples: Sequence[Sample], shape: tuple[int, ...]) -> Iterator[tuple[str, list[Any]]]:
    try:
        tapes: list[Tape] = [tape_of(s) for s in samples]
    except (Unsupported, CandidateFault):
        return
    except Exception:
        return
    seen: set[Key] = set()
    for call in tapes[0].run.calls:
        if call.function is setitem:
            continue  # a buffer that is half filled is no value that anybody has a name for
        if call.key in seen or not hasattr(call.output, "value") or np.dtype(call.output.dtype).kind != "f":
            continue
        seen.add(call.key)
        if not _belongs(call.output.shape, shape):
            continue
        values = []
        for tape in tapes:
            found = [c for c in tape.run.calls if c.key == call.key]
            if len(found) != 1:
                break
            values.append(np.asarray(found[0].output.value))
        else:
            yield describe(call.output), values


def _belongs(value: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether a value of one shape spreads over the entries of another."""
    if value == shape:
        return True
    if not value or len(value) != len(shape):
        return False
    return all(a in (b, 1) for a, b in zip(value, shape, strict=True))
