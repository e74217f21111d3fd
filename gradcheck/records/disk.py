"""Errors of the disk that name their file: the system names it only in opening it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["errors_at"]


@contextmanager
def errors_at(path: Path) -> Iterator[None]:
    """Give an `OSError` from inside the name of the file, unless it has one."""
    try:
        yield
    except OSError as error:
        if (
            error.errno is not None and error.filename is None
        ):  # without a number it is no error of the system
            error.filename = str(path)
        raise
