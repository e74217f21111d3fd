"""What a log says of rounding: digits lost in floating point, and errors by grade in low precision."""

from __future__ import annotations

import msgspec

__all__ = ["Accuracy", "Grade", "Length", "Precision", "Ulp"]


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Precision(_Struct, frozen=True):
    """How the code did in floating point, apart from the formula: decimal digits lost at the points
    measured, against correct rounding (0 is best; about 16 is all of float64, 7 of float32).
    """

    dtype: str
    points: int
    typical: float  # the median
    lost: float  # at the worst point
    sizes: dict[str, int]  # of the worst point


class Ulp(_Struct, frozen=True):
    """The error of one quantity in low precision, in units in the last place of the right value."""

    quantity: str
    worst: float
    typical: float  # the median over all entries at all points
    where: list[int]  # the worst entry
    sizes: dict[str, int]  # and the sizes at which it is
    spread: float | None = None  # how far two calls are apart at most, where answers change from call to call


class Grade(_Struct, frozen=True):
    """How the code compares with one way of computing: the entry that comes nearest to what that allows,
    or goes farthest beyond. ``ulp`` is the error there, ``allowed`` what the grade allows, both in units in
    the last place.
    """

    name: str  # "float32 sums"
    met: bool  # at every point where the grade has a bound
    points: int  # such points
    quantity: str
    where: list[int]
    sizes: dict[str, int]
    ulp: float
    allowed: float


class Length(_Struct, frozen=True):
    """The error among the points whose largest size is ``size``, at the entry that uses most of the widest
    grade that was needed, and what the grades allow there.
    """

    size: int
    ulp: float
    allowed: dict[str, float]  # by grade


class Accuracy(_Struct, frozen=True):
    """How the code does in low precision: by grade, the strictest first, by quantity and by size.

    ``up_to`` has the longest size that was tried, of each dimension that the cost kept shorter than usual: of
    longer sums no grade says anything.
    """

    dtype: str
    claimed: str  # the grade that the code claims
    grades: list[Grade]
    ulp: list[Ulp]
    lengths: list[Length] = []
    up_to: dict[str, int] = {}
