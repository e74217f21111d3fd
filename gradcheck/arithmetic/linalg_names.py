"""`np.linalg`'s names, since NumPy 2, for what NumPy has by other names too."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arithmetic.array import ElementArray
from gradcheck.arithmetic.dispatch import implements
from gradcheck.errors import Unsupported

__all__: list[str] = []


@implements(np.linalg.matmul)
def _matmul(x1: Any, x2: Any, /) -> Any:
    return x1 @ x2


@implements(np.linalg.outer)
def _outer(x1: Any, x2: Any, /) -> Any:
    return np.outer(x1, x2)


@implements(np.linalg.tensordot)
def _tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return np.tensordot(x1, x2, axes)


@implements(np.linalg.vecdot)
def _vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return np.sum(np.moveaxis(x1, axis, -1) * np.moveaxis(x2, axis, -1), axis=-1)


@implements(np.linalg.cross)
def _cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return np.cross(x1, x2, axis=axis)


@implements(np.linalg.trace)
def _trace(x: ElementArray, /, *, offset: int = 0) -> Any:
    return np.trace(x, offset, -2, -1)


@implements(np.linalg.diagonal)
def _diagonal(x: ElementArray, /, *, offset: int = 0) -> Any:
    return np.diagonal(x, offset, -2, -1)


@implements(np.linalg.matrix_transpose)
def _matrix_transpose(x: ElementArray, /) -> Any:
    return x.mT


@implements(np.linalg.svdvals)
def _svdvals(x: ElementArray, /) -> Any:
    return np.linalg.svd(x, compute_uv=False)


@implements(np.linalg.vector_norm)
def _vector_norm(x: ElementArray, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    if isinstance(axis, tuple) or (axis is None and keepdims):
        raise Unsupported("np.linalg.vector_norm of several axes is not available here")
    return np.linalg.norm(x.ravel(), ord) if axis is None else np.linalg.norm(x, ord, axis, keepdims)


@implements(np.linalg.matrix_norm)
def _matrix_norm(x: ElementArray, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    if x.ndim == 2 and not keepdims:
        return np.linalg.norm(x, ord)
    return np.linalg.norm(x, ord, axis=(-2, -1), keepdims=keepdims)


@implements(np.linalg.cond)
def _cond(x: ElementArray, p: Any = None) -> Any:
    if p in (None, 2, -2):
        singular = np.linalg.svd(x, compute_uv=False)
        large, small = singular[..., 0], singular[..., -1]
        return small / large if p == -2 else large / small
    if x.ndim > 2:
        raise Unsupported(f"np.linalg.cond(p={p!r}) of a stack is not available here")
    return np.linalg.norm(x, p) * np.linalg.norm(np.linalg.inv(x), p)
