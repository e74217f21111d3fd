"""Folders as arguments: the files of formulas in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from gradcheck.running.user_files import NoFormula

__all__ = ["files_of", "formula_files"]

_DECLARES = re.compile(rb"\b([Ff]ormula|[Cc]hain)\(")


def files_of(words: Sequence[str], names: Sequence[str]) -> tuple[tuple[str, ...], dict[str, NoFormula]]:
    """The words with each folder replaced by its files of formulas, and the folders without any, with what
    is said of each. A word of ``names``, which the catalogue has, is no folder.
    """
    found: list[str] = []
    empty: dict[str, NoFormula] = {}
    for word in words:
        if word in names or not Path(word).is_dir():
            found.append(word)
            continue
        inside = [str(file) for file in formula_files(Path(word))]
        if not inside:
            empty[word] = NoFormula(
                f"{word}: there is no file with formulas in this folder. One imports gradcheck and declares "
                "them with @gradcheck.formula(shapes=...)."
            )
        found += inside
    return tuple(dict.fromkeys(found)), empty


def formula_files(folder: Path) -> Iterator[Path]:
    """The Python files below a folder that declare formulas, by their text, in alphabetical order: the
    others are not run. Hidden folders and environments are left out.
    """
    for place, inside, files in os.walk(folder):
        inside[:] = sorted(name for name in inside if _is_source(Path(place, name)))
        for name in sorted(files):
            if name.endswith(".py") and _declares(Path(place, name)):
                yield Path(place, name)


def _is_source(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name in {"__pycache__", "site-packages", "node_modules"}
    return not hidden and not (folder / "pyvenv.cfg").exists()


def _declares(file: Path) -> bool:
    try:
        text = file.read_bytes()
    except OSError:  # a broken link; one that cannot be read and is named itself is an error
        return False
    return b"gradcheck" in text and _DECLARES.search(text) is not None
