"""Finding the user's own line in an exception's traceback."""

from __future__ import annotations

import linecache
from pathlib import Path
from types import TracebackType

from gradcheck.errors import message

__all__ = ["named", "user_line"]

_OURS = Path(__file__).parents[2]
_CATALOGUE = _OURS / "catalogue"


def named(error: BaseException) -> str:
    """`"ValueError: what it says"`, in one line; the type alone where it says nothing."""
    text = message(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__


def user_line(error: BaseException) -> str:
    """`" (file.py:12: the line)"` for the deepest frame outside libraries and gradcheck, or `""`."""
    found: tuple[str, int] | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if _is_users(name):
            found = (name, trace.tb_lineno)
        trace = trace.tb_next
    if found is None:
        return ""
    text = linecache.getline(*found).strip()
    where = f"{Path(found[0]).name}:{found[1]}"
    return f" ({where}: {text})" if text else f" ({where})"


def _is_users(file: str) -> bool:
    path = Path(file)
    if _CATALOGUE in path.parents:
        return True
    if _OURS in path.parents or "gradcheck_backends" in path.parts:
        return False
    return not {"site-packages", "dist-packages"} & set(path.parts) and not file.startswith("<frozen")
