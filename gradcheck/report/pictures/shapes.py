"""The shapes that were tried: two sizes as a grid, any other number as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from gradcheck.report.pictures.svg import label, number, picture
from gradcheck.report.text import one_line, plural

__all__ = ["is_distinct", "shapes_picture"]

_MOST = 60
_CELL = 14
_BAR = 28


def is_distinct(sizes: Mapping[str, int]) -> bool:
    """Whether no two sizes are equal, so that a transposed or exchanged axis shows."""
    return len(set(sizes.values())) == len(sizes)


def shapes_picture(shapes: Sequence[Mapping[str, int]]) -> Markup:
    """The picture of at most 60 shapes, or nothing where no size varies."""
    names = list(shapes[0]) if shapes else []
    drawn = [s for s in shapes[:_MOST] if list(s) == names]
    if not names or len(drawn) < 2:
        return Markup("")
    text = f"{plural(len(shapes), 'shape')} tried: " + ", ".join(
        f"{one_line(name)} from {min(s[name] for s in drawn)} to {max(s[name] for s in drawn)}"
        for name in names
    )
    if len(names) > 1:
        text += f"; in {sum(map(is_distinct, drawn))} of them all sizes differ"
    return _grid(drawn, names, text) if len(names) == 2 else _bars(drawn, names, text)


def _grid(shapes: Sequence[Mapping[str, int]], names: Sequence[str], text: str) -> Markup:
    """One size down, the other to the right; sizes that never came up take no room."""
    first, second = names
    rows, columns = sorted({s[first] for s in shapes}), sorted({s[second] for s in shapes})
    left, top = 40, 30
    width, height = _CELL * len(columns), _CELL * len(rows)
    parts = [
        label(left, 12, _short(second), "start", "name"),
        label(2, top + height / 2 + 4, _short(first), "start", "name"),
        *(label(left + _CELL * (i + 0.5), top - 5, n) for i, n in enumerate(columns)),
        *(label(left - 5, top + _CELL * (i + 0.5) + 4, n, "end") for i, n in enumerate(rows)),
        f'<rect class="field" x="{left}" y="{top}" width="{width}" height="{height}"/>',
    ]
    for sizes in shapes:
        x = number(left + _CELL * (columns.index(sizes[second]) + 0.5))
        y = number(top + _CELL * (rows.index(sizes[first]) + 0.5))
        parts.append(f'<circle class="{_kind(sizes)}" cx="{x}" cy="{y}" r="4"/>')
    return picture("shapes", left + width + 6, top + height + 6, text, parts)


def _bars(shapes: Sequence[Mapping[str, int]], names: Sequence[str], text: str) -> Markup:
    """A column for every shape, a row of bars for every size, the largest size beside it."""
    ordered = sorted(shapes, key=lambda s: (sum(s.values()), *s.values()))
    left, step = 84, 7
    parts = []
    for row, name in enumerate(names):
        largest = max(s[name] for s in ordered)
        base = (row + 1) * (_BAR + 8)
        parts.append(label(left - 26, base - 2, _short(name), "end", "name"))
        parts.append(label(left - 5, base - _BAR + 9, largest, "end"))
        parts.append(label(left - 5, base, 0, "end"))
        for column, sizes in enumerate(ordered):
            height = number(_BAR * sizes[name] / max(largest, 1))
            place = f'x="{left + step * column}" y="{number(base - float(height))}"'
            parts.append(f'<rect class="{_kind(sizes)}" {place} width="5" height="{height}"/>')
    return picture("shapes", left + step * len(ordered) + 6, len(names) * (_BAR + 8) + 4, text, parts)


def _kind(sizes: Mapping[str, int]) -> str:
    return "differ" if is_distinct(sizes) else "equal"


def _short(name: str) -> str:
    name = one_line(name)
    return name if len(name) <= 7 else f"{name[:6]}\u2026"
