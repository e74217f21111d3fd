"""Going back through products and matrix functions: textbook matrix calculus."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.diagnosis.tracing.pullbacks import pullback_of, unbroadcast
from gradcheck.errors import Unsupported


@pullback_of(np.matmul, np.dot)
def _matmul(g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    if not a.shape or not b.shape:
        return [unbroadcast(g * b, a.shape), unbroadcast(g * a, b.shape)]
    if len(a.shape) == 1 and len(b.shape) == 1:
        return [g * b, g * a]
    if len(a.shape) == 1:
        if len(b.shape) > 2:
            raise Unsupported("a vector by a stack of matrices")
        return [np.matmul(b, g), a[:, None] * g[None, :]]
    if len(b.shape) == 1:
        db = np.matmul(np.swapaxes(a, -1, -2), g[..., None])[..., 0]
        return [g[..., None] * b, unbroadcast(db, b.shape)]
    da = np.matmul(g, np.swapaxes(b, -1, -2))
    db = np.matmul(np.swapaxes(a, -1, -2), g)
    return [unbroadcast(da, a.shape), unbroadcast(db, b.shape)]


@pullback_of(np.outer)
def _outer(g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    left, right = np.ravel(a), np.ravel(b)
    return [
        np.reshape(np.sum(g * right[None, :], axis=1), a.shape),
        np.reshape(np.sum(g * left[:, None], axis=0), b.shape),
    ]


@pullback_of(np.inner, np.vdot)
def _inner(g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    if len(a.shape) != 1 or len(b.shape) != 1:
        raise Unsupported("np.inner of matrices")
    return [g * b, g * a]


@pullback_of(np.einsum)
def _einsum(g: Any, out: Any, subscripts: Any, *operands: Any, **_: Any) -> list[Any]:
    if not isinstance(subscripts, str) or "." in subscripts:
        raise Unsupported("np.einsum with an ellipsis")
    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    letters = "".join(terms)
    if not arrow:
        result = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    found: list[Any] = [None]
    for k, term in enumerate(terms):
        if len(set(term)) != len(term):
            raise Unsupported("np.einsum with a diagonal")
        others = [t for i, t in enumerate(terms) if i != k]
        values = [o for i, o in enumerate(operands) if i != k]
        lone = [c for c in term if c not in result and all(c not in t for t in others)]
        for c in lone:  # summed over in this operand alone: spread again
            others.append(c)
            values.append(np.ones(operands[k].shape[term.index(c)]))
        found.append(np.einsum(",".join([result, *others]) + "->" + term, g, *values))
    return found


@pullback_of(np.linalg.inv)
def _inv(g: Any, out: Any, a: Any) -> list[Any]:
    turned = np.swapaxes(out, -1, -2)
    return [-np.matmul(np.matmul(turned, g), turned)]


@pullback_of(np.linalg.det)
def _det(g: Any, out: Any, a: Any) -> list[Any]:
    return [(g * out)[..., None, None] * np.swapaxes(np.linalg.inv(a), -1, -2)]


@pullback_of(np.linalg.solve)
def _solve(g: Any, out: Any, a: Any, b: Any) -> list[Any]:
    db = np.linalg.solve(np.swapaxes(a, -1, -2), g)
    if len(b.shape) == 1:
        return [-db[:, None] * out[None, :], db]
    return [-np.matmul(db, np.swapaxes(out, -1, -2)), db]


@pullback_of(np.linalg.cholesky)
def _cholesky(g: Any, out: Any, a: Any, *, upper: Any = False) -> list[Any]:
    """NumPy reads the lower triangle, so that is where the gradient is."""
    if upper:
        raise Unsupported("np.linalg.cholesky of the upper triangle")
    inner = np.matmul(np.swapaxes(out, -1, -2), np.tril(g))
    half = (np.tril(inner) + np.tril(inner, -1)) * 0.5
    inverse = np.linalg.inv(out)
    whole = np.matmul(np.matmul(np.swapaxes(inverse, -1, -2), half), inverse)
    both = whole + np.swapaxes(whole, -1, -2)
    return [(np.tril(both) + np.tril(both, -1)) * 0.5]
