"""Whether a step of a loop leaves what it finds as it is: names, lists, objects, what functions hold."""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import numpy as np

from gradcheck.proofs.indexed.arrays.guarding import is_a
from gradcheck.proofs.indexed.copies.creating import is_symbolic
from gradcheck.proofs.indexed.copies.modules import StandIn, origin
from gradcheck.proofs.indexed.copies.number_types import Convert
from gradcheck.proofs.indexed.copies.state import UNCHANGEABLE

__all__ = ["still"]

_MOST = 5_000


class _Unseen(Exception):
    pass


def still(names: Mapping[str, Any], without: Collection[str]) -> Any:
    """The names and what they lead to, to compare; None where that cannot be seen. Indexed arrays count by
    which they are: their entries are followed where they change.
    """
    seen: dict[int, Any] = {}
    try:
        return [
            (name, _content(value, seen))
            for name, value in sorted(names.items())
            if name not in without and not name.startswith(("__gc_", "."))
        ]
    except _Unseen:
        return None


def _content(value: Any, seen: dict[int, Any]) -> Any:
    if len(seen) > _MOST:
        raise _Unseen
    if is_a(value, list, tuple, dict, set, frozenset, deque):
        if id(value) in seen:
            return "again", id(value)
        seen[id(value)] = value
        parts = [*value.keys(), *value.values()] if is_a(value, dict) else list(value)
        return id(value), [_content(p, seen) for p in parts]
    if is_symbolic(value) or type(value).__module__.startswith("gradcheck.") or is_a(value, StandIn):
        return "symbol", id(value)
    if type(type(value)) is Convert or is_a(value, Convert):
        return "type", id(value)
    if is_a(value, int, float, str, bytes, complex) or is_a(value, np.generic):
        return type(value).__name__, repr(value)
    if is_a(value, *UNCHANGEABLE):
        return "unchangeable", id(value)
    if id(value) in seen:
        return "again", id(value)
    seen[id(value)] = value
    if is_a(value, np.ndarray) and not value.dtype.hasobject:
        return id(value), value.shape, value.tobytes()
    if is_a(value, types.FunctionType):
        cells = [_cell(c, seen) for c in value.__closure__ or ()]
        held = value.__defaults__, value.__kwdefaults__, value.__dict__
        return id(value), cells, [_content(h, seen) for h in held]
    if is_a(value, types.MethodType):
        return id(value.__func__), _content(value.__func__, seen), _content(value.__self__, seen)
    if is_a(value, partial):
        return id(value), [_content(p, seen) for p in (value.func, value.args, value.keywords)]
    kind = type(value)
    if origin(kind.__module__) != "own" or not hasattr(value, "__dict__") or is_a(value, type):
        raise _Unseen
    if any("__slots__" in vars(base) for base in kind.__mro__):
        raise _Unseen
    return id(value), _content(vars(value), seen)


def _cell(cell: Any, seen: dict[int, Any]) -> Any:
    try:
        return _content(cell.cell_contents, seen)
    except ValueError:
        return "empty"
