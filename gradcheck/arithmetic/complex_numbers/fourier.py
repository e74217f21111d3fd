"""Discrete Fourier transforms as what they are: products with the matrix of the roots of unity.

The result does not hang on how a transform is computed, and arithmetics other than floats have no fast one.
The roots are those of the arithmetic: exact in balls, where `2 * np.pi * k / n` is not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.array import FUNCTIONS as OF_REAL
from gradcheck.arithmetic.array import ElementArray
from gradcheck.arithmetic.complex_numbers.arrays import FUNCTIONS, joined, parts, whole
from gradcheck.arithmetic.complex_numbers.ufuncs import bilinear
from gradcheck.arithmetic.domain import Domain, of_entries, on_circle
from gradcheck.errors import Unsupported

__all__ = ["FOURIER"]

FOURIER: dict[Any, Callable[..., Any]] = {}
"""`np.fft` function -> what it is, on real arrays of any arithmetic and on complex ones."""


def roots(n: int, like: Any) -> tuple[Any, Any]:
    """Cosine and sine of `2 pi j k / n` as two matrices, in the arithmetic of an array."""
    domain: Domain | None = like.domain if isinstance(like, ElementArray) else None
    circle = [_root(k, n, domain) for k in range(n)]
    tables: list[Any] = []
    for part in (0, 1):
        entries = [circle[j * k % n][part] for j in range(n) for k in range(n)]
        if domain is None:
            tables.append(np.array(entries).reshape(n, n))
        else:
            tables.append(ElementArray(of_entries(entries, (n, n)), domain))
    return tables[0], tables[1]


def _root(k: int, n: int, domain: Domain | None) -> tuple[Any, Any]:
    if domain is not None:
        return domain.on_circle(k, n)
    return on_circle(k, n)


def _transformed(a: Any, n: int | None, axis: int, norm: str | None, sign: int) -> Any:
    length = np.shape(a)[axis] if n is None else int(n)
    re, im = parts(_fitted(a, length, axis))
    cosine, sine = roots(length, re)

    def last(x: Any) -> Any:
        return None if x is None else np.moveaxis(x, axis, -1)

    result = bilinear(np.matmul, (last(re), last(im)), (cosine, sign * sine))
    return joined(*(np.moveaxis(_normalised(x, length, norm, sign), -1, axis) for x in result))


def _normalised(value: Any, n: int, norm: str | None, sign: int) -> Any:
    """A transform as its ``norm`` has it; ``sign`` is that of its exponent."""
    if norm == "ortho":
        return value * n**-0.5
    if norm not in (None, "backward", "forward"):
        raise Unsupported(f"norm={norm!r} of a Fourier transform is not available here")
    return value / n if (norm == "forward") == (sign < 0) else value


def _fitted(a: Any, length: int, axis: int) -> Any:
    """An array cut off, or filled up with zeros, to a length along an axis."""
    found = np.shape(a)[axis]
    if length < found:
        return np.take(a, np.arange(length), axis=axis)
    if length == found:
        return a
    shape = list(np.shape(a))
    shape[axis] = length - found
    first = np.take(a, np.zeros(length - found, int), axis=axis)
    return np.concatenate([a, np.zeros_like(first)], axis=axis)


def _fft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    return _transformed(a, n, axis, norm, -1)


def _ifft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    return _transformed(a, n, axis, norm, 1)


def _rfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    full = _fft(parts(a)[0], n, axis, norm)
    return np.take(full, np.arange(np.shape(full)[axis] // 2 + 1), axis=axis)


def _irfft(a: Any, n: Any = None, axis: int = -1, norm: Any = None, out: None = None) -> Any:
    """The transform of the Hermitian array of which the first half is given; NumPy reads no more of it, and
    of its first entry (of the middle one, for an even length) the real part alone.
    """
    length = 2 * (np.shape(a)[axis] - 1) if n is None else int(n)
    half = _fitted(a, length // 2 + 1, axis)
    own = np.array([0, length // 2] if length % 2 == 0 else [0])
    inner = np.setdiff1d(np.arange(length // 2 + 1), own)
    re, im = parts(half)
    cosine, sine = roots(length, re)

    def times(part: Any, table: Any, places: NDArray[np.int64]) -> Any:
        return np.matmul(np.moveaxis(np.take(part, places, axis=axis), axis, -1), table[places])

    total = times(re, cosine, own)
    if inner.size:
        total = total + 2 * times(re, cosine, inner)
        if im is not None:
            total = total - 2 * times(im, sine, inner)
    return np.moveaxis(_normalised(total, length, norm, 1), -1, axis)


def _several(one: Callable[..., Any], default: Sequence[int] | None) -> Callable[..., Any]:
    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, out: None = None) -> Any:
        axes = range(np.ndim(a)) if axes is None else axes
        lengths = [None] * len(axes) if s is None else s
        for axis, n in zip(axes, lengths, strict=True):
            a = one(a, n, axis, norm)
        return a

    return transform


def _shifted(direction: int) -> Callable[..., Any]:
    def shift(x: Any, axes: Any = None) -> Any:
        axes = range(np.ndim(x)) if axes is None else [axes] if isinstance(axes, int) else axes
        for axis in axes:
            half = np.shape(x)[axis] // 2
            x = np.roll(x, half if direction > 0 else -half, axis)
        return x

    return shift


_OF_NUMPY: dict[Any, Callable[..., Any]] = {
    np.fft.fftshift: _shifted(1),
    np.fft.ifftshift: _shifted(-1),
    np.fft.fft: _fft,
    np.fft.ifft: _ifft,
    np.fft.rfft: _rfft,
    np.fft.irfft: _irfft,
    np.fft.fft2: _several(_fft, (-2, -1)),
    np.fft.ifft2: _several(_ifft, (-2, -1)),
    np.fft.fftn: _several(_fft, None),
    np.fft.ifftn: _several(_ifft, None),
}
FOURIER.update({function: whole(transform) for function, transform in _OF_NUMPY.items()})
FUNCTIONS.update(FOURIER)
OF_REAL.update(FOURIER)
