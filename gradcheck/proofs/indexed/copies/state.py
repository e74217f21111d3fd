"""What code keeps between its runs: seen by comparing it before and after.

A proof rests on one run on symbols. Code that counts its calls, or keeps what it was given last, may do
something else in the next one.
"""

from __future__ import annotations

import enum
import functools
import inspect
import types
from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.guarding import is_a, leak
from gradcheck.proofs.indexed.copies.creating import is_symbolic
from gradcheck.proofs.indexed.copies.modules import origin

__all__ = ["UNCHANGEABLE", "Watch", "reaches_code"]

UNCHANGEABLE = (
    type(None), int, float, complex, str, bytes, bool, np.generic, np.dtype, np.ufunc, Fraction, range, slice,
    enum.Enum, types.ModuleType, types.BuiltinFunctionType, types.MethodWrapperType,
    types.MethodDescriptorType, property, types.EllipsisType, types.NotImplementedType, frozenset,
    types.GenericAlias, inspect.Signature,
    types.WrapperDescriptorType, types.GetSetDescriptorType, type(np.sum),
)  # fmt: skip
_MOST = 20_000


class Watch:
    """What one run meets outside of itself. ``changed`` writes down in the space what is another after it."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self._seen: list[tuple[str, Callable[[], Any], Any]] = []

    def keep(self, name: str, look: Callable[[], Any]) -> None:
        """Remember what ``look`` gives now, under the name that the code has for it."""
        self._seen.append((name, look, _state(look())))

    def changed(self) -> None:
        """Compare everything."""
        for name, look, before in self._seen:
            if before is None or _state(look()) != before:
                why = "cannot be compared from run to run" if before is None else "is another after the run"
                leak(self.space, f"the code keeps a state: {name} {why}")


def _state(value: Any) -> Any:
    """A value's content, to compare; None where it cannot be seen."""
    try:
        return _content(value, {}, [0])
    except _Unseen:
        return None


def reaches_code(value: Any, depth: int = 3) -> bool:
    """Whether a value leads to code that is no copy: methods of the user's classes, functions in tables."""
    if is_a(value, dict, list, tuple, set, deque):
        parts = [*value, *value.values()] if is_a(value, dict) else list(value)
        return any(reaches_code(p, depth - 1) for p in parts) if depth else True
    if is_a(value, type, types.FunctionType, types.MethodType):
        return origin(value.__module__) == "own"
    if is_a(value, functools.partial):
        return reaches_code((value.func, value.args, value.keywords), depth)
    return hasattr(value, "__wrapped__") or origin(type(value).__module__) == "own"


class _Unseen(Exception):
    """Something that may change and does not show it."""


def _content(value: Any, seen: dict[int, Any], count: list[int]) -> Any:
    count[0] += 1
    if count[0] > _MOST:
        raise _Unseen
    if is_symbolic(value) and not is_a(value, list, tuple, dict):
        return "symbol", id(value)
    if is_a(value, *UNCHANGEABLE):
        return type(value).__name__, id(value) if not is_a(value, int, float, str, bytes) else repr(value)
    if id(value) in seen:
        return "again", id(value)
    seen[id(value)] = value

    def inner(part: Any) -> Any:
        return _content(part, seen, count)

    if is_a(value, np.ndarray):
        held = tuple(map(id, value.flat)) if value.dtype.hasobject else hash(value.tobytes())
        return "array", id(value), value.shape, value.strides, str(value.dtype), held
    if is_a(value, dict):
        return type(value).__name__, tuple((inner(k), inner(v)) for k, v in value.items())
    if is_a(value, list, tuple, set, deque):
        return type(value).__name__, tuple(map(inner, value))
    if is_a(value, types.FunctionType):
        parts = value.__defaults__, value.__kwdefaults__, value.__dict__
        return "function", id(value), tuple(map(inner, parts))
    if is_a(value, types.MethodType):
        return "method", inner(value.__func__), inner(value.__self__)
    if is_a(value, functools.partial):
        return "partial", id(value), inner(value.func), inner(value.args), inner(value.keywords)
    if hasattr(type(value), "cache_info"):
        return "cache", id(value), value.cache_info()
    if is_a(value, type):
        own = origin(value.__module__) == "own"
        plain = {k: v for k, v in vars(value).items() if not k.startswith("__")} if own else {}
        return "class", id(value), tuple((k, inner(v)) for k, v in plain.items())
    if type(value).__module__.startswith("gradcheck."):
        return "ours", id(value)
    if origin(type(value).__module__) == "own" and hasattr(value, "__dict__"):
        return "object", id(value), inner(vars(value)), inner(type(value))
    if is_a(value, staticmethod, classmethod):
        return "wrapped", inner(value.__func__)
    raise _Unseen
