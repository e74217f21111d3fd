"""JAX's factorisations in ball arithmetic: `lu`, `triangular_solve`, `cholesky`.

What JAX derives for `inv`, `solve` and `det` is made of these. The choice of pivots cannot make an
enclosure wrong (any row order gives an exact factorisation), so it is taken from the midpoints.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arithmetic import Domain, wrap
from gradcheck.errors import NoAnswer
from gradcheck_backends._jax.rules import rule

__all__: list[str] = []


@rule("lu")
def _lu(domain: Domain, params: Any, matrix: Any) -> Any:
    """`(lu, pivots, permutation)` with `matrix[permutation] = L U`, over leading axes."""
    rows = matrix.shape[-2]
    result = matrix.copy()
    steps = min(matrix.shape[-2:])
    pivots = np.zeros((*matrix.shape[:-2], steps), dtype=np.int32)
    orders = np.zeros((*matrix.shape[:-2], rows), dtype=np.int32)
    for index in np.ndindex(matrix.shape[:-2]):
        pivots[index], orders[index] = _factor(result[index], steps)
    return [result, pivots, orders]


def _factor(a: Any, steps: int) -> tuple[list[int], list[int]]:
    """Gaussian elimination in place, with partial pivoting."""
    order = list(range(len(a)))
    pivots = []
    for k in range(steps):
        best = max(range(k, len(a)), key=lambda i: float(abs(a[i, k].mid())))
        pivots.append(best)
        if best != k:
            a[[k, best]] = a[[best, k]]
            order[k], order[best] = order[best], order[k]
        if a[k, k].contains(0):
            raise NoAnswer("a matrix that is singular, or too close to it at this precision")
        for i in range(k + 1, len(a)):
            factor = a[i, k] = a[i, k] / a[k, k]
            a[i, k + 1 :] = a[i, k + 1 :] - factor * a[k, k + 1 :]
    return pivots, order


@rule("triangular_solve")
def _triangular_solve(domain: Domain, params: Any, a: Any, b: Any) -> Any:
    """`op(a) x = b` (left side) or `x op(a) = b`, over leading axes."""
    result = np.empty(b.shape, dtype=object)
    for index in np.ndindex(b.shape[:-2]):
        matrix, right = a[index], b[index]
        lower = params["lower"]
        if params["transpose_a"]:
            matrix, lower = matrix.T, not lower
        if not params["left_side"]:  # x A = b is A^T x^T = b^T
            matrix, right, lower = matrix.T, right.T, not lower
        solved = _substitute(matrix, right, lower=lower, unit=params["unit_diagonal"])
        result[index] = solved if params["left_side"] else solved.T
    return result


def _substitute(a: Any, b: Any, *, lower: bool, unit: bool) -> Any:
    n = len(a)
    x = np.empty(b.shape, dtype=object)
    for i in range(n) if lower else reversed(range(n)):
        done = range(i) if lower else range(i + 1, n)
        row = b[i]
        for j in done:
            row = row - a[i, j] * x[j]
        x[i] = row if unit else row / a[i, i]
    return x


@rule("cholesky")
def _cholesky(domain: Domain, params: Any, matrix: Any) -> Any:
    """The lower factor, of the symmetric part's lower half, over leading axes."""
    try:
        return np.linalg.cholesky(wrap(matrix, domain)).data
    except np.linalg.LinAlgError as error:
        raise NoAnswer(f"a factor of Cholesky: {error}") from None
