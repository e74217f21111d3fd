"""Ball arithmetic: every number is an interval that is certain to hold the true one.

Scalars are python-flint's `arb`. Two things never happen silently: a comparison of balls that
overlap raises `Undecided`, and a ball is never turned into a float. What needs no decision gives an
enclosure: `maximum`, `minimum`, `abs`, `sign`.

A scalar that is the *same object* stands for the same real number. That is how the mask
`x == x.max()` finds the entry that is the maximum.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic.balls.ufuncs import UFUNCS, trunc
from gradcheck.arithmetic.domain import Domain, ObjectArray, of_entries, zero_dimensional
from gradcheck.arithmetic.precisions import DOUBLE, SINGLE
from gradcheck.arithmetic.remembered import Remembered
from gradcheck.errors import Undecided, Unsupported

__all__ = [
    "BALLS",
    "ROUNDED_CONSTANTS",
    "SHIFTED",
    "STORED",
    "WIDENED",
    "WIDENING_ULPS",
    "BallDomain",
    "dot",
    "enclose",
    "midpoints",
    "precision",
    "radii",
]

WIDENING_ULPS = 4
"""How far a float constant may be from the number that it stands for, in units in its last place.

Half a unit for the constant itself, and the rest for constants computed from constants in Python
(`3 * 0.044715`, `1 / math.sqrt(k)`) before ball arithmetic sees them."""


class precision:
    """Run ball arithmetic at ``bits`` bits; flint's own setting is put back afterwards."""

    __slots__ = ("_before", "_bits")

    def __init__(self, bits: int) -> None:
        self._bits = bits

    def __enter__(self) -> None:
        self._before = flint.ctx.prec
        flint.ctx.prec = self._bits

    def __exit__(self, *_: object) -> None:
        flint.ctx.prec = self._before


_MATMUL_CROSSOVER = 150
"""Scalar products from which `arb_mat` is faster than NumPy's object loop (measured at 500 bits: 60 against
105 microseconds at 6x6x6, 32 against 41 at 4x5x4, never at 8x8x1)."""


_RUNNING_ERROR_BITS = 64
_HUGE = float("inf")


class BallDomain(Domain):
    """Balls. ``widened`` lets every non-integer float constant carry `WIDENING_ULPS` of doubt;
    ``shifted`` moves each of them by a few units in the last place instead, always by the same for the
    same constant and number of the shift, so that differences of evaluations stay sharp.
    """

    name = "ball arithmetic"
    ufuncs = UFUNCS

    def __init__(self, *, widened: bool = False, shifted: int | None = None) -> None:
        self.widened = widened
        self.shifted = shifted
        self.doubts_constants = widened or shifted is not None
        self._exact = not self.doubts_constants

    def lift(self, number: Any) -> arb:
        kind = type(number)
        if kind is int or (kind is float and self._exact and -_HUGE < number < _HUGE):
            return arb(number)  # by far the commonest
        if isinstance(number, arb):
            same: arb = number
            return same
        data = getattr(number, "data", None)
        if isinstance(data, np.ndarray) and data.dtype == object and data.ndim == 0:
            entry: arb = data.item()  # a 0-d ElementArray inside an object array
            return entry
        if isinstance(number, complex | np.complexfloating):
            raise Unsupported("complex numbers cannot enter ball arithmetic")
        if isinstance(number, int | np.integer | np.bool_):
            return arb(int(number))
        value = float(number)
        if self.widened and not value.is_integer() and np.isfinite(value):
            return arb(value, WIDENING_ULPS * float(np.spacing(abs(value))))
        if self.shifted is not None and not value.is_integer() and np.isfinite(value):
            seeded = random.Random(f"{value!r} {self.shifted}")  # noqa: S311  (no secret)
            draw = seeded.uniform(-WIDENING_ULPS, WIDENING_ULPS)
            return arb(value) + arb(draw * float(np.spacing(abs(value))))
        if value in (float("inf"), float("-inf")):
            return arb.pos_inf() if value > 0 else arb.neg_inf()
        return arb(value)

    def on_circle(self, k: int, n: int) -> tuple[arb, arb]:
        angle = flint.fmpq(2 * k, n)
        return arb.cos_pi_fmpq(angle), arb.sin_pi_fmpq(angle)

    def doubted(self, values: ObjectArray, width: float) -> ObjectArray:
        step = arb(1, width)
        return of_entries([b if b.is_integer() else b * step for b in values.ravel().tolist()], values.shape)

    def select(self, condition: Any, yes: Any, no: Any) -> Any:
        raise AssertionError("balls decide their conditions")

    def whole(self, number: arb) -> int:
        found = trunc(number).unique_fmpz() if number.is_finite() else None
        if found is None:
            raise Undecided(f"a cast to an integer of {number.str(5)}: no single one is known")
        return int(found)

    def matmul(self, left: ObjectArray, right: ObjectArray) -> Any:
        if left.ndim == right.ndim == 2:
            rows, inner = left.shape
            large = rows * inner * right.shape[1] > _MATMUL_CROSSOVER and right.shape[1] > 1
            # At low precision the radii serve as a running error bound of float64 code, and `arb_mat`
            # rounds once where a loop rounds at every term.
            if large and flint.ctx.prec > _RUNNING_ERROR_BITS:
                product = flint.arb_mat(left.tolist()) * flint.arb_mat(right.tolist())
                return of_entries(product.entries(), (rows, right.shape[1]))
        return super().matmul(left, right)

    def linalg(self, name: str, *args: ObjectArray) -> Any:
        if name == "cholesky":
            return _cholesky(_as_eliminated(args[0]))
        matrix = flint.arb_mat(_as_eliminated(args[0]).tolist())
        try:
            if name == "det":
                return matrix.det()
            if name == "inv":
                return _array(matrix.inv())
            if name == "solve":
                right = args[1] if args[1].ndim == 2 else args[1].reshape(-1, 1)
                return _array(matrix.solve(flint.arb_mat(right.tolist()))).reshape(args[1].shape)
        except (ZeroDivisionError, ValueError) as error:
            raise Undecided(f"np.linalg.{name}: no enclosure at this precision ({error})") from None
        return super().linalg(name, *args)


def _cholesky(matrix: ObjectArray) -> ObjectArray:
    """The lower factor, of the lower triangle."""
    a = matrix.tolist()
    lower = [[arb(0)] * len(a) for _ in a]
    for i, row in enumerate(lower):
        for j in range(i + 1):
            other = lower[j]
            rest = a[i][j] - sum((row[k] * other[k] for k in range(j)), arb(0))
            if i != j:
                row[j] = rest / other[j]
            elif rest > 0:
                row[j] = rest.sqrt()
            elif rest <= 0:
                raise np.linalg.LinAlgError("Matrix is not positive definite")
            else:
                raise Undecided("np.linalg.cholesky: no enclosure at this precision")
    return of_entries([x for row in lower for x in row], matrix.shape)


def _as_eliminated(matrix: ObjectArray) -> ObjectArray:
    """The matrix; at the precision of floats, with what Gaussian elimination leaves in it.

    Balls of so few bits stand for a float computation and its rounding. Elimination with partial pivoting
    solves a system whose entries are off by some units of the largest of them (Wilkinson 1961; Higham,
    Accuracy and Stability of Numerical Algorithms, theorem 9.3 with a growth factor of 1), so what an
    ill-conditioned matrix loses is in the radii. `arb` itself would solve it more exactly.
    """
    if flint.ctx.prec > DOUBLE:
        return matrix
    largest = max((abs(b).upper() for b in matrix.reshape(-1).tolist()), default=arb(0))
    unit = arb(2) ** -flint.ctx.prec
    left: ObjectArray = matrix + zero_dimensional(arb(0, 1) * largest * len(matrix) * unit)
    return left


def _array(matrix: Any) -> ObjectArray:
    return of_entries(matrix.entries(), (matrix.nrows(), matrix.ncols()))


BALLS = BallDomain()
WIDENED = BallDomain(widened=True)
SHIFTED = tuple(BallDomain(shifted=k) for k in range(4))


_SMALLEST = arb(0, 2.0**-1074)
"""What underflow may take from a result: less than the smallest number above zero (IEEE 754)."""

_MAY_UNDERFLOW = (
    "multiply",
    "divide",
    "true_divide",
    "square",
    "reciprocal",
    "power",
    "float_power",
    "exp",
    "exp2",
)


def _less_exact(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args, **kwargs: function(*args, **kwargs) + zero_dimensional(_SMALLEST)


class _UnderflowingDomain(BallDomain):
    """Balls that hold what float64 may make of the numbers where results are too small for it."""

    ufuncs = UFUNCS | {name: _less_exact(UFUNCS[name]) for name in _MAY_UNDERFLOW}

    def matmul(self, left: ObjectArray, right: ObjectArray) -> Any:
        return super().matmul(left, right) + zero_dimensional(_SMALLEST * left.shape[-1])


UNDERFLOWING = _UnderflowingDomain()


class _StoredDomain(BallDomain):
    """Balls in which a float constant that a type of few ``bits`` holds may have been rounded to it: it
    carries half a unit of doubt. What that type does not hold was written with the digits of float32, as
    kernels are that compute in it, and carries half a unit of that. ``every``: all were stored in the type.
    """

    def __init__(self, bits: int, *, every: bool = False) -> None:
        super().__init__(widened=True)
        self._bits, self._every = bits, every

    def lift(self, number: Any) -> arb:
        lifted = super().lift(number)
        if isinstance(number, float | np.floating) and np.isfinite(number) and not float(number).is_integer():
            fraction, _ = math.frexp(float(number))
            held = self._every or math.ldexp(fraction, self._bits).is_integer()
            return arb(lifted, abs(lifted) * 2.0 ** -(self._bits if held else SINGLE))
        return lifted


STORED = {bits: _StoredDomain(bits) for bits in (8, 11, SINGLE)}
"""By the bits of the type in which the code's constants may be stored."""

ROUNDED_CONSTANTS = {bits: _StoredDomain(bits, every=True) for bits in (8, 11, SINGLE, DOUBLE)}
"""Balls that hold what comes out where every constant is rounded to so many bits, and nothing else is."""


def enclose(values: NDArray[np.float64], bound: NDArray[np.float64] | float | None = None) -> ObjectArray:
    """Balls around float64 values, exact or with the given radii (infinite where they are not finite)."""
    if bound is None:
        balls = _exact.get(values)
        if balls is None:
            made = of_entries(list(map(arb, values.ravel().tolist())), values.shape)
            balls = _exact.keep(made, values)
        return balls.copy()
    rims = np.broadcast_to(bound, values.shape).ravel().tolist()
    infinite = float("inf")
    return of_entries(
        [
            arb(v, r) if r < infinite else arb(0, infinite)
            for v, r in zip(values.ravel().tolist(), rims, strict=True)
        ],
        values.shape,
    )


_exact: Remembered[ObjectArray] = Remembered()


def dot(a: ObjectArray, b: ObjectArray) -> arb:
    """The sum of the products of two arrays' entries."""
    return arb(a.ravel() @ b.ravel())  # of empty arrays NumPy makes the integer 0


def midpoints(balls: ObjectArray) -> NDArray[np.float64]:
    """The midpoints, rounded to float64 (NaN where a ball is not finite)."""
    result = balls.astype(np.float64)
    entries = balls.ravel().tolist()
    if not all(map(arb.is_finite, entries)):
        result.reshape(-1)[[not b.is_finite() for b in entries]] = np.nan
    return result


def radii(balls: ObjectArray) -> NDArray[np.float64]:
    """The radii, as float64."""
    result = np.empty(balls.shape, dtype=np.float64)
    result.reshape(-1)[:] = [float(b.rad()) for b in balls.ravel().tolist()]
    return result
