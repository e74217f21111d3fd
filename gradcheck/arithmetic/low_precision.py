"""Balls in which every operation rounds as in a type of few bits: their radii are a running error bound.

The standard model of floating point: what an operation gives is the exact value times 1 + d, with d at most
half a unit in the last place; a sum of n terms, in whatever order, is off by at most n - 1 such units of the
sum of their magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 2.2 and 4.2). The midpoints
stay the exact values, so nothing is decided otherwise than in exact arithmetic unless rounding may decide it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic.balls.domains import BallDomain
from gradcheck.arithmetic.domain import PREDICATES, ObjectArray, elementwise, of_entries

__all__ = ["WORKING_BITS", "low_domain"]

WORKING_BITS = 64
"""Precision at which such balls are run: so far above the type's that its own rounding does not count."""

_EXACT = PREDICATES | {
    *("negative", "positive", "conjugate", "absolute", "fabs", "sign", "heaviside", "copysign"),
    *("maximum", "minimum", "fmax", "fmin", "floor", "ceil", "trunc"),
}
"""What does not round."""


SHORT_SUM = 8
"""Terms of which a sum may be written out, each addition rounding as any operation does: more of them are a
sum, whether `np.sum` makes it or a loop."""


class _Running(arb):
    """A sum to which terms are added one after the other: rounded, as whoever reads it gets it.
    ``unrounded`` is what it goes on from where sums are made in a wider type, ``terms`` how many it has.
    """

    unrounded: arb
    terms: int


class _LowDomain(BallDomain):
    """The arithmetic of a type of ``bits`` bits: results below ``normal`` may be zero as well; sums are
    made at ``summing`` bits, those too that a loop makes.
    """

    def __init__(self, bits: int, summing: int, normal: float | None, ulps: float) -> None:
        super().__init__()
        self._bits, self._summing = bits, summing
        self._step = arb(1, ulps * 2.0**-bits)
        self._normal = None if normal is None else arb(normal)
        own = BallDomain.ufuncs
        self.ufuncs = {n: f if n in _EXACT else self._rounding(f) for n, f in own.items()}
        if summing > bits:
            self._wide_step = arb(1, 2.0**-summing)
            self.ufuncs |= {"add": self._adding(np.add, 1), "subtract": self._adding(np.subtract, -1)}

    def _adding(self, exactly: np.ufunc, sign: int) -> Callable[..., Any]:
        """Sums of two, which may be steps of a longer one."""
        each = elementwise(lambda a, b: self._added(a, b, sign), 2)

        def run(*args: Any, **kwargs: Any) -> Any:
            return each(*args, **kwargs)

        run.exactly = exactly  # type: ignore[attr-defined]
        return run

    def _added(self, left: Any, right: Any, sign: int) -> Any:
        terms = _terms_of(left) + _terms_of(right)
        if terms > SHORT_SUM:
            left, right = getattr(left, "unrounded", left), getattr(right, "unrounded", right)
        exact = left + right if sign > 0 else left - right
        rounded = self._entry(exact)
        if not terms:  # nothing was added to nothing
            return rounded
        total = _Running(rounded)
        total.unrounded = rounded if terms <= SHORT_SUM else exact * self._wide_step
        total.terms = terms
        return total

    def _rounding(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            return self.rounded(function(*args, **kwargs))

        if isinstance(function, np.ufunc):
            run.exactly = function  # type: ignore[attr-defined]
        return run

    def rounded(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            if value.dtype != object:
                return value
            return of_entries([self._entry(b) for b in value.ravel().tolist()], value.shape)
        return self._entry(value) if isinstance(value, arb) else value

    def _entry(self, ball: arb) -> arb:
        if self._normal is not None and not abs(ball) >= self._normal and not ball.is_zero():
            ball = ball + arb(0, 1) * abs(ball).upper()  # it may be flushed
        elif ball.is_exact() and ball.is_finite() and int(ball.man_exp()[0]).bit_length() <= self._bits:
            return ball
        return ball * self._step

    def summed(self, compute: Callable[..., Any], *arrays: Any) -> Any:
        exact = compute(*arrays)
        if not isinstance(exact, arb) and not _holds_balls(np.asarray(exact)):
            return exact
        sizes = np.asarray(compute(*map(_magnitudes, arrays)), dtype=np.float64)
        terms = np.asarray(compute(*map(_terms, arrays)), dtype=np.float64)  # adding zero is exact
        roundings = np.maximum(terms - 1, 0) + (len(arrays) > 1 and self._summing == self._bits)
        with np.errstate(over="ignore", invalid="ignore"):
            lost = np.expm1(roundings * np.log1p(2.0**-self._summing)) * sizes
        entries = [exact] if isinstance(exact, arb) else exact.ravel().tolist()
        wide = [
            arb(b, r) if np.isfinite(r) else arb.nan()
            for b, r in zip(entries, lost.ravel().tolist(), strict=True)
        ]
        found = wide[0] if isinstance(exact, arb) else of_entries(wide, exact.shape)
        return found if self._summing == self._bits else self.rounded(found)

    def matmul(self, left: ObjectArray, right: ObjectArray) -> Any:
        return self.summed(super().matmul if _holds_balls(left, right) else np.matmul, left, right)


def _terms_of(value: arb) -> int:
    """How many terms a number is the sum of; adding zero is exact, so that it is none."""
    return value.terms if type(value) is _Running else int(not value.is_zero())


def _holds_balls(*arrays: Any) -> bool:
    return any(a.dtype == object for a in arrays)


def _terms(array: Any) -> NDArray[np.float64]:
    """1 for each number, 0 for those that are zero."""
    if array.dtype != object:
        return np.asarray(array != 0, dtype=np.float64)
    entries = array.ravel().tolist()
    return np.array([float(not b.is_zero()) for b in entries]).reshape(array.shape)


def _magnitudes(array: Any) -> NDArray[np.float64]:
    """Upper bounds of what an array holds."""
    if array.dtype != object:
        return np.asarray(np.abs(array.astype(np.float64)))
    return np.array([float(abs(b).upper()) for b in array.ravel().tolist()]).reshape(array.shape)


@functools.cache
def low_domain(bits: int, summing: int, normal: float | None = None, ulps: float = 1.0) -> BallDomain:
    """The arithmetic of a type of ``bits`` bits whose sums are made at ``summing`` bits.

    ``normal`` is its smallest number with all digits, where what lies below may matter; an operation is
    off by at most ``ulps`` half units in the last place.
    """
    return _LowDomain(bits, summing, normal, ulps)
