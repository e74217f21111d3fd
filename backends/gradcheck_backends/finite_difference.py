"""Finite differences without the step-size dilemma: central differences in ball arithmetic.

At `BITS` bits a step of 2^-120 leaves neither round-off nor truncation that any float could see:
about 1e-100 and 1e-72 of the scale. The difference is taken at `h` and at `h / 2^20`; what the two
differ by bounds the truncation and is added to the radius. One random direction per argument gives
its slope (an error in any entry shows with probability one); every entry is had only on request.

A forward that cannot run in balls is differenced in float64 with an adaptive step, see
`gradcheck_backends._float_difference`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import flint
import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ElementArray, ObjectArray, call_in, enclose, precision
from gradcheck.backend import Answer, Problem, Program
from gradcheck.errors import NoAnswer, Unsupported
from gradcheck_backends._float_difference import slope

__all__ = ["BACKEND", "BITS", "STEP_BITS", "FiniteDifference"]

BITS = 500
"""Precision of the forward's evaluations, in bits, where the caller asks for 250 or less."""

STEP_BITS = 120
"""The step is 2^-120 of one unit: the truncation is then of the order 2^-240 of the scale."""

REFINEMENT_BITS = 20
"""The second step is this many bits smaller; the truncation shrinks by 2^-40 between the two."""

_MARGIN = 4
"""The truncation bound is this many times the observed change: the smaller step's own error is
2^-40 of it, so anything above 1 + 2^-40 covers a derivative whose series converges at `h`."""


class FiniteDifference:
    """The backend ``finite_difference``."""

    name = "finite_difference"
    install = "pip install python-flint"

    def version(self) -> str:
        return f"python-flint {flint.__version__}"

    def derive(self, problem: Problem) -> Program:
        return CentralDifference(problem)


class CentralDifference(Program):
    """Central differences of one forward."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self._in_float64: str | None = None  # why the forward does not run in balls
        self.method = (
            f"central difference, {BITS} bits, h = 2^-{STEP_BITS} and 2^-{STEP_BITS + REFINEMENT_BITS}"
        )

    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        if self._in_float64 is None:
            try:
                return self._vjp_in_balls(args, deltas, directions, domain)
            except NoAnswer:
                raise
            except Unsupported as error:
                self._in_float64 = str(error)
                self.method = f"central difference in float64, adaptive step ({self._in_float64})"
        return self._vjp_in_float64(args, deltas, directions)

    def _vjp_in_balls(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None,
        domain: Domain,
    ) -> dict[int, Answer]:
        bits = max(BITS, 2 * flint.ctx.prec)
        with precision(bits):
            balls = [self.lift(a) if i in self.problem.wrt else a for i, a in enumerate(args)]
            weights = np.concatenate([self.lift(d).reshape(-1) for d in deltas]) if deltas else None
            answers = {}
            for i in self.problem.wrt:
                if directions is not None and i in directions:
                    answers[i] = self._slope(balls, i, directions[i], weights, domain)
                else:
                    answers[i] = self._entries(balls, i, weights, domain)
        return answers

    def _vjp_in_float64(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None,
    ) -> dict[int, Answer]:
        weights = np.concatenate([d.reshape(-1) for d in deltas])
        answers = {}
        for i in self.problem.wrt:
            if directions is not None and i in directions:
                value, bound, scale = self._float_slope(args, i, directions[i], weights)
                answers[i] = Answer(enclose(np.asarray(value), bound), directions[i], scale, rigorous=False)
                continue
            values, bounds = np.empty(args[i].shape), np.empty(args[i].shape)
            for index in np.ndindex(args[i].shape):
                unit = np.zeros(args[i].shape)
                unit[index] = 1.0
                values[index], bounds[index], _ = self._float_slope(args, i, unit, weights)
            answers[i] = Answer(enclose(values, bounds), rigorous=False)
        return answers

    def _float_slope(
        self,
        args: Sequence[NDArray[Any]],
        argument: int,
        direction: NDArray[np.float64],
        weights: NDArray[np.float64],
    ) -> tuple[float, float, float]:
        def along(t: float) -> NDArray[np.float64]:
            moved = [a + t * direction if i == argument else a.copy() for i, a in enumerate(args)]
            with np.errstate(all="ignore"):
                result = self.problem.function(*(m if m.ndim else m.dtype.type(m) for m in moved))
            parts = result if isinstance(result, tuple | list) else [result]
            return np.concatenate([np.asarray(p, dtype=np.float64).reshape(-1) for p in parts])

        return slope(along, weights)

    def jacobian(
        self, args: Sequence[NDArray[Any]], argument: int, domain: Domain = BALLS
    ) -> tuple[ObjectArray, ...]:
        """One column per entry of the argument, for all outputs at once."""
        if self._in_float64 is None:
            try:
                return self._jacobian_in_balls(args, argument, domain)
            except NoAnswer:
                raise
            except Unsupported as error:
                self._in_float64 = str(error)
        return super().jacobian(args, argument, domain)

    def _jacobian_in_balls(
        self, args: Sequence[NDArray[Any]], argument: int, domain: Domain
    ) -> tuple[ObjectArray, ...]:
        bits = max(BITS, 2 * flint.ctx.prec)
        with precision(bits):
            balls = [self.lift(a) if i in self.problem.wrt else a for i, a in enumerate(args)]
            shape = args[argument].shape
            columns = [self._difference(balls, argument, unit, domain)[0] for unit in _units(shape)]
        joined = np.stack(columns, axis=-1)  # (all output entries, argument entries)
        results, start = [], 0
        for output in self.problem.output_shapes:
            size = int(np.prod(output, dtype=int))
            results.append(joined[start : start + size].reshape(*output, *shape))
            start += size
        return tuple(results)

    def _slope(
        self, balls: list[Any], argument: int, direction: NDArray[np.float64], weights: Any, domain: Domain
    ) -> Answer:
        bits, exact = flint.ctx.prec, self.lift(direction)
        fine, size = self._central(balls, argument, exact, STEP_BITS + REFINEMENT_BITS, domain)

        def refine() -> Answer:
            with precision(bits):
                coarse, _ = self._central(balls, argument, exact, STEP_BITS, domain)
                value = _scalar(weights @ _with_truncation(coarse, fine))
            return Answer(value, direction, size * _size(weights))

        if not all(b.is_finite() for b in fine):
            raise NoAnswer(_NOT_FINITE)
        return Answer(_scalar(weights @ fine), direction, size * _size(weights), refine=refine)

    def _entries(self, balls: list[Any], argument: int, weights: Any, domain: Domain) -> Answer:
        shape = balls[argument].shape
        values = np.empty(shape, dtype=object)
        flat, scale = values.reshape(-1), 0.0
        for k, unit in enumerate(_units(shape)):
            column, size = self._difference(balls, argument, unit, domain)
            flat[k] = weights @ column
            scale = max(scale, size)
        return Answer(values, None, scale * _size(weights))

    def _difference(
        self, balls: list[Any], argument: int, direction: ObjectArray, domain: Domain
    ) -> tuple[ObjectArray, float]:
        """Derivatives of all output entries along a direction of one argument, truncation included."""
        coarse, scale = self._central(balls, argument, direction, STEP_BITS, domain)
        fine, _ = self._central(balls, argument, direction, STEP_BITS + REFINEMENT_BITS, domain)
        return _with_truncation(coarse, fine), scale

    def _central(
        self, balls: list[Any], argument: int, direction: ObjectArray, bits: int, domain: Domain
    ) -> tuple[ObjectArray, float]:
        step = arb(2) ** -bits
        move = direction * step
        ahead = self._forward(balls, argument, balls[argument] + move, domain)
        behind = self._forward(balls, argument, balls[argument] - move, domain)
        return (ahead - behind) / (2 * step), _size(ahead)

    def _forward(self, balls: list[Any], argument: int, moved: ObjectArray, domain: Domain) -> ObjectArray:
        args = [
            (ElementArray(_as_array(moved if i == argument else b), domain) if i in self.problem.wrt else b)
            for i, b in enumerate(balls)
        ]
        return run_forward(self.problem, args, domain)


def run_forward(problem: Problem, args: list[Any], domain: Domain) -> ObjectArray:
    """The forward's outputs in ball arithmetic, flattened into one vector. Raises `Unsupported`."""
    try:
        result = call_in(domain, problem.function, args)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported(
            f"the forward does not run in ball arithmetic: {type(error).__name__}: {error}"
        ) from error
    parts = result if isinstance(result, tuple | list) else [result]
    flat = []
    for part in parts:
        data = part.data if isinstance(part, ElementArray) else domain.lift_array(part)
        flat.append(_as_array(data).reshape(-1))
    return np.concatenate(flat)


_NOT_FINITE = "the difference is not finite: the forward leaves its domain near this point"


def _with_truncation(coarse: ObjectArray, fine: ObjectArray) -> ObjectArray:
    """The finer difference, its radius widened by what the two steps differ by, with a margin."""
    result = np.empty(fine.shape, dtype=object)
    for i, (a, b) in enumerate(zip(coarse, fine, strict=True)):
        if not (a.is_finite() and b.is_finite()):
            raise NoAnswer(_NOT_FINITE)
        result[i] = b + arb(0, _MARGIN * abs(a - b).upper())
    return result


def _scalar(value: Any) -> ObjectArray:
    result = np.empty((), dtype=object)
    result[()] = value
    return result


def _as_array(value: Any) -> ObjectArray:
    if isinstance(value, np.ndarray):
        return value
    result = np.empty((), dtype=object)
    result[()] = value
    return result


def _units(shape: tuple[int, ...]) -> Any:
    size = int(np.prod(shape, dtype=int))
    for k in range(size):
        unit = np.empty(size, dtype=object)
        unit[:] = [arb(int(i == k)) for i in range(size)]
        yield unit.reshape(shape)


def _size(values: ObjectArray) -> float:
    return max((float(abs(v).upper()) for v in values if v.is_finite()), default=0.0)


BACKEND = FiniteDifference()
