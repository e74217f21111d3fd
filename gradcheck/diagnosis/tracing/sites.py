"""Where in the user's code an operation stands: a place in the byte code, and its source text."""

from __future__ import annotations

import ast
import bisect
import dis
import linecache
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import CodeType

import numpy as np

__all__ = ["Site", "current_site"]

_OURS = Path(__file__).parents[2]
_INTERNAL = (str(Path(np.__file__).parent), str(_OURS), "<__array_function__")
_CATALOGUE = str(_OURS / "catalogue")
"""Formulas that are checked as a user's are."""

_LONGEST = 60


@dataclass(frozen=True)
class Site:
    """The frames of the user's code that led to an operation, the innermost first.

    The same site is met again in every turn of a loop, and in every run at any shape.
    """

    frames: tuple[tuple[CodeType, int], ...]

    @property
    def code(self) -> CodeType | None:
        """The function in which the operation stands; None where it is ours (an adapter's)."""
        return self.frames[0][0] if self.frames else None

    @property
    def caller(self) -> Site:
        """Where the function in which the operation stands was called from."""
        return Site(self.frames[1:])

    @cached_property
    def snippet(self) -> str:
        """The operation's source text on one line, or "" where the source is not to be had."""
        if not self.frames:
            return ""
        code, offset = self.frames[0]
        try:
            first, last, start, end = list(code.co_positions())[offset // 2]
        except (IndexError, ValueError):
            return ""
        if first is None or last is None or start is None or end is None:
            return ""
        lines = [linecache.getline(code.co_filename, n) for n in range(first, last + 1)]
        if not all(lines):
            return ""
        # columns count bytes of UTF-8
        raw = [line.encode() for line in lines]
        raw[-1] = raw[-1][:end]
        raw[0] = raw[0][start:]
        text = " ".join(b" ".join(raw).decode(errors="replace").split())
        return textwrap.shorten(text, _LONGEST, placeholder=" ...")

    @cached_property
    def holder(self) -> str:
        """The name that the result is given in `s = s * a`: its text means something else from then on.
        "" where the name does not stand in the text itself.
        """
        if not self.frames:
            return ""
        code, offset = self.frames[0]
        try:
            place = list(code.co_positions())[offset // 2]
        except (IndexError, ValueError):
            return ""
        return _holders(code.co_filename).get(place, "")

    @cached_property
    def decides(self) -> bool:
        """Whether it stands in a condition of the code, or is called from one."""
        for code, offset in self.frames:
            try:
                line, _, column, _ = list(code.co_positions())[offset // 2]
            except (IndexError, ValueError):
                continue
            if line is not None and column is not None:
                at = line, column
                if any(start <= at < end for start, end in _tests(code.co_filename)):
                    return True
        return False

    @cached_property
    def place(self) -> str:
        """`file.py:12`, or ""."""
        if not self.frames:
            return ""
        code, offset = self.frames[0]
        try:
            line = list(code.co_positions())[offset // 2][0]
        except IndexError:
            return ""
        return f"{Path(code.co_filename).name}:{line}" if line else ""


@lru_cache(maxsize=64)
def _holders(file: str) -> Mapping[tuple[int | None, int | None, int | None, int | None], str]:
    """The names that are assigned to anew from what they held: where the expression stands, and the name."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found[_span(node)] = node.target.id
        elif (
            isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        ):
            name = node.targets[0].id
            if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node.value)):
                found[_span(node.value)] = name
    return found


def _span(node: ast.stmt | ast.expr) -> tuple[int | None, int | None, int | None, int | None]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


@lru_cache(maxsize=64)
def _tests(file: str) -> tuple[tuple[tuple[int, int], tuple[int, int]], ...]:
    """Where the conditions of a file begin and end."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return ()
    tests = [n.test for n in ast.walk(tree) if isinstance(n, ast.If | ast.While | ast.IfExp)]
    return tuple(
        ((t.lineno, t.col_offset), (t.end_lineno or t.lineno, t.end_col_offset or t.col_offset))
        for t in tests
    )


@lru_cache(maxsize=4096)
def _is_internal(file: str) -> bool:
    return file.startswith(_INTERNAL) and not file.startswith(_CATALOGUE)


def current_site(stop: CodeType) -> Site:
    """The site of the operation that is being performed, up to the frame whose code is ``stop``."""
    frame = sys._getframe(1)  # the documented way to see one's callers  # noqa: SLF001
    found = []
    while frame.f_code is not stop:
        if not _is_internal(frame.f_code.co_filename):
            found.append((frame.f_code, frame.f_lasti))
        if (
            frame.f_back is None
        ):  # nothing of the user's is running: a list that was returned is made an array
            found.clear()
            break
        frame = frame.f_back
    frames = tuple(found)
    known = tuple((code.co_filename, code, at) for code, at in frames)
    site = _known.get(known)
    if site is None:
        if len(_known) > _MOST_KNOWN:
            _known.clear()
        site = _known[known] = Site(tuple((code, _instruction(code, at)) for code, at in frames))
    return site


def _instruction(code: CodeType, at: int) -> int:
    """Where the instruction begins that is being executed.

    Once a line has run a few times, the interpreter specialises it: `a[i]` then calls `__getitem__` with
    ``f_lasti`` at the end of the instruction's cache, not at its beginning.
    """
    starts = _starts(code)
    return starts[max(bisect.bisect_right(starts, at) - 1, 0)]


@lru_cache(maxsize=1024)
def _starts(code: CodeType) -> list[int]:
    return [instruction.offset for instruction in dis.get_instructions(code)]


_known: dict[tuple[tuple[str, CodeType, int], ...], Site] = {}
"""Sites that were met, so that each has its text made once. The same code in two files is equal."""

_MOST_KNOWN = 20_000
