"""A vjp is linear in delta: `J(a d1 + b d2) = a J(d1) + b J(d2)`, and so `J(0) = 0`; a jvp is linear in its
tangents.

That holds whatever the derivative is, so it needs no backend. It finds a delta that is ignored, clipped,
squared, normalised or passed through a ReLU of its own, also at deltas that no point happened to hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import zero_dimensional
from gradcheck.checking.battery.finding import Finding, skipped
from gradcheck.checking.battery.trial import Trial, apart
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.comparing import Match
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session

__all__ = ["linearity", "zero_delta"]

_A, _B = 1024, -1
"""A large factor reaches what is clipped; its sign and size keep every combination exact in float64, and
in float32 too, for deltas of 10 bits."""

Deltas = tuple[NDArray[np.float64], ...]


def linearity(claim: Claim, basis: Sequence[Point], session: Session) -> Finding:
    """`J(1024 d1 - d2)` against `1024 J(d1) - J(d2)`, in balls where the code runs in them."""
    what, positions = claim.kind.linear_in(claim.formula) or ("delta", ())
    settled = 0
    reason = "the code is not finite at the points tried"
    for number, point in enumerate(basis):
        first, second, sum_of = _drawn_pairs(point, positions, number)
        points = [_with(point, positions, d) for d in (sum_of, first, second)]
        try:
            trials = [Trial(claim, p, session) for p in points]
        except CandidateFault as fault:
            other = f"other {what.removeprefix('the ')}" if positions else f"another {what}"
            return Finding("fail", settled + 1, f"with {other} {fault}", point, points)
        if not all(t.finite for t in trials):
            continue
        whole, *parts = trials
        try:
            found = apart(whole, parts, dict.fromkeys(whole.values, _combined))
        except Unsupported as error:
            reason = str(error)
            continue
        settled += 1
        if found is not None:
            return Finding("fail", settled, _words(what, *found), point, points)
    return Finding("pass", settled) if settled else skipped(reason)


def zero_delta(claim: Claim, basis: Sequence[Point], session: Session) -> Finding:
    """`J(0) = 0`, exactly or within the bound of the code's rounding."""
    what, positions = claim.kind.linear_in(claim.formula) or ("delta", ())
    for number, point in enumerate(basis):
        zero = _with(point, positions, tuple(np.zeros(d.shape) for d in _given(point, positions)))
        try:
            trial = Trial(claim, zero, session)
        except CandidateFault as fault:
            return Finding("fail", number + 1, f"at {what} = 0 {fault}", point)
        wrong = next((q for q, v in trial.values.items() if np.any(v != 0)), None)
        if wrong is None:
            continue
        entry = _first(trial.values[wrong])
        name = f"{wrong}{_place(entry)}"
        if not trial.finite:
            return Finding("fail", number + 1, f"{name} is {trial.values[wrong][entry]} at {what} = 0", point)
        try:
            another = Trial(claim, point, session)
            nothing = {q: (lambda parts: parts[0] * 0) for q in trial.values}
            found = apart(trial, [another], nothing)
        except (Unsupported, CandidateFault):
            continue
        if found is not None:
            entry = found[1].index
            name = f"{found[0]}{_place(entry)}"
            value = trial.values[found[0]][entry]
            text = f"{name} is {value} at {what} = 0, where it must be 0"
            return Finding("fail", number + 1, text, point)
    return Finding("pass", len(basis))


def _given(point: Point, positions: tuple[int, ...]) -> Deltas:
    """The arrays at these positions of the arguments; delta where there are none."""
    return tuple(point.args[i] for i in positions) or point.delta


def _with(point: Point, positions: tuple[int, ...], arrays: Deltas) -> Point:
    """The point with other arrays there."""
    if not positions:
        return replace(point, delta=arrays, origin="battery")
    args = list(point.args)
    for i, array in zip(positions, arrays, strict=True):
        args[i] = array
    return replace(point, args=tuple(args), origin="battery")


def _drawn_pairs(point: Point, positions: tuple[int, ...], number: int) -> tuple[Deltas, Deltas, Deltas]:
    """Two deltas of 10-bit numbers between 1/4 and 4, and their combination; what is all zero (the tangent of
    integers) stays so. The signs of their first entries differ: that shows a delta whose sign is used, even
    where it is a single number.
    """
    rng = np.random.default_rng([97, number])
    first, second, combined = [], [], []
    for delta in _given(point, positions):
        still = bool(positions) and not delta.any()
        one, two = (np.zeros(delta.shape) if still else _drawn(delta.shape, rng) for _ in range(2))
        if delta.size:
            start = (0,) * delta.ndim
            one[start], two[start] = abs(one[start]), -abs(two[start])
        first.append(one)
        second.append(two)
        combined.append(np.asarray(_A * one + _B * two))
    return _frozen(first), _frozen(second), _frozen(combined)


def _drawn(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(rng.choice([-1.0, 1.0], shape) * rng.integers(64, 1024, shape) / 256)


def _frozen(deltas: list[NDArray[np.float64]]) -> Deltas:
    for delta in deltas:
        delta.flags.writeable = False
    return tuple(deltas)


def _combined(parts: list[Any]) -> Any:
    made = parts[0] * _A + parts[1] * _B
    return made if isinstance(made, np.ndarray) else zero_dimensional(made)


def _words(what: str, quantity: Quantity, match: Match) -> str:
    name = f"{quantity}{_place(match.index)}"
    return (
        f"{name} is not linear in {what}: {match.candidate} for {_A} d1 - d2, while {_A} times what it is "
        f"for d1, less what it is for d2, makes {match.truth}"
    )


def _place(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else ""


def _first(values: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(values != 0)[0])
