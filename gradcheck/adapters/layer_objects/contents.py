"""The arrays that a cache or a layer holds, wherever they are, so that a change can be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Snapshot", "arrays_of", "hold_the_same"]

_DEPTH = 6
"""How deep containers are followed: caches of layers in a list of dicts of tuples."""


class Snapshot:
    """Copies of all plain arrays in ``value``: in tuples, lists, dicts and attributes of objects."""

    def __init__(self, value: Any, name: str) -> None:
        self._name = name
        self._before = {path: array.copy() for path, array in arrays_of(value, name)}

    def changed(self, value: Any) -> str | None:
        """The path of the first array that is not what it was, such as `cache['mask']`; or None."""
        for path, array in arrays_of(value, self._name):
            before = self._before.get(path)
            if before is not None and not _same(before, array):
                return path
        return None

    def used_up(self, value: Any) -> str | None:
        """The path of the first array that is no longer there; or None."""
        after = {path for path, _ in arrays_of(value, self._name)}
        return next((path for path in self._before if path not in after), None)


def hold_the_same(one: Any, other: Any) -> bool:
    """Whether two objects hold the same arrays and numbers at the same places."""
    held = [dict(_contents(value, "", _DEPTH, set())) for value in (one, other)]
    return held[0].keys() == held[1].keys() and all(_same(a, held[1][path]) for path, a in held[0].items())


def _same(a: Any, b: Any) -> bool:
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray):
        return type(a) is type(b) and repr(a) == repr(b)
    return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


def arrays_of(value: Any, path: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays in a value, each with its path."""
    for where, held in _contents(value, path, _DEPTH, set()):
        if isinstance(held, np.ndarray):
            yield where, held


def _contents(value: Any, path: str, depth: int, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """The arrays, numbers and texts in a value, each with its path."""
    if isinstance(value, int | float | complex | str | np.generic):
        yield path, value
        return
    if issubclass(type(value), np.ndarray):  # symbols answer isinstance as arrays do
        if value.dtype.kind != "O":
            yield path, value
        return
    if depth == 0 or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, Mapping):
        for key, part in list(value.items()):
            yield from _contents(part, f"{path}[{key!r}]", depth - 1, seen)
    elif isinstance(value, tuple | list):
        for k, part in enumerate(list(value)):
            yield from _contents(part, f"{path}[{k}]", depth - 1, seen)
    else:
        for name, part in _attributes(value):
            yield from _contents(part, f"{path}.{name}", depth - 1, seen)


def _attributes(value: Any) -> list[tuple[str, Any]]:
    """An object's own data: not those of modules, classes and functions."""
    if isinstance(value, type) or callable(value) or type(value).__module__ == "builtins":
        return []
    slots = [s for c in type(value).__mro__ for s in _listed(getattr(c, "__slots__", ()))]
    held = [(s, getattr(value, s)) for s in slots if hasattr(value, s)]
    return held + list(getattr(value, "__dict__", {}).items())


def _listed(slots: Any) -> list[str]:
    return [slots] if isinstance(slots, str) else [s for s in slots if not s.startswith("__")]
