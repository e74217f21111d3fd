"""Kinks: points where the one-sided slopes of the forward differ, and what a gradient may be there.

At a kink no derivative exists and every source follows some convention (ReLU at zero: 0, 1/2 or 1),
so nobody is compared there entry by entry. What can be asked is that the candidate's slope along a
joint direction of all arguments lies between the two one-sided slopes; `(1, 1, 1)` for the maximum of
three equal numbers does not, although each entry would be allowed alone.

That question is only fair where one convex or concave kink is met. Where several kinks of opposite
sense meet (the hidden units of a ReLU layer at `x = 0`), the usual conventions themselves fall
outside; the directions then disagree about the sense, and no answer is given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, ElementArray, ObjectArray, call_in, enclose, precision, wrap
from gradcheck.errors import NoAnswer, Unsupported
from gradcheck.formulas import Formula
from gradcheck.judge import RESOLUTION
from gradcheck.points import Point
from gradcheck.truths import contract

__all__ = ["Kink", "examine", "outside"]

_BITS = 500
_STEP_BITS = 120
_FINE_BITS = 140
_DIRECTIONS = 24
"""Joint directions tried at a kink, the first of them all ones."""


@dataclass(frozen=True)
class Kink:
    """A point without a derivative.

    ``directions`` are joint directions (one array per differentiated argument), ``left`` and
    ``right`` the one-sided slopes of `sum(delta * output)` along each. ``simple`` says that all of it
    bends one way: convex, or concave.
    """

    directions: tuple[Mapping[int, NDArray[np.float64]], ...]
    left: tuple[arb, ...]
    right: tuple[arb, ...]
    simple: bool


def examine(formula: Formula, point: Point) -> Kink | None:
    """The kink at a point, or None where the forward is smooth. Raises `Unsupported`.

    A random joint direction of all arguments crosses every kink that is met at first order.
    """
    rng = np.random.default_rng(12345)
    with precision(_BITS):
        at = _value(formula, point, {}, 0, 0)
        if not _bend(formula, point, _random(point, point.wrt, rng), at):
            return None
        joint: list[Mapping[int, NDArray[np.float64]]] = [
            {i: np.ones(point.args[i].shape) for i in point.wrt}
        ]
        joint += [_random(point, point.wrt, rng) for _ in range(_DIRECTIONS - 1)]
        slopes = [_slopes(formula, point, u, at, _FINE_BITS) for u in joint]
        return Kink(
            tuple(joint),
            tuple(left for left, _ in slopes),
            tuple(right for _, right in slopes),
            _bends_one_way(formula, point, joint, slopes, at),
        )


def _bends_one_way(
    formula: Formula,
    point: Point,
    joint: list[Mapping[int, NDArray[np.float64]]],
    slopes: list[tuple[arb, arb]],
    at: arb,
) -> bool:
    """Whether the one-sided slope, as a function of the direction, looks convex or looks concave.

    It is positively homogeneous, so it is convex where `f'(u + v) <= f'(u) + f'(v)`. Two kinks of
    opposite sense break that for a pair of directions with probability 1/4 or more, whatever their
    sizes; `_DIRECTIONS` pairs leave a chance of about 1e-3.
    """
    signs = {_bend(formula, point, u, at) for u in joint}
    for k, u in enumerate(joint):
        v = joint[(k + 1) % len(joint)]
        right = _slopes(formula, point, {i: u[i] + v[i] for i in u}, at, _FINE_BITS)[1]
        excess = slopes[k][1] + slopes[(k + 1) % len(joint)][1] - right
        scale = abs(right) + abs(slopes[k][1]) + abs(slopes[(k + 1) % len(joint)][1])
        if abs(excess) > scale * RESOLUTION:
            signs.add(1 if excess > 0 else -1)
    return len(signs - {0}) == 1


def outside(kink: Kink, gradients: Mapping[int, ObjectArray]) -> str | None:
    """A sentence where the gradients' slope leaves the one-sided slopes along some direction.

    ``gradients`` must hold every argument of the directions; None where all slopes are allowed, or
    the kink is not simple enough to tell.
    """
    if not kink.simple:
        return None
    for direction, left, right in zip(kink.directions, kink.left, kink.right, strict=True):
        if set(direction) - set(gradients):
            return None
        parts = [contract(gradients[i], u) for i, u in direction.items()]
        slope = sum((p for p, _ in parts), arb(0))
        scale = sum((m for _, m in parts), abs(left) + abs(right))
        margin = arb(0, 1) * scale * RESOLUTION
        if slope + margin < left.min(right) or slope - margin > left.max(right):
            return (
                f"no derivative exists here (a kink), and the stated gradients have the slope {_text(slope)} "
                f"along {_which(kink, direction)}, which is not "
                f"between the one-sided slopes {_text(left)} and {_text(right)}"
            )
    return None


def _which(kink: Kink, direction: Mapping[int, NDArray[np.float64]]) -> str:
    return "all ones" if direction is kink.directions[0] else "a joint direction"


def _text(ball: arb) -> str:
    return str(ball.str(6, radius=False))


def _random(point: Point, wrt: tuple[int, ...], rng: np.random.Generator) -> dict[int, NDArray[np.float64]]:
    # 16 random bits each, so that ties are not moved alike and the balls stay exact
    return {
        i: rng.choice([-1.0, 1.0], point.args[i].shape)
        * rng.integers(2**15, 2**16, point.args[i].shape)
        / 2**16
        for i in wrt
    }


def _bend(formula: Formula, point: Point, u: Mapping[int, NDArray[np.float64]], at: arb) -> int:
    """1 where the slope along u jumps up (convex), -1 where it jumps down, 0 where it does not jump.

    A jump does not depend on the step; what curvature leaves shrinks with it. Only where there is
    something at the first step is a second one taken.
    """
    left, right = _slopes(formula, point, u, at, _STEP_BITS)
    coarse = right - left
    if not coarse.is_finite():
        raise NoAnswer("the forward leaves its domain next to this point")
    if coarse.contains(0) or abs(coarse) <= (abs(left) + abs(right)) * RESOLUTION:
        return 0
    left, right = _slopes(formula, point, u, at, _FINE_BITS)
    fine = right - left
    if fine.contains(0) or not abs(fine) * 4 > abs(coarse):
        return 0
    return 1 if fine > 0 else -1


def _slopes(
    formula: Formula, point: Point, u: Mapping[int, NDArray[np.float64]], at: arb, bits: int
) -> tuple[arb, arb]:
    step = arb(2) ** -bits
    left = (at - _value(formula, point, u, -1, bits)) / step
    right = (_value(formula, point, u, 1, bits) - at) / step
    return left, right


def _value(formula: Formula, point: Point, u: Mapping[int, NDArray[np.float64]], sign: int, bits: int) -> arb:
    """`sum(delta * forward(args + sign * 2^-bits * u))` as a ball."""
    step = sign * arb(2) ** -bits
    args: list[Any] = []
    for i, a in enumerate(point.args):
        if i not in point.wrt:
            args.append(a)
            continue
        balls = enclose(a)
        args.append(wrap(balls + enclose(u[i]) * step if i in u else balls, BALLS))
    try:
        result = call_in(BALLS, formula.function, args)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported(f"the forward does not run in balls: {type(error).__name__}: {error}") from error
    parts = result if isinstance(result, tuple | list) else [result]
    total = arb(0)
    for part, delta in zip(parts, point.delta, strict=True):
        data = part.data if isinstance(part, ElementArray) else wrap(BALLS.lift_array(part), BALLS).data
        if data.shape != delta.shape:
            raise Unsupported(
                f"the forward's result has the shape {data.shape} in balls, {delta.shape} in float64"
            )
        total += sum((data.reshape(-1) * enclose(delta).reshape(-1)).tolist(), arb(0))
    return total
