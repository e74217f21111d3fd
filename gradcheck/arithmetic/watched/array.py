"""The ndarray whose comparisons are recorded."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.watched.declared import Range, decided, is_extreme
from gradcheck.arithmetic.watched.margins import asks_what_is_given, margin_of
from gradcheck.arithmetic.watched.questions import record_function, record_ufunc
from gradcheck.arithmetic.watched.watch import current

__all__ = ["Watched", "plain_of", "watched"]


class Watched(np.ndarray[Any, Any]):
    """An ndarray that records what is compared with it. ``margin`` belongs to the truth values of a
    comparison, which are ``is_decided`` where they are the same for all declared values; ``given`` marks an
    argument, or a part or an extreme of it, which is finite because it was drawn so. ``declared`` is the
    range of such a one, as long as nothing is written into it.
    """

    margin: NDArray[Any] | None
    given: bool
    declared: Range | None
    is_decided: bool

    def __array_finalize__(self, source: Any) -> None:
        self.margin, self.given = None, getattr(source, "given", False)
        declared = getattr(source, "declared", None)
        self.declared = declared if declared and np.may_share_memory(self, source) else None
        self.is_decided = False

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        watch = current()
        if watch is not None:
            watch.operations += 1
        plain = [plain_of(x) for x in inputs]
        out = kwargs.get("out")
        if out is not None:
            kwargs["out"] = tuple(plain_of(o) for o in out)
            for written in (o for o in out if isinstance(o, Watched)):
                written.declared = None
        if (where := kwargs.get("where")) is not None:
            kwargs["where"] = plain_of(where)
        result = getattr(ufunc, method)(*plain, **kwargs)
        if method == "at" or result is NotImplemented:
            return result
        margin = margin_of(ufunc.__name__, method, inputs, plain, kwargs)
        if watch is not None and asks_what_is_given(ufunc.__name__, inputs):
            watch.record_given()
        if watch is not None and margin is not None:
            constants = [i for i in inputs if not isinstance(i, Watched)]
            is_decided = decided(ufunc, method, inputs)
            record_ufunc(watch, ufunc.__name__, method, plain, constants, result, margin, is_decided)
        if out is not None:
            return out[0] if len(out) == 1 else out
        if isinstance(result, tuple):
            return tuple(_wrapped(r) for r in result)
        made = _wrapped(result, margin if np.asarray(result).dtype == bool else None)
        if isinstance(made, Watched):
            made.is_decided = decided(ufunc, method, inputs)
            made.declared = getattr(inputs[0], "declared", None) if is_extreme(ufunc, method) else None
        if ufunc.__name__ in _CHOOSING and all(getattr(x, "given", False) for x in inputs):
            made.given = True
        return made

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in _CALLING_BACK:
            return super().__array_function__(func, types, args, kwargs)
        watch = current()
        if watch is not None:
            watch.operations += 1
        out = kwargs.get("out")
        plain, named = plain_of(args), plain_of(kwargs)
        if func in _OF_SINGULAR_VALUES and not np.isfinite(np.sum(plain[0])):
            raise np.linalg.LinAlgError("not finite")  # LAPACK would print lines of its own
        result = func(*plain, **named)
        if watch is not None:
            record_function(watch, func, plain, named, result)
        if func in (np.all, np.any, np.prod) and isinstance(args[0], Watched) and args[0].margin is not None:
            reduce = np.max if func is np.any else np.min
            margin = reduce(args[0].margin, **{k: v for k, v in kwargs.items() if k in ("axis", "keepdims")})
            if watch is not None:
                watch.record(f"np.{func.__name__}", result, margin, is_decided=args[0].is_decided)
            return _wrapped(result, None if func is np.prod else margin)
        if func is np.count_nonzero and isinstance(result, int):
            return watched(np.int64(result))  # the code may compare it
        if func in (np.max, np.min) and isinstance(result, np.generic | np.ndarray):
            made = watched(result)
            made.given = bool(getattr(args[0], "given", False)) and out is None
            made.declared = getattr(args[0], "declared", None) if out is None else None
            return out if out is not None else made
        return out if out is not None else _wrapped_all(result)

    def __getitem__(self, key: Any) -> Any:
        key = plain_of(key)
        found = _wrapped(self.view(np.ndarray)[key], None if self.margin is None else self.margin[key])
        if isinstance(found, Watched):
            found.given, found.declared = self.given, self.declared
        return found

    def __setitem__(self, key: Any, value: Any) -> None:
        self.view(np.ndarray)[plain_of(key)] = plain_of(value)

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def item(self, *place: Any) -> Any:
        found = self.view(np.ndarray).item(*place)
        return _wrapped(np.float64(found)) if isinstance(found, float) else found

    def is_integer(self) -> bool:
        """What `float` and NumPy's numbers have: a question, as a comparison is."""
        number = float(self.view(np.ndarray))
        if (watch := current()) is not None:
            beside = abs(number - round(number)) if math.isfinite(number) else math.inf
            watch.record("is_integer", number.is_integer(), -beside)
        return number.is_integer()

    def tolist(self) -> Any:
        return [row.tolist() for row in self] if self.ndim else self.item()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(self.view(np.ndarray)[()])  # an integer without axes may be a dict's key


_CHOOSING = frozenset(["maximum", "minimum", "fmax", "fmin", "absolute", "negative"])
"""Ufuncs whose results are finite where what goes in is."""

_CALLING_BACK = frozenset([np.piecewise, np.apply_along_axis, np.apply_over_axes])
"""Functions of NumPy that call the user's own on parts of an array."""


_OF_SINGULAR_VALUES = frozenset(
    getattr(np.linalg, name) for name in ("svd", "cond", "pinv", "matrix_rank", "lstsq", "eigh", "eigvalsh")
)


def watched(value: Any, margin: NDArray[Any] | None = None) -> Watched:
    """A watched view of a value; ``margin`` where it is the truth values of a comparison."""
    array = np.asarray(value).view(Watched)
    array.margin = margin
    return array


def plain_of(value: Any) -> Any:
    """A value without watching: arrays, and those in tuples, lists and dicts."""
    if isinstance(value, Watched):
        return value.view(np.ndarray)
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(plain_of(v) for v in value)
    if isinstance(value, list):
        return [plain_of(v) for v in value]
    if isinstance(value, dict):
        return {k: plain_of(v) for k, v in value.items()}
    return value


def _wrapped(value: Any, margin: Any = None) -> Any:
    if isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype.kind in "fbiuc":
        return watched(value, None if margin is None else np.asarray(margin))
    return value


def _wrapped_all(value: Any) -> Any:
    if type(value) is tuple or isinstance(value, list):
        return type(value)(_wrapped_all(v) for v in value)
    return _wrapped(value)
