"""`np.average`, `np.logaddexp.reduce`, and a diagonal that is overwritten, by other operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import constant, delta
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.arrays.array import FUNCTIONS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes, same_size
from gradcheck.proofs.indexed.arrays.contraction import find_space
from gradcheck.proofs.indexed.arrays.converting import as_array

__all__ = ["log_sum_exp"]


def _average(a: Any, axis: Any = None, weights: Any = None, returned: Any = False, **about: Any) -> Any:
    space = find_space([a, weights])
    if about or returned is not False:
        raise space.refused(Unsupported("np.average with more than weights"))
    a = as_array(space, a)
    if weights is None:
        return np.mean(a, axis=axis)
    weights = as_array(space, weights)
    alike = len(a.shape) == len(weights.shape) and all(map(_equal(space), a.shape, weights.shape))
    if not alike or "b" in (a.kind, weights.kind):
        raise space.refused(Unsupported("np.average with weights of another shape, or of truth values"))
    total: Any = np.sum(weights, axis=axis)
    return np.sum(np.multiply(a, weights), axis=axis) / total


def _equal(space: Any) -> Any:
    return lambda a, b: same_size(space, a, b)


def log_sum_exp(a: IndexedArray, axis: Any = 0, keepdims: Any = False) -> Any:
    """`np.logaddexp.reduce`."""
    return np.log(np.sum(np.exp(a), axis=axis, keepdims=keepdims))


def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    """Of a square matrix, with one number."""
    space = find_space([a, val])
    value = as_array(space, val)
    if type(a) is not IndexedArray or a.ndim != 2 or a.shared or value.shape or wrap is not False:
        raise space.refused(Unsupported("np.fill_diagonal but of a matrix of its own, with one number"))
    if not same_size(space, *a.shape):
        raise space.refused(Unsupported("np.fill_diagonal of a matrix that is not square"))
    if a.kind != "f" and value.kind != a.kind:
        raise space.refused(Unsupported("storing floats into an array of integers or truth values"))
    row, column = axis_codes(space, a.shape)
    on = constant(space, 1) if is_constant(row) else delta(space, row, column)
    a.change(on * value.entry + (constant(space, 1) - on) * a.held)


FUNCTIONS.update({np.average: _average, np.fill_diagonal: _fill_diagonal})
