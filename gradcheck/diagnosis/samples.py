"""One point of a failure, seen from all sides: what the code states there, what is right, where it differs.

Values come in three forms, named by the parameter ``how``: float64 (None), balls (`BALLS`), and balls in
which every float constant of the code is widened by a few units in its last place (`WIDENED`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import (
    BALLS,
    WIDENED,
    Domain,
    Memo,
    enclose,
    midpoints,
    precision,
    zero_dimensional,
)
from gradcheck.arithmetic.precisions import BITS, SINGLE
from gradcheck.diagnosis.comparing import ROUNDED, Mask, apart, distance, same
from gradcheck.diagnosis.rights import right_at
from gradcheck.diagnosis.tracing.calling import run_candidate
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.calling.in_place_writes import plain
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity, derivative
from gradcheck.judging.candidates.running import Stated, call_candidate, given, run_in_balls
from gradcheck.judging.evaluation import Evaluation
from gradcheck.judging.opinions import PointVerdict
from gradcheck.judging.points.point import Point
from gradcheck.judging.reasons import Fault
from gradcheck.judging.session import Session

__all__ = ["How", "Sample", "Source"]

T = TypeVar("T")

How = Domain | None
Source = Callable[[Claim, Session, Point, Domain], dict[Quantity, Any]]


def _in_float64(claim: Claim, point: Point) -> dict[Quantity, Any]:
    """What the code states, of whatever shape. Code that does not run watched, or gives other values then,
    gets plain arrays, and what it raises then is its own.
    """
    watched = _when_watched(claim, point)
    try:
        found = call_candidate(claim, point, [plain(a) for a in point.args], given(claim, point, plain))
    except Exception:
        if watched is None:
            raise
        return watched
    stated = {q: np.asarray(v) for q, v in found.items() if v is not None}
    return watched if watched is not None and _are_alike(watched, stated) else stated


def _when_watched(claim: Claim, point: Point) -> dict[Quantity, Any] | None:
    try:
        return dict(run_candidate(claim, point)[1])
    except Exception:
        return None


def _are_alike(watched: dict[Quantity, Any], stated: dict[Quantity, Any]) -> bool:
    """Whether the code does the same when it is watched: what is stored in a view of a buffer may be lost."""
    return watched.keys() == stated.keys() and all(
        np.shape(watched[q]) == v.shape
        and (
            v.dtype.kind not in "fc"
            or np.allclose(watched[q], v, rtol=_ALIKE, atol=_ALIKE * _size(v), equal_nan=True)
        )
        for q, v in stated.items()
    )


_ALIKE = 1e-6
"""Part of the largest entry by which the order of a sum may not change what the code gives."""


def _size(values: Any) -> float:
    with np.errstate(all="ignore"):
        finite = np.abs(values[np.isfinite(values)])
    return float(np.max(finite, initial=0.0))


class Sample:
    """A point with all that is known of the claim there. Nothing is computed before it is asked for.

    ``source`` says what is right there; without it the backends do.
    """

    def __init__(
        self,
        claim: Claim,
        session: Session,
        point: Point,
        verdict: PointVerdict | None,
        fault: Fault | None,
        source: Source | None = None,
    ) -> None:
        self.source = source
        self.claim, self.session, self.point = claim, session, point
        self.verdict, self.fault = verdict, fault
        self.raised: str | None = None
        self._values: dict[Quantity, Any] | None = None
        self._memo = Memo(failed=lambda error: Unsupported(f"{type(error).__name__}: {error}"))
        self._in_floats_only = False

    @property
    def sizes(self) -> dict[str, int]:
        return dict(self.point.sizes)

    @property
    def values(self) -> dict[Quantity, Any]:
        """The code's float64 values by quantity, of whatever shape; empty where it raises."""
        if self._values is None:
            try:
                self._values = _in_float64(self.claim, self.point)
            except Exception as error:
                own = error.__cause__ if isinstance(error, CandidateFault) and error.__cause__ else error
                text = str(own).strip().splitlines()
                self.raised = f"{type(own).__name__}: {text[0] if text else ''}"
                self._values = {}
            self._values = {q: self.as_gradient(q, v, None) for q, v in self._values.items()}
        return self._values

    @property
    def shapes(self) -> dict[Quantity, tuple[int, ...]]:
        """The shapes that the quantities should have."""
        return self.claim.shapes(self.point)

    # -- what the code states

    def mine(self, quantity: Quantity, how: How = None) -> Any:
        """The code's value. Raises `Unsupported` where it does not run in the arithmetic."""
        if how is None:
            if quantity not in self.values:
                raise Unsupported("the code raises here")
            return self.remember("mine in floats", self._in_floats)[quantity]
        return self.remember(("mine", id(how)), lambda: self._mine(how))[quantity]

    @property
    def is_same_when_watched(self) -> bool:
        """Whether the code gives the same values when its operations are watched, so that they tell of it."""
        return self.remember("same when watched", self._is_same_when_watched)

    def _is_same_when_watched(self) -> bool:
        watched = _when_watched(self.claim, self.point)
        raw = self.remember("raw", lambda: _in_float64(self.claim, self.point))
        return watched is not None and _are_alike(watched, raw)

    def _in_floats(self) -> dict[Quantity, Any]:
        """The balls' midpoints: what float64 loses by cancellation is not the mistake that is looked for."""
        try:
            balls = self.remember(("mine", id(BALLS)), lambda: self._mine(BALLS))
        except Unsupported:
            return self.values
        return {q: midpoints(v) for q, v in balls.items()}

    def is_healthy(self, quantity: Quantity) -> bool:
        """Whether the code's float64 values are those of its formula, to a few digits."""
        value, sharp = self.values[quantity], self.mine(quantity)
        with np.errstate(all="ignore"):
            return bool(np.all(np.abs(value - sharp) <= 1e-9 * np.abs(sharp)))

    def _mine(self, how: Domain) -> dict[Quantity, Any]:
        fitting = all(v.shape == self.shapes.get(q) for q, v in self.values.items())
        with precision(BITS):
            if not fitting or not self._finite:
                found = self._of_any_shape(how)
            elif how is BALLS:
                found = self._same_code()
            else:
                found = run_in_balls(self.claim, self.point, how)
            return {q: self.as_gradient(q, v, how) for q, v in found.items()}

    def _of_any_shape(self, how: Domain) -> dict[Quantity, Any]:
        try:
            _, found = run_candidate(self.claim, self.point, domain=how)
        except Unsupported:  # plain arrays only: what it gave, with room for a few thousand roundings
            self._in_floats_only = True
            values = {q: v.astype(np.float64) for q, v in self._stated().items()}
            return {q: enclose(v, np.abs(v) * 2.0**-40) for q, v in values.items()}
        return {q: v if v.dtype == object else enclose(v.astype(np.float64)) for q, v in found.items()}

    def _same_code(self) -> dict[Quantity, Any]:
        """The code's balls, if they hold its float64 values; otherwise these, with a bound for rounding."""
        stated = Stated(self._stated())
        examined = Evaluation(self.claim, self.point, self.session, stated, self.session.backends)
        try:
            return examined.balls(BITS)
        except Unsupported:
            self._in_floats_only = True
            bounded, _ = examined.certain_or_bounded(BITS)
            # an entry that belongs elsewhere brings its own rounding, and the bound is of its place
            own = 2.0 ** ((13 if self.claim.bits >= SINGLE else 0) - self.claim.bits)
            return {
                q: b + enclose(np.zeros(b.shape), np.abs(stated.values[q]) * own) for q, b in bounded.items()
            }

    def _stated(self) -> dict[Quantity, Any]:
        """The values as the code gives them (an update's steps turned back into new values)."""
        raw = self.remember("raw", lambda: _in_float64(self.claim, self.point))
        return {q: np.asarray(v, dtype=np.float64) for q, v in raw.items()}

    @property
    def in_floats(self) -> bool:
        """Whether the code can be judged in float64 only. Known once ``mine(q, BALLS)`` was asked for."""
        return self._in_floats_only

    @property
    def _finite(self) -> bool:
        return all(np.isfinite(v).all() for v in self.values.values() if v.dtype.kind == "f")

    # -- what is right

    def right(self, quantity: Quantity, how: How = None) -> Any:
        """The right value. Raises `Unsupported` where no backend has it."""
        if how is None:
            return self.remember(
                ("right", None), lambda: {q: midpoints(v) for q, v in self._right(BALLS).items()}
            )[quantity]
        return self._right(how)[quantity]

    def _right(self, how: Domain) -> dict[Quantity, Any]:
        found: dict[Quantity, Any] = self.remember(
            ("right", id(how)), lambda: self.elsewhere(self.point, how)
        )
        return found

    def elsewhere(self, point: Point, how: Domain = BALLS) -> dict[Quantity, Any]:
        """What is right at another point of the same shapes: other arguments, or another delta.

        Raises `Unsupported`.
        """
        with precision(BITS):
            right = self.source or right_at
            found = right(self.claim, self.session, point, how)
            return {q: self.as_gradient(q, v, how) for q, v in found.items()}

    def at(self, point: Point) -> Sample:
        """The same claim at another point."""
        return Sample(self.claim, self.session, point, None, None, self.source)

    def of_other_target(self, argument: str, how: How) -> Any:
        """For a Jacobian claim, the right derivative by another argument. Raises `Unsupported`."""
        claim = replace(self.claim, kind=self.claim.kind.by(argument) or self.claim.kind)
        other = self.remember(
            ("target", argument), lambda: Sample(claim, self.session, self.point, None, None)
        )
        return other.right(derivative(argument), how)

    @property
    def zero(self) -> float:
        """What balls at this precision cannot tell from zero, at the size of what went in."""
        inputs = max((float(np.max(np.abs(a), initial=0.0)) for a in self.point.args), default=0.0)
        deltas = max((float(np.max(np.abs(d), initial=0.0)) for d in self.point.delta), default=0.0)
        return 1e-50 * max(inputs, 1.0) * max(deltas, 1.0)

    # -- the difference

    def wrong(self, quantity: Quantity) -> Mask | None:
        """Which entries are wrong; None where the shape is another one, or the code raises."""
        return self.remember(("wrong", quantity), lambda: self._wrong(quantity))

    def wrong_or_none(self, quantity: Quantity) -> Mask | None:
        """`wrong`, and None where that is not known either."""
        try:
            return self.wrong(quantity)
        except Unsupported:
            return None

    def _wrong(self, quantity: Quantity) -> Mask | None:
        if self.verdict == "pass":
            return np.zeros(self.shapes[quantity], dtype=bool)
        mine = self.values.get(quantity)
        if mine is None or mine.shape != self.shapes[quantity]:
            return None
        if not np.isfinite(mine).all():
            return np.asarray(~np.isfinite(mine))
        right = self.right(quantity, BALLS)
        mask = ~same(self.mine(quantity, BALLS), right, self.zero)
        if mask.any() and distance(self.mine(quantity, BALLS), right) < ROUNDED:
            try:
                mine = self.mine(quantity, WIDENED)
            except (Unsupported, CandidateFault):  # floats with a bound for all rounding: nothing to add
                return mask
            mask = mask & apart(mine, self.right(quantity, WIDENED))  # where this is not to be had, who knows
        return mask

    def residual(self, quantity: Quantity) -> NDArray[np.float64]:
        """What the code's value is off by, computed in balls, rounded to float64 after."""
        with precision(BITS):
            difference = self.mine(quantity, BALLS) - self.right(quantity, BALLS)
            # NumPy unpacks 0-d object arrays
            whole = difference if isinstance(difference, np.ndarray) else zero_dimensional(difference)
            return midpoints(whole)

    # -- small things

    def as_gradient(self, quantity: Quantity, value: Any, how: How) -> Any:
        """An update's new value as the gradient that it must have come from; other quantities as they are."""
        kind, names = self.claim.kind, self.claim.formula.shapes.arguments
        if quantity.argument is None:
            return value
        start = self.point.args[names.index(quantity.argument)]
        if how is None:
            return kind.as_gradient(value, start, self.point.rate)
        return kind.as_gradient(value, enclose(start), arb(self.point.rate))

    def remember(self, key: Any, compute: Callable[[], T]) -> T:
        """What was worked out here before. Raises `Unsupported` where it failed, for whatever reason."""
        return self._memo.get(key, compute)
