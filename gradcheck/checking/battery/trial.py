"""The candidate at one point of the battery, as numbers that can be compared.

Two answers that must be equal (J of a sum and the sum of the Js) are compared in balls, where nothing
is rounded. Code that runs in float64 only is compared within a bound for its rounding, and only a gap
that no rounding makes counts against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, WIDENED, Domain, ObjectArray, enclose, precision
from gradcheck.arithmetic.precisions import BITS, DOUBLE
from gradcheck.backend import Answer
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.rounding import rounding_bound
from gradcheck.judging.candidates.running import run_in_float64
from gradcheck.judging.candidates.same_code import MORE_ROUNDING, same_code, unknown_rounding
from gradcheck.judging.comparing import Match, compare, running_scale
from gradcheck.judging.evaluation import Evaluation
from gradcheck.judging.points.point import Point, all_finite
from gradcheck.judging.points.repeats import within_rounding
from gradcheck.judging.session import Session

__all__ = ["COARSE", "Trial", "apart"]

Quantities = Mapping[Quantity, Any]
Combine = Callable[[list[Any]], Any]
"""One quantity of several trials, in order -> what the first trial's should be."""

COARSE = 2.0**-20
"""Where there is no enclosure, a gap below this part of the largest entry of any gradient is taken for
rounding: it is 8 units of float32. What is wrong by so little is for the backends to find."""


class Trial:
    """The candidate's answers at a point. Raises `CandidateFault` where it breaks the contract there."""

    def __init__(self, claim: Claim, point: Point, session: Session) -> None:
        self.point = point
        self.claim = claim
        self.stated = run_in_float64(claim, point)
        self.values: dict[Quantity, NDArray[np.float64]] = self.stated.values
        self._check = Evaluation(claim, point, session, self.stated, session.backends)
        self._bounded: dict[Quantity, ObjectArray] | None = None

    @property
    def finite(self) -> bool:
        return self.stated.is_finite

    def balls(self, bits: int = BITS, domain: Domain = BALLS) -> dict[Quantity, ObjectArray]:
        """The same in ball arithmetic. Raises `Unsupported`."""
        return self._check.balls(bits, domain)

    def bounded(self) -> dict[Quantity, ObjectArray]:
        """float64 values with a bound for their rounding error. Raises `Unsupported`."""
        if self._bounded is None:
            bounds = rounding_bound(self.claim, self.point, self.stated)
            self._bounded = {q: enclose(v, MORE_ROUNDING * bounds[q]) for q, v in self.values.items()}
        return self._bounded

    def gives(self, values: Mapping[Quantity, NDArray[np.float64]]) -> bool:
        """Whether these are the same values, but for rounding in another order."""
        if values.keys() != self.values.keys():
            return False
        if all(np.array_equal(values[q], v) for q, v in self.values.items()):
            return True
        if not all(map(all_finite, values.values())):
            return False
        if self.claim.formula.dtype.is_low:
            bits = self.claim.bits
            return all(within_rounding(values[q], v, self.point, bits) for q, v in self.values.items())
        try:
            with precision(BITS):
                balls = self.balls()
                bits = self.claim.bits
                return same_code(values, balls, lambda: self.balls(bits), self.point, bits)
        except Unsupported:
            return all(np.max(np.abs(values[q] - v)) <= self._allowed(q) for q, v in self.values.items())

    def _allowed(self, quantity: Quantity) -> float:
        value = self.values[quantity]
        coarse = COARSE * float(np.max(np.abs(value), initial=0.0))
        try:
            bound = max((float(b.rad()) for b in self.bounded()[quantity].reshape(-1)), default=0.0)
        except Unsupported:
            bound = 0.0
        return max(coarse, 2 * bound)


def apart(
    first: Trial, others: list[Trial], combine: Mapping[Quantity, Combine]
) -> tuple[Quantity, Match] | None:
    """A quantity of the first trial that is not what ``combine`` makes of the others', or None.

    Raises `Unsupported` where that cannot be told.
    """
    try:
        with precision(BITS):
            found = _apart_in_balls(first, others, combine, BALLS)
            if found is None:
                return None
            try:  # float constants that are rounded in the last place are nobody's mistake
                return _apart_in_balls(first, others, combine, WIDENED)
            except Unsupported:
                return found
    except Unsupported:
        return _apart_in_float64(first, others, combine)


def _apart_in_balls(
    first: Trial, others: list[Trial], combine: Mapping[Quantity, Combine], domain: Domain
) -> tuple[Quantity, Match] | None:
    stated = first.balls(BITS, domain)
    parts = [other.balls(BITS, domain) for other in others]
    for quantity, rule in combine.items():
        scales = lambda q=quantity: _scales(first, others, q)
        wanted = rule([part[quantity] for part in parts])
        match = compare(stated[quantity], Answer(wanted), rigorous=True, scales=scales)
        if match.outcome == "differ":
            return quantity, match
    return None


def _scales(first: Trial, others: list[Trial], quantity: Quantity) -> NDArray[np.float64] | None:
    """The largest S of any entry: what is compared are sums of them."""
    with precision(DOUBLE):
        try:
            found = [running_scale(t.balls(DOUBLE)[quantity]) for t in (first, *others)]
        except Unsupported:
            return None
    largest = max((float(np.max(f, initial=0.0)) for f in found), default=0.0)
    return np.full(first.values[quantity].shape, largest)


def _apart_in_float64(
    first: Trial, others: list[Trial], combine: Mapping[Quantity, Combine]
) -> tuple[Quantity, Match] | None:
    stated = first.bounded()
    parts = [other.bounded() for other in others]
    wanted = {q: rule([part[q] for part in parts]) for q, rule in combine.items()}
    every = [b for balls in (*stated.values(), *wanted.values()) for b in balls.reshape(-1)]
    largest = max((abs(b).upper() for b in every), default=arb(0))
    # what is compared are sums over the trials, of terms as large as those of any of them
    lost = (1 + len(others)) * max(unknown_rounding(t.point, t.claim.bits) for t in (first, *others))
    for quantity, balls in wanted.items():
        match = compare(stated[quantity], Answer(balls, rigorous=False), rigorous=False)
        gap = abs(stated[quantity][match.index] - balls[match.index]).lower()
        if match.outcome == "differ" and gap > (largest * COARSE).max(arb(lost)):
            return quantity, match
    return None
