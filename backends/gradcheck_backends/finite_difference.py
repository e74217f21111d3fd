"""Finite differences without the step-size dilemma.

Central differences in ball arithmetic, see `_ball_difference`; one random direction per argument, or
one for all arguments together, gives a slope (an error in any entry shows with probability one), and
every entry is computed only on request. A forward that cannot run in balls is differenced in float64 with
an adaptive step, see `_float_difference`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import flint
import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ObjectArray, dot, enclose, precision, zero_dimensional
from gradcheck.arithmetic.precisions import COARSE_STEP, FINE_STEP
from gradcheck.backend import Answer, Problem, Program, Traits
from gradcheck.errors import NoAnswer, Unsupported, user_code
from gradcheck_backends._differences.in_balls import (
    BITS,
    BallDifference,
    Latest,
    size_of,
    with_truncation,
    working_bits,
)
from gradcheck_backends._differences.in_floats import slope
from gradcheck_backends._differences.seen_precision import unit_of
from gradcheck_backends._differences.within_accuracy import slope_within

__all__ = ["BACKEND", "FiniteDifference"]

T = TypeVar("T")
_WIDEST = 2.0**-5
"""A wider answer would pass too much, however little is known of the forward."""
Directions = Mapping[int, NDArray[np.float64]]


class FiniteDifference:
    """The backend ``finite_difference``."""

    name = "finite_difference"
    install = "pip install python-flint"
    traits = Traits(sees_kinks=True, pays_per_slope=True, cost_of_shape=0, takes_differences=True)

    def version(self) -> str:
        return f"python-flint {flint.__version__}"

    def derive(self, problem: Problem) -> Program:
        return CentralDifference(problem)


class CentralDifference(Program):
    """Central differences of one forward."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._why_float64: str | None = None  # why the forward does not run in balls
        self._latest = Latest()
        self._unit: float | None = None  # of the precision that it computes in
        self.method = f"central difference, {BITS} bits, h = 2^-{COARSE_STEP} and 2^-{FINE_STEP}"
        if problem.accuracy:
            self._why_float64 = f"the forward is right to {problem.accuracy:g} only"
            self.method = f"central difference in float64, long steps ({self._why_float64})"

    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        return self._first_in_balls(
            lambda: self._vjp_in_balls(args, deltas, directions, domain),
            lambda: self._vjp_in_float64(args, deltas, directions),
        )

    def joint_slope(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Directions,
        domain: Domain = BALLS,
    ) -> Answer | None:
        """One slope for all arguments at once; None where only float64 is left."""
        if self._why_float64 is not None:
            return None
        with precision(working_bits()):
            return self._slope(*self._weighted(args, deltas, domain), directions, None)

    def jacobian(
        self, args: Sequence[NDArray[Any]], argument: int, domain: Domain = BALLS
    ) -> tuple[ObjectArray, ...]:
        """One column per entry of the argument, for all outputs at once."""
        by_rows = super().jacobian
        return self._first_in_balls(
            lambda: self._jacobian_in_balls(args, argument, domain), lambda: by_rows(args, argument, domain)
        )

    def _first_in_balls(self, in_balls: Callable[[], T], in_float64: Callable[[], T]) -> T:
        if self._why_float64 is None:
            try:
                return in_balls()
            except NoAnswer:
                raise
            except Unsupported as error:
                self._why_float64 = str(error)
                self.method = f"central difference in float64, adaptive step ({error})"
        return in_float64()

    # -- in balls

    def _vjp_in_balls(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Directions | None,
        domain: Domain,
    ) -> dict[int, Answer]:
        with precision(working_bits()):
            difference, weights = self._weighted(args, deltas, domain)
            if directions is None:
                return {i: self._entries(difference, i, args[i].shape, weights) for i in self.problem.wrt}
            return {i: self._slope(difference, weights, {i: d}, d) for i, d in directions.items()}

    def _weighted(
        self, args: Sequence[NDArray[Any]], deltas: Sequence[NDArray[np.float64]], domain: Domain
    ) -> tuple[BallDifference, ObjectArray]:
        """The differences to take, and the weights of what they are of.

        A gradient (`formulas.derived.second_order`) gives its weighted sum at less cost than its entries.
        """
        weighted = getattr(self.problem.function, "weighted", None)
        if weighted is None:
            return BallDifference(self.problem, args, domain, self._latest), _joined(deltas)
        total = replace(self.problem, function=weighted(tuple(deltas)))
        return BallDifference(total, args, domain), enclose(np.ones(1))

    def _slope(
        self,
        difference: BallDifference,
        weights: ObjectArray,
        directions: Directions,
        direction: NDArray[np.float64] | None,
    ) -> Answer:
        bits = flint.ctx.prec
        fine = difference.central(directions, FINE_STEP)
        scale = fine.size * size_of(weights)

        def refine() -> Answer:
            with precision(bits):
                coarse = difference.central(directions, COARSE_STEP)
                value = zero_dimensional(dot(weights, with_truncation(coarse, fine)))
            return Answer(value, direction, scale)

        return Answer(zero_dimensional(fine.rate(weights)), direction, scale, refine=refine)

    def _entries(
        self, difference: BallDifference, argument: int, shape: tuple[int, ...], weights: ObjectArray
    ) -> Answer:
        values = np.empty(shape, dtype=object)
        flat, scale = values.reshape(-1), 0.0
        for k, unit in enumerate(_units(shape)):
            column, size = difference.bounded({argument: unit})
            flat[k] = dot(weights, column)
            scale = max(scale, size)
        return Answer(values, None, scale * size_of(weights))

    def _jacobian_in_balls(
        self, args: Sequence[NDArray[Any]], argument: int, domain: Domain
    ) -> tuple[ObjectArray, ...]:
        shape = args[argument].shape
        with precision(working_bits()):
            difference = BallDifference(self.problem, args, domain)
            columns = [difference.bounded({argument: unit})[0] for unit in _units(shape)]
        joined = np.stack(columns, axis=-1)  # (all output entries, argument entries)
        results, start = [], 0
        for output in self.problem.output_shapes:
            size = int(np.prod(output, dtype=int))
            results.append(joined[start : start + size].reshape((*output, *shape)))
            start += size
        return tuple(results)

    # -- in float64

    def _vjp_in_float64(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Directions | None,
    ) -> dict[int, Answer]:
        weights = np.concatenate([d.reshape(-1) for d in deltas])
        answers = {}
        asked = set(self.problem.wrt if directions is None else directions)
        for i, direction in (directions or {}).items():
            value, bound, scale = self._float_slope(args, i, direction, weights, asked)
            balls = enclose(np.asarray(value), bound)
            answers[i] = Answer(balls, direction, scale, rigorous=False, coarse=self._coarse)
        for i in self.problem.wrt if directions is None else ():
            values, bounds = np.empty(args[i].shape), np.empty(args[i].shape)
            for index, unit in zip(np.ndindex(args[i].shape), _units(args[i].shape), strict=True):
                values[index], bounds[index], _ = self._float_slope(args, i, unit, weights, asked)
            answers[i] = Answer(enclose(values, bounds), rigorous=False, coarse=self._coarse)
        return answers

    @property
    def _coarse(self) -> float:
        """How wide an answer may be, as a part of its scale, where the forward is known no better: a slope
        may be some hundred times smaller than the values that it is the difference of.
        """
        return min(_WIDEST, 2.0**12 * self.problem.accuracy)

    def _float_slope(
        self,
        args: Sequence[NDArray[Any]],
        argument: int,
        direction: NDArray[np.float64],
        weights: NDArray[np.float64],
        asked: set[int],
    ) -> tuple[float, float, float]:
        size = float(np.max(np.abs(args[argument]), initial=0.0))

        def along(t: float) -> NDArray[np.float64]:
            return self._values([a + t * direction if i == argument else a for i, a in enumerate(args)])

        def shaken(relative: float, sample: int) -> NDArray[np.float64]:
            rng = np.random.default_rng([11, sample])
            moved = list(args)
            for i in asked:  # others may allow some values only, as labels do
                reach = np.abs(args[i]) + (size * np.abs(direction) if i == argument else 0.0)
                moved[i] = args[i] + relative * reach * rng.choice([-1.0, 1.0], args[i].shape)
            return self._values(moved)

        if accuracy := self.problem.accuracy:
            return slope_within(along, weights, size, accuracy)
        if self._unit is None:
            self._unit = unit_of(self.problem.function, args)
        return slope(along, weights, size, shaken, self._unit)

    def _values(self, args: Sequence[NDArray[Any]]) -> NDArray[np.float64]:
        """The forward's outputs, flattened. Raises `NoAnswer` where it raises."""
        given = [a.copy() if a.ndim else a.dtype.type(a) for a in map(np.asarray, args)]
        try:
            with np.errstate(all="ignore"), user_code:
                result = self.problem.function(*given)
        except Exception as error:
            text = f"next to this point the forward raises {type(error).__name__}: {error}"
            raise NoAnswer(text) from error
        parts = result if isinstance(result, tuple | list) else [result]
        return np.concatenate([np.asarray(p, dtype=np.float64).reshape(-1) for p in parts])


def _joined(deltas: Sequence[NDArray[np.float64]]) -> ObjectArray:
    return np.concatenate([enclose(d).reshape(-1) for d in deltas])


def _units(shape: tuple[int, ...]) -> Iterator[NDArray[np.float64]]:
    for index in np.ndindex(shape):
        unit = np.zeros(shape)
        unit[index] = 1.0
        yield unit


BACKEND = FiniteDifference()
