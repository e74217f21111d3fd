"""How a file of formulas gets to a worker that does not have it.

The text travels with the work. A worker that finds the same text under the same path uses that file, so
that what it imports from beside it is found too; any other worker writes the text into a folder of its
own, under the same relative path, and works there, so that its records name the file as ours do.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["SentFile", "at_home", "sent_files"]


@dataclass(frozen=True)
class SentFile:
    """A file's path as the user gave it, and its text."""

    path: str
    text: bytes


def sent_files(words: Sequence[str]) -> tuple[SentFile, ...]:
    """The files that words such as `FILE.py::name` name. Raises `OSError` where one cannot be read."""
    paths = [word.partition("::")[0] for word in words if word.partition("::")[0].endswith(".py")]
    return tuple(SentFile(path, Path(path).read_bytes()) for path in dict.fromkeys(paths))


@contextmanager
def at_home(files: tuple[SentFile, ...]) -> Iterator[None]:
    """The working folder in which every file is found under its path."""
    if all(_is_here(file) for file in files):
        yield
        return
    before = Path.cwd()
    os.chdir(_folder(files))
    try:
        yield
    finally:
        os.chdir(before)


def _is_here(file: SentFile) -> bool:
    try:
        return Path(file.path).read_bytes() == file.text
    except OSError:
        return False


@cache
def _folder(files: tuple[SentFile, ...]) -> Path:
    """A folder with the files, kept as long as this process: records read their source again."""
    folder = Path(tempfile.mkdtemp(prefix="gradcheck-worker-"))
    for file in files:
        path = Path(file.path)
        inside = Path(path.name) if path.is_absolute() or ".." in path.parts else path
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.text)
    return folder
