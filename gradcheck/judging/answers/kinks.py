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

from gradcheck.arithmetic import (
    BALLS,
    SMOOTH,
    ElementArray,
    ObjectArray,
    call_in,
    enclose,
    precision,
    wrap,
    zero_dimensional,
)
from gradcheck.arithmetic.precisions import COARSE_STEP, FINE_STEP, KINK_BITS
from gradcheck.errors import NoAnswer, Unsupported
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.kinds.tables import contract
from gradcheck.judging.comparing import RESOLUTION
from gradcheck.judging.points.point import Point

__all__ = ["ROUNDED_CONSTANTS", "UNKNOWN", "Kink", "Probe", "examine", "outside"]

_DIRECTIONS = 24
"""Joint directions tried at a kink, the first of them all ones."""


ROUNDED_CONSTANTS = 2.0**-40
"""How far, as a part of the scale, a slope may lie outside: at a kink `3 * (1 / 3)` must not be accused,
and a wrong convention is off by far more."""

Direction = Mapping[int, NDArray[np.float64]]


@dataclass(frozen=True)
class Kink:
    """A point without a derivative.

    ``directions`` are joint directions (one array per differentiated argument), ``left`` and
    ``right`` the one-sided slopes of `sum(delta * output)` along each. ``simple`` says that all of it
    bends one way: convex, or concave.
    """

    directions: tuple[Direction, ...]
    left: tuple[arb, ...]
    right: tuple[arb, ...]
    simple: bool


UNKNOWN = Kink((), (), (), simple=False)
"""A kink that is known to be there, and nothing else of it."""


def examine(formula: Declaration, point: Point, moved: tuple[int, ...] | None = None) -> Kink | None:
    """The kink at a point, or None where the forward is smooth. Raises `Unsupported`.

    A random joint direction of all arguments (of those that are ``moved``) crosses every kink that is met at
    first order. Most points have none near them, which one run shows.
    """
    moved = point.wrt if moved is None else moved
    rng = np.random.default_rng(12345)
    with precision(KINK_BITS):
        if _is_smooth_around(formula, point, moved):
            return None
        probe = Probe(formula, point)
        u = _random(point, moved, rng)
        if not any(_senses(probe, u)):
            return None if _adds_up(probe, u, _random(point, moved, rng)) else UNKNOWN
        joint: list[Direction] = [{i: np.ones(point.args[i].shape) for i in moved}]
        joint += [_random(point, moved, rng) for _ in range(_DIRECTIONS - 1)]
        if not _bends_one_way(probe, joint):
            return UNKNOWN
        slopes = [probe.slopes(u, FINE_STEP) for u in joint]
        return Kink(
            tuple(joint),
            tuple(probe.contracted(left) for left, _ in slopes),
            tuple(probe.contracted(right) for _, right in slopes),
            simple=True,
        )


def _is_smooth_around(formula: Declaration, point: Point, moved: tuple[int, ...]) -> bool:
    """Whether the forward is sure to be smooth at all points that a coarse step leads to."""
    step = zero_dimensional(arb(0, 2.0**-COARSE_STEP))
    args = [
        wrap(enclose(a) + step if i in moved else enclose(a), SMOOTH) if i in point.wrt else a
        for i, a in enumerate(point.args)
    ]
    try:
        result = call_in(SMOOTH, formula.function, args)
    except Exception:  # whatever it is, the slopes will tell
        return False
    parts = list(result) if isinstance(result, tuple | list) else [result]
    return len(parts) == len(point.delta) and all(
        type(part) is ElementArray
        and part.shape == delta.shape
        and all(ball.is_finite() for ball in part.data.ravel().tolist())
        for part, delta in zip(parts, point.delta, strict=True)
    )


def _bends_one_way(probe: Probe, joint: list[Direction]) -> bool:
    """Whether the slope of `sum(delta * output)`, as a function of the direction, is convex or concave.

    Asked of every output entry alone, because a kink under a small delta would be swamped by the
    others. An entry's one-sided slope is positively homogeneous, so it is convex where
    `f'(u + v) <= f'(u) + f'(v)` for all pairs; kinks of opposite sense within one entry break that for
    some pairs. A jump of the forward itself is no kink, and nothing is asked there.
    """
    ways: set[int] = set()
    for u in joint:
        ways |= set(_senses(probe, u)) - {0}
        if len(ways) > 1 or _JUMP in ways:
            return False
    for k, u in enumerate(joint):
        v = joint[(k + 1) % len(joint)]
        (_, first), (_, second) = probe.slopes(u, FINE_STEP), probe.slopes(v, FINE_STEP)
        right = probe.right_slope({i: u[i] + v[i] for i in u}, FINE_STEP)
        for entry, weight in enumerate(probe.weights):
            one, two, both = first[entry], second[entry], right[entry]
            excess = one + two - both
            if abs(excess) > (abs(one) + abs(two) + abs(both)) * RESOLUTION:
                ways |= {_sign(excess * weight)} - {0}
        if len(ways) > 1:
            return False
    return len(ways) == 1


def _adds_up(probe: Probe, u: Direction, v: Direction) -> bool:
    """Whether the slope along `u + v` is the sum of those along u and v, for all output entries.

    The median of three equal numbers has the same slope to both sides along every line, and yet no
    derivative: no gradient has all these slopes.
    """
    ways = (u, v, {i: u[i] + v[i] for i in u})
    coarse, fine = ([probe.right_slope(w, bits) for w in ways] for bits in (COARSE_STEP, FINE_STEP))
    for k, weight in enumerate(probe.weights):
        excess, finer = (one[k] + two[k] - both[k] for one, two, both in (coarse, fine))
        scale = sum((abs(slopes[k]) for slopes in coarse), arb(0))
        stays = abs(excess) < abs(finer) * 4 and abs(finer) < abs(excess) * 4  # as in `_senses`
        if weight != 0 and abs(excess) > scale * RESOLUTION and stays:
            return False
    return True


_JUMP = 2


def _senses(probe: Probe, u: Direction) -> list[int]:
    """For each output entry: 1 where its part in the slope along u jumps up (convex), -1 where it jumps
    down, 0 where it does not, `_JUMP` where the forward itself jumps.

    A jump of the slope does not depend on the step; what curvature leaves shrinks with it, and what a
    jump of the forward leaves grows. Only where there is something at the first step is a second taken.
    """
    left, right = probe.slopes(u, COARSE_STEP)
    coarse = right - left
    if not all(c.is_finite() for c in coarse):
        raise NoAnswer("the forward leaves its domain next to this point")
    suspects = [
        k
        for k, c in enumerate(coarse)
        if not c.contains(0) and abs(c) > (abs(left[k]) + abs(right[k])) * RESOLUTION
    ]
    senses = [0] * len(coarse)
    if not suspects:
        return senses
    left, right = probe.slopes(u, FINE_STEP)
    for k in suspects:
        fine = right[k] - left[k]
        if abs(fine) > abs(coarse[k]) * 4:
            senses[k] = _JUMP
        elif not fine.contains(0) and abs(fine) * 4 > abs(coarse[k]):
            senses[k] = _sign(fine * probe.weights[k])
    return senses


def _sign(value: arb) -> int:
    return 1 if value > 0 else -1 if value < 0 else 0


def outside(kink: Kink, gradients: Mapping[int, ObjectArray], floor: float = 0.0) -> str | None:
    """A sentence where the gradients' slope leaves the one-sided slopes along some direction.

    ``gradients`` must hold every argument of the directions; None where all slopes are allowed, or
    the kink is not simple enough to tell. ``floor``: magnitudes below it are none, see `Evaluation.floor`.
    """
    if not kink.simple:
        return None
    for direction, left, right in zip(kink.directions, kink.left, kink.right, strict=True):
        if set(direction) - set(gradients):
            return None
        parts = [contract(gradients[i], u) for i, u in direction.items()]
        slope = sum((p for p, _ in parts), arb(0))
        scale = sum((m for _, m in parts), abs(left) + abs(right))
        margin = arb(0, 1) * scale.max(arb(floor)) * ROUNDED_CONSTANTS
        if slope + margin < left.min(right) or slope - margin > left.max(right):
            return (
                f"no derivative exists here (a kink), and the stated gradients have the slope {_text(slope)} "
                f"along {_which(kink, direction)}, {_instead_of(left, right)}"
            )
    return None


def _instead_of(left: arb, right: arb) -> str:
    if left.overlaps(right):
        return f"where the forward's is {_text(right)} to both sides"
    return f"which is not between the one-sided slopes {_text(left)} and {_text(right)}"


def _which(kink: Kink, direction: Direction) -> str:
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


class Probe:
    """The forward's outputs next to a point, flattened, in balls; ``weights`` are the deltas."""

    def __init__(self, formula: Declaration, point: Point) -> None:
        self._formula = formula
        self._point = point
        self._balls = [enclose(a) if i in point.wrt else a for i, a in enumerate(point.args)]
        self.weights = np.concatenate([enclose(d).reshape(-1) for d in point.delta])
        self._at = self._outputs({}, arb(0))
        self._known: dict[tuple[int, int], tuple[Direction, list[Any]]] = {}

    def slopes(self, u: Direction, bits: int) -> tuple[Any, Any]:
        """The one-sided slopes of every output entry along u, from the left and from the right; u must stay
        the same.
        """
        _, known = self._known.setdefault((id(u), bits), (u, []))
        if not known:
            step = arb(2) ** -bits
            left = (self._at - self._outputs(u, -step)) / step
            known += [left, self.right_slope(u, bits)]
        return known[0], known[1]

    def right_slope(self, u: Direction, bits: int) -> Any:
        """The slope from the right alone, which takes one evaluation."""
        step = arb(2) ** -bits
        return (self._outputs(u, step) - self._at) / step

    def contracted(self, slopes: Any) -> arb:
        """`sum(delta * slope)`."""
        return sum((slopes * self.weights).tolist(), arb(0))

    def _outputs(self, u: Direction, step: arb) -> Any:
        args: list[Any] = [
            wrap(b + enclose(u[i]) * step if i in u else b, BALLS) if i in self._point.wrt else b
            for i, b in enumerate(self._balls)
        ]
        try:
            result = call_in(BALLS, self._formula.function, args)
        except Unsupported:
            raise
        except Exception as error:
            raise Unsupported(
                f"the forward does not run in balls: {type(error).__name__}: {error}"
            ) from error
        parts = []
        for part, delta in zip(
            result if isinstance(result, tuple | list) else [result], self._point.delta, strict=True
        ):
            data = part.data if isinstance(part, ElementArray) else wrap(BALLS.lift_array(part), BALLS).data
            if data.shape != delta.shape:
                raise Unsupported(
                    f"the forward's result has the shape {data.shape} in balls, {delta.shape} in float64"
                )
            parts.append(data.reshape(-1))
        return np.concatenate(parts)
