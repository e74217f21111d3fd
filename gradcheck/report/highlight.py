"""Python code in colours, as escaped HTML.

Pygments reads the code (rich brings it anyway). The spans are written here, with a handful of classes
for what helps a reader: its own formatter marks every bracket, which makes a page three times as large.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from gradcheck.report.text import clean, clip

__all__ = ["highlight"]

_MOST_LETTERS = 20_000


@lru_cache(maxsize=1024)
def highlight(code: str) -> Markup:
    """The code with `<span class="k">` and the like around its keywords, strings, numbers and names."""
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
    pieces = []
    for name, run in groupby(lexer.get_tokens(clip(clean(code), _MOST_LETTERS)), key=kind):
        escaped = escape("".join(text for _, text in run))
        pieces.append(f'<span class="{name}">{escaped}</span>' if name else str(escaped))
    return Markup("".join(pieces))  # noqa: S704  (every text in it is escaped)
