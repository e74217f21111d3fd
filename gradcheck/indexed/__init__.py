"""Arithmetic on indexed symbols: arrays of any size, whose entries are expressions in index symbols."""

from __future__ import annotations

from gradcheck.indexed import (  # noqa: F401  (they register)
    comparisons,
    contraction,
    reductions,
    selecting,
    shaping,
    ufuncs,
)
from gradcheck.indexed.array import IndexedArray, from_entry
from gradcheck.indexed.axes import axis_codes
from gradcheck.indexed.derivative import derivative
from gradcheck.indexed.expression import Expr
from gradcheck.indexed.questions import Question, Questions
from gradcheck.indexed.rebinding import rebound
from gradcheck.indexed.reduction import reduced, vanishes
from gradcheck.indexed.size import Size, make_size
from gradcheck.indexed.space import Space, TooLarge

__all__ = [
    "Expr",
    "IndexedArray",
    "Question",
    "Questions",
    "Size",
    "Space",
    "TooLarge",
    "axis_codes",
    "derivative",
    "from_entry",
    "make_size",
    "rebound",
    "reduced",
    "vanishes",
]
