"""Formulas in the Markdown cells of a notebook. Lines count through the cells' own text, as in the file."""

from __future__ import annotations

import json
from typing import Any

from gradcheck.errors import UsageError
from gradcheck.notes.sources.markdown import read_markdown
from gradcheck.notes.sources.source import Builder, Comment, Source

__all__ = ["read_notebook"]


def read_notebook(text: str, file: str) -> Source:
    """All formulas of a notebook's Markdown cells.

    ``line`` is the line of the notebook's file on which the cell's line of text stands, so that an
    editor and a review of the file show it. Raises `UsageError` where it is no notebook.
    """
    try:
        book = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: expected a notebook (JSON), but it cannot be read: {error}.") from None
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise UsageError(f"{file}: expected a notebook of version 4 with 'cells', but there are none.")
    source = Source()
    lines = text.split("\n")
    scope, searched = 0, 0
    for cell in cells:
        if not isinstance(cell, dict) or cell.get("cell_type") != "markdown":
            continue
        content = _text(cell.get("source"))
        places, searched = _places(content, lines, searched)
        builder = Builder(content)
        builder.scope = scope
        found = read_markdown(content, builder=builder)
        scope = builder.scope
        for formula in found.formulas:
            source.formulas.append(_moved(formula, places))
        source.comments += [
            Comment(c.text, places[min(c.line, len(places)) - 1], c.scope) for c in found.comments
        ]
    return source


def _text(source: Any) -> str:
    if isinstance(source, list):
        return "".join(s for s in source if isinstance(s, str))
    return source if isinstance(source, str) else ""


def _places(content: str, lines: list[str], searched: int) -> tuple[list[int], int]:
    """The line of the file on which each line of a cell stands; that of the cell where it is not found."""
    places: list[int] = []
    for piece in content.split("\n"):
        wanted = {json.dumps(piece)[1:-1], json.dumps(piece, ensure_ascii=False)[1:-1]}
        found = None
        for k in range(searched, min(len(lines), searched + 2000)):
            if any(f'"{w}\\n"' in lines[k] or f'"{w}"' in lines[k] for w in wanted):
                found = k
                break
        if found is not None:
            searched = found
        places.append((found if found is not None else searched) + 1)
    return places, searched


def _moved(formula: Any, places: list[int]) -> Any:
    from dataclasses import replace

    return replace(formula, line=places[min(formula.line, len(places)) - 1])
