"""`np.linalg` on `ElementArray`: the domain does single matrices, this file does stacks and norms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic.array import ElementArray, wrap
from gradcheck.arithmetic.dispatch import find_domain, implements, lift
from gradcheck.arithmetic.domain import Domain
from gradcheck.errors import Unsupported

__all__: list[str] = []


def _stacked(name: str, domain: Domain, a: Any, *rest: Any) -> ElementArray:
    """Apply a one-matrix function over the leading axes."""
    leading = a.shape[:-2]
    parts = [
        np.asarray(domain.linalg(name, a[i], *(r[i] for r in rest)), dtype=object)
        for i in np.ndindex(leading)
    ]
    result = np.empty((*leading, *parts[0].shape), dtype=object)
    for i, part in zip(np.ndindex(leading), parts, strict=True):
        result[(*i, ...)] = part  # the ellipsis keeps a 0-d part from being stored as an object
    return wrap(result, domain)


def _square(name: str) -> Callable[..., Any]:
    def compute(a: ElementArray) -> ElementArray:
        if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
            raise np.linalg.LinAlgError(f"Last 2 dimensions of the array must be square: {a.shape}")
        return _stacked(name, a.domain, a.data)

    return compute


for _name in ("det", "inv"):
    implements(getattr(np.linalg, _name))(_square(_name))


@implements(np.linalg.solve)
def _solve(a: Any, b: Any) -> ElementArray:
    domain = find_domain((a, b))
    left, right = lift(a, domain), lift(b, domain)
    own = 1 if right.ndim == 1 else 2  # since NumPy 2, b holds vectors only where it has one axis
    leading = np.broadcast_shapes(left.shape[:-2], right.shape[:-own])
    left = np.broadcast_to(left, (*leading, *left.shape[-2:]))
    right = np.broadcast_to(right, (*leading, *right.shape[-own:]))
    return _stacked("solve", domain, left, right)


@implements(np.linalg.slogdet)
def _slogdet(a: ElementArray) -> Any:
    determinant = np.linalg.det(a)
    result = np.linalg.slogdet(np.eye(1))  # the result type of this NumPy, whatever its name
    return type(result)(np.sign(determinant), np.log(np.abs(determinant)))


@implements(np.linalg.cholesky)
def _cholesky(a: ElementArray, *, upper: bool = False) -> Any:
    """NumPy reads one triangle of the matrix alone."""
    if not upper:
        return _square("cholesky")(a)
    return np.swapaxes(_square("cholesky")(np.swapaxes(a, -1, -2)), -1, -2)


@implements(np.linalg.norm)
def _norm(x: ElementArray, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord is None or ord == "fro" or (ord == 2 and (x.ndim == 1 or isinstance(axis, int))):
        return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    if x.ndim == 2 and axis is None and not keepdims:
        return _matrix_norm(x, ord)
    if x.ndim > 1 and not isinstance(axis, int):
        raise Unsupported(f"np.linalg.norm(ord={ord!r}) of a matrix is not available in {x.domain.name}")
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == np.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims)
    if not isinstance(ord, int | float) or not 1 < ord < np.inf:
        raise Unsupported(f"np.linalg.norm(ord={ord!r}) is not available in {x.domain.name}")
    return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def _matrix_norm(x: ElementArray, ord: Any) -> Any:
    if ord in ("nuc", 2, -2):
        singular = np.linalg.svd(x, compute_uv=False)
        return np.sum(singular) if ord == "nuc" else singular[0 if ord == 2 else -1]
    if ord in (1, -1, np.inf, -np.inf):
        sums = np.sum(np.abs(x), axis=0 if abs(ord) == 1 else 1)
        return np.max(sums) if ord > 0 else np.min(sums)
    raise Unsupported(f"np.linalg.norm(ord={ord!r}) of a matrix is not available in {x.domain.name}")


@implements(np.linalg.matrix_power)
def _matrix_power(a: ElementArray, n: int) -> Any:
    if n < 0:
        a, n = _square("inv")(a), -n
    result: Any = wrap(a.domain.lift_array(np.eye(a.shape[-1])), a.domain)
    for _ in range(n):
        result = result @ a
    return result


@implements(np.linalg.multi_dot)
def _multi_dot(arrays: Any) -> Any:
    result = arrays[0]
    for array in arrays[1:]:
        result = result @ array
    return result
