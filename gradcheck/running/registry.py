"""Finding claims: by name in the catalogue, and in a user's own files."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.running.broken_files import BrokenFile
from gradcheck.running.user_files import CannotLoad, NoFormula, load_file

__all__ = ["LAYERS", "Selection", "catalogue", "find", "layers", "load_file", "select", "usual_mistakes"]


@dataclass(frozen=True)
class Selection:
    """What to check. ``remarks`` are sentences for the report, ``origin`` says where it was found, ``broken``
    are files among several that cannot be loaded, ``passed_over`` those without a claim.
    """

    claims: tuple[Claim, ...]
    remarks: tuple[str, ...]
    origin: str
    broken: tuple[BrokenFile, ...] = ()
    passed_over: tuple[str, ...] = ()


def catalogue() -> list[Formula]:
    """The formulas of the derivation, in its order: what a run without names checks."""
    from gradcheck.catalogue import formulas

    return list(formulas())


def layers() -> list[Formula]:
    """The layers that people write by hand, by id: they are checked where they are named."""
    from gradcheck.catalogue.layers import formulas

    return list(formulas())


def usual_mistakes(formula: Formula) -> dict[str, Callable[..., Any]]:
    """Backward passes with the mistakes that are usual for a layer, by name; none for other formulas."""
    from gradcheck.catalogue.layers.mistakes import MISTAKES

    return dict(MISTAKES[formula.name]) if any(formula is layer for layer in layers()) else {}


LAYERS = "layers"
"""The word that names all of them."""


def select(
    words: Sequence[str] = (),
    *,
    allow_empty: bool = False,
    empty_folders: Mapping[str, NoFormula] = MappingProxyType({}),
) -> Selection:
    """The claims that the words name, each once, in the order of the words.

    A word is a formula's name, an id in the derivation (`D09`) or of a layer (`L08`), a claim's uid, a
    file of
    formulas (`FILE.py`), or one of these in a file (`FILE.py::name`); `layers` are all layers. No words
    select the derivation, without the layers.
    A file without a claim is passed over with a remark, and one that cannot be loaded is ``broken``, where
    another word names a claim; so are ``empty_folders``, with what is said of each where they are all there
    is. ``allow_empty``: files without claims are all that is needed.
    Raises `UsageError` for what is unknown, with the nearest names, and for two claims of one name.
    """
    if not words and not empty_folders:
        from gradcheck.catalogue import REMARKS

        return _checked([(c, "the catalogue") for f in catalogue() for c in f.claims], REMARKS, "catalogue")
    files: dict[Path, list[Formula]] = {}
    found: list[tuple[Claim, str]] = []
    remarks = [f"{folder}: there is no claim in it; it is passed over." for folder in empty_folders]
    passed_over = list(empty_folders)
    broken: dict[BrokenFile, UsageError] = {}
    empty: list[UsageError] = list(empty_folders.values())
    for word in words:
        file, name = _split(word)
        if file is None and word == LAYERS:
            found += [(claim, "the catalogue") for claim in find(None, layers(), "the catalogue")]
            continue
        if file is None:
            known = [*catalogue(), *layers()]
            found += [(claim, "the catalogue") for claim in find(word, known, "the catalogue")]
            continue
        place = file.resolve()
        try:
            if place not in files:
                files[place] = load_file(file)
            found += [(claim, str(file)) for claim in find(name, files[place], str(file))]
        except CannotLoad as error:
            broken[BrokenFile(word, str(error))] = error
            continue
        except NoFormula as error:
            empty.append(error)
            passed_over.append(str(file))
            remarks.append(f"{file}: there is no claim in it; it is passed over.")
            continue
        if name is None:
            remarks += [f"{file}: the formula {f.name} has no claims." for f in files[place] if not f.claims]
    if not found and (broken or not allow_empty):
        raise next(iter([*broken.values(), *empty]))
    origin = ", ".join(dict.fromkeys(origin for _, origin in found))
    selected = _checked(found, remarks, origin)
    return replace(selected, broken=tuple(broken), passed_over=tuple(passed_over))


def find(word: str | None, formulas: Iterable[Formula], origin: str) -> list[Claim]:
    """The claims among ``formulas`` that one word names; all of them for None.

    Raises `UsageError` where there are none.
    """
    formulas = list(formulas)
    claims = [claim for formula in formulas for claim in formula.claims]
    if word is None:
        if not claims:
            first = f", as in @{formulas[0].name}.vjp" if formulas else ""
            raise NoFormula(f"{origin}: there are formulas, but not one claim about them; add one{first}.")
        return claims
    chosen = [c for c in claims if word in {c.uid, c.formula.name}] or [
        c for c in claims if c.id is not None and c.id.lower() == word.lower()
    ]
    if chosen:
        return chosen
    if any(formula.name == word for formula in formulas):
        raise UsageError(f"{origin}: the formula {word!r} has no claims.")
    known = dict.fromkeys(n for c in claims for n in (c.formula.name, c.id, c.uid) if n)
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    if Path(word).exists():
        hint = " It is a file or folder here; a file of formulas ends in .py."
    raise UsageError(
        f"{origin}: there is no formula, id or claim {word!r}.{hint} `gradcheck list` shows all."
    )


def _split(word: str) -> tuple[Path | None, str | None]:
    """A word as a file and a name in it; no file for a word that names something in the catalogue."""
    head, separator, name = word.partition(".py::")
    if separator:
        if not name:
            raise UsageError(f"{word}: a name is missing after '::'.")
        return Path(head + ".py"), name
    return (Path(word), None) if word.endswith(".py") else (None, word)


def _checked(found: Iterable[tuple[Claim, str]], remarks: Sequence[str], origin: str) -> Selection:
    origins: dict[str, tuple[Claim, str]] = {}
    for claim, place in found:
        first, where = origins.setdefault(claim.uid, (claim, place))
        if first is not claim:
            raise UsageError(
                f"{claim.uid}: there are two claims of this name, in {where} and in {place}. Give one of the "
                "formulas another name with gradcheck.formula(name='...')."
            )
    return Selection(tuple(claim for claim, _ in origins.values()), tuple(remarks), origin)
