"""Delimiters of mathematics found in one pass: no text, however made, is gone through twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Span", "scan"]

ENVIRONMENTS = {
    "align", "equation", "gather", "multline", "eqnarray", "displaymath", "math", "split", "aligned",
    "alignat",
    "flalign",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """``kind``: code, comment, display, inline, fence (ticks that open nothing here).

    ``start`` and ``end`` are of what is inside; ``opened`` and ``after`` of all of it.
    """

    kind: str
    start: int
    end: int
    after: int
    opened: int


@dataclass(slots=True)
class _Finder:
    text: str
    none: set[str] = field(default_factory=set)

    def find(self, closer: str, start: int) -> int:
        """Where ``closer`` stands; once it is not found it is not looked for again."""
        if closer in self.none:
            return -1
        found = self.text.find(closer, start)
        if found < 0:
            self.none.add(closer)
        return found


_OPENERS = re.compile(r"[`$%]|\\\\?[\[(]|\\begin\{(\w+)(\*?)\}|<!--|\\[\\$%]")


def scan(text: str, *, tex: bool) -> Iterator[Span]:
    """The spans of code, comments and mathematics, in order; they never overlap."""
    finder = _Finder(text)
    position = 0
    while (match := _OPENERS.search(text, position)) is not None:
        span = _span(text, match, finder, tex=tex)
        if span is None:
            position = match.end()
            continue
        yield span
        position = max(span.after, match.end())


def _span(text: str, match: re.Match[str], finder: _Finder, *, tex: bool) -> Span | None:
    opened, opener, start = match.start(), match[0], match.end()
    if opener == "%":
        return _to_line_end(text, opened) if tex else None
    if opener == "`":
        return None if tex else _code(text, opened, finder)
    if opener == "<!--":
        return None if tex else _closed("comment", start, "-->", opened, finder)
    if opener == "$":
        return _dollars(text, opened, finder)
    if opener.startswith("\\begin"):
        return _environment(match, finder, opened, start)
    if opener in {"\\(", "\\["} or (opener in {"\\\\(", "\\\\["} and not tex):
        closer = opener[:-1] + {"(": ")", "[": "]"}[opener[-1]]
        return _closed("inline" if opener[-1] == "(" else "display", start, closer, opened, finder)
    return None


def _closed(kind: str, start: int, closer: str, opened: int, finder: _Finder) -> Span | None:
    end = finder.find(closer, start)
    return None if end < 0 else Span(kind, start, end, end + len(closer), opened)


def _to_line_end(text: str, opened: int) -> Span:
    end = text.find("\n", opened)
    end = len(text) if end < 0 else end
    return Span("comment", opened, end, end, opened)


def _code(text: str, opened: int, finder: _Finder) -> Span | None:
    end = opened
    while text[end : end + 1] == "`":
        end += 1
    ticks = text[opened:end]
    if len(ticks) > 2:
        return Span("fence", opened, end, end, opened)  # markdown-it knows where it ends
    found = text.find(ticks, end, end + 2000)
    if found < 0 or "\n\n" in text[end:found]:
        return Span("fence", opened, end, end, opened)
    return Span("code", end, found, found + len(ticks), opened)


def _dollars(text: str, opened: int, finder: _Finder) -> Span | None:
    if text.startswith("$$", opened):
        return _closed("display", opened + 2, "$$", opened, finder)
    end = opened + 1
    while True:
        end = finder.find("$", end)
        if end < 0 or end - opened > 2000:
            return None
        if text[end - 1] != "\\":
            break
        end += 1
    inside = text[opened + 1 : end]
    if "\n\n" in inside or not inside.strip() or text[end + 1 : end + 2].isdigit():
        return None
    return Span("inline", opened + 1, end, end + 1, opened)


def _environment(match: re.Match[str], finder: _Finder, opened: int, start: int) -> Span | None:
    name, star = match[1], match[2]
    closer = f"\\end{{{name}{star}}}"
    if name in {"verbatim", "lstlisting", "minted", "comment"}:
        return _closed("code", start, closer, opened, finder)
    if name not in ENVIRONMENTS:
        return None
    end = finder.find(closer, start)
    return None if end < 0 else Span("display", opened, end + len(closer), end + len(closer), opened)
