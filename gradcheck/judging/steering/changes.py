"""Changes of one array: other scales, orders, ties, and what arrays of a certain kind hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CHANGES", "SCALES", "one_hot", "ordered", "patterns", "whole"]

Array = NDArray[Any]

_SCALES = (
    *(1e2, 1e-2, 10.0, 0.1, 1e3, 1e-3, 1e4, 1e-4, 1e-6, 1e6, 1e-8, 1e8, 1e-10, 1e10, 1e-13, 1e13),
    *(-1e2, -1e4, -1e7, 1e-20, 1e20, 1e-40, 1e40, 1e-100, 1e100, 1e-200, 1e200, 1e-300, 1e300, 1e-320),
)


def _scaled(factor: float) -> Any:
    def change(values: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(values * factor)

    return change


def _tied(values: Array) -> Array:
    return np.full(values.shape, values.reshape(-1)[0])


def _nearly_tied(values: Array) -> Array:
    """Numbers that are close, and not equal: by parts of 1e-7, where `np.isclose` sees none of it."""
    first = values.reshape(-1)[0] or 1.0
    return np.asarray(first * (1.0 + 1e-7 * np.arange(values.size))).reshape(values.shape)


def _rising(values: Array) -> Array:
    return np.arange(1.0, values.size + 1.0).reshape(values.shape)


def ordered(sign: float) -> Any:
    return lambda values: sign * np.sort(sign * values.reshape(-1)).reshape(values.shape)


def whole(values: Array) -> Array:
    """Whole numbers near the values, none of them 0."""
    with np.errstate(all="ignore"):
        near = np.rint(2 * values)
    return np.where(near == 0, np.copysign(1.0, values), near)


def one_hot(values: Array) -> Array:
    """Zeros, but for one entry."""
    hot = np.zeros_like(values)
    hot.reshape(-1)[-1:] = 1.0
    return hot


def _one_zero(values: Array) -> Array:
    cold = np.where(values == 0, 1.0, values)
    cold.reshape(-1)[:1] = 0.0
    return cold


CHANGES = (
    *(whole, one_hot, _one_zero),
    *(_rising, np.negative, np.abs, lambda v: -np.abs(v), ordered(1.0), ordered(-1.0), _tied, _nearly_tied),
    *(np.zeros_like, np.ones_like, lambda v: -np.zeros_like(v)),
)
SCALES = tuple(map(_scaled, _SCALES))


def _symmetric(values: Array) -> Array | None:
    if not _is_square(values):
        return None
    return np.asarray(np.rint(values) + np.swapaxes(np.rint(values), -1, -2))


def _antisymmetric(values: Array) -> Array | None:
    if not _is_square(values):
        return None
    return np.asarray(whole(values) - np.swapaxes(whole(values), -1, -2))


def _identity(values: Array) -> Array | None:
    return np.broadcast_to(np.eye(values.shape[-1]), values.shape).copy() if _is_square(values) else None


def _is_square(values: Array) -> bool:
    return values.ndim >= 2 and values.shape[-1] == values.shape[-2]


def _shares(axis: int) -> Callable[[Array], Array | None]:
    """Positive numbers whose sums along an axis are 1."""

    def change(values: Array) -> Array | None:
        if not -values.ndim <= axis < values.ndim:
            return None
        parts = np.abs(values) + 0.25
        return np.asarray(parts / parts.sum(axis, keepdims=True))

    return change


def _unit(values: Array) -> Array | None:
    """Rows of length 1."""
    if not values.ndim:
        return None
    long = np.where(values == 0, 1.0, values)
    with np.errstate(all="ignore"):  # squares may underflow
        return np.asarray(long / np.sqrt((long * long).sum(-1, keepdims=True)))


def _tie_of(one: int, other: int, sign: float) -> Callable[[Array], Array | None]:
    """Whole numbers, two of which are the same, or opposite."""

    def change(values: Array) -> Array | None:
        if values.size <= max(one, other):
            return None
        tied = _distinct(values)
        tied.reshape(-1)[other] = sign * tied.reshape(-1)[one]
        return tied

    return change


def _distinct(values: Array) -> Array:
    """Whole numbers in the order of the values, no two of them alike up to the sign."""
    order = np.argsort(np.argsort(values.reshape(-1), kind="stable"), kind="stable")
    return np.asarray((order + 2.0) * np.where(order % 2, -1.0, 1.0)).reshape(values.shape)


def _with_entry(place: int, number: float) -> Callable[[Array], Array | None]:
    def change(values: Array) -> Array | None:
        if not -values.size <= place < values.size:
            return None
        other = np.array(values)
        other.reshape(-1)[place] = number
        return other

    return change


def _picked(place: int) -> Callable[[Array], Array | None]:
    def change(values: Array) -> Array | None:
        return None if place >= values.size else np.asarray(_with_entry(place, 1.0)(np.zeros_like(values)))

    return change


def patterns(size: int) -> Iterator[Callable[[Array], Array | None]]:
    """What code may ask of an array besides comparing its entries with numbers. ``size``: of the largest
    array. A pattern gives None where it does not fit an array.
    """
    yield from (
        np.ones_like,
        whole,
        lambda v: np.full_like(v, 2.0),
        _symmetric,
        _antisymmetric,
        _identity,
        one_hot,
    )
    yield from (ordered(1.0), ordered(-1.0), _rising, lambda v: -_rising(v), _shares(0), _shares(-1), _unit)
    yield from (
        np.abs,
        lambda v: -np.abs(v),
        np.zeros_like,
        lambda v: np.floor(v) + 0.5,
        lambda v: 10.0 * whole(v),
    )
    for sign in (1.0, -1.0):
        for one, other in ((0, 1), (0, 2), (1, 2), (0, size - 1)):
            yield _tie_of(one, other, sign)
    for place in (0, 1, -1):
        for number in (0.0, 1.0, -1.0, 1e3, -1e3, 1e-5):
            yield _with_entry(place, number)
    yield from map(_picked, range(1, 3))
    yield from map(_scaled, (1e-2, 1e2, 1e-5, 1e5, 1e-9))
