"""NumPy's functions on complex arrays: what is linear is done to the real and the imaginary part apart."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic.complex_numbers.arrays import (
    FUNCTIONS,
    ComplexArray,
    is_complex,
    joined,
    parts,
    whole,
)
from gradcheck.arithmetic.complex_numbers.ufuncs import bilinear, magnitude
from gradcheck.arithmetic.sums import check_correlation
from gradcheck.errors import Unsupported

__all__: list[str] = []

Function = Callable[..., Any]


def _registers(*functions: Any) -> Callable[[Function], Function]:
    def register(implementation: Function) -> Function:
        for function in functions:
            FUNCTIONS[function] = implementation
        return implementation

    return register


def both(value: Any) -> tuple[Any, Any]:
    """The two parts; of a real value zeros for the imaginary one."""
    re, im = parts(value)
    return re, np.zeros_like(re) if im is None else im


def _paired(re: Any, im: Any) -> Any:
    """Two results with the same structure as one of complex arrays."""
    if isinstance(re, list | tuple):
        return type(re)(map(joined, re, im))
    return joined(re, im)


def _each(function: Any) -> None:
    """A function of one array, or of a list of them, that moves entries or adds them up."""

    def apart(a: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(a, list | tuple):
            pairs = [both(v) for v in a]
            re, im = ([p[k] for p in pairs] for k in (0, 1))
        else:
            re, im = both(a)
        return _paired(function(re, *args, **kwargs), function(im, *args, **kwargs))

    FUNCTIONS[function] = apart


_LINEAR: tuple[Any, ...] = (
    np.reshape, np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.ravel, np.squeeze, np.expand_dims,
    np.broadcast_to, np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack, np.split,
    np.array_split, np.hsplit, np.vsplit, np.repeat, np.tile, np.flip, np.fliplr, np.flipud, np.roll,
    np.rot90, np.diagonal, np.take, np.take_along_axis, np.copy, np.atleast_1d, np.atleast_2d, np.delete,
    np.atleast_3d, np.matrix_transpose, np.diag, np.diagflat, np.tril, np.triu, np.pad, np.trace, np.diff,
    np.sum, np.mean, np.cumsum, np.zeros_like, np.empty_like,
)  # fmt: skip
for _function in _LINEAR:
    _each(_function)


def _multiplies(function: Any, conjugated: bool = False) -> None:
    """A product of two arrays."""

    def product(a: Any, b: Any, *args: Any, **kwargs: Any) -> Any:
        p, q = parts(a), parts(b)
        if conjugated and p[1] is not None:
            p = p[0], -p[1]
        return joined(*bilinear(lambda x, y: function(x, y, *args, **kwargs), p, q))

    FUNCTIONS[function] = product


for _function in (np.dot, np.inner, np.outer, np.tensordot, np.kron, np.convolve, np.matmul, np.cross):
    _multiplies(_function)
_multiplies(np.vdot, conjugated=True)
_multiplies(np.linalg.vecdot, conjugated=True)


@_registers(np.correlate)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    check_correlation(a, v, mode)
    convolve: Any = np.convolve
    return convolve(a, np.conjugate(v)[::-1], mode)


@_registers(np.einsum)
def _einsum(subscripts: str, *operands: Any, **how: Any) -> Any:
    """Every choice of parts, those with an imaginary one times i for each."""
    total: Any = None
    choices = [list(enumerate(p for p in parts(o) if p is not None)) for o in operands]
    sums: list[Any] = [None, None]
    for choice in itertools.product(*choices):
        turns = sum(k for k, _ in choice) % 4
        term = np.einsum(subscripts, *(x for _, x in choice), **how)
        term = -term if turns in (2, 3) else term
        total = sums[turns % 2]
        sums[turns % 2] = term if total is None else total + term
    return joined(*sums)


@_registers(np.prod)
def _prod(a: Any, axis: Any = None, keepdims: Any = False, **_: Any) -> Any:
    moved = np.ravel(a) if axis is None else np.moveaxis(a, axis, 0)
    result = moved[0]
    for i in range(1, len(moved)):
        result = result * moved[i]
    if not keepdims or keepdims is np._NoValue:  # noqa: SLF001
        return result
    return np.reshape(result, (1,) * np.ndim(a)) if axis is None else np.expand_dims(result, axis)


@_registers(np.real, np.real_if_close)
def _real(val: Any) -> Any:
    return parts(val)[0]


@_registers(np.imag)
def _imag(val: Any) -> Any:
    return both(val)[1]


@_registers(np.angle)
def _angle(z: Any, deg: bool = False) -> Any:
    re, im = both(z)
    return np.rad2deg(np.arctan2(im, re)) if deg else np.arctan2(im, re)


FUNCTIONS[np.iscomplexobj] = is_complex
FUNCTIONS[np.isrealobj] = lambda x: not is_complex(x)
FUNCTIONS[np.shape] = lambda a: a.shape
FUNCTIONS[np.ndim] = lambda a: a.ndim
FUNCTIONS[np.size] = lambda a, axis=None: a.size if axis is None else a.shape[axis]
FUNCTIONS[np.result_type] = lambda *_: np.dtype(np.complex128)


@_registers(np.ones_like)
def _ones_like(a: ComplexArray, **_: Any) -> Any:
    return joined(np.ones_like(a.re), np.zeros_like(a.im))


@_registers(np.full_like)
def _full_like(a: ComplexArray, fill_value: Any, **_: Any) -> Any:
    re, im = both(fill_value)
    return joined(np.full_like(a.re, re), np.full_like(a.im, im))


@_registers(np.where)
def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or is_complex(condition):
        raise Unsupported("np.where that asks whether a complex number is zero is not available here")
    (a, b), (c, d) = both(x), both(y)
    return joined(np.where(condition, a, c), np.where(condition, b, d))


@_registers(np.linalg.norm)
@whole
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord in (None, "fro"):
        re, im = both(x)
        return np.sqrt(np.sum(re * re + im * im, axis=axis, keepdims=keepdims))
    return np.linalg.norm(magnitude(parts(x)), ord, axis, keepdims)


def _as_real(matrix: Any) -> Any:
    """The real matrix that does to (re, im) what a complex one does to re + i im."""
    re, im = both(matrix)
    return np.concatenate([np.concatenate([re, -im], axis=-1), np.concatenate([im, re], axis=-1)], axis=-2)


@_registers(np.linalg.inv)
@whole
def _inv(a: Any) -> Any:
    n = np.shape(a)[-1]
    inverse = np.linalg.inv(_as_real(a))
    return joined(inverse[..., :n, :n], inverse[..., n:, :n])


@_registers(np.linalg.solve)
@whole
def _solve(a: Any, b: Any) -> Any:
    n, axis = np.shape(a)[-1], -1 if np.ndim(b) == 1 else -2
    solved = np.linalg.solve(_as_real(a), np.concatenate(both(b), axis=axis))
    if axis == -1:
        return joined(solved[:n], solved[n:])
    return joined(solved[..., :n, :], solved[..., n:, :])


@_registers(np.linalg.det)
@whole
def _det(a: Any) -> Any:
    """The last coefficient of the characteristic polynomial, by Faddeev and LeVerrier: products and traces,
    so that nothing is divided by a pivot, and no size of one is compared.
    """
    n = np.shape(a)[-1]
    eye = np.eye(n)
    powers, last = eye, eye[0, 0]
    for k in range(1, n + 1):
        product = a @ powers
        last = np.trace(product, axis1=-2, axis2=-1) / -k
        powers = product + last[..., None, None] * eye
    return -last if n % 2 else last


@_registers(np.linalg.slogdet)
@whole
def _slogdet(a: Any) -> Any:
    determinant = np.linalg.det(a)
    size = magnitude(parts(determinant))
    result = np.linalg.slogdet(np.eye(1))  # the result type of this NumPy, whatever its name
    return type(result)(determinant / size, np.log(size))


@_registers(np.linalg.matrix_power)
@whole
def _matrix_power(a: Any, n: int) -> Any:
    if n < 1:
        raise Unsupported("np.linalg.matrix_power of complex numbers takes exponents of 1 or more here")
    result = a
    for _ in range(n - 1):
        result = result @ a
    return result


@_registers(np.copyto)
def _copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    if not isinstance(dst, ComplexArray):
        raise Unsupported("copying complex numbers into an array of real or plain ones")
    re, im = both(src)
    np.copyto(dst.re, re, where=where)
    np.copyto(dst.im, im, where=where)
