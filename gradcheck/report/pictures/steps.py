"""The finite difference's error against its step, beside the error of the hand-written value."""

from __future__ import annotations

from math import floor, log10

from markupsafe import Markup

from gradcheck.records.types import StepCurve
from gradcheck.report.pictures.svg import Axes, label, number, picture
from gradcheck.report.text import quantity

__all__ = ["draws_zero", "steps_picture"]

_WIDTH, _HEIGHT = 360, 210
_FLOOR, _CEILING = -40, 3
"""Decades of relative error that are shown; an error of zero is drawn at the lower edge."""


def steps_picture(curve: StepCurve) -> Markup:
    """The picture, or nothing where the record holds no curve."""
    count = len(curve.steps)
    if count < 2 or not (len(curve.error) == len(curve.exact) == len(curve.bound) == count):
        return Markup("")
    if not all(step > 0 for step in curve.steps):
        return Markup("")
    steps = [log10(step) for step in curve.steps]
    lowest = min((_decade(v) for v in curve.exact), default=_FLOOR)
    low = max(_FLOOR, min(-20, 10 * floor(lowest / 10)))
    x_limits = (min(steps), max(steps))
    axes = Axes(46, _WIDTH - 12, 10, _HEIGHT - 36, x_limits, (low, _CEILING))
    x_ticks = [(e, _power(e)) for e in range(-30, 31, 6) if x_limits[0] - 0.5 <= e <= x_limits[1] + 0.5]
    y_ticks = [(e, _power(e)) for e in range(0, low - 1, -10)]
    if draws_zero(curve):
        y_ticks[-1] = (low, "0")
    gap = _decade(curve.gap)
    parts = [
        axes.frame(x_ticks, y_ticks),
        axes.line(list(zip(steps, map(_decade, curve.bound), strict=True)), "bound"),
        axes.line(list(zip(steps, map(_decade, curve.error), strict=True)), "error"),
        # above the other line: where both are one, both are seen
        axes.line(list(zip(steps, map(_decade, curve.exact), strict=True)), "exact"),
        *(_dot(axes, x, error) for x, error in zip(steps, curve.error, strict=True)),
        axes.line([(x_limits[0], gap), (x_limits[1], gap)], "gap"),
        label((axes.left + axes.right) / 2, _HEIGHT - 4, "step h"),
    ]
    best = min(curve.error)
    text = (
        f"Error of the central difference of {quantity(curve.quantity, curve.index)} against its step: in "
        f"float64 {best:.1g} at the best step, at high precision {min(curve.exact):.1g}; the hand-written "
        f"value is off by {curve.gap:.2g} whatever the step."
    )
    return picture("steps", _WIDTH, _HEIGHT, text, parts)


def draws_zero(curve: StepCurve) -> bool:
    """Whether some error is 0, which a scale of powers has no place for."""
    return any(value < 10.0**_FLOOR for value in (*curve.error, *curve.exact, *curve.bound))


def _dot(axes: Axes, x: float, error: float) -> str:
    place = f'cx="{number(axes.across(x))}" cy="{number(axes.down(_decade(error)))}"'
    return f'<circle class="error" {place} r="2"/>'


def _decade(error: float) -> float:
    return log10(error) if error > 10.0**_FLOOR else float(_FLOOR)


def _power(exponent: int) -> str:
    return "1" if exponent == 0 else f"1e{exponent}"
