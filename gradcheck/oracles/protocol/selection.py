"""Which formulas a program is asked about: what it claims, what gradcheck knows, what the user named."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.oracles.lookup import find_formulas
from gradcheck.oracles.protocol.candidate import FLOATS
from gradcheck.oracles.protocol.messages import Capabilities
from gradcheck.running.registry import catalogue

__all__ = ["Asked", "choose_dtypes", "choose_formulas"]


@dataclass(frozen=True)
class Asked:
    """The formulas, in the order of the user's words or of the program's list, each with the word that
    selects it alone; ``remarks`` on the others.
    """

    formulas: dict[str, Formula]
    remarks: tuple[str, ...] = ()


def choose_formulas(capabilities: Capabilities, words: Sequence[str]) -> Asked:
    """The formulas to ask about.

    Words are names or ids of the catalogue, `FILE.py` or `FILE.py::NAME`. Without words, they are those
    of the catalogue that the program claims. Raises `UsageError` where that leaves none, and for a
    formula named by the user that the program does not claim.
    """
    claimed = list(dict.fromkeys(capabilities.formulas))
    if not claimed:
        raise UsageError("the program claims no formula: capabilities.formulas is empty.")
    if not words:
        return _of_the_catalogue(claimed)
    chosen: dict[str, Formula] = {}
    remarks = []
    for word in words:
        formulas = find_formulas([word])
        mine = [f for f in formulas if f.name in claimed]
        if not mine:
            names = _listed([f.name for f in formulas])
            raise UsageError(f"{word}: the program does not claim {names}; it claims {_listed(claimed)}.")
        remarks += [f"{word}: the program does not claim {f.name!r}." for f in formulas if f not in mine]
        file = word.partition("::")[0] + "::" if ".py" in word else ""
        chosen |= {file + f.name: f for f in mine}
    every = [f.name for f in chosen.values()]
    if doubles := [name for name in every if every.count(name) > 1]:
        raise UsageError(f"two formulas are called {doubles[0]!r}; name one of them only.")
    return Asked(chosen, tuple(remarks))


def _of_the_catalogue(claimed: Sequence[str]) -> Asked:
    known = {f.name: f for f in catalogue()}
    others = [name for name in claimed if name not in known]
    give = "Give the forward of your own formula with --formula FILE.py."
    if len(others) == len(claimed):
        raise UsageError(
            f"the program claims {_listed(claimed)}, and nothing of that is in the catalogue."
            f"{_near(others[0])} {give}"
        )
    remarks = (f"the program claims {n!r}, which is not in the catalogue.{_near(n)} {give}" for n in others)
    return Asked({name: known[name] for name in claimed if name in known}, tuple(remarks))


def choose_dtypes(capabilities: Capabilities, wanted: Sequence[str]) -> tuple[str, ...]:
    """The dtypes to check in, of those that the program speaks. Raises `UsageError` where none is left."""
    spoken = capabilities.dtypes
    if missing := [d for d in wanted if d not in spoken]:
        raise UsageError(f"the program does not speak {missing[0]!r}; it speaks {_listed(spoken)}.")
    found = tuple(d for d in FLOATS if d in (wanted or spoken))
    if not found:
        raise UsageError(
            f"the program speaks {_listed(spoken)}; gradcheck checks gradients in {_listed(list(FLOATS))}."
        )
    return found


def _near(name: str) -> str:
    near = difflib.get_close_matches(name, [f.name for f in catalogue()], n=3, cutoff=0.5)
    return f" Is {' or '.join(map(repr, near))} meant?" if near else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names)) or "nothing"
