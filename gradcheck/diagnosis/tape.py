"""The forward at a sample as a tape, and what a claim states as the tape has it: right, or with a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ObjectArray, enclose, midpoints, precision
from gradcheck.arithmetic.precisions import BITS
from gradcheck.backend import Answer, Program
from gradcheck.diagnosis.comparing import same
from gradcheck.diagnosis.quiet import MAXIMA, Quiet, Watch
from gradcheck.diagnosis.recovered import Recovered, Straight
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tracing.backwards import Detour, backwards
from gradcheck.diagnosis.tracing.calling import lifted, run_forward
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.run import Change, Run
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity, outputs
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session

__all__ = [
    "Tape",
    "at_other_point",
    "back_through_forward",
    "is_right",
    "is_right_in_balls",
    "right_by_tape",
    "tape_of",
]

_MOST_OUTPUTS = 64


class Tape:
    """``quantities`` gives what the claim states; ``passing`` what arrives where on the way back."""

    def __init__(self, claim: Claim, point: Point, how: How, change: Change | None = None) -> None:
        self.claim, self.point, self.how = claim, point, how
        self.run: Run
        self.outputs: list[Value]
        self.run, self.outputs = run_forward(claim.formula, point, domain=how, change=change)
        self._silent: frozenset[Call] | None = None
        if change is not None and not self.run.changed:
            raise Unsupported("the change does not come to bear here")

    def quantities(
        self, detour: Detour | None = None, passing: dict[Call, Any] | None = None
    ) -> dict[Quantity, Any]:
        """What the claim states, by name, of whatever shape. Raises `Unsupported`."""
        claim, point = self.claim, self.point
        if claim.kind.states_outputs:
            named = zip(outputs(len(self.outputs)), self.outputs, strict=True)
            return {q: self._bare(o) for q, o in named}
        back = _Back(self, detour, passing)
        return {q: a.values for q, a in claim.kind.derivatives(claim.formula, point, back).items()}

    def gradients(self, detour: Detour | None, passing: dict[Call, Any] | None = None) -> dict[int, Any]:
        """The gradients of the differentiated arguments, by position, as bare arrays."""
        return self.back(self.claim.kind.deltas(self.point), detour, passing)

    def back(
        self,
        weights: Sequence[NDArray[np.float64]],
        detour: Detour | None,
        passing: dict[Call, Any] | None = None,
    ) -> dict[int, Any]:
        """The gradients of the sum of weighted outputs, by position."""
        point = self.point
        deltas = [lifted(w, self.how) for w in weights]
        if detour is not None:
            detour = Quiet(detour, self.silent(deltas))
        found = backwards(self.run, self.outputs, deltas, detour, passing)
        names = self.claim.formula.shapes.arguments
        return {
            i: self._bare(found[names[i]]) if names[i] in found else self._zeros(point.args[i].shape)
            for i in point.wrt
        }

    def silent(self, deltas: list[Any]) -> frozenset[Call]:
        """Maxima through which nothing comes back: the shift of a softmax.

        What arrives at them cancels, but it no longer does once another step is changed. Nobody writes
        that part by hand, so it is left out in every detour.
        """
        if self._silent is None:
            self._silent = frozenset()
            maxima = {c for c in self.run.calls if c.function in MAXIMA}
            if maxima:
                watch = Watch(maxima)
                backwards(self.run, self.outputs, deltas, watch)
                self._silent = frozenset(c for c in watch.total if watch.cancels(c))
        return self._silent

    def silence_as(self, other: Tape) -> None:
        """Leave out the maxima that another tape of the same operations leaves out: balls may not decide."""
        silent = other.silent([lifted(d, other.how) for d in self.claim.kind.deltas(self.point)])
        pairs = zip(self.run.calls, other.run.calls, strict=True)
        self._silent = frozenset(mine for mine, theirs in pairs if theirs in silent)

    def jacobian(self, position: int, detour: Detour | None) -> Any:
        """All derivatives of the one output by an argument. Raises `Unsupported`."""
        point = self.point
        if len(self.outputs) != 1:
            raise Unsupported("a Jacobian of several outputs")
        shape = point.output_shapes[0]
        if int(np.prod(shape, dtype=int)) > _MOST_OUTPUTS:
            raise Unsupported("too many outputs for a Jacobian")
        rows = np.empty(
            (*shape, *point.args[position].shape), dtype=np.float64 if self.how is None else object
        )
        for index in np.ndindex(shape):
            unit = np.zeros(shape)
            unit[index] = 1.0
            rows[(*index, ...)] = self.back([unit], detour)[position]
        return rows

    def _bare(self, value: Any) -> Any:
        held = value.value if isinstance(value, Value) else value
        if self.how is None:
            return np.asarray(held)
        return (
            held.data
            if hasattr(held, "data") and not isinstance(held, np.ndarray)
            else enclose(np.asarray(held))
        )

    def _zeros(self, shape: tuple[int, ...]) -> Any:
        zeros = np.zeros(shape)
        return zeros if self.how is None else enclose(zeros)


class _Back(Program):
    """Going back along a tape, as a program that has every entry: in balls, or in float64."""

    method = "a tape"
    exact_answers = True

    def __init__(self, tape: Tape, detour: Detour | None, passing: dict[Call, Any] | None) -> None:
        self.tape, self.detour, self.passing = tape, detour, passing

    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        found = self.tape.back(deltas, self.detour, self.passing)
        return {i: Answer(values) for i, values in found.items()}

    def jacobian(
        self, args: Sequence[NDArray[Any]], argument: int, domain: Domain = BALLS
    ) -> tuple[ObjectArray, ...]:
        return (self.tape.jacobian(argument, self.detour),)


def tape_of(sample: Sample, how: How = None) -> Tape:
    """The tape at a sample, remembered. Raises `Unsupported` where the forward cannot be watched."""
    return sample.remember(("tape", id(how)), lambda: Tape(sample.claim, sample.point, how))


def right_by_tape(claim: Claim, session: Session, point: Point, how: How) -> dict[Quantity, Any]:
    """What a claim should state, by going backwards through the forward: see `Sample.source`."""
    return Tape(claim, point, how).quantities()


def back_through_forward(
    claim: Claim, point: Point, domain: Domain, *, recovering: bool = False
) -> dict[Quantity, Any]:
    """The same in one arithmetic of balls, without the shift of a softmax; ``recovering`` as code does that
    takes summands back out of sums. Raises `Unsupported`, whatever it is that does not run, and where there
    is nothing to recover.
    """
    try:
        rough = Tape(claim, point, None)
        if recovering and not Recovered(rough.run).left:
            raise Unsupported("no exponential goes into a sum with a constant")
        tape = Tape(claim, point, domain)
        tape.silence_as(rough)
        return tape.quantities(Recovered(tape.run) if recovering else Straight())
    except Exception as error:
        raise Unsupported(f"the way back through the forward: {type(error).__name__}: {error}") from error


def is_right_in_balls(sample: Sample) -> bool:
    """The same in balls, where nothing is lost in a saturated activation."""
    try:
        with precision(BITS):
            found = tape_of(sample, BALLS).quantities()
            return all(
                v.shape == right.shape and bool(same(v, right, sample.zero).all())
                for q, v in found.items()
                for right in [sample.right(q, BALLS)]
            )
    except Unsupported:
        return False


def is_right(sample: Sample) -> bool:
    """Whether going backwards through the forward gives what the backends say, at this sample."""
    try:
        return bool(sample.remember("tape is right", lambda: _is_right(sample)))
    except Unsupported:
        return False


def _is_right(sample: Sample) -> bool:
    for quantity, value in tape_of(sample).quantities().items():
        right = sample.right(quantity)
        top = float(np.max(np.abs(right), initial=0.0))
        if value.shape != right.shape:
            return False
        if not np.all(np.abs(value - right) <= 1e-6 * np.abs(right) + 1e-9 * top):
            return False
    return True


def at_other_point(sample: Sample, point: Point, how: How) -> dict[Quantity, Any]:
    """What is right at other arguments or another delta; in float64 by the tape, where that is right."""
    if how is not None:
        return sample.elsewhere(point, how)
    if is_right(sample):
        claim = sample.claim
        if point.args is sample.point.args and not claim.kind.states_outputs:  # the same tape, weighted anew
            back = _Back(tape_of(sample), None, None)
            return {q: a.values for q, a in claim.kind.derivatives(claim.formula, point, back).items()}
        return tape_of(sample.at(point)).quantities()
    return {q: midpoints(v) for q, v in sample.elsewhere(point, BALLS).items()}
