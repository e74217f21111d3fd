r"""Formulas in Markdown: `$`, `$$`, fenced math, `\\( \\)`, `\\[ \\]`, raw environments, in tables too.

markdown-it-py finds fenced code, fenced mathematics and headings; what is left is scanned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gradcheck.notes.sources.scanning import Span, scan
from gradcheck.notes.sources.source import Builder, Source

__all__ = ["read_markdown"]

_GRADCHECK = re.compile(r"\s*gradcheck\b:?")
_ITEM = re.compile(
    r"^(?:\d{1,3}[.)]\s|\*\*(?=[^*\n]*(?:\d|\([a-z]\)|[.:]\*\*))[^*\n]{1,60}\*\*)", re.MULTILINE
)
"""A numbered item, or a line that begins with a bold title such as **Problem 2.**"""


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    kind: str  # code, math, heading
    inner: tuple[int, int] = (0, 0)


def read_markdown(text: str, builder: Builder | None = None) -> Source:
    """All formulas, declarations and headings of a Markdown text."""
    builder = builder or Builder(text)
    blocks = _blocks(text, builder)
    found_: list[tuple[int, Span | _Block]] = [(s.opened, s) for s in scan(text, tex=False)]
    found_ += [(b.start, b) for b in blocks]
    inside = 0  # up to here a span has been taken
    code = 0
    for offset, found in sorted(found_, key=lambda pair: pair[0]):
        if isinstance(found, _Block):
            if found.start < inside:
                continue
            if found.kind == "heading":
                builder.heading()
            else:
                code = found.end
                if found.kind == "math":
                    builder.formula(*found.inner, display=True)
            continue
        if offset < code or found.kind == "fence":
            continue
        inside = found.after
        if found.kind == "comment":
            mark = _GRADCHECK.match(text, found.start, found.end)
            if mark is not None:
                builder.comment(text[mark.end() : found.end], mark.end())
        elif found.kind in {"display", "inline"}:
            builder.formula(found.start, found.end, display=found.kind == "display")
    return builder.source


def _blocks(text: str, builder: Builder) -> list[_Block]:
    """Fences and headings, and where numbered items begin: an item may define its symbols anew."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    lines = builder.line_starts()
    found: list[_Block] = []
    for token in parser.parse(text):
        if token.map is None or token.type not in {"fence", "heading_open"}:
            continue
        first, last = token.map
        start, end = lines[first], lines[last] if last < len(lines) else len(text)
        if token.type == "heading_open":
            if token.markup.startswith("#"):  # not a line of = or - below a formula
                found.append(_Block(start, start, "heading"))
        elif token.info.strip().split(" ")[0].lower() in {"math", "latex", "tex", "{math}"}:
            begin = lines[first + 1] if first + 1 < len(lines) else end
            closed = text[lines[last - 1] : end].strip().startswith(("`", "~"))
            stop = lines[last - 1] if closed and last - 1 > first else end
            found.append(_Block(start, end, "math", (begin, stop)))
        else:
            found.append(_Block(start, end, "code"))
    found += [_Block(m.start(), m.start(), "heading") for m in _ITEM.finditer(text)]
    return found
