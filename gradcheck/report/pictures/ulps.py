"""The error in low precision by the longest axis: a sum is the longer the more it rounds."""

from __future__ import annotations

from math import ceil, floor, log10

from markupsafe import Markup

from gradcheck.records.types import Accuracy, Length
from gradcheck.report.pictures.svg import Axes, label, number, picture

__all__ = ["ulps_picture"]

_WIDTH, _HEIGHT = 360, 170
_LEAST, _MOST = 1e-3, 1e6


def ulps_picture(found: Accuracy) -> Markup:
    """The worst error by size, with what the widest grade that was needed allows; nothing for one size."""
    rows = [row for row in found.lengths if row.size > 0]
    if len(rows) < 2:
        return Markup("")
    sizes = [log10(row.size) for row in rows]
    errors = [_decade(row.ulp) for row in rows]
    bounds = [(x, _decade(allowed)) for x, row in zip(sizes, rows, strict=True) if (allowed := _allowed(row))]
    heights = [*errors, *(y for _, y in bounds)]
    low, high = floor(min(heights)), max(ceil(max(heights)), floor(min(heights)) + 1)
    axes = Axes(58, _WIDTH - 12, 10, _HEIGHT - 36, (sizes[0], sizes[-1]), (low, high))
    parts = [
        axes.frame(
            [(x, str(row.size)) for x, row in ((sizes[0], rows[0]), (sizes[-1], rows[-1]))],
            [(y, f"{10.0**y:g}") for y in range(low, high + 1, max(1, (high - low) // 3))],
        ),
        axes.line(bounds, "bound"),
        axes.line(list(zip(sizes, errors, strict=True)), "error"),
        *(_dot(axes, x, y) for x, y in zip(sizes, errors, strict=True)),
        label((axes.left + axes.right) / 2, _HEIGHT - 4, "longest axis; error in ulp"),
    ]
    text = (
        f"{found.dtype}: the worst error is {rows[0].ulp:g} ulp where the longest axis is {rows[0].size}, "
        f"and {rows[-1].ulp:g} where it is {rows[-1].size}."
    )
    return picture("steps", _WIDTH, _HEIGHT, text, parts)


def _allowed(row: Length) -> float:
    """What the last grade that was asked about allows there: the one that decides."""
    return list(row.allowed.values())[-1] if row.allowed else 0.0


def _decade(value: float) -> float:
    return log10(min(max(value, _LEAST), _MOST))


def _dot(axes: Axes, x: float, y: float) -> str:
    return f'<circle class="error" cx="{number(axes.across(x))}" cy="{number(axes.down(y))}" r="2"/>'
