"""Where a chain was written: its functions are ours, but a report has to show the user's own line."""

from __future__ import annotations

import ast
import linecache
import sys
import textwrap
from dataclasses import dataclass

__all__ = ["WrittenAt", "caller"]


@dataclass(frozen=True)
class WrittenAt:
    """A place in a user's file, with the text of the statement that stands there."""

    file: str
    line: int
    text: str


def caller(depth: int) -> WrittenAt:
    """The statement that is running ``depth`` calls above the function that asks."""
    frame = sys._getframe(depth + 1)  # noqa: SLF001  (inspect.stack would read every file on the way)
    file, line = frame.f_code.co_filename, frame.f_lineno
    lines = linecache.getlines(file, frame.f_globals)
    first, last = _statement("".join(lines), line)
    text = textwrap.dedent("".join(lines[first - 1 : last]))
    return WrittenAt(file, first, text or f"# the source of {file} is not available")


def _statement(source: str, line: int) -> tuple[int, int]:
    """First and last line of the innermost statement around a line."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return line, line
    around = [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return min(around, key=lambda span: span[1] - span[0], default=(line, line))
