"""Copies of a user's functions that accept sizes which are no plain numbers.

`len(x)` has to return an int, and `np.zeros((n, m))` wants ints: Python and NumPy ask before any array
could answer. So the function is copied, and in the copy these names mean functions that understand
sizes. The function itself, its module, NumPy and `math` stay untouched.
"""

from __future__ import annotations

import math
import types
from functools import partial
from typing import Any

import numpy as np

from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.substitutes import StandInModule, builtin_names, creators, mathematics

__all__ = ["rebound"]

_LIBRARIES = {"numpy", "scipy", "jax", "sympy", "functools", "itertools", "operator", "math"}


def rebound(function: Any, space: Space) -> Any:
    """A copy of a Python function, and of those that it calls by name. Others come back as they are."""
    return _Rebinding(space).copy(function)


class _Rebinding:
    def __init__(self, space: Space) -> None:
        self.space = space
        self.copies: dict[Any, Any] = {}
        self.builtins = builtin_names(space)
        self.numpy = StandInModule("numpy", np, creators(space))
        self.math = StandInModule("math", math, mathematics())

    def copy(self, function: Any) -> Any:
        if isinstance(function, types.MethodType):
            return types.MethodType(self.copy(function.__func__), function.__self__)
        if isinstance(function, partial):
            return partial(self.copy(function.func), *function.args, **function.keywords)
        inner = getattr(function, "__wrapped__", None)
        if isinstance(inner, types.FunctionType) and type(function).__name__ == "Formula":
            return self.copy(inner)
        if not isinstance(function, types.FunctionType) or _is_library(function):
            return function
        if function in self.copies:
            return self.copies[function]
        scope = dict(function.__globals__)
        cells = tuple(types.CellType() for _ in function.__closure__ or ())
        copied = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, cells)
        copied.__kwdefaults__ = function.__kwdefaults__
        self.copies[function] = copied
        for name in _names(function.__code__):
            if name in scope:
                scope[name] = self.swapped(scope[name])
            elif name in self.builtins:
                scope[name] = self.builtins[name]
        for cell, old in zip(cells, function.__closure__ or (), strict=True):
            try:
                cell.cell_contents = self.swapped(old.cell_contents)
            except ValueError:  # an empty cell: a name that is not bound yet
                continue
        return copied

    def swapped(self, value: Any) -> Any:
        if value is np:
            return self.numpy
        if value is math:
            return self.math
        for module, changed in ((np, self.numpy), (math, self.math)):
            for name, replacement in vars(changed).items():
                if not name.startswith("_") and value is getattr(module, name, changed):
                    return replacement
        return self.copy(value)


def _names(code: types.CodeType) -> set[str]:
    """Global names that a function uses, nested functions included."""
    found = set(code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            found |= _names(inner)
    return found


def _is_library(function: types.FunctionType) -> bool:
    return (function.__module__ or "").split(".")[0] in _LIBRARIES
