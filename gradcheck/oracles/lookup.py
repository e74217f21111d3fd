"""Finding formulas by name: in the catalogue, or in a user's file."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.running.registry import LAYERS, catalogue, layers, load_file

__all__ = ["find_formula", "find_formulas"]


def find_formula(word: str) -> Formula:
    """The one formula that a word names.

    A word is a formula's name, an id of the derivation that only one formula has, a file with one
    formula (`FILE.py`), or a name in a file (`FILE.py::name`). In names, `ce` stands for
    `cross_entropy`. Raises `UsageError`, with the nearest names, where there is none or more than one.
    """
    found = _named(word)
    if len(found) > 1:
        names = ", ".join(f.name for f in found)
        raise UsageError(f"{word}: there are {len(found)} formulas of this id or in this file: {names}.")
    return found[0]


def find_formulas(words: Sequence[str]) -> list[Formula]:
    """The formulas that the words name, each once; without words, those of the catalogue with a right
    vjp claim. Raises `UsageError`.
    """
    if not words:
        return [f for f in catalogue() if f.backwards]
    found = {id(f): f for word in words for f in _named(word)}
    by_name: dict[str, Formula] = {}
    for formula in found.values():
        if by_name.setdefault(formula.name, formula) is not formula:
            raise UsageError(
                f"there are two formulas called {formula.name!r}. Give one another name with "
                "gradcheck.formula(name='...')."
            )
    return list(by_name.values())


def _named(word: str) -> list[Formula]:
    head, separator, name = word.partition(".py::")
    if separator or word.endswith(".py"):
        file = Path(head + ".py" if separator else word)
        formulas = load_file(file)
        return _among(formulas, name, str(file)) if separator else formulas
    if word == LAYERS:
        return layers()
    return _among([*catalogue(), *layers()], word, "the catalogue")


def _among(formulas: Sequence[Formula], word: str, origin: str) -> list[Formula]:
    full = "_".join("cross_entropy" if part == "ce" else part for part in word.split("_"))
    found = [f for f in formulas if f.name in {word, full}] or [
        f for f in formulas if f.id is not None and f.id.lower() == word.lower()
    ]
    if found:
        return found
    known = dict.fromkeys(n for f in formulas for n in (f.name, f.id) if n)
    near = difflib.get_close_matches(full, known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise UsageError(f"{origin}: there is no formula {word!r}.{hint} `gradcheck list` shows all.")
