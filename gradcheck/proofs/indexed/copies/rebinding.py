"""Copies of a user's functions that run on symbols.

The function itself, its module, NumPy and `math` stay untouched.
"""

from __future__ import annotations

import builtins
import math
import types
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gradcheck.arithmetic.code.scipy_functions import standing_for
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.guarding import is_a, leak, unknown
from gradcheck.proofs.indexed.copies.built_in import BuiltIns
from gradcheck.proofs.indexed.copies.creating import CREATING
from gradcheck.proofs.indexed.copies.holders import with_parts
from gradcheck.proofs.indexed.copies.modules import modules, origin
from gradcheck.proofs.indexed.copies.number_types import asks_for_bytes, asks_which_type
from gradcheck.proofs.indexed.copies.rewriting import rewritten
from gradcheck.proofs.indexed.copies.state import Watch, reaches_code
from gradcheck.proofs.indexed.copies.tripwire import Tripwire

__all__ = ["rebound"]

_EXCHANGED = {
    id(getattr(module, name)): (module, name)
    for module, names in (
        (np, (*CREATING, "float64", "int64")),
        (math, dir(math)),
        (builtins, [n for n, v in vars(builtins).items() if callable(v)]),
    )
    for name in names
}
"""Functions that a module may have by a name of its own, such as `from numpy import zeros`."""
_OF_PAIRS = {"gradcheck.formulas.complex_numbers.parts", "gradcheck.formulas.complex_numbers.outputs"}
"""What makes complex arrays of real ones, by nothing but NumPy calls and the types of what is given."""
_LIBRARIES = {"numpy", "scipy", "jax", "sympy", "functools", "itertools", "operator", "math"}


def rebound(function: Any, space: Space) -> Callable[..., Any]:
    """A copy of a Python function, and of those that it calls by name; others are called as they are.

    What the code finds outside of itself, and leaves changed, is written down in the space.
    """

    def run(*args: Any, **kwargs: Any) -> Any:
        rebinding = _Rebinding(space)
        try:
            return rebinding.entered(function)(*args, **kwargs)
        finally:
            rebinding.tripwire.drop()
            rebinding.watch.changed()

    return run


class _Rebinding:
    def __init__(self, space: Space) -> None:
        self.space = space
        self.watch = Watch(space)
        self.tripwire = Tripwire(space, _Scope)
        self.copies: dict[Any, Any] = {}
        self.scopes: dict[int, _Scope] = {}
        self.module = modules(space, self.swapped)
        self.builtins = BuiltIns(space, self._importing)

    def entered(self, function: Any) -> Any:
        """The copy of what is called from outside."""
        copied = self.copy(function)
        if type(copied) is not types.FunctionType:
            self.keep("the object that is called", lambda: function)
        return copied

    def keep(self, name: str, look: Callable[[], Any]) -> None:
        """Watch what a name stands for, and where that leads to."""
        self.watch.keep(name, look)
        if reaches_code(look()):
            self.tripwire.set()

    def copy(self, function: Any) -> Any:
        if type(function) is types.MethodType:
            self.keep("the object whose method it is", lambda: function.__self__)
            return types.MethodType(self.copy(function.__func__), function.__self__)
        if type(function) is partial:
            self.keep("an argument that is given beforehand", lambda: (function.args, function.keywords))
            return partial(self.copy(function.func), *function.args, **function.keywords)
        inner = getattr(function, "__wrapped__", None) if callable(function) else None
        if type(inner) is types.FunctionType and type(function).__name__ == "Formula":
            return self.copy(inner)
        if type(function) is not types.FunctionType or _is_library(function):
            return standing_for(function) or function
        if function in self.copies:
            return self.copies[function]
        cells = tuple(types.CellType() for _ in function.__closure__ or ())
        scope = self._scope(function.__globals__)
        with self.tripwire.away():
            code = rewritten(function) or function.__code__
            asks = {
                "whether a type is another one": asks_which_type(function.__code__),
                "in which order bytes lie": asks_for_bytes(function.__code__),
            }
        for what in [what for what, asked in asks.items() if asked]:
            leak(self.space, f"the code asks {what}")
        by_name = dict(zip(function.__code__.co_freevars, cells, strict=True))
        around = tuple(by_name[n] for n in code.co_freevars)
        copied = types.FunctionType(code, scope, function.__name__, function.__defaults__, around)
        copied.__kwdefaults__ = function.__kwdefaults__
        copied.__dict__.update(function.__dict__)
        self.copies[function] = copied
        self.watch.keep(f"an attribute or a default of {function.__name__}", lambda: copied)
        names = function.__code__.co_freevars
        for name, cell, old in zip(names, cells, function.__closure__ or (), strict=True):
            try:
                value = old.cell_contents
            except ValueError:  # an empty cell: a name that is not bound yet
                continue
            cell.cell_contents = self._met(name, value)
            self.watch.keep(name, lambda cell=cell: cell.cell_contents)  # type: ignore[misc]
        return copied

    def _scope(self, names: dict[str, Any]) -> _Scope:
        if id(names) not in self.scopes:
            scope = self.scopes[id(names)] = _Scope(names, self)
            self.watch.keep("a global name", lambda: hash(tuple((n, id(v)) for n, v in dict.items(scope))))
        return self.scopes[id(names)]

    def _met(self, name: str, value: Any) -> Any:
        """What a name of the code's surroundings means in the copy."""
        if type(value) in (types.FunctionType, types.ModuleType):
            return self.swapped(value)
        value = with_parts(value, self.copy)
        self.keep(name, lambda: value)
        return self.swapped(value)

    def swapped(self, value: Any) -> Any:
        """A value that the code finds outside of itself, as the copy meets it. Raises `Unsupported`."""
        if (known := _EXCHANGED.get(id(value))) is not None:
            module, name = known
            return self.builtins[name] if module is builtins else getattr(self.module(module), name)
        if type(value) is types.ModuleType:
            return self.module(value)
        owner = getattr(value, "__self__", None) if type(value) is types.BuiltinFunctionType else value
        where = owner.__name__ if type(owner) is types.ModuleType else _module_of(owner)
        if type(value) is not types.FunctionType and origin(where) == "foreign":
            raise unknown(self.space, where)
        return self.copy(value)

    def _importing(self, name: str, *args: Any) -> Any:
        return self.swapped(builtins.__import__(name, *args))


class _Scope(dict[str, Any]):
    """A module's names, each exchanged when the copy looks it up."""

    def __init__(self, names: dict[str, Any], rebinding: _Rebinding) -> None:
        super().__init__(names)
        self["__builtins__"] = rebinding.builtins
        self.names, self.rebinding = names, rebinding
        self.met: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if name.startswith("__") or value is not self.names.get(name, self):
            return value  # the code has set it itself
        if name not in self.met:
            self.met[name] = self.rebinding._met(name, value)  # noqa: SLF001  (one mechanism in two classes)
        return self.met[name]


def _module_of(value: Any) -> str:
    named = value if is_a(value, type) else type(value)
    return str(named.__module__)


def _is_library(function: types.FunctionType) -> bool:
    module = function.__module__ or ""
    return module.split(".")[0] in _LIBRARIES or module in _OF_PAIRS
