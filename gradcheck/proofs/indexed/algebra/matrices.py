"""Inverses and determinants by their derivatives.

`d inv(A) = -inv(A) dA inv(A)`, `d log|det A| = tr(inv(A) dA)`. Each is a let-bound function of the matrix's
entry; an inverse has two indices of its own beside those that the entry has.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, factor
from gradcheck.proofs.indexed.algebra.functions import INSTANCES
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.interning import slot_codes, template
from gradcheck.proofs.indexed.algebra.reduction import reduced
from gradcheck.proofs.indexed.algebra.space import Head, Space

__all__ = ["KINDS", "determinant", "inverse", "log_determinant", "of_matrix", "remade"]

KINDS = ("inverse", "det", "logdet")


def inverse(matrix: Expr, over: tuple[int, int], i: int, j: int) -> Expr:
    """An entry of the inverse of a matrix whose entry is written in the indices ``over``."""
    number, indices, turned = _named("inverse", matrix, over)
    return factor(matrix.space, number, (*indices, *((j, i) if turned else (i, j))))


def determinant(matrix: Expr, over: tuple[int, int]) -> Expr:
    """Its determinant."""
    number, indices, _ = _named("det", matrix, over)
    return factor(matrix.space, number, indices)


def log_determinant(matrix: Expr, over: tuple[int, int]) -> Expr:
    """The logarithm of its determinant's magnitude."""
    number, indices, _ = _named("logdet", matrix, over)
    return factor(matrix.space, number, indices)


def of_matrix(
    space: Space, head: Head, indices: Sequence[int]
) -> tuple[Expr, tuple[int, int], tuple[int, ...]]:
    """The matrix of a head at these indices, in new indices of rows and columns, and what is left of the
    indices: those of the inverse.
    """
    row, column = (space.fresh(space.size_of(code)) for code in head.over)
    own = len(indices) - 2 if head.kind == "inverse" else len(indices)
    names = dict(zip(slot_codes(space, head), indices[:own], strict=False)) | dict(
        zip(head.over, (row, column), strict=True)
    )
    matrix: Expr = head.argument
    return matrix.renamed(names), (row, column), tuple(indices[own:])


def remade(space: Space, head: Head, matrix: Expr, over: tuple[int, int], own: Sequence[int]) -> Expr:
    """The same function of another matrix."""
    if head.kind == "inverse":
        return inverse(matrix, over, *own)
    return determinant(matrix, over) if head.kind == "det" else log_determinant(matrix, over)


def _named(kind: str, matrix: Expr, over: tuple[int, int]) -> tuple[int, tuple[int, ...], bool]:
    """The head, its indices, and whether it is that of the transposed matrix."""
    matrix = reduced(matrix)
    space = matrix.space
    if any(map(is_constant, over)) or not set(over) <= matrix.free:
        raise space.refused(Unsupported("the inverse or determinant of such a matrix"))
    forms = [template(matrix, order) for order in (over, over[::-1])]
    written = [(len(f[0]), sorted(f[1].terms.items())) for f in forms]
    turned = written[1] < written[0]
    indices, inner, _, placed = forms[turned]
    size = space.size_of(over[0])
    slots = tuple(space.size_of(i) for i in indices) + ((size, size) if kind == "inverse" else ())
    last = len(indices)
    about = {"slots": slots, "argument": inner, "over": placed}
    if kind == "inverse" and written[0] == written[1]:
        about["symmetries"] = ((*range(last), last + 1, last),)
    key = (kind, tuple(sorted(inner.terms.items())), slots)
    head = space.head(key, kind, kind, **about)
    head.positive = kind == "det" and _is_definite(inner, placed)
    return head.number, indices, turned


def _is_definite(inner: Expr, over: tuple[int, ...]) -> bool:
    """Whether it is an argument of positive definite matrices, and nothing else."""
    if len(inner.terms) != 1:
        return False
    (((factors, bounds), coefficient),) = inner.terms.items()
    if bounds or coefficient <= 0 or len(factors) != 1 or factors[0][2] != 1:
        return False
    head = inner.space.heads[factors[0][0]]
    return head.definite and set(factors[0][1][-2:]) == set(over)


def _instance(space: Space, number: int, indices: Sequence[int]) -> Expr:
    head = space.heads[number]
    return remade(space, head, *of_matrix(space, head, indices))


INSTANCES.update(dict.fromkeys(KINDS, _instance))
