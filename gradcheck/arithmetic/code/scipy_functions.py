"""Functions of SciPy that are no ufuncs, made of NumPy's: SciPy turns what it is given into ndarrays.

A copy of code (`gradcheck.arithmetic.code.copies`) finds these under SciPy's names. Of ndarrays they are
SciPy's own.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic.array import ElementArray
from gradcheck.arithmetic.code.creating import is_of_arithmetic
from gradcheck.arithmetic.matrix_functions import expm
from gradcheck.errors import Unsupported

__all__ = ["NAMES", "standing_for"]


def standing_for(value: Any) -> Callable[..., Any] | None:
    """What stands for a function of SciPy; None for anything else."""
    if type(value) is not types.FunctionType or not (value.__module__ or "").startswith("scipy."):
        return None
    own = _FUNCTIONS.get(value.__name__)
    return None if own is None else _of_either(value, own)


def _of_either(original: Callable[..., Any], own: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(own)

    @functools.wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        if not any(map(_holds_arithmetic, (*args, *kwargs.values()))):
            return original(*args, **kwargs)
        for harmless in ("check_finite", "overwrite_a", "overwrite_b"):
            kwargs.pop(harmless, None)
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            raise Unsupported(f"these arguments of {original.__name__}: {error}") from None
        return own(*args, **kwargs)

    return function


def _holds_arithmetic(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_arithmetic, value))
    kind = type(value)
    of_ours = issubclass(kind, np.ndarray) and kind is not np.ndarray  # it watches comparisons
    return of_ours or is_of_arithmetic(value)


# -- scipy.special


def _logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    top = _shift(a, axis)
    terms = np.exp(a - top)
    found = np.log(np.sum(terms if b is None else b * terms, axis=axis, keepdims=True)) + top
    return found if keepdims else np.squeeze(found, axis=axis)


def _softmax(x: Any, axis: Any = None) -> Any:
    terms = np.exp(x - _shift(x, axis))
    return terms / np.sum(terms, axis=axis, keepdims=True)


def _log_softmax(x: Any, axis: Any = None) -> Any:
    return x - _logsumexp(x, axis, keepdims=True)


def _shift(a: Any, axis: Any) -> Any:
    """What is taken off so that nothing overflows; nothing does where numbers have no largest one."""
    return 0 if isinstance(a, ElementArray) else np.max(a, axis=axis, keepdims=True)


# -- scipy.linalg


def _triangle(a: Any, lower: bool, k: int = 0) -> Any:
    return np.tril(a, -k) if lower else np.triu(a, k)


def _transposed(a: Any, trans: Any) -> Any:
    if trans not in (0, 1, 2, "N", "T", "C"):
        raise Unsupported(f"trans={trans!r} of scipy.linalg.solve_triangular")
    return a if trans in (0, "N") else np.transpose(a)


def _solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False
) -> Any:
    half = _triangle(a, lower, int(unit_diagonal))
    if unit_diagonal:
        half = half + np.eye(np.shape(a)[0])
    return np.linalg.solve(_transposed(half, trans), b)


def _cholesky(a: Any, lower: bool = False) -> Any:
    """Of the triangle that SciPy reads: the upper one, unless ``lower``."""
    return np.linalg.cholesky(a) if lower else np.transpose(np.linalg.cholesky(np.transpose(a)))


def _cho_factor(a: Any, lower: bool = False) -> Any:
    return _cholesky(a, lower), lower


def _cho_solve(c_and_lower: Any, b: Any) -> Any:
    c, lower = c_and_lower
    first, second = ("N", "T") if lower else ("T", "N")
    half = _solve_triangular(c, b, trans=first, lower=lower)
    return _solve_triangular(c, half, trans=second, lower=lower)


def _solve(
    a: Any, b: Any, lower: bool = False, *, assume_a: str | None = None, transposed: bool = False
) -> Any:
    if assume_a in ("pos", "sym", "positive definite", "symmetric"):  # one triangle is read
        a = _triangle(a, lower) + np.transpose(_triangle(a, lower, 1))
    elif assume_a not in (None, "gen", "general"):
        raise Unsupported(f"assume_a={assume_a!r} of scipy.linalg.solve")
    return np.linalg.solve(_transposed(a, int(transposed)), b)


def _inv(a: Any) -> Any:
    return np.linalg.inv(a)


def _det(a: Any) -> Any:
    return np.linalg.det(a)


def _expm(A: Any) -> Any:
    return expm(A)


def _expm_frechet(A: Any, E: Any, method: Any = None, compute_expm: bool = True) -> Any:
    """The derivative of `expm` along E stands in the exponential of a matrix of blocks."""
    n = np.shape(A)[0]
    blocks = np.concatenate(
        [np.concatenate([A, E], axis=1), np.concatenate([np.zeros_like(A), A], axis=1)], axis=0
    )
    both = expm(blocks)
    return (both[:n, :n], both[:n, n:]) if compute_expm else both[:n, n:]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "logsumexp": _logsumexp,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "solve_triangular": _solve_triangular,
    "cholesky": _cholesky,
    "cho_factor": _cho_factor,
    "cho_solve": _cho_solve,
    "solve": _solve,
    "inv": _inv,
    "det": _det,
    "expm": _expm,
    "expm_frechet": _expm_frechet,
}

NAMES = tuple(_FUNCTIONS)
"""The names by which code uses any of them."""
