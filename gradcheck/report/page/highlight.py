"""Python code in colours and with line numbers, as escaped HTML.

Pygments reads the code (rich brings it anyway). The spans are written here, with a handful of classes
for what helps a reader: its own formatter marks every bracket, which makes a page three times as large.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from gradcheck.report.marks import Mark
from gradcheck.report.text import clean, clip, one_line

__all__ = ["highlight", "numbered"]

_MOST_LETTERS = 20_000


@lru_cache(maxsize=1024)
def highlight(code: str) -> Markup:
    """The code with `<span class="k">` and the like around its keywords, strings, numbers and names."""
    return Markup("\n").join(_lines(code))


def numbered(code: str, first: int, marks: Iterable[Mark] = ()) -> Markup:
    """The code with the numbers that its lines have in the file, and a word beside those that are marked."""
    marked: dict[int, list[Mark]] = {}
    for mark in marks:
        marked.setdefault(mark.line, []).append(mark)
    width = len(str(first + code.count("\n")))
    made = []
    for number, line in enumerate(_lines(code), first):
        here = marked.get(number, [])
        told = "; ".join(dict.fromkeys(one_line(mark.text) for mark in here if mark.text))
        text = Markup('<span class="no">{}</span>{}').format(f"{number:>{width}}  ", line)
        if here:
            kind = (
                "wrong" if any(m.sure for m in here) else "maybe" if any(m.suspect for m in here) else "named"
            )
            below = Markup('<span class="told">\u2191 {}</span>').format(told) if told else ""
            text = Markup('<mark class="{}">{}{}</mark>').format(kind, text, below)
        made.append(text)
    return Markup("\n").join(made)


def _lines(code: str) -> list[Markup]:
    from pygments.lexers.python import PythonLexer
    from pygments.token import Token

    kinds = {
        Token.Keyword: "k",
        Token.Operator.Word: "k",
        Token.Literal.String: "s",
        Token.Literal.Number: "n",
        Token.Comment: "c",
        Token.Name.Decorator: "d",
        Token.Name.Function: "f",
    }

    def kind(token: tuple[Any, str]) -> str:
        return next((kinds[part] for part in reversed(token[0].split()) if part in kinds), "")

    lexer = PythonLexer(stripnl=False, ensurenl=False)
    lines: list[list[str]] = [[]]
    for name, run in groupby(lexer.get_tokens(clip(clean(code), _MOST_LETTERS)), key=kind):
        for number, text in enumerate("".join(text for _, text in run).split("\n")):
            if number:
                lines.append([])
            if text:
                escaped = escape(text)
                lines[-1].append(f'<span class="{name}">{escaped}</span>' if name else str(escaped))
    return [Markup("".join(pieces)) for pieces in lines]  # noqa: S704  (every text in it is escaped)
