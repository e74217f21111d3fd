"""Wrong backward passes of the corpus's formulas, each of which must be caught."""

from __future__ import annotations

from . import derivations, precision, shapes, structures, values
from .wrong import Wrong

__all__ = ["WRONGS", "Wrong"]

WRONGS: list[Wrong] = [
    *derivations.WRONGS,
    *structures.WRONGS,
    *precision.WRONGS,
    *shapes.WRONGS,
    *values.WRONGS,
]
