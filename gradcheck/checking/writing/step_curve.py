"""How the central difference at a wrong entry behaves as its step shrinks.

A reader who sees a hand-written gradient accused by a finite difference asks whether the step was badly
chosen. The curve answers: the difference comes as near to the right value as truncation and rounding
let it, at every step, and never near the hand-written one.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from math import isfinite, log2
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import (
    BALLS,
    Domain,
    ElementArray,
    ObjectArray,
    call_in,
    enclose,
    precision,
    zero_dimensional,
)
from gradcheck.arithmetic.precisions import DOUBLE
from gradcheck.backend import Answer, Problem, Program
from gradcheck.errors import Unsupported, user_code
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.points.point import Point
from gradcheck.records.types import StepCurve

__all__ = ["step_curve"]

_EXPONENTS = range(1, 61, 2)
"""Steps of 2^-1 to 2^-59 of the entry's size: from where truncation rules to where x + h is x."""

_FEWEST = 5
"""Fewer steps than these at which the forward is defined make no curve."""

_HUGE = 1e300

_FINE = 400
"""Bits of the exact differences: rounding of 2^-400 over a step of 2^-60 leaves 1e-100."""


def step_curve(
    claim: Claim,
    point: Point,
    quantity: Quantity,
    index: Sequence[int],
    stated: float,
    truth: arb,
    source: str,
) -> StepCurve | None:
    """The curve at one entry of a claim's quantity, or None where there is nothing to draw.

    ``stated`` is the hand-written value there and ``truth`` the right one, as ``source`` has it. There is
    no curve for the value of a forward, for a value that is not finite, and where the forward does not
    run beside the point.
    """
    place = tuple(index)
    entry = claim.kind.place(claim.formula, point, quantity, place)
    scale = abs(truth).max(abs(arb(stated))) if isfinite(stated) and truth.is_finite() else arb(0)
    if entry is None or not scale > 0 or not isfinite(size := float(scale)) or size == 0:
        return None

    def part(difference: arb) -> float:
        return _short(float(abs(difference).upper() / scale.mid()))

    unit = 2.0 ** round(log2(max(1.0, abs(float(point.args[entry[0]][entry[1]])))))

    def value(kind: type[_Difference], step: float, bits: int) -> arb:
        with warnings.catch_warnings(), precision(bits):
            warnings.simplefilter("ignore")
            found: Any = claim.right_answers(point, kind(claim, point, entry, step))[quantity].values[place]
        if not found.is_finite():
            raise Unsupported("the difference is not finite")
        return arb(found)

    rows = []
    for exponent in _EXPONENTS:
        step = unit * 2.0**-exponent
        try:
            rounding = 2 * value(_Rounded, step, DOUBLE).rad()
            row = (step, value(_Plain, step, _FINE), value(_Difference, step, _FINE), rounding)
        except Unsupported:
            continue
        if all(isfinite(float(number)) for number in row):
            rows.append(row)
    if len(rows) < _FEWEST:
        return None
    limit = rows[-1][2]
    return StepCurve(
        quantity=str(quantity),
        index=list(place),
        source=source,
        scale=size,
        gap=part(arb(stated) - truth),
        steps=[step for step, *_ in rows],
        error=[part(plain - truth) for _, plain, _, _ in rows],
        exact=[part(exact - truth) for _, _, exact, _ in rows],
        # Truncation is what the exact difference is away from its limit, whatever the truth is said to be.
        bound=[part(abs(exact - limit) + rounding) for _, _, exact, rounding in rows],
    )


def _short(value: float) -> float:
    """Three digits: a picture shows no more, and the log stays small. Finite, as records are."""
    return float(f"{min(value, _HUGE):.3g}")


class _Difference(Program):
    """A central difference at one step, by one entry of one argument; zero elsewhere."""

    method = "central difference"

    def __init__(self, claim: Claim, point: Point, entry: tuple[int, tuple[int, ...]], step: float) -> None:
        formula = claim.formula
        super().__init__(
            Problem(formula.function, formula.shapes.arguments, point.args, point.wrt, point.output_shapes)
        )
        self._entry, self._step = entry, step

    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        weights = np.concatenate([enclose(np.asarray(d)).reshape(-1) for d in deltas])
        slope = (self._slopes(args) * weights).sum()
        position, index = self._entry
        answers = {}
        for i in self.problem.wrt:
            values = enclose(np.zeros(args[i].shape))
            if i == position:
                values[index] = slope
            answers[i] = Answer(values)
        return answers

    def jacobian(
        self, args: Sequence[NDArray[Any]], argument: int, domain: Domain = BALLS
    ) -> tuple[ObjectArray, ...]:
        slopes, results, start = self._slopes(args), [], 0
        for shape in self.problem.output_shapes:
            values = enclose(np.zeros((*shape, *args[argument].shape)))
            count = int(np.prod(shape, dtype=int))
            place: Any = (..., *self._entry[1])
            values[place] = slopes[start : start + count].reshape(shape)
            results.append(values)
            start += count
        return tuple(results)

    def _slopes(self, args: Sequence[NDArray[Any]]) -> ObjectArray:
        """The slopes of all output entries, in one vector."""
        difference = self._forward(args, 1) - self._forward(args, -1)
        slopes: ObjectArray = difference / arb(2 * self._step)
        return slopes

    def _forward(self, args: Sequence[NDArray[Any]], side: int) -> ObjectArray:
        position, index = self._entry
        balls = [enclose(a) if i in self.problem.wrt else a for i, a in enumerate(args)]
        balls[position][index] = self._beside(balls[position][index], side)
        return _outputs(
            lambda: call_in(
                BALLS,
                self.problem.function,
                [ElementArray(b, BALLS) if i in self.problem.wrt else b for i, b in enumerate(balls)],
            )
        )

    def _beside(self, centre: arb, side: int) -> arb:
        return centre + arb(side * self._step)


class _Rounded(_Difference):
    """The same at 53 bits, from an entry that is as uncertain as its sum with the step in float64: the
    radius is then what rounding may make of a float64 difference.
    """

    def _beside(self, centre: arb, side: int) -> arb:
        moved = centre + arb(side * self._step)
        return moved + arb(0, 1) * abs(moved).upper() * arb(2) ** -DOUBLE


class _Plain(_Difference):
    """The difference as a textbook has it: two calls in float64."""

    def _forward(self, args: Sequence[NDArray[Any]], side: int) -> ObjectArray:
        position, index = self._entry
        moved = [a.copy() if a.ndim else a.dtype.type(a) for a in args]
        if moved[position].ndim:
            moved[position][index] += side * self._step
        else:
            moved[position] = moved[position] + side * self._step
        with np.errstate(all="ignore"):
            return _outputs(lambda: self.problem.function(*moved))

    def _slopes(self, args: Sequence[NDArray[Any]]) -> ObjectArray:
        with np.errstate(all="ignore"):
            ahead, behind = (np.array([float(v.mid()) for v in self._forward(args, s)]) for s in (1, -1))
            return enclose((ahead - behind) / (2 * self._step))


def _outputs(run: Any) -> ObjectArray:
    """The outputs of one call as balls in one vector. Raises `Unsupported`."""
    try:
        with user_code:
            result = run()
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported(f"the forward does not run here: {type(error).__name__}: {error}") from error
    flat = []
    for output in result if isinstance(result, tuple | list) else [result]:
        data = output.data if isinstance(output, ElementArray) else BALLS.lift_array(output)
        flat.append((data if isinstance(data, np.ndarray) else zero_dimensional(data)).reshape(-1))
    return np.concatenate(flat)
