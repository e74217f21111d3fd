"""Finite differences in float64, for a forward that ball arithmetic cannot run.

A central difference along a direction is taken at a row of steps, each half of the one before, and
extrapolated once (Richardson). Two errors pull against each other: truncation, seen in how much
neighbouring extrapolations differ, and round-off, which is the noise of the forward's values divided
by the step. The step that makes their sum least is taken, as FiniteDifferences.jl and Ridders' method
do, and the sum, with a margin, is the error bound. It is an estimate: never called rigorous.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import NoAnswer

__all__ = ["slope"]

_ROUGH = 16.0
"""A forward that wobbles by this many times what rounding to float32 makes is no noisy one: it jumps. To a
step that is longer than its pieces, `remainder` by a small number seems to have another slope."""

Function = Callable[[float], NDArray[np.float64]]

_SMALLEST_STEP = 2.0**-23
"""Steps go from a quarter of the arguments' size down to about 1e-7: the optimum for a fourth-order
formula in float64 lies near eps^(1/5) = 7e-4 of the scale on which the function varies."""

_MARGIN = 8.0
"""The bound is this many times the estimate, which is taken from neighbouring steps only."""

_FLOOR = 2.0**-40
"""Estimates can collapse where two steps agree by chance; below this part of the scale none is
believed. About 1e-12: the best that a fourth-order difference of float64 values can do."""


def slope(function: Function, weights: NDArray[np.float64], size: float = 1.0) -> tuple[float, float, float]:
    """The derivative at 0 of `sum(weights * function(t))`, its error bound, and the scale of the terms.

    ``function`` gives the outputs, flattened, at `args + t * direction`; ``size`` is that of the
    arguments. Raises `NoAnswer` where no
    bound can be given: the function is not finite nearby, has a kink here, or is too noisy.
    """
    centre = function(0.0)
    own_noise = _measured_noise(function, weights)
    forward: list[float] = []
    backward: list[float] = []
    central: list[float] = []
    terms: list[float] = []
    steps: list[float] = []
    for h in _steps(size):
        ahead, behind = function(h), function(-h)
        if not (np.isfinite(ahead).all() and np.isfinite(behind).all()):
            forward, backward, central, terms, steps = [], [], [], [], []  # outside the domain: only smaller
            continue  # steps count
        forward.append(float(weights @ (ahead - centre)) / h)
        backward.append(float(weights @ (centre - behind)) / h)
        central.append(float(weights @ (ahead - behind)) / (2 * h))
        terms.append(float(np.abs(weights) @ (np.abs(ahead) + np.abs(behind))))
        steps.append(h)
    if len(central) < 4:
        raise NoAnswer("the forward is not finite next to this point")
    unit = _unit(function, centre, steps[0])
    units = _noise_units(len(weights)) * unit
    noise = [(units * t + own_noise) / h for t, h in zip(terms, steps, strict=True)]
    if _kinked(forward, backward, noise):
        raise NoAnswer("a kink: the one-sided slopes differ, so there is no derivative to difference")
    if own_noise > _ROUGH * max(unit, 2.0**-24) * _noise_units(len(weights)) * max(terms):
        raise NoAnswer("the forward jumps next to this point")
    value, error = _extrapolate(central, noise)
    scale = float(np.abs(weights) @ np.abs(centre)) + abs(value)
    return value, max(_MARGIN * error, _FLOOR * scale), scale


def _steps(size: float) -> list[float]:
    steps = [max(1.0, size) / 4]
    while steps[-1] > _SMALLEST_STEP:
        steps.append(steps[-1] / 2)
    return steps


def _measured_noise(function: Function, weights: NDArray[np.float64]) -> float:
    """How much the sum of a forward wobbles, whatever precision it computes in (float32 on the way).

    Third differences at these spacings hold next to nothing of a smooth function (2^-54 of it at the
    wider), so what is left is noise (the idea of Hamming's difference table, and of ECnoise). The wider
    spacing is for values rounded to float32, which stand still at the other.
    """
    wobble = 0.0
    for spacing in (2.0**-30, 2.0**-18):
        values = [float(weights @ function(k * spacing)) for k in range(-4, 5)]
        if np.isfinite(values).all():
            wobble = max(wobble, float(np.max(np.abs(np.diff(values, 3)))))
    return _MARGIN * wobble / math.sqrt(20.0)


def _unit(function: Function, centre: NDArray[np.float64], reach: float) -> float:
    """Half a unit in the last place of the precision that the forward computes in, relatively.

    Where all values next to a point fit into float32, they come from there. They may stand still at every
    short step (`tanh` at 5), and would look free of noise. Thirds have no short significand of their own.
    """
    values = [function(sign * reach / 3 * 2.0**-k) for sign in (1, -1) for k in (0, 6, 12)]
    if all(np.array_equal(v, centre) for v in values):
        return 2.0**-53  # a constant
    for narrow, unit in ((np.float16, 2.0**-11), (np.float32, 2.0**-24)):
        with np.errstate(over="ignore", under="ignore"):
            if all(np.array_equal(v.astype(narrow).astype(np.float64), v) for v in values):
                return unit
    return 2.0**-53


def _noise_units(outputs: int) -> float:
    """Rounding errors, in half units, granted to each value of the forward: a few dozen operations
    and a sum over as many terms as there are outputs.
    """
    return 32.0 + outputs


def _extrapolate(central: Sequence[float], noise: Sequence[float]) -> tuple[float, float]:
    """The estimate with the least error. It must agree with all that smaller steps say, within errors:
    where a function is flat at both ends of a long step, neighbouring long steps agree by chance.
    """
    extrapolated = [(4 * fine - coarse) / 3 for coarse, fine in pairwise(central)]
    errors = [
        abs(extrapolated[k] - extrapolated[k - 1]) + 2 * noise[k + 1] for k in range(1, len(extrapolated))
    ]
    for best in np.argsort(errors):
        value, error = extrapolated[best + 1], errors[best]
        smaller = zip(extrapolated[best + 2 :], errors[best + 1 :], strict=True)
        if np.isfinite(error) and all(abs(value - v) <= _MARGIN * (error + e) for v, e in smaller):
            return value, error
    raise NoAnswer("the difference has no finite error estimate")


def _kinked(forward: Sequence[float], backward: Sequence[float], noise: Sequence[float]) -> bool:
    """Whether the one-sided slopes stay apart as the step shrinks: curvature halves, a kink does not."""
    gaps = [abs(f - b) for f, b in zip(forward, backward, strict=True)]
    clear = [k for k in range(len(gaps)) if gaps[k] > 64 * noise[k]]
    if len(clear) < 4:
        return False
    last = clear[-4:]
    if last != list(range(last[0], last[0] + 4)):
        return False
    return all(gaps[b] > 0.75 * gaps[a] for a, b in pairwise(last))
