"""Central differences in ball arithmetic: one forward, moved a little along a direction.

At `BITS` bits a step of 2^-120 leaves neither round-off nor truncation that any float could see:
about 1e-60 and 1e-72 of the scale. Where the truncation has to be bounded (only to refute), the
difference is taken at a second step as well; see `with_truncation`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import (
    Domain,
    ElementArray,
    ObjectArray,
    Remembered,
    call_in,
    dot,
    enclose,
    zero_dimensional,
)
from gradcheck.arithmetic.precisions import COARSE_STEP, FINE_STEP
from gradcheck.backend import Problem
from gradcheck.errors import NoAnswer, Unsupported

__all__ = [
    "BITS",
    "BallDifference",
    "Change",
    "Latest",
    "size_of",
    "with_truncation",
    "working_bits",
]

BITS = 320
"""Precision of the forward's evaluations, in bits, where the caller asks for 160 or less: the difference over
2^-140 keeps 180 of them. An exponential takes twice as long at 500."""

_MARGIN = 4
"""The truncation bound is this many times the observed change: the smaller step's own error is
2^-40 of it, so anything above 1 + 2^-40 covers a derivative whose series converges at the step."""

_NOT_FINITE = "the difference is not finite: the forward leaves its domain near this point"


def working_bits() -> int:
    """The precision to difference at, for the precision that the caller has set."""
    return max(BITS, 2 * flint.ctx.prec)


@dataclass(frozen=True)
class Change:
    """What the outputs, as one vector, change by over two steps of 2^-bits, and the size of the numbers that
    were subtracted.
    """

    values: ObjectArray
    size: float
    bits: int

    def rates(self) -> ObjectArray:
        """The derivatives of all output entries. Raises `NoAnswer` where they are not finite."""
        rates: ObjectArray = self.values * zero_dimensional(self._per_step())
        self._check_finite(rates)
        return rates

    def rate(self, weights: ObjectArray) -> arb:
        """The derivative of their weighted sum. Raises `NoAnswer` where any of them is not finite."""
        self._check_finite(self.values)
        rate: arb = dot(weights, self.values) * self._per_step()
        return rate

    def _check_finite(self, values: ObjectArray) -> None:
        if not all(map(arb.is_finite, values.tolist())):
            raise NoAnswer(_NOT_FINITE)

    def _per_step(self) -> arb:
        return arb(2) ** (self.bits - 1)  # exactly


class Latest:
    """The latest changes of a forward: whoever weighs its outputs one after the other asks for the same."""

    def __init__(self) -> None:
        self._found: dict[Any, tuple[Sequence[NDArray[Any]], Change]] = {}

    def get(self, key: Any, args: Sequence[NDArray[Any]], compute: Callable[[], Change]) -> Change:
        key = (*key, flint.ctx.prec, *map(id, args))
        if key not in self._found:
            if len(self._found) >= _FEW:
                self._found.clear()
            self._found[key] = args, compute()  # the arguments too, so that an id stays one array's
        return self._found[key][1]


_FEW = 2


class BallDifference:
    """The differences of one problem's forward at one point. Make and use it at `working_bits()`.

    ``latest`` remembers some of them beyond this object.
    """

    def __init__(
        self, problem: Problem, args: Sequence[NDArray[Any]], domain: Domain, latest: Latest | None = None
    ) -> None:
        self._problem = problem
        self._domain = domain
        self._args, self._latest = args, latest
        self._balls = [enclose(a) if i in problem.wrt else a for i, a in enumerate(args)]

    def central(self, moves: Mapping[int, NDArray[np.float64]], bits: int) -> Change:
        """What steps along `moves` (argument position -> direction) change."""
        if self._latest is None:
            return self._central(moves, bits)
        key = (id(self._domain), bits, *((i, m.tobytes()) for i, m in moves.items()))
        return self._latest.get(key, self._args, lambda: self._central(moves, bits))

    def _central(self, moves: Mapping[int, NDArray[np.float64]], bits: int) -> Change:
        shifts = {i: _step(move, bits) for i, move in moves.items()}
        ahead = self._forward({i: self._balls[i] + s for i, s in shifts.items()})
        behind = self._forward({i: self._balls[i] - s for i, s in shifts.items()})
        return Change(ahead - behind, size_of(ahead), bits)

    def bounded(self, moves: Mapping[int, NDArray[np.float64]]) -> tuple[ObjectArray, float]:
        """Derivatives of all output entries, with the truncation in the radius, and the size of the numbers
        that were subtracted. Raises `NoAnswer` where they are not finite.
        """
        coarse, fine = self.central(moves, COARSE_STEP), self.central(moves, FINE_STEP)
        return with_truncation(coarse, fine), coarse.size

    def _forward(self, moved: Mapping[int, Any]) -> ObjectArray:
        """The outputs, flattened into one vector. Raises `Unsupported` where the code does not run."""
        domain = self._domain
        args = [
            ElementArray(_as_array(moved.get(i, b)), domain) if i in self._problem.wrt else b
            for i, b in enumerate(self._balls)
        ]
        try:
            result = call_in(domain, self._problem.function, args)
        except Unsupported:
            raise
        except Exception as error:
            raise Unsupported(
                f"the forward does not run in ball arithmetic: {type(error).__name__}: {error}"
            ) from error
        parts = result if isinstance(result, tuple | list) else [result]
        flat = [
            _as_array(p.data if isinstance(p, ElementArray) else domain.lift_array(p)).reshape(-1)
            for p in parts
        ]
        return flat[0] if len(flat) == 1 else np.concatenate(flat)


def with_truncation(coarse: Change, fine: Change) -> ObjectArray:
    """The finer rates, their radii widened by what the two steps differ by, with a margin."""
    rates = fine.rates()
    result = np.empty(rates.shape, dtype=object)
    for i, (a, b) in enumerate(zip(coarse.rates(), rates, strict=True)):
        result[i] = b + arb(0, _MARGIN * abs(a - b).upper())
    return result


def size_of(values: ObjectArray) -> float:
    """The largest magnitude among balls, as a float."""
    return float(np.fmax.reduce(np.abs(values.astype(np.float64)), axis=None, initial=0.0))


_steps: Remembered[ObjectArray] = Remembered()


def _step(direction: NDArray[np.float64], bits: int) -> ObjectArray:
    """A step of 2^-bits along a direction, exactly."""
    step = _steps.get(direction, bits)
    if step is None:
        step = _steps.keep(enclose(direction) * zero_dimensional(arb(2) ** -bits), direction, bits)
    return step


def _as_array(value: Any) -> ObjectArray:
    if isinstance(value, np.ndarray):
        return value
    return zero_dimensional(value)
