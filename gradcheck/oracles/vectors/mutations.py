"""Wrong gradients made from right ones, each by one mistake with a name.

They go into vectors as tests that a comparison must reject. Each is made from the certified gradients, so
it is wrong by exactly the mistake that its flag names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.judging.points.point import Point
from gradcheck.oracles.reference import Reference

__all__ = ["At", "Right", "Wrong", "wrong_gradients"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Right:
    """A point with its reference, and the arguments whose gradients are asked for."""

    point: Point
    reference: Reference
    asked: tuple[str, ...]

    def gradient(self, name: str) -> Array:
        return self.reference.gradients[name].value

    def sizes_beside(self, name: str) -> list[int]:
        """Sizes of 2 or more, those that are no axis of the argument first (the batch, mostly)."""
        own = self.gradient(name).shape
        sizes = sorted({s for s in self.point.sizes.values() if s > 1}, key=lambda s: s in own)
        return sizes or [s for s in own if s > 1]


@dataclass(frozen=True)
class Wrong:
    """A wrong gradient of one argument. ``comment`` says more than its flag."""

    flag: str
    argument: str
    gradient: Array
    comment: str = ""


At = Callable[[Point], Reference]
"""The reference at another point of the same formula."""


def wrong_gradients(right: Right, at: At) -> Iterator[Wrong]:
    """Every mistake that can be made in every argument at this point.

    What comes out the same as the right gradient there (a transposed symmetric matrix) is left out.
    """
    for name in right.asked:
        for flag, wrong in _single(right, name):
            if wrong.shape != right.gradient(name).shape or not _equal(wrong, right.gradient(name)):
                yield Wrong(flag, name, wrong)
    for flag, point in _other_deltas(right.point):
        other = at(point)
        for name in right.asked:
            if not _equal(other.gradients[name].value, right.gradient(name)):
                yield Wrong(flag, name, other.gradients[name].value)


def _single(right: Right, name: str) -> Iterator[tuple[str, Array]]:
    g = right.gradient(name)
    if g.ndim == 2:
        yield "MissingTranspose" if g.shape[0] == g.shape[1] else "TransposedShape", g.T
    if g.ndim and g.shape[0] > 1:
        yield "BroadcastShape", g.sum(axis=0, keepdims=True)
        yield "RolledRows", np.roll(g, 1, axis=0)
    yield "WrongSign", -g
    yield "ConstantFactor", 2 * g
    yield "SlightFactor", g * (1 + 2.0**-10)
    for size in right.sizes_beside(name)[:1]:
        yield "SizeFactor", g * size
    for other in right.asked:
        if other != name and right.gradient(other).shape == g.shape:
            yield "SwappedGradients", right.gradient(other)
    for slopeless in _without_slope(right, name):
        yield "SlopeMissing", slopeless
    if g.size > 1:
        yield "LastEntryMissing", _with_last(g, 0.0)
    yield "NotFinite", _with_last(g, np.nan)
    with np.errstate(over="ignore"):
        yield "SinglePrecision", g.astype(np.float32).astype(np.float64)


def _without_slope(right: Right, name: str) -> Iterator[Array]:
    """The gradient with a local derivative left out: `delta` in place of `delta * f'(z)`, for the argument
    itself or for a layer `z` that a bias enters, whose `f(z)` is the next layer.
    """
    g = right.gradient(name)
    delta = right.point.delta[0]
    if len(right.point.delta) == 1 and delta.shape == g.shape:
        yield delta
    deltas = {n: d.value for n, d in right.reference.deltas.items()}
    following: Any = zip(list(deltas.values()), list(deltas.values())[1:], strict=False)
    for before, after in following:
        if _equal(before, g) and after.shape == g.shape and not _equal(after, g):
            yield after


def _other_deltas(point: Point) -> Iterator[tuple[str, Point]]:
    ones = tuple(np.ones(d.shape) for d in point.delta)
    if any(not np.array_equal(a, b) for a, b in zip(ones, point.delta, strict=True)):
        yield "DeltaIgnored", replace(point, delta=ones)
    first = point.delta[0]
    if first.ndim and first.shape[0] > 1:
        last = np.zeros(first.shape)
        last[-1] = first[-1]
        yield "MissingSum", replace(point, delta=(last, *point.delta[1:]))


def _with_last(g: Array, value: float) -> Array:
    changed = g.copy()
    changed.reshape(-1)[-1] = value
    return changed


def _equal(one: Array, two: Array) -> bool:
    return one.shape == two.shape and bool(np.array_equal(one, two))
