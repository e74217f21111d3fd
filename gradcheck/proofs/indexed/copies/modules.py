"""Modules in a copy: which of their functions know symbols, and which read what differs from run to run."""

from __future__ import annotations

import math
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import UFUNCS, IndexedArray
from gradcheck.proofs.indexed.arrays.converting import as_array
from gradcheck.proofs.indexed.arrays.guarding import guarded, is_a, leak, unknown
from gradcheck.proofs.indexed.copies.creating import creators, is_symbolic, plain_only
from gradcheck.proofs.indexed.copies.number_types import of_numpy

__all__ = ["StandIn", "modules", "origin"]

_KNOWN = frozenset(
    [
        "functools",
        "itertools",
        "operator",
        "_operator",
        "typing",
        "collections",
        "abc",
        "numbers",
        "fractions",
        "copy",
        "contextlib",
        "dataclasses",
        "enum",
        "builtins",
        "gradcheck",
        "numpy",
        "scipy",
    ]
)
"""Their functions ask symbols by special methods, or dispatch on them. NumPy's random numbers do not."""


class StandIn(types.ModuleType):
    """A module whose members are handed out one by one. Setting one is seen, and stays here."""

    def __init__(self, name: str, member: Callable[[str], Any], changed: Callable[[str], None]) -> None:
        super().__init__(name)
        self.__dict__.update(_member=member, _changed=changed)

    def __getattr__(self, name: str) -> Any:
        return self.__dict__["_member"](name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__["_changed"](name)
        self.__dict__[name] = value


def origin(name: str | None) -> str:
    """``known``, ``foreign`` (the standard library's rest, or installed) or ``own``: the user's code."""
    parts = (name or "").split(".")
    if parts[:2] == ["numpy", "random"] or parts[:2] == ["gradcheck", "catalogue"]:
        return "foreign" if parts[0] == "numpy" else "own"
    if parts[0] in _KNOWN:
        return "known"
    if parts[0] == "__main__":  # what a person typed, whatever program runs it
        return "own"
    if parts[0] in sys.stdlib_module_names:
        return "foreign"
    file = getattr(sys.modules.get(parts[0]), "__file__", None) or ""
    return "foreign" if {"site-packages", "dist-packages"} & set(Path(file).parts) else "own"


def modules(space: Space, swapped: Callable[[Any], Any]) -> Callable[[types.ModuleType], Any]:
    """What a module is in a copy; ``swapped`` exchanges a member of the user's own."""
    made: dict[str, Any] = {}
    tables = {"numpy": _numpy(space), "math": _math(space), "warnings": _warnings(space)}

    def changed(name: str) -> None:
        leak(space, f"the code sets {name} in a module")

    def member_of(module: types.ModuleType) -> Callable[[str], Any]:
        name = module.__name__
        if name in tables:
            return tables[name]

        def own(attribute: str) -> Any:
            return swapped(getattr(module, attribute))

        def foreign(attribute: str) -> Any:
            value = getattr(module, attribute)
            installed = name.split(".")[0] not in sys.stdlib_module_names
            if installed and is_a(value, type):
                return value  # to be asked for: isinstance(x, torch.Tensor)
            raise unknown(space, f"{name}.{attribute}")

        return own if origin(name) in ("own", "known") else foreign

    def stand_in(module: types.ModuleType) -> Any:
        name = module.__name__
        if name == "builtins":
            raise unknown(space, name)
        of_scipy = name.split(".")[0] == "scipy"
        if name not in tables and origin(name) == "known" and not of_scipy:
            return module
        if name not in made:
            made[name] = StandIn(name, member_of(module), changed)
        return made[name]

    return stand_in


_STATE = {"seterr", "seterrcall", "setbufsize", "load", "fromfile", "loadtxt", "genfromtxt", "geterrobj"}


def _numpy(space: Space) -> Callable[[str], Any]:
    made = creators(space) | of_numpy(space)

    def errstate(**about: Any) -> Any:
        if any(how not in ("ignore", "warn") for how in about.values()):
            raise space.refused(Unsupported("np.errstate that makes errors of what overflows"))
        return np.errstate(**about)

    made["errstate"] = errstate

    def member(name: str) -> Any:
        if name in made:
            return made[name]
        value = getattr(np, name)
        if value is np.float64 or value is np.int64:  # np.double and the like
            return made[value.__name__]
        if name in _STATE or name == "random":
            raise unknown(space, f"np.{name}")
        if is_a(value, types.FunctionType, types.BuiltinFunctionType):
            made[name] = plain_only(space, f"np.{name}", value)
            return made[name]
        return value

    return member


_AS_NUMPY = {
    "sqrt": np.sqrt, "log": np.log, "tanh": np.tanh, "log1p": np.log1p, "fabs": np.abs, "sin": np.sin,
    "cos": np.cos, "hypot": np.hypot, "atan": np.arctan, "asin": np.arcsin, "acos": np.arccos,
    "erf": lambda a: UFUNCS["erf"](as_array(a.space, a)),
    "erfc": lambda a: UFUNCS["erfc"](as_array(a.space, a)),
}  # fmt: skip
_OVERFLOWING = {"exp": np.exp, "expm1": np.expm1, "pow": np.power, "sinh": np.sinh, "cosh": np.cosh}
"""They raise OverflowError where NumPy's give inf, and code may catch it: sizes alone are let through."""
_BY_SPECIAL_METHODS = {"prod", "floor", "ceil", "trunc"}


def _math(space: Space) -> Callable[[str], Any]:
    def either(name: str, ours: Any) -> Callable[..., Any]:
        original = getattr(math, name)

        def call(*args: Any) -> Any:
            if not is_symbolic(args):
                return original(*args)
            if ours is None or len(args) > 2 or (name == "log" and len(args) > 1):
                raise space.refused(Unsupported(f"math.{name} of symbols"))
            if name in _OVERFLOWING and any(type(a) is IndexedArray for a in args):
                raise space.refused(Unsupported(f"math.{name}, which may raise OverflowError,"))
            return guarded(space, f"math.{name}", ours, *args)

        return call

    def member(name: str) -> Any:
        value = getattr(math, name)
        if name in _BY_SPECIAL_METHODS or not callable(value):
            return value
        return either(name, (_AS_NUMPY | _OVERFLOWING).get(name))

    return member


def _warnings(space: Space) -> Callable[[str], Any]:
    """Warnings may be hidden. What is made an exception, or recorded, says which values overflow."""

    def hidden(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if (
                name in ("simplefilter", "filterwarnings")
                and (args or (kwargs.get("action"),))[0] != "ignore"
            ):
                raise space.refused(Unsupported(f"warnings.{name} that does not ignore"))
            if name == "catch_warnings" and (args or kwargs):
                raise space.refused(Unsupported("warnings.catch_warnings that keeps them"))
            if name == "warn":
                return None
            return getattr(warnings, name)(*args, **kwargs)

        return call

    def member(name: str) -> Any:
        if name in ("simplefilter", "filterwarnings", "catch_warnings", "warn"):
            return hidden(name)
        raise space.refused(Unsupported(f"warnings.{name}"))

    return member
