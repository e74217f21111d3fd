"""Factorisations of `np.linalg` in balls: eigenvalues and singular values, QR, the pseudo-inverse.

What a factorisation leaves open, signs of vectors, is taken as NumPy has it at the same matrix in float64.
Where an enclosure is not to be had (equal eigenvalues, a matrix that lacks full rank), `Undecided` says so:
there is no derivative there either, or none that NumPy's result follows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import flint
import numpy as np
from flint import arb

from gradcheck.arithmetic.array import ElementArray, wrap
from gradcheck.arithmetic.balls.domains import BallDomain, midpoints, precision
from gradcheck.arithmetic.dispatch import find_domain, implements, lift
from gradcheck.arithmetic.domain import of_entries, zero_dimensional
from gradcheck.errors import Undecided, Unsupported

__all__ = ["Unknown", "of_matrix"]

_LEAST_BITS = 64
"""Balls of fewer bits stand for a float computation and its rounding, which an exact method does not show."""

_ENOUGH_BITS = 160
"""Those with which such a computation is enclosed."""


def of_matrix(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of one matrix, or of each matrix of a stack. With the rounding of floats it is enclosed for
    all matrices near by.

    What LAPACK computes is exact for a matrix that is off by some units of its norm (Higham, Accuracy and
    Stability of Numerical Algorithms, chapters 10 and 19 to 21). Raises `Unsupported` for what is no matrix
    of balls.
    """
    name = function.__name__.strip("_")

    @functools.wraps(function)
    def run(a: ElementArray, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(a.domain, BallDomain):
            raise Unsupported(f"{name} of a matrix is not available in {a.domain.name}")
        if a.ndim > 2:
            return _stacked([run(a[i], *args, **kwargs) for i in np.ndindex(a.shape[:-2])], a.shape[:-2])
        if flint.ctx.prec >= _LEAST_BITS:
            return function(a, *args, **kwargs)
        near = _and_near(a)
        with precision(_ENOUGH_BITS):
            return function(near, *args, **kwargs)

    return run


def _stacked(found: list[Any], leading: tuple[int, ...]) -> Any:
    """What was found of each matrix as arrays with leading axes; of tuples, part by part."""
    if isinstance(found[0], tuple):
        parts = [_stacked(list(of_each), leading) for of_each in zip(*found, strict=True)]
        return type(found[0])(*parts)
    whole = np.stack(found)
    return whole.reshape(*leading, *whole.shape[1:])


def _and_near(a: ElementArray) -> ElementArray:
    largest = max((abs(b).upper() for b in a.data.reshape(-1).tolist()), default=arb(0))
    off = arb(0, 1) * largest * max(a.shape) * arb(2) ** -flint.ctx.prec
    return wrap(a.data + zero_dimensional(off), a.domain)


def _eigen(a: ElementArray, name: str) -> tuple[list[arb], Any]:
    """Eigenvalues in ascending order and a matrix of vectors, of a symmetric matrix."""
    try:
        values, vectors = flint.acb_mat(a.data.tolist()).eig(right=True)
    except ValueError as error:
        raise Undecided(f"np.linalg.{name}: no enclosure at this precision ({error})") from None
    order = sorted(range(len(values)), key=lambda k: float(values[k].real.mid()))
    n = len(values)
    columns = [[vectors[i, k].real for i in range(n)] for k in order]
    return [values[k].real for k in order], columns


def _symmetric(a: ElementArray, uplo: str) -> ElementArray:
    """The matrix that NumPy sees: it reads one triangle."""
    own = np.tril(a) if uplo.upper() == "L" else np.triu(a)
    diagonal = np.where(np.eye(len(a)) > 0, a, 0)
    whole: Any = own + own.T - diagonal
    return whole  # type: ignore[no-any-return]


def _column(entries: list[arb], like: Any, a: ElementArray) -> Any:
    """A vector of length one with the signs of another."""
    column = wrap(of_entries(entries, (len(entries),)), a.domain)
    length = np.sqrt(np.sum(column * column))
    if not length.data.item() > 0:
        raise Undecided("np.linalg: a vector that may be zero; does the matrix lack full rank?")
    column = column / length
    largest = int(np.argmax(np.abs(like)))
    sign = 1 if (float(column.data[largest].mid()) > 0) == (like[largest] > 0) else -1
    return column * sign


@implements(np.linalg.eigvalsh)
@of_matrix
def _eigvalsh(a: ElementArray, UPLO: str = "L") -> Any:
    values, _ = _eigen(_symmetric(a, UPLO), "eigvalsh")
    return wrap(of_entries(values, (len(values),)), a.domain)


@implements(np.linalg.eigh)
@of_matrix
def _eigh(a: ElementArray, UPLO: str = "L") -> Any:
    whole = _symmetric(a, UPLO)
    values, columns = _eigen(whole, "eigh")
    floats = np.linalg.eigh(midpoints(whole.data), "L" if UPLO.upper() == "L" else "U")
    vectors = [_column(c, floats.eigenvectors[:, k], a) for k, c in enumerate(columns)]
    found: Any = wrap(of_entries(values, (len(values),)), a.domain)
    return type(floats)(found, np.stack(vectors, axis=1))


@implements(np.linalg.svd)
@of_matrix
def _svd(a: ElementArray, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """By the eigenvalues of the smaller of `A.T A` and `A A.T`."""
    rows, columns = a.shape
    tall = rows >= columns
    values, vectors = _eigen(a.T @ a if tall else a @ a.T, "svd")
    if not all(v > 0 for v in values):
        raise Undecided("np.linalg.svd: a singular value that may be zero")
    singular = np.sqrt(wrap(of_entries(values[::-1], (len(values),)), a.domain))
    if not compute_uv:
        return singular
    if full_matrices and rows != columns:
        raise Unsupported("np.linalg.svd(full_matrices=True) of a matrix that is not square")
    floats = np.linalg.svd(midpoints(a.data), full_matrices=False)
    known = floats.Vh if tall else floats.U.T
    inner = np.stack([_column(c, known[k], a) for k, c in enumerate(vectors[::-1])])
    outer = (a @ inner.T) / singular if tall else ((inner @ a).T / singular).T
    return type(floats)(outer, singular, inner) if tall else type(floats)(inner.T, singular, outer)


@implements(np.linalg.qr)
@of_matrix
def _qr(a: ElementArray, mode: str = "reduced") -> Any:
    """By Gram and Schmidt, with the signs that LAPACK's reflections leave."""
    rows, columns = a.shape
    if mode not in ("reduced", "r") or rows < columns:
        raise Unsupported("np.linalg.qr takes mode='reduced' or 'r' of a matrix with as many rows or more")
    floats = np.linalg.qr(midpoints(a.data))
    vectors: list[Any] = []
    for k in range(columns):
        rest = a[:, k]
        for v in vectors:
            rest = rest - v * (v @ a[:, k])
        vectors.append(_column(rest.data.tolist(), floats.Q[:, k], a))
    q: Any = np.stack(vectors, axis=1)
    r = np.triu(q.T @ a)
    return r if mode == "r" else type(floats)(q, r)


@implements(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Of a matrix of full rank. Its singular values, which few look at, are not to be had."""
    domain = find_domain((a, b))
    if np.ndim(a) != 2:
        raise np.linalg.LinAlgError(f"{np.ndim(a)}-dimensional array given. Array must be two-dimensional")
    return _least_squares(wrap(lift(a, domain), domain), wrap(lift(b, domain), domain))


@of_matrix
def _least_squares(a: ElementArray, b: ElementArray) -> Any:
    rows, columns = a.shape
    x = np.linalg.solve(a.T @ a, a.T @ b) if rows >= columns else a.T @ np.linalg.solve(a @ a.T, b)
    rest = b - a @ x
    left = np.sum(rest * rest, axis=0, keepdims=b.ndim == 1) if rows > columns else np.zeros(0)
    return x, left, min(rows, columns), Unknown("the singular values that np.linalg.lstsq gives")


class Unknown:
    """What cannot be told, which is an error where code looks at it."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_what"):
            raise AttributeError(name)
        raise Unsupported(f"{self._what} are not available here")

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise Unsupported(f"{self._what} are not available here")

    def __getitem__(self, _: Any) -> Any:
        raise Unsupported(f"{self._what} are not available here")


@implements(np.linalg.pinv)
@of_matrix
def _pinv(a: ElementArray) -> Any:
    rows, columns = a.shape
    if rows >= columns:
        return np.linalg.solve(a.T @ a, a.T)
    return np.linalg.solve(a @ a.T, a).T
