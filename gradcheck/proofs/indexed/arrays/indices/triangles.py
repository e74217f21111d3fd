"""Which entries of a square matrix are below, or above, its diagonal."""

from __future__ import annotations

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.indices.neighbours import at_most
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.size import Size

__all__ = ["triangle"]


def triangle(space: Space, codes: tuple[int, int], size: Size | int, k: int, *, lower: bool) -> Expr:
    """1 in the triangle, 0 outside: with the diagonal, or (``k`` of -1 below, of 1 above) without it.

    Raises `Unsupported` for other diagonals.
    """
    row, column = codes
    within = k == 0
    if not within and k != (-1 if lower else 1):
        raise space.refused(Unsupported("a triangle that another diagonal bounds"))
    if is_constant(row):
        return constant(space, int(within))
    number = space.size_number(size)
    if within:
        return at_most(space, column, row, number) if lower else at_most(space, row, column, number)
    return constant(space, 1) - (
        at_most(space, row, column, number) if lower else at_most(space, column, row, number)
    )
