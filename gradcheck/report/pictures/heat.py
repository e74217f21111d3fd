"""Yours, the right one, and the difference: three heat maps on one scale of colours."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from gradcheck.records.arrays import decode
from gradcheck.records.types import ArrayRecord
from gradcheck.report.pictures.svg import number, picture

__all__ = ["heat_pictures"]

_MOST_VALUES = 64
"""Entries up to which the numbers are written into the cells."""

_MOST_COLUMNS = 8  # with numbers
_WINDOW = 24  # rows and columns of a large array that are drawn, around the entry in question
_STRONGEST = 0.5  # opacity of the largest value: the numbers stay readable on it


def heat_pictures(
    candidate: ArrayRecord | None, truth: ArrayRecord | None, index: Sequence[int] | None
) -> list[tuple[str, Markup, str]]:
    """Title, picture and a note on what is not shown, for each array that there is.

    The difference is drawn where both have the same shape. All three share one scale, so that a small
    difference looks small.
    """
    found = [(n, _values(r)) for n, r in (("hand-written", candidate), ("right", truth)) if r is not None]
    found = [(name, values) for name, values in found if values.size]
    if len(found) == 2 and found[0][1].shape == found[1][1].shape:
        with np.errstate(all="ignore"):
            found.append(("difference", found[0][1] - found[1][1]))
    largest = max((_largest(values) for _, values in found), default=0.0)
    return [(name, *_heat(name, values, index, largest)) for name, values in found]


def _values(record: ArrayRecord) -> NDArray[np.float64]:
    return np.asarray(decode(record), dtype=np.float64)


def _largest(values: NDArray[np.float64]) -> float:
    return float(np.max(np.abs(values), where=np.isfinite(values), initial=0.0))


def _heat(
    name: str, values: NDArray[np.float64], index: Sequence[int] | None, largest: float
) -> tuple[Markup, str]:
    """One array as rows and columns; more than two axes are stacked in the rows."""
    shape = values.shape
    table = values.reshape(prod(shape[:-1]), shape[-1]) if values.ndim > 1 else values.reshape(1, -1)
    marked = _place(index, shape)
    rows, columns = _window(table.shape[0], marked[0]), _window(table.shape[1], marked[1])
    part = table[rows[0] : rows[1], columns[0] : columns[1]]
    texts = None
    if part.size <= _MOST_VALUES and part.shape[1] <= _MOST_COLUMNS:
        texts = [[_short(v) for v in row] for row in part]
    width = max(30, 7 * max(len(t) for row in texts for t in row) + 8) if texts else 12
    height = 24 if texts else 12
    cells = []
    for i, row in enumerate(part):
        for j, value in enumerate(row):
            text = texts[i][j] if texts else None
            here = (i + rows[0], j + columns[0]) == marked
            cells.append(_cell(j * width + 1, i * height + 1, width, height, float(value), largest, text))
            if here:
                cells.append(
                    f'<rect class="marked" x="{j * width + 2}" y="{i * height + 2}" width="{width - 2}" '
                    f'height="{height - 2}"/>'
                )
    note = ""
    if part.shape != table.shape:
        note = f"rows {rows[0]} to {rows[1] - 1}, columns {columns[0]} to {columns[1] - 1}"
    if values.ndim > 2:
        note = f"{note}; " if note else ""
        note += "the last axis runs to the right, the others down"
    shown = " x ".join(map(str, shape)) or "a number"
    text = f"{name}, {shown}: " + (
        "; ".join(", ".join(row) for row in texts) if texts else f"values up to {_largest(values):.3g}"
    )
    size = (part.shape[1] * width + 2, part.shape[0] * height + 2)
    return picture("heat", *size, text, cells), note


def _cell(x: int, y: int, width: int, height: int, value: float, largest: float, text: str | None) -> str:
    """A rectangle whose colour tells the sign and whose strength tells the size, and the number in it."""
    frame = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    if not np.isfinite(value):
        parts = [f'<rect class="odd" {frame}/>']
    else:
        share = _STRONGEST * abs(value) / largest if largest else 0.0
        kind = "minus" if value < 0 else "plus"
        parts = [f'<rect class="{kind}" fill-opacity="{share:.2f}" {frame}/>']
    if text is not None:
        parts.append(f'<text x="{number(x + width / 2)}" y="{y + 16}" text-anchor="middle">{text}</text>')
    return "".join(parts)


def _short(value: float) -> str:
    """Four digits: the exact values stand in the tables and in the log."""
    return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e")


def _place(index: Sequence[int] | None, shape: tuple[int, ...]) -> tuple[int, int]:
    """The row and column of an entry, or (-1, -1)."""
    if index is None or len(index) != len(shape):
        return (-1, -1)
    if not all(0 <= i < n for i, n in zip(index, shape, strict=True)):
        return (-1, -1)
    if not shape:
        return (0, 0)
    row = int(np.ravel_multi_index(tuple(index[:-1]), shape[:-1])) if len(shape) > 1 else 0
    return row, index[-1]


def _window(size: int, centre: int) -> tuple[int, int]:
    """Where a window of at most 24 starts and ends so that it holds the centre."""
    if size <= _WINDOW:
        return 0, size
    start = min(max(centre - _WINDOW // 2, 0), size - _WINDOW)
    return start, start + _WINDOW
