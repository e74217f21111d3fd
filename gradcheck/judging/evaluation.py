"""The candidate evaluated at one point: its balls, bounds and scales, each computed once.

The vote on a point, the battery and the diagnosis all evaluate the hand-written code here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import (
    BALLS,
    UNDERFLOWING,
    Domain,
    Memo,
    ObjectArray,
    enclose,
    midpoints,
    precision,
    radii,
)
from gradcheck.arithmetic.precisions import BITS, DOUBLE, PRECISIONS, SINGLE, SLOPE_BITS
from gradcheck.backend import Answer
from gradcheck.errors import NoAnswer, Undecided, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import claims_on
from gradcheck.formulas.kinds.directions import Directions
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.own_rounding import own_rounding
from gradcheck.judging.candidates.rounding import rounding_bound
from gradcheck.judging.candidates.running import Stated, candidate_leaves_range, run_in_balls
from gradcheck.judging.candidates.same_code import MORE_ROUNDING, largest, same_code
from gradcheck.judging.comparing import running_scale
from gradcheck.judging.points.point import Discarded, ForwardFault, Point
from gradcheck.judging.points.undifferentiated import undifferentiated
from gradcheck.judging.session import Session, Usable

__all__ = ["Evaluation", "spread"]


class Evaluation:
    """The candidate at one point. ``backends`` are those asked there: the only ones it is compared with."""

    def __init__(
        self, claim: Claim, point: Point, session: Session, stated: Stated, backends: list[Usable]
    ) -> None:
        self.claim, self.point, self.session, self.stated = claim, point, session, stated
        self.backends = backends
        self.why_float64: str | None = None  # why the candidate is not judged in balls
        self._balls = Memo()
        self._bounded: dict[Quantity, ObjectArray] | None = None

    def balls(self, bits: int, domain: Domain = BALLS) -> dict[Quantity, ObjectArray]:
        """The candidate's quantities at a precision. Raises `Unsupported`."""
        return self._balls.get((bits, id(domain)), lambda: self._run_in_balls(bits, domain))

    def _run_in_balls(self, bits: int, domain: Domain) -> dict[Quantity, ObjectArray]:
        if not self.claim.formula.deterministic:  # no run in balls is the one that users have
            raise Unsupported("the code may answer differently from call to call")
        with precision(bits):
            run = run_in_balls(self.claim, self.point, domain)
        if bits >= SLOPE_BITS and not self._is_this_code(run):  # fewer bits are a running error bound
            raise Unsupported("the code gives something else in float64 than in balls, and not by rounding")
        return run

    def _is_this_code(self, run: Mapping[Quantity, ObjectArray]) -> bool:
        """Whether the finite float64 values are what rounding and underflow may make of the balls.

        Overflow excuses nothing: a finite number that is wrong was computed by the code that people run.
        """
        values = self.stated.values
        try:
            if same_code(values, run, lambda: self.balls(DOUBLE), self.point):
                return True
        except NoAnswer:  # 53 bits are too few for balls, as where a matrix is close to singular
            if self._is_within_own_rounding(run):
                return True
            raise
        bits = self.claim.bits  # of code that rounds to float32 on the way, as its formula does
        if bits < DOUBLE and same_code(values, run, lambda: self.balls(bits), self.point, bits):
            return True
        if not candidate_leaves_range(self.claim, self.point):
            return self._is_within_own_rounding(run)
        try:
            return same_code(values, run, lambda: self.balls(DOUBLE, UNDERFLOWING), self.point)
        except Undecided:  # what underflows decides, so anything may come of it
            return True

    def _is_within_own_rounding(self, run: Mapping[Quantity, ObjectArray]) -> bool:
        """Whether float64 values differ from the balls by no more than the code's rounding makes of them, as
        where matrices are close to singular.
        """
        own = self.own_rounding
        return run.keys() <= own.keys() and all(
            bool((np.abs(midpoints(run[quantity]) - self.stated.values[quantity]) <= own[quantity]).all())
            for quantity in run
        )

    @cached_property
    def own_rounding(self) -> Mapping[Quantity, NDArray[np.float64]]:
        """How far each stated entry may be off by rounding inside the code; see `own_rounding`."""
        return own_rounding(self.claim, self.point, self.stated)

    @cached_property
    def comparable(self) -> bool:
        """Whether there are numbers to compare: finite ones, or where float64 has none, finite balls."""
        if self.stated.is_finite:
            return True
        try:
            return all(b.is_finite() for v in self.balls(BITS).values() for b in v.reshape(-1))
        except Unsupported:
            return False

    @cached_property
    def floor(self) -> float:
        """The least S at a steered point: half a unit in the last place of delta.

        Such a point may lie where a gradient is 1e-200, and a formula that is cut off differs by as much
        there from one that is not. At points drawn as usual a small gradient is one of a small formula.
        """
        if self.point.origin != "steered":
            return 0.0
        return 2.0**-DOUBLE * max(
            (float(np.max(np.abs(d), initial=0.0)) for d in self.point.delta), default=0.0
        )

    @cached_property
    def directions(self) -> Directions | None:
        """The directions along which slopes are compared here."""
        return self.claim.directions(self.point)

    def states(self, quantity: Quantity) -> bool:
        """Whether the candidate states a quantity here; a forward claim is compared in all gradients."""
        return self.claim.kind.states_outputs or quantity in self.stated.values

    @cached_property
    def moved(self) -> tuple[int, ...] | None:
        """The positions of the arguments that may be moved, where not all: those with a stated gradient."""
        if not self.claim.kind.by_argument or self.claim.kind.states_outputs or not self.stated.unchecked:
            return None
        names = map(self.claim.quantity, self.claim.formula.shapes.arguments)
        return tuple(i for i, quantity in enumerate(names) if quantity in self.stated.values)

    @cached_property
    def precisions(self) -> tuple[int, ...]:
        """The bits that are tried, in order."""
        if len(self.backends) == 1:
            with suppress(Unsupported):
                if not self.session.program(self.backends[0], self.point).exact_answers:
                    return (SLOPE_BITS, *PRECISIONS)
        return PRECISIONS

    def certain_or_bounded(self, bits: int) -> tuple[dict[Quantity, ObjectArray], bool]:
        """The candidate's quantities as enclosures (True), or where it does not run in balls, in float64
        with a bound for its rounding error (False). Raises `Unsupported`.
        """
        try:
            return self.balls(bits), True
        except Unsupported as error:
            self.why_float64 = str(error)
            return self._float64_with_bound(), False

    def _float64_with_bound(self) -> dict[Quantity, ObjectArray]:
        """float64 (float32) values with a bound for their rounding error. Raises `Unsupported`.

        Every derivation at hand, the backends' and those written by hand, is evaluated at the
        candidate's own precision: each radius is then a running error bound of that evaluation. The
        candidate is granted `MORE_ROUNDING` times the largest (in types of few bits twice, since sixteen
        times would be everything), because it may be written like any of
        them: `a (1 - a)` loses digits that `exp(-z) / (1 + exp(-z))^2` keeps. Where nothing runs in
        balls, the code's own sensitivity gives the bound.
        """
        if self._bounded is None:
            errors: dict[Quantity, NDArray[np.float64]] = {}
            for low in self._rough():
                for q, values in low.items():
                    error = radii(values) + np.abs(midpoints(values)) * 2.0**-self.claim.bits
                    errors[q] = np.maximum(errors[q], error) if q in errors else error
            if errors.keys() >= self.stated.values.keys():
                more = MORE_ROUNDING if self.claim.bits >= SINGLE else 2
                bounds = {q: more * e for q, e in errors.items()}
            else:
                bounds = rounding_bound(self.claim, self.point, self.stated)
            self._bounded = {q: enclose(value, bounds[q]) for q, value in self.stated.values.items()}
        return self._bounded

    def _rough(self) -> list[dict[Quantity, ObjectArray]]:
        """The quantities at the candidate's own precision, by everyone who has a derivation of them."""
        found = []
        for source in self.backends:
            with suppress(Unsupported), precision(self.claim.bits):
                program = self.session.program(source, self.point)
                if program.exact_answers:
                    answers = self.claim.right_answers(self.point, program)
                    found.append({q: a.values for q, a in answers.items()})
        for other in self._written_by_hand():
            with suppress(Unsupported), precision(self.claim.bits):
                found.append(run_in_balls(other, self.point, BALLS))
        return [low for low in found if all(b.is_finite() for v in low.values() for b in v.reshape(-1))]

    def _written_by_hand(self) -> list[Claim]:
        """The formula's own claims of the same quantities that are meant to be right."""
        mine = self.claim
        return [
            c
            for c in claims_on(mine.formula)
            if c.kind == mine.kind and not c.erratum and c.candidate is not mine.candidate
        ]

    def scale(self, quantity: Quantity) -> NDArray[np.float64] | None:
        """S of every entry: the larger of the candidate's and the backends' running magnitudes."""
        return _larger(self._own_scale(quantity), self._scale_of_answers(quantity, self.backends))

    def scale_of_formula(self, quantity: Quantity) -> NDArray[np.float64] | None:
        """S of every entry without what only the code is made of, `(x + 1e30) - 1e30`: of the candidate's
        own magnitudes no more counts than J comes to, as no digit of a smaller slope moves J.
        """
        own = self._own_scale(quantity)
        ready = [b for b in self.backends if self.session.ready(b, self.point)]  # none is prepared for this
        answers = self._scale_of_answers(quantity, ready)
        return _larger(None if own is None else np.minimum(own, self._size), answers)

    @cached_property
    def _size(self) -> float:
        """How large J may be: the forward's outputs, with what they are weighted with."""
        try:
            _, point = undifferentiated(self.claim.formula, self.point)
        except (ForwardFault, Discarded):
            return 0.0
        weights = self.point.args[: len(self.point.args) - len(point.args)]
        return largest(point.outputs) * largest(self.point.delta) * max(1.0, largest(weights))

    def _own_scale(self, quantity: Quantity) -> NDArray[np.float64] | None:
        try:
            return running_scale(self.balls(DOUBLE)[quantity])
        except (Unsupported, KeyError):
            return None

    def _scale_of_answers(self, quantity: Quantity, sources: Sequence[Usable]) -> NDArray[np.float64] | None:
        found: NDArray[np.float64] | None = None
        for source in sources:
            try:
                program = self.session.program(source, self.point)
                if not program.exact_answers:
                    continue
                with precision(DOUBLE):
                    other = running_scale(self.claim.right_answers(self.point, program)[quantity].values)
            except (Unsupported, KeyError):
                continue
            found = _larger(found, other)
        return found


def _larger(one: NDArray[np.float64] | None, other: NDArray[np.float64] | None) -> NDArray[np.float64] | None:
    if one is None or other is None:
        return other if one is None else one
    return np.maximum(one, other)


def spread(own: Answer, moved: list[Answer], times: float = 4.0) -> Answer:
    """An answer with a radius that covers others, several ``times`` over: a sample is no bound."""
    values = np.empty(own.values.shape, dtype=object)
    for index in np.ndindex(own.values.shape):
        centre: Any = own.values[index]
        others: list[Any] = [m.values[index] for m in moved]
        rim = max((abs(o - centre).upper() for o in others), default=arb(0))
        values[index] = centre + arb(0, 1) * rim * times
    return Answer(values, own.direction, own.scale, rigorous=False)
