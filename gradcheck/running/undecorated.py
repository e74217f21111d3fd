"""Code without decorators: a forward and a backward that the command line names."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from gradcheck.errors import UsageError
from gradcheck.formulas import values as kinds
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.suggestions import did_you_mean
from gradcheck.running.result import own_name
from gradcheck.running.user_files import load_module

__all__ = ["MODES", "claims_about", "names_code"]

MODES = ("jvp", "hvp", "hessian", "double_backward")
"""What may be named beside a backward, or without one: the decorators of a `Formula`."""

_NAMED = ("normal", "complex_normal", "positive", "unit_interval", "one_hot", "spd")
_INTEGERS = re.compile(r"integers\(\s*(-?\d+)\s*,\s*(-?\d+)\s*\)")


def names_code(word: str) -> bool:
    """Whether a word is `pkg.mod:name` or `FILE.py:name`."""
    return ":" in word and "::" not in word


def claims_about(forward: str, codes: Mapping[str, str], shapes: str, values: str = "") -> tuple[Claim, ...]:
    """The claims about a forward and what is named for it, each as `pkg.mod:name` or `FILE.py:name`; a name
    without a colon stands beside the forward.

    ``codes`` has "backward", or one of `MODES`, and what that is. ``shapes`` is `"W: n m; x: m"`, ``values``
    `"y: one_hot; k: integers(0, 5)"`. Raises `UsageError`.
    """
    home, function = _function(forward, "the forward")
    if isinstance(function, Formula):
        raise UsageError(
            f"{forward}: it is a formula; `gradcheck verify FILE.py::{function.name}` checks its claims."
        )
    formula = Formula(
        function,
        _parsed("--shapes", shapes, "W: n m; x: m"),
        name=own_name(function, "forward"),
        values={name: _value(name, text) for name, text in _parsed("--values", values, "y: one_hot").items()},
    )
    for kind, word in codes.items():
        named = word if ":" in word else f"{_place(forward)}:{word}"
        option = f"--{kind.replace('_', '-')}"
        _, candidate = _function(named, option, home if _place(named) == _place(forward) else None)
        getattr(formula, "vjp" if kind == "backward" else kind)(candidate)
    return tuple(formula.claims)


def _parsed(option: str, text: str, example: str) -> dict[str, str]:
    """`W: n m; x: m` as a dict. Raises `UsageError`."""
    found: dict[str, str] = {}
    for part in filter(str.strip, text.split(";")):
        name, colon, value = (piece.strip() for piece in part.partition(":"))
        if not colon or not name:
            raise UsageError(
                f'{option}: expected NAME: ... for each argument, as in "{example}", got {part!r}.'
            )
        if name in found:
            raise UsageError(f"{option}: {name!r} is there twice.")
        found[name] = value
    return found


def _value(name: str, text: str) -> Any:
    if match := _INTEGERS.fullmatch(text):
        return kinds.integers(int(match[1]), int(match[2]))
    if text not in _NAMED:
        known = ", ".join(_NAMED)
        raise UsageError(
            f"--values: {name}: expected one of {known} or integers(LO, HI), got {text!r}."
            f"{did_you_mean(text, _NAMED)} Anything else is declared in a file, with "
            "@gradcheck.formula(values={...})."
        )
    return getattr(kinds, text)


def _place(word: str) -> str:
    return word.rpartition(":")[0]


def _function(word: str, role: str, home: ModuleType | None = None) -> tuple[ModuleType, Callable[..., Any]]:
    place, _, path = word.rpartition(":")
    if not place or not path:
        raise UsageError(f"{role}: expected pkg.mod:name or FILE.py:name, got {word!r}.")
    module = home or (load_module(place) if place.endswith(".py") else _imported(place))
    found: Any = module
    for name in path.split("."):
        if not hasattr(found, name):
            known = [n for n in dir(found) if not n.startswith("_")]
            raise UsageError(f"{word}: {place} has no {name!r}.{did_you_mean(name, known)}")
        found = getattr(found, name)
    if not callable(found):
        raise UsageError(f"{word}: expected a function, got {type(found).__name__}.")
    return module, found


def _imported(name: str) -> ModuleType:
    """A module by its name, from the working folder or wherever Python finds it."""
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and (name == error.name or name.startswith(f"{error.name}.")):
            hint = (
                f" A file is named with its ending, as {name}.py:..." if Path(f"{name}.py").exists() else ""
            )
            raise UsageError(f"{name}: there is no such module.{hint}") from None
        raise UsageError(f"{name} cannot be imported: {error}.") from None
    except Exception as error:
        raise UsageError(f"{name} cannot be imported: {type(error).__name__}: {error}.") from None
    finally:
        sys.path.pop(0)
