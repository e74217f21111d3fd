"""Arithmetic on indexed symbols: arrays of any size, whose entries are expressions in index symbols."""

from __future__ import annotations

from gradcheck.proofs.indexed.algebra.conditions.questions import Question, Questions
from gradcheck.proofs.indexed.algebra.derivative import derivative
from gradcheck.proofs.indexed.algebra.expression import Expr
from gradcheck.proofs.indexed.algebra.reduction import reduced, vanishes
from gradcheck.proofs.indexed.algebra.space import Space, TooLarge
from gradcheck.proofs.indexed.arrays import (  # noqa: F401  (they register)
    contraction,
    matrices,
    operators,
    reductions,
    ufuncs,
)
from gradcheck.proofs.indexed.arrays.array import IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes
from gradcheck.proofs.indexed.arrays.conditions import comparisons, equalities, selecting  # noqa: F401
from gradcheck.proofs.indexed.arrays.converting import from_entry
from gradcheck.proofs.indexed.arrays.indices import indexing, symbolic_index  # noqa: F401
from gradcheck.proofs.indexed.arrays.rearranging import moving, shaping  # noqa: F401
from gradcheck.proofs.indexed.arrays.size import Size, make_size
from gradcheck.proofs.indexed.copies.rebinding import rebound

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
