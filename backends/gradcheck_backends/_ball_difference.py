"""Central differences in ball arithmetic: one forward, moved a little along a direction.

At `BITS` bits a step of 2^-120 leaves neither round-off nor truncation that any float could see:
about 1e-114 and 1e-72 of the scale. Where the truncation has to be bounded (only to refute), the
difference is taken at a second step as well; see `with_truncation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import flint
import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import Domain, ElementArray, ObjectArray, call_in, enclose, zero_dimensional
from gradcheck.backend import Problem
from gradcheck.errors import NoAnswer, Unsupported

__all__ = ["BITS", "COARSE_BITS", "FINE_BITS", "BallDifference", "size_of", "with_truncation", "working_bits"]

BITS = 500
"""Precision of the forward's evaluations, in bits, where the caller asks for 250 or less."""

COARSE_BITS = 120
"""The first step is 2^-120 of one unit: the truncation is then of the order 2^-240 of the scale."""

FINE_BITS = 140
"""The second step, whose truncation is smaller by 2^-40."""

_MARGIN = 4
"""The truncation bound is this many times the observed change: the smaller step's own error is
2^-40 of it, so anything above 1 + 2^-40 covers a derivative whose series converges at the step."""

_NOT_FINITE = "the difference is not finite: the forward leaves its domain near this point"


def working_bits() -> int:
    """The precision to difference at, for the precision that the caller has set."""
    return max(BITS, 2 * flint.ctx.prec)


class BallDifference:
    """The differences of one problem's forward at one point. Make and use it at `working_bits()`."""

    def __init__(self, problem: Problem, args: Sequence[NDArray[Any]], domain: Domain) -> None:
        self._problem = problem
        self._domain = domain
        self._balls = [enclose(a) if i in problem.wrt else a for i, a in enumerate(args)]

    def central(self, moves: Mapping[int, ObjectArray], bits: int) -> tuple[ObjectArray, float]:
        """Derivatives of all output entries along `moves` (argument position -> direction), and the size
        of the numbers that were subtracted. Raises `NoAnswer` where they are not finite.
        """
        step = zero_dimensional(arb(2) ** -bits)
        shifts = {i: move * step for i, move in moves.items()}
        ahead = self._forward({i: self._balls[i] + s for i, s in shifts.items()})
        behind = self._forward({i: self._balls[i] - s for i, s in shifts.items()})
        difference = (ahead - behind) * zero_dimensional(arb(2) ** (bits - 1))  # over two steps, exactly
        if not all(b.is_finite() for b in difference.tolist()):
            raise NoAnswer(_NOT_FINITE)
        return difference, size_of(ahead)

    def bounded(self, moves: Mapping[int, ObjectArray]) -> tuple[ObjectArray, float]:
        """The same, with the truncation in the radius."""
        coarse, size = self.central(moves, COARSE_BITS)
        fine, _ = self.central(moves, FINE_BITS)
        return with_truncation(coarse, fine), size

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


def with_truncation(coarse: ObjectArray, fine: ObjectArray) -> ObjectArray:
    """The finer difference, its radius widened by what the two steps differ by, with a margin."""
    result = np.empty(fine.shape, dtype=object)
    for i, (a, b) in enumerate(zip(coarse, fine, strict=True)):
        result[i] = b + arb(0, _MARGIN * abs(a - b).upper())
    return result


def size_of(values: ObjectArray) -> float:
    """The largest magnitude among balls that are finite."""
    magnitudes = [abs(v) for v in values.tolist() if v.is_finite()]
    return float(max(magnitudes).upper()) if magnitudes else 0.0


def _as_array(value: Any) -> ObjectArray:
    if isinstance(value, np.ndarray):
        return value
    return zero_dimensional(value)
