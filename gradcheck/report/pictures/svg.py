"""What the pictures share: an element with a text for those who cannot see it, and axes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from markupsafe import Markup, escape

from gradcheck.report.text import one_line

__all__ = ["Axes", "label", "number", "picture"]


def number(value: float) -> str:
    """A coordinate, with a decimal where it matters."""
    return f"{value:.1f}".removesuffix(".0")


def picture(kind: str, width: float, height: float, text: str, parts: Iterable[str]) -> Markup:
    """An `<svg>` of a class, with ``text`` read aloud in its place. ``parts`` are made of numbers, and of
    texts that their makers have escaped.
    """
    return Markup(  # noqa: S704
        f'<svg class="picture {kind}" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="img" aria-label="{escape(one_line(text))}">'
        f"{''.join(parts)}</svg>"
    )


def label(x: float, y: float, text: object, anchor: str = "middle", kind: str = "") -> str:
    """A word in a picture, escaped."""
    marked = f' class="{kind}"' if kind else ""
    word = escape(one_line(str(text)))
    return f'<text{marked} x="{number(x)}" y="{number(y)}" text-anchor="{anchor}">{word}</text>'


@dataclass(frozen=True)
class Axes:
    """A plot's area, from ``left`` to ``right`` and ``top`` to ``bottom``, for values in two ranges."""

    left: float
    right: float
    top: float
    bottom: float
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, value: float) -> float:
        """Where a value of x stands."""
        return self.left + (self.right - self.left) * _share(value, self.x)

    def down(self, value: float) -> float:
        """Where a value of y stands."""
        return self.bottom + (self.top - self.bottom) * _share(value, self.y)

    def line(self, points: Sequence[tuple[float, float]], kind: str) -> str:
        """A line through values."""
        path = " ".join(f"{number(self.across(x))},{number(self.down(y))}" for x, y in points)
        return f'<polyline class="{kind}" points="{path}"/>'

    def frame(self, x_ticks: Sequence[tuple[float, str]], y_ticks: Sequence[tuple[float, str]]) -> str:
        """The two axes, faint lines at the ticks of y, and the ticks' names."""
        parts = []
        for value, name in y_ticks:
            y = self.down(value)
            parts.append(f'<path class="grid" d="M{number(self.left)} {number(y)}H{number(self.right)}"/>')
            parts.append(label(self.left - 5, y + 4, name, "end"))
        for value, name in x_ticks:
            x = self.across(value)
            parts.append(f'<path class="axis" d="M{number(x)} {number(self.bottom)}v4"/>')
            parts.append(label(x, self.bottom + 15, name))
        corner = f"V{number(self.bottom)}H{number(self.right)}"
        parts.append(f'<path class="axis" d="M{number(self.left)} {number(self.top)}{corner}"/>')
        return "".join(parts)


def _share(value: float, limits: tuple[float, float]) -> float:
    low, high = limits
    # Halved first: the span of costs near the largest float is no float.
    span = high / 2 - low / 2
    share = (value / 2 - low / 2) / span if span else 0.5
    return min(max(share, 0.0), 1.0) if isfinite(share) else 0.0
