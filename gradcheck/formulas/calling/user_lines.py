"""Finding the user's own line in an exception's traceback."""

from __future__ import annotations

import linecache
import sysconfig
from functools import lru_cache
from pathlib import Path
from types import TracebackType

from gradcheck.errors import message

__all__ = ["is_users", "named", "user_line"]

_OURS = Path(__file__).parents[2]
_CATALOGUE = _OURS / "catalogue"
_STANDARD = Path(sysconfig.get_path("stdlib"))


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
        if is_users(name):
            found = (name, trace.tb_lineno)
        trace = trace.tb_next
    if found is None:
        return ""
    text = linecache.getline(*found).strip()
    where = f"{Path(found[0]).name}:{found[1]}"
    return f" ({where}: {text})" if text else f" ({where})"


@lru_cache(maxsize=1024)
def is_users(file: str) -> bool:
    """Whether a file is neither ours, but for the catalogue, nor that of an installed library."""
    path = Path(file)
    if _CATALOGUE in path.parents:
        return True
    if _OURS in path.parents or "gradcheck_backends" in path.parts:
        return False
    if {"site-packages", "dist-packages"} & set(path.parts) or file.startswith("<frozen"):
        return False
    return _STANDARD not in path.parents
