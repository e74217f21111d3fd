"""`np.linalg.inv`, `solve`, `det` and `slogdet` of square matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.conditions.requirements import needs_nonzero
from gradcheck.proofs.indexed.algebra.expression import Expr, constant
from gradcheck.proofs.indexed.algebra.functions import step
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.matrices import determinant, inverse, log_determinant
from gradcheck.proofs.indexed.algebra.powers import power
from gradcheck.proofs.indexed.arrays.array import FUNCTIONS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes, same_size
from gradcheck.proofs.indexed.arrays.contraction import find_space
from gradcheck.proofs.indexed.arrays.converting import as_array, from_entry
from gradcheck.proofs.indexed.arrays.guarding import alike

__all__: list[str] = []


class _SlogdetResult(NamedTuple):
    sign: Any
    logabsdet: Any


class _Square:
    """A square matrix, or several: its entry, with new indices of rows and columns, and those before."""

    def __init__(self, a: Any) -> None:
        space = self.space = find_space([a])
        array = as_array(space, a)
        if array.ndim < 2:
            raise alike(
                np.linalg.LinAlgError(f"{array.ndim}-dimensional array given, at least two are needed")
            )
        if not same_size(space, *array.shape[-2:]):
            raise alike(np.linalg.LinAlgError("Last 2 dimensions of the array must be square"))
        if array.kind != "f":
            raise space.refused(Unsupported("linear algebra of whole numbers"))
        self.shape = array.shape
        codes = [
            0 if is_constant(c) else space.fresh(space.size_of(c)) for c in axis_codes(space, array.shape)
        ]
        names = zip(axis_codes(space, array.shape), codes, strict=True)
        self.entry = array.entry.renamed({a: c for a, c in names if not is_constant(a)})
        self.before = codes[:-2]
        self.over = codes[-2], codes[-1]
        self.single = is_constant(codes[-1])

    def determinant(self) -> Expr:
        return self.entry if self.single else determinant(self.entry, self.over)

    def inverse(self, i: int, j: int) -> Expr:
        needs_nonzero(self.determinant())
        return power(self.entry, -1) if self.single else inverse(self.entry, self.over, i, j)

    def index(self) -> int:
        return 0 if self.single else self.space.fresh(self.space.size_of(self.over[0]))

    def scalar(self, entry: Expr) -> IndexedArray:
        return from_entry(self.space, entry, self.before, self.shape[:-2])


def _inv(a: Any) -> IndexedArray:
    square = _Square(a)
    i, j = square.index(), square.index()
    entry = square.inverse(i, j)
    return from_entry(square.space, entry, [*square.before, i, j], square.shape)


def _solve(a: Any, b: Any) -> IndexedArray:
    space = find_space([a, b])
    left, right = as_array(space, a), as_array(space, b)
    if left.ndim != 2 or right.ndim not in (1, 2) or right.kind != "f":
        raise space.refused(Unsupported("np.linalg.solve but of one matrix, with a vector or a matrix"))
    if not same_size(space, left.shape[0], right.shape[0]):
        raise alike(ValueError("solve: the sizes of the matrix and of the right hand side do not match"))
    return np.matmul(_inv(left), right)  # type: ignore[no-any-return]


def _det(a: Any) -> IndexedArray:
    square = _Square(a)
    return square.scalar(square.determinant())


def _slogdet(a: Any) -> _SlogdetResult:
    """The sign is a step of the determinant."""
    square = _Square(a)
    det = square.determinant()
    needs_nonzero(det)
    if square.single:
        return _SlogdetResult(np.sign(square.scalar(det)), np.log(np.abs(square.scalar(det))))
    sign = step(det, 0).scaled(2) - constant(square.space, 1)
    return _SlogdetResult(square.scalar(sign), square.scalar(log_determinant(square.entry, square.over)))


FUNCTIONS.update(
    {np.linalg.inv: _inv, np.linalg.solve: _solve, np.linalg.det: _det, np.linalg.slogdet: _slogdet}
)
