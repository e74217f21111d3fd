"""Arithmetic on indexed symbols: arrays of any size, whose entries are expressions in index symbols."""

from __future__ import annotations

from gradcheck.proofs.indexed import (  # noqa: F401  (they register)
    comparisons,
    contraction,
    reductions,
    selecting,
    shaping,
    ufuncs,
)
from gradcheck.proofs.indexed.array import IndexedArray, from_entry
from gradcheck.proofs.indexed.axes import axis_codes
from gradcheck.proofs.indexed.derivative import derivative
from gradcheck.proofs.indexed.expression import Expr
from gradcheck.proofs.indexed.questions import Question, Questions
from gradcheck.proofs.indexed.rebinding import rebound
from gradcheck.proofs.indexed.reduction import reduced, vanishes
from gradcheck.proofs.indexed.size import Size, make_size
from gradcheck.proofs.indexed.space import Space, TooLarge

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
