"""Complex arguments: to the engine two real arrays, to the user's own functions one complex array.

`ComplexParts` is the form of a complex argument, as a dict is that of nested ones: its leaves are `z.real`
and `z.imag`. A gradient by it is `dJ/dRe + i dJ/dIm` (the convention "torch") or its conjugate ("jax").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arithmetic.complex_numbers.arrays import joined, parts
from gradcheck.errors import UsageError
from gradcheck.formulas.suggestions import did_you_mean, short

__all__ = ["CONVENTIONS", "ComplexParts", "as_convention", "joined_parts"]

CONVENTIONS = ("torch", "jax")


@dataclass(frozen=True, repr=False)
class ComplexParts:
    """A complex argument, by its real and imaginary part: their shapes, numbers of leaves, arrays."""

    real: Any
    imag: Any

    def __repr__(self) -> str:
        return repr(self.real)  # a shape, as it was declared

    def array(self, *, conjugated: bool = False) -> Any:
        """The complex array of two real ones."""
        return joined_parts(self.real, self.imag, conjugated=conjugated)

    @classmethod
    def of(cls, value: Any, *, conjugated: bool = False) -> ComplexParts:
        """The parts of what was given for a complex argument, or returned for it; None for None."""
        if value is None:
            return cls(None, None)
        re, im = parts(np.asarray(value) if isinstance(value, list | tuple) else value)
        if im is None:
            im = np.zeros_like(re)
        return cls(re, -im if conjugated else im)


def joined_parts(re: Any, im: Any, *, conjugated: bool = False) -> Any:
    """`re + 1j * im`, or its conjugate; not to be written into where one of them is not."""
    made = joined(re, -im if conjugated else im)
    if type(made) is np.ndarray and not (re.flags.writeable and im.flags.writeable):
        made.flags.writeable = False
    return made


def as_convention(given: str, who: str) -> str:
    """A named convention. Raises `UsageError` for an unknown one."""
    if given not in CONVENTIONS:
        raise UsageError(
            f"{who}: expected 'torch' (dJ/dRe + i dJ/dIm) or 'jax' (its conjugate), got {short(given)}."
            f"{did_you_mean(given, CONVENTIONS)}"
        )
    return given
