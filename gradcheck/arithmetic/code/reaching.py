"""What code reaches by the names that it uses, and whose code it is."""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Iterable
from typing import Any

__all__ = ["DEEP", "exchanged", "is_library", "is_users", "is_users_module", "mentions", "names_in"]


DEEP = 12
"""How deep objects and containers are followed."""


def exchanged(value: Any) -> Any:
    """The value itself. In a copy of the function that calls this, the value's copy: for objects that code of
    ours makes and the user's methods then run on.
    """
    return value


def names_in(code: types.CodeType) -> set[str]:
    """Global names and attributes that a function uses, nested functions included."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= names_in(constant)
    return found


def mentions(value: Any, wanted: Iterable[str]) -> bool:
    """Whether a function, a class, or what it reaches by names, uses one of the names: may make a buffer."""
    return _mentions(value, frozenset(wanted), set())


def _mentions(value: Any, wanted: frozenset[str], seen: set[int], depth: int = 0) -> bool:
    if id(value) in seen or depth > DEEP:
        return False
    if isinstance(value, types.MethodType):
        return any(_mentions(v, wanted, seen) for v in (value.__func__, value.__self__))
    if isinstance(value, functools.partial):
        return _mentions(value.func, wanted, seen)
    if isinstance(value, staticmethod | classmethod):
        return _mentions(value.__func__, wanted, seen)
    if isinstance(value, property):
        return _mentions(value.fget, wanted, seen)
    seen.add(id(value))
    if isinstance(value, types.FunctionType):
        if is_library(value.__module__):
            return value.__name__ in wanted
        return _function_mentions(value, wanted, seen)
    if isinstance(value, type):
        own = [v for c in value.__mro__[:-1] if is_users(c) for v in vars(c).values()]
        return any(_mentions(v, wanted, seen) for v in own if _is_code(v))
    if isinstance(value, list | tuple | dict):
        parts = value.values() if isinstance(value, dict) else value
        return any(_mentions(v, wanted, seen, depth + 1) for v in parts if _is_code(v) or is_users(type(v)))
    if not is_users(type(value)):
        return False
    held = list(getattr(value, "__dict__", {}).values())
    return any(_mentions(v, wanted, seen, depth + 1) for v in (type(value), *held))


def _function_mentions(function: types.FunctionType, wanted: frozenset[str], seen: set[int]) -> bool:
    names = names_in(function.__code__)
    if names & wanted:
        return True
    reached = [c.cell_contents for c in function.__closure__ or () if _filled(c)]
    for name in names & function.__globals__.keys():
        value = function.__globals__[name]
        reached.append(value)
        if isinstance(value, types.ModuleType) and is_users_module(value.__name__):
            reached += [vars(value)[n] for n in names & vars(value).keys()]
    return any(value is exchanged or _mentions(value, wanted, seen) for value in reached)


def _is_code(value: Any) -> bool:
    return isinstance(
        value,
        types.FunctionType
        | types.MethodType
        | staticmethod
        | classmethod
        | property
        | functools.partial
        | type,
    )


def _filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  (raises where the cell is empty)
    except ValueError:
        return False
    return True


_LIBRARIES = frozenset(["numpy", "scipy", "jax", "sympy", "functools"])
_FRAMEWORKS = frozenset(
    ["torch", "tensorflow", "autograd", "jaxlib", "flint", "hypothesis", "pytest", "_pytest"]
)
"""Their objects hold more than can be gone through, and no buffers of the user's."""


def is_library(module: str | None) -> bool:
    return (module or "").split(".")[0] in _LIBRARIES


def is_users_module(name: str | None) -> bool:
    """Whether it may be the user's: no library that is known, none of Python's and none of ours."""
    top = (name or "").split(".")[0]
    return top == "__main__" or not (
        top in _LIBRARIES
        or top in _FRAMEWORKS
        or top in sys.stdlib_module_names
        or top in ("gradcheck", "gradcheck_backends")
    )


def is_users(kind: type) -> bool:
    return is_users_module(kind.__module__)
