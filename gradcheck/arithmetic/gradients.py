"""The gradient of a function as a function itself, in whatever arithmetic its arguments are.

A second derivative is the derivative of the true gradient. Each arithmetic has its own way to that: balls
take a difference, symbols and tracers differentiate. So a backend that differentiates what `gradient` gives
has its own second derivative, as independent of the others as its first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic.array import ElementArray
from gradcheck.arithmetic.balls.domains import BALLS, BallDomain, dot, enclose, midpoints, precision
from gradcheck.arithmetic.code.buffers import call_in
from gradcheck.arithmetic.domain import Domain, ObjectArray, of_entries, zero_dimensional
from gradcheck.arithmetic.precisions import BITS
from gradcheck.errors import FormFault, Unsupported

__all__ = ["gradient", "gradient_in_balls", "slope_along"]

STEP = 400
"""The difference inside is taken over 2^-400 of one unit, with `_MORE` bits: its truncation is of the order
2^-800 of the scale, which is below the rounding of any precision that a difference outside of it uses. So it
needs no bound of its own."""

_MORE = 640
"""Bits beyond those that are asked for: 400 are lost by the step, the others hold `x + 2^-400 u` exactly for
any x that float64 has (of numbers from 2^-180 to 2^60)."""


def gradient(function: Callable[..., Any], args: Sequence[Any], deltas: Sequence[Any]) -> tuple[Any, ...]:
    """The gradients of `sum(delta * output)` by every argument of floats, in order.

    Raises `Unsupported` where the arithmetic of the arguments has none.
    """
    for value in (*args, *deltas):
        own = getattr(value, "gradient_of", None)  # an array of another arithmetic
        if own is not None:
            found: tuple[Any, ...] = own(function, args, deltas)
            return found
    return _in_float64(function, args, deltas)


def slope_along(
    function: Callable[..., Any], args: Sequence[Any], deltas: Sequence[Any], directions: Sequence[Any]
) -> Any:
    """`sum(gradient * direction)` in balls, in two runs of the function: the directions stand for the
    arguments of floats, in order (None where one does not count).
    """
    first = next(a for a in args if isinstance(a, ElementArray))
    domain = first.domain
    weights = np.concatenate([_entries(d, domain) for d in deltas])
    bits = flint.ctx.prec
    with precision(bits + _MORE):
        step, rate = arb(2) ** -STEP, arb(2) ** (STEP - 1)
        left = iter(directions)
        moves = [next(left) if isinstance(a, ElementArray) else None for a in args]
        moves = [None if m is None else enclose(m) * zero_dimensional(step) for m in moves]
        ahead = _moved(domain, function, args, moves, 1, weights.size)
        behind = _moved(domain, function, args, moves, -1, weights.size)
        value = dot(weights, ahead - behind) * rate
    return ElementArray(zero_dimensional(+value), domain)


def _moved(
    domain: Domain,
    function: Callable[..., Any],
    args: Sequence[Any],
    moves: Sequence[Any],
    sign: int,
    size: int,
) -> ObjectArray:
    """All outputs, flattened, with every argument moved; each run has arrays of its own."""
    given = []
    for value, move in zip(args, moves, strict=True):
        if not isinstance(value, ElementArray):
            given.append(value)
            continue
        data = value.data.copy() if move is None else value.data + move * sign
        given.append(ElementArray(data if isinstance(data, np.ndarray) else zero_dimensional(data), domain))
    return _outputs(domain, function, given, size)


def _in_float64(
    function: Callable[..., Any], args: Sequence[Any], deltas: Sequence[Any]
) -> tuple[NDArray[np.float64], ...]:
    """Rounded from balls: a difference of float64 would be another function, by its own rounding. Where there
    are many entries it is one all the same: what is asked of a gradient there are slopes in balls.
    """
    given = [np.asarray(a) for a in args]
    if sum(a.size for a in given if a.dtype.kind == "f") > _MOST_ENTRIES:
        return _differences(function, given, deltas)
    lifted = [ElementArray(enclose(a), BALLS) if a.dtype.kind == "f" else a for a in given]
    with precision(BITS):
        found = gradient_in_balls(BALLS, function, lifted, [enclose(np.asarray(d)) for d in deltas])
        return tuple(midpoints(g.data) for g in found)


def _differences(
    function: Callable[..., Any], args: Sequence[NDArray[Any]], deltas: Sequence[Any]
) -> tuple[NDArray[np.float64], ...]:
    def total(k: int, index: tuple[int, ...], step: float) -> float:
        given = [a.copy() for a in args]
        given[k][index] += step
        result = function(*(a if a.ndim else a[()] for a in given))
        parts = result if isinstance(result, tuple | list) else [result]
        return sum(float(np.sum(d * p)) for d, p in zip(deltas, parts, strict=True))

    found = []
    for k, moved in enumerate(args):
        if moved.dtype.kind == "f":
            rates = np.empty(moved.shape)
            for index in np.ndindex(moved.shape):
                h = _STEP * max(1.0, abs(float(moved[index])))
                rates[index] = (total(k, index, h) - total(k, index, -h)) / (2 * h)
            found.append(rates)
    return tuple(found)


_MOST_ENTRIES = 256
_STEP = 2.0**-17
"""Near the cube root of float64's rounding, which a central difference is best at."""


def gradient_in_balls(
    domain: Domain, function: Callable[..., Any], args: Sequence[Any], deltas: Sequence[Any]
) -> tuple[ElementArray, ...]:
    """One difference for each entry of the arguments that are balls."""
    weights = np.concatenate([_entries(d, domain) for d in deltas])
    bits = flint.ctx.prec
    found = []
    with precision(bits + _MORE):
        step, rate = arb(2) ** -STEP, arb(2) ** (STEP - 1)
        for k, moved in enumerate(args):
            if not isinstance(moved, ElementArray):
                continue
            rates = []
            for index in np.ndindex(moved.data.shape):
                ahead, behind = (
                    _at(domain, function, args, k, index, s, weights.size) for s in (step, -step)
                )
                rates.append(dot(weights, ahead - behind) * rate)
            found.append((rates, moved.data.shape))
    with precision(bits):
        return tuple(ElementArray(of_entries([+r for r in rates], shape), domain) for rates, shape in found)


def _at(
    domain: Domain,
    function: Callable[..., Any],
    args: Sequence[Any],
    k: int,
    index: tuple[int, ...],
    step: arb,
    size: int,
) -> ObjectArray:
    """All outputs, flattened, with one entry of argument number k moved."""
    data = args[k].data.copy()
    data[index] = data[index] + step
    # each run has arrays of its own: code may write into them
    given = [ElementArray(a.data.copy(), domain) if isinstance(a, ElementArray) else a for a in args]
    given[k] = ElementArray(data, domain)
    return _outputs(domain, function, given, size)


def _outputs(domain: Domain, function: Callable[..., Any], given: Sequence[Any], size: int) -> ObjectArray:
    result = call_in(domain, function, given)
    parts = result if isinstance(result, tuple | list) else [result]
    flat = np.concatenate([_entries(p, domain) for p in parts])
    if flat.size != size:
        if size == 1:
            raise FormFault(
                f"second derivatives are those of a scalar; the forward gives {flat.size} numbers"
            )
        raise Unsupported(f"delta has {size} entries, and the output has {flat.size}")
    return flat


def _entries(value: Any, domain: Domain) -> ObjectArray:
    data = value.data if isinstance(value, ElementArray) else domain.lift_array(value)
    flat: ObjectArray = (data if isinstance(data, np.ndarray) else zero_dimensional(data)).reshape(-1)
    return flat


BallDomain.differentiates = gradient_in_balls
