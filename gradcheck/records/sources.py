"""Where hand-written code stands, and its text."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from gradcheck.records.types import Source

__all__ = ["file_of", "helpers_of", "source_of"]

_MOST_HELPERS = 8


@lru_cache(maxsize=1024)
def source_of(function: Callable[..., Any]) -> Source:
    """File (relative to the working folder or to the package's parent), line and text of a function.

    A function that gradcheck composed of others has them in ``written_at``: where it was asked to.
    """
    written = getattr(function, "written_at", None)
    if written is not None:
        return Source(file=_relative(written.file), line=written.line, text=written.text)
    inner = _with_code(function)
    try:
        lines, line = inspect.getsourcelines(inner)
        file = inspect.getsourcefile(inner) or "?"
    except (OSError, TypeError):
        return Source(file="?", line=0, text=f"# the source of {function!r} is not available")
    return Source(file=_relative(file), line=line, text=inspect.cleandoc("\n" + "".join(lines)))


def file_of(function: Callable[..., Any]) -> Path | None:
    """The file that a function is written in, or None where there is none."""
    written = getattr(function, "written_at", None)
    try:
        file = inspect.getsourcefile(_with_code(function)) if written is None else written.file
    except TypeError:
        return None
    return Path(file) if file else None


def helpers_of(function: Callable[..., Any], *, besides: Callable[..., Any]) -> list[Source]:
    """The functions of the same folder that a function calls, directly or not, nearest first.

    Found by the global names in their code, so a function that is passed in or looked up at run time is
    not among them. ``besides`` is one that is shown anyway.
    """
    if hasattr(function, "written_at"):
        return []  # its own calls are ours
    start, shown = _unwrapped(function), _unwrapped(besides)
    if not (inspect.isfunction(start) and (home := _folder(start))):
        return []
    seen, queue = {start, shown}, [start]
    found: list[Source] = []
    while queue and len(found) < _MOST_HELPERS:
        for inner in _called(queue.pop(0)):
            if inner in seen or _folder(inner) != home:
                continue
            seen.add(inner)
            queue.append(inner)
            found.append(source_of(inner))
    return found[:_MOST_HELPERS]


def _with_code(function: Callable[..., Any]) -> Any:
    """What `inspect` finds the code of: of an object that is called, its `__call__`."""
    inner = _unwrapped(function)
    if not inspect.isroutine(inner) and not inspect.isclass(inner):
        inner = type(inner).__call__ if callable(inner) else inner
    return inner


def _unwrapped(function: Callable[..., Any]) -> Any:
    inner = inspect.unwrap(function)
    while hasattr(inner, "func"):  # functools.partial
        inner = inner.func
    return inner


def _called(function: FunctionType) -> Iterator[FunctionType]:
    """The Python functions behind the global names that a function's code mentions, and of classes the
    methods whose names it mentions: `Net(3).loss(X, y)`.
    """
    names = list(_names(function.__code__))
    for name in names:
        inner = _unwrapped(value) if callable(value := function.__globals__.get(name)) else None
        if inspect.isfunction(inner):
            yield inner
        elif inspect.isclass(inner):
            yield from (m for name in names if inspect.isfunction(m := vars(inner).get(name)))


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):  # a function, lambda or comprehension inside
            yield from _names(constant)


def _folder(function: FunctionType) -> Path | None:
    path = Path(function.__code__.co_filename)
    return path.resolve().parent if path.suffix == ".py" else None


def _relative(file: str) -> str:
    path = Path(file)
    for base in (Path.cwd(), Path(__file__).parent.parent.parent):
        try:
            return path.resolve().relative_to(base.resolve()).as_posix()
        except (ValueError, OSError):
            continue
    return path.name
