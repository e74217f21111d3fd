"""Finite differences in float64, for a forward that ball arithmetic cannot run.

A central difference along a direction is taken at a row of steps, each half of the one before, and
extrapolated once (Richardson). Two errors pull against each other: truncation, seen in how much
neighbouring extrapolations differ, and round-off, which is the noise of the forward's values divided
by the step. The step that makes their sum least is taken, as FiniteDifferences.jl and Ridders' method
do, and the sum, with a margin, is the error bound. It is an estimate: never called rigorous.

The noise has three sources, and each is asked for: the rounding of the values themselves, at the precision
that the forward computes in; what the rounding of the arguments makes of them, where terms cancel; and how
much the values are seen to wobble. Steps are powers of two, so that a step seldom rounds by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import NoAnswer
from gradcheck_backends._differences.seen_precision import DOUBLE, HALF, SINGLE

__all__ = ["Function", "Step", "differences", "first_smooth", "kinked", "slope"]

Function = Callable[[float], NDArray[np.float64]]
Shaken = Callable[[float, int], NDArray[np.float64]]
"""The outputs with every argument moved by this part of its own size, and of the direction's, up or down at
random; the whole number chooses the signs."""

_SMALLEST_STEP = 2.0**-23
"""Steps go from a quarter of the arguments' size down to about 1e-7: the optimum for a fourth-order
formula in float64 lies near eps^(1/5) = 7e-4 of the scale on which the function varies."""

_LAST_STEP = 2.0**-45
"""Where the forward is defined only next to the point, steps go on to this."""

_FEWEST, _ENOUGH = 4, 8
"""So many steps must have values; where fewer than enough have, smaller ones are tried."""

_MARGIN = 8.0
"""The bound is this many times the estimate, which is taken from neighbouring steps only."""

_FLOOR = 2.0**-40
"""Estimates can collapse where two steps agree by chance; below this part of the scale none is
believed. About 1e-12: the best that a fourth-order difference of float64 values can do."""

_ROUGH = 16.0
"""A forward that wobbles by this many times what rounding to float32 makes is no noisy one: it jumps. To a
step that is longer than its pieces, `remainder` by a small number seems to have another slope."""

_KINK = 64.0
_CROSSED = 8.0
"""The one-sided slopes differ where they are this many times the noise apart: to say that there is a kink
at the point, and to leave out a step that may cross one beside it."""

_UNDERFLOW = {DOUBLE: 0.0, SINGLE: 2.0**-126, HALF: 2.0**-14}
"""What is below this may be flushed to zero on the way, where the forward computes in a narrower type."""

_SURE = 32.0
"""A slope is sure of being another one where it is this many times its error away. What crosses a kink
changes by half of its error from step to step."""

_SHAKES = 4
"""Samples of what the rounding of the arguments does to the values."""


@dataclass(frozen=True, slots=True)
class Step:
    """The differences over one step: one-sided, and central; ``terms`` is the size of what was subtracted."""

    length: float
    forward: float
    backward: float
    central: float
    terms: float

    @property
    def gap(self) -> float:
        return abs(self.forward - self.backward)


def slope(
    function: Function,
    weights: NDArray[np.float64],
    size: float = 1.0,
    shaken: Shaken | None = None,
    unit: float = DOUBLE,
) -> tuple[float, float, float]:
    """The derivative at 0 of `sum(weights * function(t))`, its error bound, and the scale of the terms.

    ``function`` gives the outputs, flattened, at `args + t * direction`, and raises `NoAnswer` where there
    are none; ``size`` is that of the arguments; ``shaken`` moves them by a part of their size; ``unit`` is
    half a unit in the last place of the precision that the forward is known to compute in, relatively.
    Raises `NoAnswer` where no bound can be given: the function is not finite nearby, has a kink here, or
    is too noisy.
    """
    centre = function(0.0)
    steps = differences(function, weights, centre, size)
    unit = max(unit, _unit(function, centre, steps[0].length))
    own_noise = _measured_noise(function, weights)
    own_noise = max(own_noise, _argument_noise(shaken, weights, centre, unit))
    units = _noise_units(len(weights)) * unit
    lost = float(np.abs(weights).sum()) * _UNDERFLOW[unit]
    noise = [(units * s.terms + own_noise + lost) / s.length for s in steps]
    if kinked(steps, noise):
        raise NoAnswer("a kink: the one-sided slopes differ, so there is no derivative to difference")
    most = max(s.terms for s in steps)
    if own_noise > _ROUGH * max(unit, SINGLE) * _noise_units(len(weights)) * most:
        raise NoAnswer("the forward jumps next to this point")
    first = first_smooth(steps, noise)
    if len(steps) - first < _FEWEST:
        raise NoAnswer("the forward is rough next to this point (kinks?)")
    value, error = _extrapolate([s.central for s in steps[first:]], noise[first:])
    scale = float(np.abs(weights) @ np.abs(centre)) + abs(value)
    return value, max(_MARGIN * error, _FLOOR * scale), scale


def differences(
    function: Function, weights: NDArray[np.float64], centre: NDArray[np.float64], size: float
) -> list[Step]:
    """The differences over all steps below the last one that leaves the forward's domain."""
    found: list[Step] = []
    outside = "the forward is not finite next to this point"
    length = 2.0 ** (math.floor(math.log2(max(1.0, size))) - 2)
    while length >= _SMALLEST_STEP or (len(found) < _ENOUGH and length >= _LAST_STEP):
        h, length = length, length / 2
        try:
            ahead, behind = function(h), function(-h)
            finite = bool(np.isfinite(ahead).all() and np.isfinite(behind).all())
        except NoAnswer as refusal:
            outside, finite = str(refusal), False
        if not finite:
            found = []
            continue
        found.append(
            Step(
                h,
                float(weights @ (ahead - centre)) / h,
                float(weights @ (centre - behind)) / h,
                float(weights @ (ahead - behind)) / (2 * h),
                float(np.abs(weights) @ (np.abs(ahead) + np.abs(behind))),
            )
        )
    if len(found) < _FEWEST:
        raise NoAnswer(outside)
    return found


def _measured_noise(function: Function, weights: NDArray[np.float64]) -> float:
    """How much the sum of a forward wobbles, whatever precision it computes in (float32 on the way).

    Third differences at these spacings hold next to nothing of a smooth function (2^-54 of it at the
    widest), so what is left is noise (the idea of Hamming's difference table, and of ECnoise). The wider
    spacings are for values rounded to float32, which stand still at the other; there are two of them,
    because at one the values may move by whole units of float32, which look smooth.
    """
    wobble = 0.0
    for spacing in (2.0**-30, 2.0**-18, 2.0**-18 / 1.6180339887498949):
        try:
            values = [float(weights @ function(k * spacing)) for k in range(-4, 5)]
        except NoAnswer:  # defined still closer only
            continue
        if np.isfinite(values).all():
            wobble = max(wobble, float(np.max(np.abs(np.diff(values, 3)))))
    return _MARGIN * wobble / math.sqrt(20.0)


def _argument_noise(
    shaken: Shaken | None, weights: NDArray[np.float64], centre: NDArray[np.float64], unit: float
) -> float:
    """How much the sum changes where every argument, and what is made of it, is rounded by a unit.

    That is what rounding costs a forward whose terms cancel: `x**2 - y**2` is small where its terms are
    not. The arguments are moved by far more than a unit, so that the change is no noise itself, and the
    change is scaled down.
    """
    if shaken is None:
        return 0.0
    relative = unit**0.75
    changes = []
    for sample in range(_SHAKES):
        try:
            changes.append(abs(float(weights @ (shaken(relative, sample) - centre))))
        except NoAnswer:
            continue
    finite = [c for c in changes if np.isfinite(c)]
    return float(_MARGIN * max(finite, default=0.0) * (unit / relative))


def _unit(function: Function, centre: NDArray[np.float64], reach: float) -> float:
    """Half a unit in the last place of the precision that the values next to a point fit into.

    They may stand still at every short step (`tanh` at 5 in float32), and would look free of noise. Thirds
    have no short significand of their own.
    """
    values = []
    for t in (sign * reach / 3 * 2.0**-k for sign in (1, -1) for k in (0, 6, 12)):
        try:
            values.append(function(t))
        except NoAnswer:
            continue
    if all(np.array_equal(v, centre) for v in values):
        return DOUBLE  # a constant
    for narrow, unit in ((np.float16, HALF), (np.float32, SINGLE)):
        with np.errstate(over="ignore", under="ignore"):
            if all(np.array_equal(v.astype(narrow).astype(np.float64), v) for v in values):
                return unit
    return DOUBLE


def _noise_units(outputs: int) -> float:
    """Rounding errors, in half units, granted to each value of the forward: a few dozen operations
    and a sum over as many terms as there are outputs.
    """
    return 32.0 + outputs


def first_smooth(steps: Sequence[Step], noise: Sequence[float]) -> int:
    """The first step below those that may cross a kink or a jump of the forward beside the point.

    Curvature halves the gap of the one-sided slopes from step to step. What is kinked keeps it, and what
    jumps doubles it, until the step is shorter than the way to the kink.
    """
    first = 0
    for k, (coarse, fine) in enumerate(pairwise(steps)):
        clear = coarse.gap > _CROSSED * noise[k] and fine.gap > _CROSSED * noise[k + 1]
        if clear and fine.gap > 0.75 * coarse.gap:
            first = k + 1
    return first


def _extrapolate(central: Sequence[float], noise: Sequence[float]) -> tuple[float, float]:
    """The estimate with the least error, which is how far it is from its neighbours on both sides.

    It must agree with all that smaller steps say, within errors: where a function is flat at both ends of a
    long step, neighbouring long steps agree by chance.
    """
    extrapolated = [(4 * fine - coarse) / 3 for coarse, fine in pairwise(central)]
    values = extrapolated[1:]
    apart = [abs(b - a) for a, b in pairwise(extrapolated)]
    errors = [max(apart[k : k + 2]) + 2 * n for k, n in enumerate(noise[2:])]
    for best in np.argsort(errors):
        value, error = values[best], errors[best]
        smaller = zip(values[best + 1 :], errors[best + 1 :], strict=True)
        if np.isfinite(error) and all(abs(value - v) <= _MARGIN * (error + e) for v, e in smaller):
            if abs(value) <= _MARGIN * error:
                _check_longer(value, values[:best], errors[:best])
            return value, error
    raise NoAnswer("the difference has no finite error estimate")


def _check_longer(value: float, longer: Sequence[float], errors: Sequence[float]) -> None:
    """Raise `NoAnswer` where several longer steps in a row are sure of another slope than this zero.

    Values that were rounded on the way stand still at short steps, and the slope looks like zero there.
    """
    sure = [_SURE * e < abs(v - value) for v, e in zip(longer, errors, strict=True)]
    if any(all(sure[k : k + 3]) for k in range(len(sure) - 2)):
        raise NoAnswer(
            "at short steps the forward stands still, and at long ones it does not: does it round on the way?"
        )


def kinked(steps: Sequence[Step], noise: Sequence[float]) -> bool:
    """Whether the one-sided slopes stay apart as the step shrinks: curvature halves, a kink does not."""
    clear = [k for k, step in enumerate(steps) if step.gap > _KINK * noise[k]]
    if len(clear) < 4:
        return False
    last = clear[-4:]
    if last != list(range(last[0], last[0] + 4)):
        return False
    return all(steps[b].gap > 0.75 * steps[a].gap for a, b in pairwise(last))
