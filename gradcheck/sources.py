"""Where hand-written code stands, and its text."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from gradcheck.records import Source

__all__ = ["source_of"]


@lru_cache(maxsize=1024)
def source_of(function: Callable[..., Any]) -> Source:
    """File (relative to the working folder or to the package's parent), line and text of a function."""
    inner = inspect.unwrap(function)
    while hasattr(inner, "func"):  # functools.partial
        inner = inner.func
    if not inspect.isroutine(inner) and not inspect.isclass(inner):
        inner = type(inner).__call__ if callable(inner) else inner
    try:
        lines, line = inspect.getsourcelines(inner)
        file = inspect.getsourcefile(inner) or "?"
    except (OSError, TypeError):
        return Source(file="?", line=0, text=f"# the source of {function!r} is not available")
    return Source(file=_relative(file), line=line, text=inspect.cleandoc("\n" + "".join(lines)))


def _relative(file: str) -> str:
    path = Path(file)
    for base in (Path.cwd(), Path(__file__).parent.parent):
        try:
            return path.resolve().relative_to(base.resolve()).as_posix()
        except (ValueError, OSError):
            continue
    return path.name
