"""Running a function with its comparisons watched."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.arithmetic.code.copies import Replaced, rebound_where
from gradcheck.arithmetic.watched.array import Watched, plain_of, watched
from gradcheck.arithmetic.watched.declared import Range
from gradcheck.arithmetic.watched.watch import Watch, watching
from gradcheck.errors import user_code

__all__ = ["run_watched", "watchable"]


def run_watched(
    function: Callable[..., Any], args: Sequence[Any], declared: Sequence[Range | None] = ()
) -> tuple[Any, Watch]:
    """Call a function on watched copies of its arguments (arrays, and tuples of them), of the first of which
    the ranges are ``declared``.

    Gives its result as plain values, and what it compared. Raises whatever the function raises.
    """
    watch = Watch()
    with watching(watch), np.errstate(all="ignore"), user_code:
        result = function(*map(_given, args, [*declared, *[None] * (len(args) - len(declared))]))
    return plain_of(result), watch


def watchable(function: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of the function whose buffers are watched too, and where `float(x)` stays in sight; the function
    itself where it makes none.
    """
    return rebound_where(function, watched, _REPLACED)


def _given(value: Any, declared: Range | None = None) -> Any:
    if isinstance(value, tuple):
        return tuple(_given(v) for v in value)
    if isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype.kind in "fiu":
        array = watched(np.array(value))
        array.given, array.declared = True, declared
        return array
    return value.copy() if isinstance(value, np.ndarray) else value


class _Math(types.ModuleType):
    """The module `math`, whose functions give watched numbers for watched numbers."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(math, name)
        if not callable(found):
            return found

        def function(*args: Any) -> Any:
            result = found(*map(plain_of, args))
            seen = any(isinstance(a, Watched) for a in args) and isinstance(result, float)
            return watched(np.float64(result)) if seen else result

        return function


class _InSight(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, float) or (isinstance(instance, Watched) and not instance.ndim)


class _Float(float, metaclass=_InSight):
    """`float` as watched code sees it: of a watched number it makes no Python number."""

    dtype = np.dtype(np.float64)  # what NumPy takes it for

    def __new__(cls, value: Any = 0.0) -> Any:
        return value.reshape(()) if isinstance(value, Watched) and value.size == 1 else float(value)


_REPLACED = Replaced(
    creators=(
        *("zeros", "empty", "ones", "full", "eye", "identity", "array", "asarray", "asanyarray", "require"),
        *("ascontiguousarray", "asfortranarray", "asarray_chkfinite"),
    ),
    modules={"math": _Math("math")},
    builtins={"float": _Float},
)
"""Conversions to plain arrays and numbers, after which a comparison would be out of sight."""
