"""How many decimal digits the code loses, on a scale of those that the type has."""

from __future__ import annotations

from markupsafe import Markup

from gradcheck.records.accuracy import Precision
from gradcheck.report.pictures.svg import Axes, number, picture

__all__ = ["digits_picture"]

_WIDTH, _HEIGHT = 240, 30
_DIGITS = {"float64": 16.0, "float32": 7.0}


def digits_picture(found: Precision) -> Markup:
    """A scale with a bar up to the typical loss and a mark at the worst."""
    whole = _DIGITS.get(found.dtype, 16.0)
    axes = Axes(8, _WIDTH - 8, 4, 12, (0.0, whole), (0.0, 1.0))
    typical, worst = number(axes.across(found.typical)), number(axes.across(found.lost))
    ticks = "".join(
        f'<path class="axis" d="M{number(axes.across(tick))} 12v3"/>'
        f'<text x="{number(axes.across(tick))}" y="26" text-anchor="middle">{tick:g}</text>'
        for tick in (0.0, whole / 2, whole)
    )
    parts = [
        f'<path class="track" d="M8 8H{_WIDTH - 8}"/>',
        f'<path class="typical" d="M8 8H{typical}"/>',
        f'<path class="worst" d="M{worst} 2v12"/>',
        ticks,
    ]
    text = f"{found.dtype}: {found.typical:g} of {whole:g} digits lost typically, {found.lost:g} at the worst"
    return picture("digits", _WIDTH, _HEIGHT, text, parts)
