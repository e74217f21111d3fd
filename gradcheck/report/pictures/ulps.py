"""The error in low precision by the longest axis: a sum is the longer the more it rounds."""

from __future__ import annotations

from math import ceil, floor, log10

from markupsafe import Markup

from gradcheck.records.accuracy import Accuracy, Length
from gradcheck.report.pictures.svg import Axes, label, number, picture

__all__ = ["ulps_picture"]

_WIDTH, _HEIGHT = 480, 170
_LEAST, _MOST = 1e-3, 1e6


def ulps_picture(found: Accuracy) -> Markup:
    """The error by size at the entry that decides, with a line for what each grade that was asked about
    allows there; nothing for one size.
    """
    rows = [row for row in found.lengths if row.size > 0]
    if len(rows) < 2:
        return Markup("")
    sizes = [log10(row.size) for row in rows]
    errors = list(zip(sizes, [_decade(row.ulp) for row in rows], strict=True))
    bounds = {name: _bounds(name, rows) for name in dict.fromkeys(g for row in rows for g in row.allowed)}
    heights = [y for line in (errors, *bounds.values()) for _, y in line]
    low, high = floor(min(heights)), max(ceil(max(heights)), floor(min(heights)) + 1)
    axes = Axes(58, _WIDTH - 132, 10, _HEIGHT - 36, (sizes[0], sizes[-1]), (low, high))
    parts = [
        axes.frame(
            [(x, str(row.size)) for x, row in ((sizes[0], rows[0]), (sizes[-1], rows[-1]))],
            [(y, f"{10.0**y:g}") for y in range(low, high + 1, max(1, (high - low) // 3))],
        ),
        *(axes.line(line, "bound") for line in bounds.values()),
        *_names({name: axes.down(line[-1][1]) for name, line in bounds.items()}, axes.right),
        axes.line(errors, "error"),
        *(_dot(axes, x, y) for x, y in errors),
        label((axes.left + axes.right) / 2, _HEIGHT - 4, "longest axis; error in ulp"),
    ]
    last = rows[-1]
    granted = ", ".join(f"{name} allows {allowed:g}" for name, allowed in last.allowed.items())
    text = (
        f"{found.dtype}: the error that decides is {rows[0].ulp:g} ulp where the longest axis is "
        f"{rows[0].size}, and {last.ulp:g} where it is {last.size}{f', where {granted}' if granted else ''}."
    )
    return picture("steps", _WIDTH, _HEIGHT, text, parts)


def _bounds(grade: str, rows: list[Length]) -> list[tuple[float, float]]:
    """What a grade allows by size, where it was asked about."""
    return [(log10(row.size), _decade(row.allowed[grade])) for row in rows if grade in row.allowed]


def _names(heights: dict[str, float], right: float) -> list[str]:
    """The grades' names beside the ends of their lines, none over another."""
    words = []
    lowest = float("inf")
    for name, y in sorted(heights.items(), key=lambda one: -one[1]):
        lowest = min(y + 4, lowest - _LINE)
        words.append(label(right + 6, lowest, name, "start", "grade"))
    return words


_LINE = 13
"""The height of a line of text."""


def _decade(value: float) -> float:
    return log10(min(max(value, _LEAST), _MOST))


def _dot(axes: Axes, x: float, y: float) -> str:
    return f'<circle class="error" cx="{number(axes.across(x))}" cy="{number(axes.down(y))}" r="2"/>'
