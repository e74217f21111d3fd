"""Tables and objects that hold functions: the same ones, holding copies."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from gradcheck.proofs.indexed.arrays.guarding import is_a
from gradcheck.proofs.indexed.copies.modules import origin

__all__ = ["with_parts"]


def with_parts(value: Any, copy: Callable[[Any], Any]) -> Any:
    """A dict, a list, a tuple or an object of a class of the user's, with ``copy`` of the functions that it
    holds; the value itself where it holds none.
    """
    if type(value) is dict:
        made = _copied(list(value.values()), copy)
        return value if made is None else dict(zip(value, made, strict=True))
    if type(value) in (list, tuple) or hasattr(type(value), "_make"):
        made = _copied(list(value), copy)
        if made is None:
            return value
        return type(value)._make(made) if hasattr(type(value), "_make") else type(value)(made)
    if is_a(value, type, types.ModuleType, types.MethodType) or origin(type(value).__module__) != "own":
        return value
    names = _attributes(value)
    made = _copied([getattr(value, n) for n in names], copy)
    return value if made is None else _like(value, dict(zip(names, made, strict=True)))


def _copied(parts: list[Any], copy: Callable[[Any], Any]) -> list[Any] | None:
    if not any(type(p) is types.FunctionType for p in parts):
        return None
    return [copy(p) if type(p) is types.FunctionType else p for p in parts]


def _attributes(value: Any) -> list[str]:
    slots = {n for c in type(value).__mro__ for n in getattr(c, "__slots__", ()) if hasattr(value, n)}
    return [*sorted(slots - {"__dict__", "__weakref__"}), *getattr(value, "__dict__", ())]


def _like(value: Any, attributes: dict[str, Any]) -> Any:
    made = object.__new__(type(value))
    for name, held in attributes.items():
        object.__setattr__(made, name, held)
    return made
