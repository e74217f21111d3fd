"""Watching the comparisons that NumPy code makes in float64: where each stands, and which way it went.

A watched array is an ndarray, so the code takes the way that it takes for any array. Every comparison of
values keeps its *margin*, the number that is above zero where the comparison is true (`a - b` of `a > b`):
it says how far the other side is away. `&`, `|`, `~`, `any` and `all` of comparisons have margins too.
"""

from __future__ import annotations

import linecache
import math
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.code.copies import Replaced, rebound_where
from gradcheck.errors import user_code

__all__ = ["Extent", "Site", "Watch", "run_watched", "watchable"]

_NUMPY = str(Path(np.__file__).parent)
_HERE = str(Path(__file__).parent)


@dataclass(frozen=True, slots=True)
class Site:
    """Where a comparison stands: one instruction of one function, and what it asks."""

    file: str
    function: int  # first line of the function, so that lambdas in one line of a file are told apart
    instruction: int
    line: int
    asks: str

    @property
    def text(self) -> str:
        """The source line, or what is asked where there is none."""
        return linecache.getline(self.file, self.line).strip() or self.asks


@dataclass(slots=True)
class Extent:
    """What a comparison came to over one run: which sides happened, and the largest margin to either side
    over all entries (a number above zero belongs to a side that happened).

    ``beside_zero`` are the sides that happened for other numbers than zero: `abs(x) < 1e-6` is true at zero,
    where it hardly ever matters.
    """

    sides: set[bool] = field(default_factory=set)
    beside_zero: set[bool] = field(default_factory=set)
    margins: dict[bool, float] = field(default_factory=lambda: {True: -np.inf, False: -np.inf})
    constants: set[float] = field(default_factory=set)

    def add(self, result: NDArray[Any], margin: NDArray[Any] | None, zero: NDArray[Any] | None) -> None:
        """Take in one comparison; ``zero`` says where the number that is compared is zero."""
        self.sides |= set(np.unique(result).tolist())
        self.beside_zero |= set(np.unique(result if zero is None else result[~zero]).tolist())
        if margin is not None and margin.size:
            with np.errstate(all="ignore"):
                self.margins[True] = max(self.margins[True], float(np.nanmax(margin, initial=-np.inf)))
                self.margins[False] = max(self.margins[False], float(np.nanmax(-margin, initial=-np.inf)))


@dataclass
class Watch:
    """The comparisons of one run."""

    sites: dict[Site, Extent] = field(default_factory=dict)
    operations: int = 0  # what the run cost, counted

    def record(
        self, asks: str, result: Any, margin: Any, sides: Sequence[Any] = (), constants: Sequence[Any] = ()
    ) -> None:
        """One comparison of the ``sides``, of which the ``constants`` are not watched; all are plain."""
        site = _site(asks)
        if site is None:
            return
        extent = self.sites.setdefault(site, Extent())
        result = np.asarray(result, dtype=bool)
        zero = None
        for side, other in zip(sides, sides[::-1], strict=True):
            if len(sides) == 2 and np.ndim(side) == 0 and side != 0 and np.shape(other) == result.shape:
                zero = np.asarray(other) == 0
        for constant in constants:
            if np.ndim(constant) == 0 and np.isfinite(constant) and len(extent.constants) < _MOST_CONSTANTS:
                extent.constants.add(float(constant))
        extent.add(result, None if margin is None else np.asarray(margin, dtype=np.float64), zero)


_MOST_CONSTANTS = 8

_watches: list[Watch] = []


@contextmanager
def _watching(watch: Watch | None) -> Iterator[None]:
    """Record into a watch, or (None) into none for as long as NumPy's own code runs."""
    before = _watches[:]
    _watches[:] = [] if watch is None else [watch]
    try:
        yield
    finally:
        _watches[:] = before


def _site(asks: str) -> Site | None:
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  (the only way to the caller's line)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((_NUMPY, _HERE, "<__array_function__")):
            return Site(file, frame.f_code.co_firstlineno, frame.f_lasti, frame.f_lineno, asks)
        frame = frame.f_back
    return None


def run_watched(function: Callable[..., Any], args: Sequence[Any]) -> tuple[Any, Watch]:
    """Call a function on watched copies of its arguments (arrays, and tuples of them).

    Gives its result as plain values, and what it compared. Raises whatever the function raises.
    """
    watch = Watch()
    with _watching(watch), np.errstate(all="ignore"), user_code:
        result = function(*(_given(a) for a in args))
    return _plain(result), watch


def watchable(function: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of the function whose buffers are watched too, and where `float(x)` stays in sight; the function
    itself where it makes none.
    """
    return rebound_where(function, _watched, _REPLACED)


class _Math(types.ModuleType):
    """The module `math`, whose functions give watched numbers for watched numbers."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(math, name)
        if not callable(found):
            return found

        def function(*args: Any) -> Any:
            result = found(*map(_plain, args))
            seen = any(isinstance(a, Watched) for a in args) and isinstance(result, float)
            return _watched(np.float64(result)) if seen else result

        return function


class _InSight(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, float) or (isinstance(instance, Watched) and not instance.ndim)


class _Float(float, metaclass=_InSight):
    """`float` as watched code sees it: of a watched number it makes no Python number."""

    dtype = np.dtype(np.float64)  # what NumPy takes it for

    def __new__(cls, value: Any = 0.0) -> Any:
        return value.reshape(()) if isinstance(value, Watched) and value.size == 1 else float(value)


def _given(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_given(v) for v in value)
    if isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype.kind in "fiu":
        array = _watched(np.array(value))
        array.given = True
        return array
    return value.copy() if isinstance(value, np.ndarray) else value


def _watched(value: Any, margin: NDArray[Any] | None = None) -> Watched:
    array = np.asarray(value).view(Watched)
    array.margin = margin
    return array


_REPLACED = Replaced(
    creators=(
        *("zeros", "empty", "ones", "full", "eye", "identity", "array", "asarray", "asanyarray", "require"),
        *("ascontiguousarray", "asfortranarray", "asarray_chkfinite"),
    ),
    modules={"math": _Math("math")},
    builtins={"float": _Float},
)
"""Conversions to plain arrays and numbers, after which a comparison would be out of sight."""


class Watched(np.ndarray[Any, Any]):
    """An ndarray that records what is compared with it. ``margin`` belongs to the truth values of a
    comparison; ``given`` marks an argument itself, which is finite because it was drawn so.
    """

    margin: NDArray[Any] | None
    given: bool

    def __array_finalize__(self, source: Any) -> None:
        self.margin, self.given = None, False

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if _watches:
            _watches[-1].operations += 1
        plain = [_plain(x) for x in inputs]
        out = kwargs.get("out")
        if out is not None:
            kwargs["out"] = tuple(_plain(o) for o in out)
        if (where := kwargs.get("where")) is not None:
            kwargs["where"] = _plain(where)
        result = getattr(ufunc, method)(*plain, **kwargs)
        if method == "at" or result is NotImplemented:
            return result
        margin = _margin(ufunc.__name__, method, inputs, plain, kwargs)
        if _watches and margin is not None:
            _record(ufunc.__name__, method, inputs, plain, result, margin)
        if out is not None:
            return out[0] if len(out) == 1 else out
        if isinstance(result, tuple):
            return tuple(_wrapped(r) for r in result)
        return _wrapped(result, margin if np.asarray(result).dtype == bool else None)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in _CALLING_BACK:
            return super().__array_function__(func, types, args, kwargs)
        if _watches:
            _watches[-1].operations += 1
        out = kwargs.get("out")
        plain = _plain(args)
        result = func(*plain, **_plain(kwargs))
        if func in (np.isclose, np.allclose) and _watches:
            _record_close(func, plain, kwargs, result)
        if func is np.clip and _watches:
            named = {**dict(zip(("a", "a_min", "a_max"), plain, strict=False)), **_plain(kwargs)}
            _record_clip(
                named["a"], named.get("a_min", named.get("min")), named.get("a_max", named.get("max"))
            )
        if func in _SORTING_INTO and _watches:
            _record_bins(func, plain, _plain(kwargs))
        if func in (np.all, np.any) and isinstance(args[0], Watched) and args[0].margin is not None:
            reduce = np.min if func is np.all else np.max
            margin = reduce(args[0].margin, **{k: v for k, v in kwargs.items() if k in ("axis", "keepdims")})
            if _watches:
                _watches[-1].record(f"np.{func.__name__}", result, margin)
            return _wrapped(result, margin)
        if func is np.count_nonzero and isinstance(result, int):
            return _watched(np.int64(result))  # the code may compare it
        return out if out is not None else _wrapped_all(result)

    def __getitem__(self, key: Any) -> Any:
        key = _plain(key)
        found = self.view(np.ndarray)[key]
        return _wrapped(found, None if self.margin is None else self.margin[key])

    def __setitem__(self, key: Any, value: Any) -> None:
        self.view(np.ndarray)[_plain(key)] = _plain(value)

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
        if _watches:
            beside = abs(number - round(number)) if math.isfinite(number) else math.inf
            _watches[-1].record("is_integer", number.is_integer(), -beside)
        return number.is_integer()

    def tolist(self) -> Any:
        return [row.tolist() for row in self] if self.ndim else self.item()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(self.view(np.ndarray)[()])  # an integer without axes may be a dict's key


_CALLING_BACK = frozenset([np.piecewise, np.apply_along_axis, np.apply_over_axes])
"""Functions of NumPy that call the user's own on parts of an array."""


def _plain(value: Any) -> Any:
    if isinstance(value, Watched):
        return value.view(np.ndarray)
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(_plain(v) for v in value)
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value


def _wrapped(value: Any, margin: Any = None) -> Any:
    if isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype.kind in "fbiuc":
        return _watched(value, None if margin is None else np.asarray(margin))
    return value


def _wrapped_all(value: Any) -> Any:
    if type(value) is tuple or isinstance(value, list):
        return type(value)(_wrapped_all(v) for v in value)
    return _wrapped(value)


_ASKS = {
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "not_equal": "!=",
    "isinf": "isinf",
    "isnan": "isnan",
    "isfinite": "isfinite",
    "signbit": "signbit",
    "sign": "sign",
    "heaviside": "heaviside",
    "copysign": "copysign",
    "maximum": "maximum",
    "minimum": "minimum",
    "fmax": "maximum",
    "fmin": "minimum",
    "logical_and": "and",
    "logical_or": "or",
    "bitwise_and": "and",
    "bitwise_or": "or",
}
"""Ufuncs that ask for values -> what the report calls the question."""


def _margin(name: str, method: str, inputs: Sequence[Any], plain: Sequence[Any], kwargs: Any) -> Any:
    """The number above zero where a ufunc's answer is true; None where it asks nothing."""
    with np.errstate(all="ignore"):
        if method == "reduce" and name in ("logical_and", "logical_or"):
            own = getattr(inputs[0], "margin", None)
            if own is None:
                return None
            how = {k: v for k, v in kwargs.items() if k in ("axis", "keepdims")}
            return (
                (np.min if name == "logical_and" else np.max)(own, **{"axis": None, **how})
                if own.size
                else None
            )
        if method != "__call__" or "out" in kwargs or any(np.asarray(p).dtype == object for p in plain):
            return None
        if name in ("logical_not", "invert"):
            own = getattr(inputs[0], "margin", None)
            return None if own is None else -own
        if name in ("logical_and", "logical_or", "bitwise_and", "bitwise_or"):
            left, right = (getattr(i, "margin", None) for i in inputs)
            if left is None or right is None:
                return None
            return np.minimum(left, right) if name.endswith("and") else np.maximum(left, right)
        if name == "clip":
            return np.asarray(plain[0], dtype=np.float64)
        if any(np.iscomplexobj(p) for p in plain):
            if name not in ("equal", "not_equal"):
                return None
            gap = np.abs(np.subtract(*plain))
            return gap if name == "not_equal" else -gap
        if name in _OF_FINITENESS and getattr(inputs[0], "given", False):
            return None  # an argument is finite, because it was drawn so
        rule = _MARGINS.get(name)
        return None if rule is None else rule(*(np.asarray(p, dtype=np.float64) for p in plain))


def _beyond(x: Any) -> Any:
    """Powers of two from the largest float64 on."""
    return np.where(np.isfinite(x), np.log2(np.maximum(np.abs(x), 2.0**-1074)) - 1024.0, 1.0)


_MARGINS: dict[str, Callable[..., Any]] = {
    "greater": lambda a, b: a - b,
    "greater_equal": lambda a, b: a - b,
    "less": lambda a, b: b - a,
    "less_equal": lambda a, b: b - a,
    "equal": lambda a, b: -np.abs(a - b),
    "not_equal": lambda a, b: np.abs(a - b),
    "maximum": lambda a, b: a - b,
    "fmax": lambda a, b: a - b,
    "minimum": lambda a, b: b - a,
    "fmin": lambda a, b: b - a,
    "sign": lambda x: x,
    "heaviside": lambda x, at_zero: x,
    "copysign": lambda x, sign: sign,
    "isinf": _beyond,
    "isnan": lambda x: np.where(np.isnan(x), 1.0, _beyond(x) - 1.0),
    "isfinite": lambda x: -_beyond(x),
    "signbit": lambda x: np.where(np.signbit(x), np.abs(x) + 2.0**-1074, -x),
}

_OF_FINITENESS = ("isinf", "isnan", "isfinite")


def _record(
    name: str, method: str, inputs: Sequence[Any], plain: Sequence[Any], result: Any, margin: Any
) -> None:
    watch = _watches[-1]
    if name == "clip":
        _record_clip(*plain)
        return
    if (asks := _ASKS.get(name)) is None:
        return
    if method == "reduce":
        asks = "np.all" if name == "logical_and" else "np.any"
    if name in ("maximum", "minimum", "fmax", "fmin", "sign", "heaviside", "copysign"):
        result = np.asarray(margin) > 0
    watch.record(asks, result, margin, plain, [i for i in inputs if not isinstance(i, Watched)])


def _record_clip(x: Any, low: Any, high: Any) -> None:
    with np.errstate(all="ignore"):
        for asks, above, below in (("clip from below", low, x), ("clip from above", x, high)):
            if above is not None and below is not None:
                margin = np.subtract(above, below, dtype=np.float64)
                _watches[-1].record(asks, margin > 0, margin, (above, below), (above, below))


_SORTING_INTO = {np.digitize: (0, 1, "bins"), np.searchsorted: (1, 0, "a"), np.histogram: (0, 1, "bins")}
"""Functions that put values between edges: where the values stand, and the edges."""


def _record_bins(func: Any, plain: Sequence[Any], kwargs: dict[str, Any]) -> None:
    values, edges, name = _SORTING_INTO[func]
    given = plain[edges] if len(plain) > edges else kwargs.get(name)
    if len(plain) <= values or given is None or np.ndim(given) != 1:
        return
    for k, edge in enumerate(np.asarray(given, dtype=np.float64)[:_MOST_CONSTANTS]):
        margin = np.asarray(plain[values], dtype=np.float64) - edge
        _watches[-1].record(f"np.{func.__name__}: edge {k}, {edge:g},", margin > 0, margin, (), (edge,))


def _record_close(func: Any, plain: Sequence[Any], kwargs: dict[str, Any], result: Any) -> None:
    names = ("a", "b", "rtol", "atol")
    given = {"rtol": 1e-5, "atol": 1e-8, **dict(zip(names, plain, strict=False)), **_plain(kwargs)}
    with np.errstate(all="ignore"):
        a, b = (np.asarray(given[k], dtype=np.float64) for k in ("a", "b"))
        margin: Any = given["atol"] + given["rtol"] * np.abs(b) - np.abs(a - b)
        if func is np.allclose:
            margin = np.min(margin) if margin.size else None
    _watches[-1].record(f"np.{func.__name__}", result, margin, (), (given["b"],))
