"""The floating-point types in which code may be checked: what they hold, and how numbers get into them.

Inside gradcheck every number is a float64, which holds those of the others exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.formulas.suggestions import did_you_mean

__all__ = [
    "FLOAT32",
    "FLOAT64",
    "GRADES",
    "NAMED",
    "Dtype",
    "as_dtype",
    "as_grade",
    "check_held",
    "from_numpy",
    "other_types",
    "widened",
]

GRADES = ("rounded", "sums", "throughout")
"""What code may claim of its rounding, the strictest first: computed in a wider type and rounded once;
sums made in a wider type, everything else rounded as it goes; everything rounded, the sums too."""


@dataclass(frozen=True)
class Dtype:
    """A binary floating-point type: bits of the significand, exponent of the smallest normal number, largest
    number, its name in records and protocol, and the bits of the wider type in which good code sums.
    """

    name: str
    bits: int
    lowest: int
    largest: float
    code: str
    wide: str

    @property
    def is_low(self) -> bool:
        """Whether it is another one than float64, so that rounding is what the code is judged within."""
        return self.name != "float64"

    @property
    def normal(self) -> float:
        """The smallest number that keeps all its digits."""
        return float(2.0**self.lowest)

    @property
    def smallest(self) -> float:
        """The smallest number above zero: the step between subnormal ones."""
        return float(2.0 ** (self.lowest - self.bits + 1))

    @property
    def unit(self) -> float:
        """Half a unit in the last place of 1: what rounding to nearest may change, relatively."""
        return float(2.0**-self.bits)

    @property
    def overflows(self) -> float:
        """The magnitude from which a number rounds to infinity: half a unit beyond the largest."""
        return self.largest * (1 + self.unit / (2 - 2 * self.unit))

    def numpy(self) -> Any:
        """NumPy's type of this name. Raises `UsageError` where that takes ml_dtypes, which is missing."""
        if self.name != "bfloat16":
            return np.dtype(self.name)
        try:
            import ml_dtypes
        except ImportError:
            raise UsageError(
                "dtype 'bfloat16' takes the package ml_dtypes, which NumPy arrays of it are made with. "
                "Install it: pip install 'gradcheck[bfloat16]'."
            ) from None
        return np.dtype(ml_dtypes.bfloat16)

    def array(self, values: NDArray[Any]) -> NDArray[Any]:
        """Floats as an array of this type; integers and float64 as they are. Values are rounded to
        nearest.
        """
        if values.dtype.kind != "f" or not self.is_low:
            return values
        with np.errstate(over="ignore", under="ignore"):
            cast: NDArray[Any] = values.astype(self.numpy())
        return cast

    def rounded(self, values: NDArray[Any]) -> NDArray[Any]:
        """Floats rounded to nearest in this type, as read-only float64; integers as they are."""
        if values.dtype.kind != "f" or not self.is_low:
            return values
        rounded = np.array(self.array(values), dtype=np.float64)
        rounded.flags.writeable = False
        return rounded

    def ulp(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """A unit in the last place of every value, as this type has it there."""
        _, exponents = np.frexp(np.abs(values))
        exponents = np.maximum(np.where(values == 0, self.lowest, exponents - 1), self.lowest)
        return np.asarray(np.ldexp(1.0, exponents - self.bits + 1))


FLOAT64 = Dtype("float64", 53, -1022, float(np.finfo(np.float64).max), "<f8", "float64")
FLOAT32 = Dtype("float32", 24, -126, float(np.finfo(np.float32).max), "<f4", "float64")

NAMED = {
    d.name: d
    for d in (
        FLOAT64,
        FLOAT32,
        Dtype("float16", 11, -14, 65504.0, "<f2", "float32"),
        Dtype("bfloat16", 8, -126, (2 - 2.0**-7) * 2.0**127, "bfloat16", "float32"),
    )
}
"""The types, by name."""


def as_dtype(value: Any, who: str = "dtype") -> Dtype:
    """The type of a name, or a type itself. Raises `UsageError` for anything else, and where it is
    missing.
    """
    if isinstance(value, Dtype):
        return value
    name = value if isinstance(value, str) else getattr(value, "name", getattr(value, "__name__", None))
    known = ", ".join(NAMED)
    if not isinstance(name, str) or name not in NAMED:
        near = did_you_mean(name, tuple(NAMED)) if isinstance(name, str) else ""
        if name in ("complex64", "complex128"):
            near = f" Complex numbers are named by their parts: {'float32' if '64' in name else 'float64'!r}."
        raise UsageError(f"{who}: expected one of {known}, got {value!r}.{near}")
    found = NAMED[name]
    found.numpy()  # a package that is missing is said now
    return found


def as_grade(value: Any, who: str = "grade") -> str:
    """The grade of a name. Raises `UsageError` for anything else."""
    if value not in GRADES:
        raise UsageError(
            f"{who}: expected one of {', '.join(GRADES)}, got {value!r}.{did_you_mean(value, GRADES)}"
        )
    return str(value)


def check_held(value: Any, dtype: Dtype, who: str) -> None:
    """Raise `UsageError` for an array with numbers that the type does not hold; anything else passes."""
    for one in value if isinstance(value, tuple) else (value,):
        if not isinstance(one, np.ndarray) or one.dtype.kind not in "fV" or not dtype.is_low:
            continue
        array = widened(one).astype(np.float64)
        missed = array != dtype.rounded(array)
        if missed.any():
            number, module = array[missed].item(0), "ml_dtypes" if dtype.name == "bfloat16" else "np"
            raise UsageError(
                f"{who}: expected numbers that {dtype.name} holds, but {number!r} is none. Round them first: "
                f"array.astype({module}.{dtype.name})."
            )


def other_types(values: Mapping[str, Any], dtype: Dtype) -> list[str]:
    """A sentence where arrays are of other types of floats than the one that the code is checked in."""
    found = {
        n: t for n, v in values.items() if isinstance(v, np.ndarray) and (t := from_numpy(v)) is not None
    }
    others = {name: own for name, own in found.items() if own != dtype and own.is_low}
    if not others:
        return []
    told = ", ".join(f"{name} is {own.name}" for name, own in others.items())
    widest = max(others.values(), key=lambda own: own.bits)
    hint = "" if dtype.is_low else f"; dtype={widest.name!r} checks it in that type"
    return [f"{told}: the code is checked in {dtype.name}, and gets these numbers as that{hint}"]


def from_numpy(array: NDArray[Any]) -> Dtype | None:
    """The type that an array is of; None for integers and whatever else."""
    return NAMED.get(array.dtype.type.__name__)


def widened(array: NDArray[Any]) -> NDArray[Any]:
    """A bfloat16 array, which NumPy does not know as one of floats, as float32; others as they are."""
    return array.astype(np.float32) if array.dtype.type.__name__ == "bfloat16" else array
