"""One run of a piece of code on watched values: operations are recorded, and one may be changed.

Two ways of running. In the *plain* way buffers are changed in place, as NumPy does, so that views see
it; that is for changing an operation and looking at what comes out. In the *functional* way nothing is
changed in place: storing makes a new value, and composed functions (`np.var`) are written out, so that
the recorded operations can be gone through backwards.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np

from gradcheck.arithmetic import Domain, ElementArray
from gradcheck.arithmetic.code.copies import rebound
from gradcheck.arithmetic.complex_numbers.arrays import is_mixing
from gradcheck.diagnosis.tracing.budget import IN_BALLS, spend
from gradcheck.diagnosis.tracing.calls import Call, Key, Value, leaves, mapped
from gradcheck.diagnosis.tracing.sites import current_site
from gradcheck.diagnosis.tracing.traced import Traced, setitem
from gradcheck.errors import Unsupported, user_code
from gradcheck.formulas.quantity import Quantity

__all__ = ["Change", "Run", "stored_into"]

COMPOSED: dict[Any, Callable[..., Any]] = {}
"""Functions that a functional run writes out; filled by `gradcheck.diagnosis.tracing.composed`."""

MUTATORS = frozenset([np.fill_diagonal, np.copyto, np.put, np.place, np.put_along_axis])
"""Functions of NumPy that change their first argument."""

_MOST_CALLS = 4000
"""Code that performs more operations than this on small arrays is not looked into."""

_DEEPEST = 64
"""Calls within calls. A changed operation may keep a recursion from its end. Python's own limit is a
thousand, and so many frames for each operation make a run take seconds.
"""


class Change(Protocol):
    """A change to one operation of the code (or to one expression, wherever it is called from)."""

    def applies(self, call: Call) -> bool: ...

    def perform(self, call: Call, run: Run) -> Any:
        """Do something else in place of the call; returns watched values."""
        ...


class Run:
    """See the module. ``calls`` holds the operations in order, ``latest`` the last output by key."""

    def __init__(
        self, domain: Domain | None = None, change: Change | None = None, *, functional: bool = False
    ) -> None:
        self.domain, self.change, self.functional = domain, change, functional
        self.calls: list[Call] = []
        self.latest: dict[Key, Value] = {}
        self.arguments: dict[str, Value] = {}
        self.indices: dict[str, int] = {}  # of the entry that an entry claim is asked for
        self.index_names: tuple[str, ...] = ()
        self.stated: dict[Quantity, Value] = {}  # what came out, where that is watched
        self.changed = 0
        self._turns: Counter[Key] = Counter()
        self._ends: dict[Any, Key] = {}
        self._composing = ""

    # -- starting

    def argument(self, name: str, value: Any) -> Traced:
        """A watched argument of the code; a writable copy is made."""
        held = value.copy() if isinstance(value, np.ndarray | ElementArray) else value
        if isinstance(held, np.ndarray) and held.ndim == 0:
            held = held.dtype.type(held)
        watched = Traced(held, self, None, name)
        self.arguments[name] = watched
        return watched

    def start(self, function: Callable[..., Any], args: list[Any]) -> Any:
        """Call the code, with buffers that are watched too. Raises whatever it raises."""
        token = _running.set(self)
        try:
            with np.errstate(all="ignore"), user_code:
                return _start(_with_buffers(function), args)
        finally:
            _running.reset(token)

    def buffer(self, array: Any) -> Traced:
        """A buffer that the code makes (`np.zeros`), watched."""
        made = array if self.domain is None else ElementArray(self.domain.lift_array(array), self.domain)
        return Traced(made, self)

    def ends(self, call: Call, depth: int) -> bool:
        """Whether this is the last operation of a helper function, called ``depth`` frames up: its result."""
        return self._ends.get(call.key.site.frames[depth:]) == call.key

    # -- one operation

    def perform(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> Any:
        """Do what the code asks for, or what the change says in its place."""
        args, kwargs = _in_order(function, args, kwargs)
        if self.functional and not self._composing and function in COMPOSED:
            return self._composed(function, args, kwargs, name)
        if self._composing:
            name = f"{self._composing}.{name}"
        key = Key(current_site(_START), name)
        if len(key.site.frames) > _DEEPEST:
            raise Unsupported("calls too deep to look into")
        for depth in range(1, len(key.site.frames)):
            self._ends[key.site.frames[depth:]] = key
        turn = self._turns[key]
        self._turns[key] += 1
        original = args
        if self.functional:  # a buffer that is stored into later is another value then
            args = self._kept(args)
        call = Call(key, turn, function, args, kwargs, is_step=is_mixing())
        spend(1)
        if len(self.calls) >= _MOST_CALLS:
            raise Unsupported("too many operations to look into")
        self.calls.append(call)  # before it is done: what raises is seen too
        if self.change is not None and self.change.applies(call):
            self.changed += 1
            change, self.change = self.change, None  # what the change does is not changed again
            try:
                output = change.perform(call, self)
            finally:
                self.change = change
        else:
            output = self.plainly(call, original)
        call.output = self._kept(output) if self.functional else output
        if isinstance(output, Value):
            self.latest[key] = call.output
            if self.domain is not None:
                spend(IN_BALLS + int(np.prod(output.shape, dtype=int)) // 64)
        return output

    def _kept(self, value: Any) -> Any:
        """The same values, which stay what they are when the code stores into its own (`e /= e.sum()`)."""
        return mapped(value, lambda v: Traced(v.value, self, v.call, v.name))

    def plainly(self, call: Call, original: tuple[Any, ...] = ()) -> Any:
        """Do just what the call says. ``original`` are its arguments as the code has them."""
        if _stores(call):
            return self._store(call, original)
        kwargs = call.kwargs
        out = kwargs.get("out")
        if out is not None:
            return self._into(call, out[0] if isinstance(out, tuple) else out)
        value = call.function(*self._bare(call.args), **{k: self._bare(v) for k, v in kwargs.items()})
        return self.wrapped(value, call)

    def wrapped(self, value: Any, call: Call | None) -> Any:
        """Watched values for every array in a result."""
        if isinstance(value, np.ndarray | np.generic | ElementArray):
            return Traced(value, self, call)
        if isinstance(value, tuple | list):
            parts = [self.wrapped(part, call) for part in value]
            if hasattr(value, "_fields"):
                return type(value)(*parts)
            return type(value)(parts)
        return value

    def _store(self, call: Call, original: tuple[Any, ...]) -> Any:
        if self.functional and isinstance(target := (original or call.args)[0], Value):
            held = target.value.copy()
            call.function(held, *self._bare(call.args[1:]), **call.kwargs)
            target.value, target.call, target.name = held, call, None
            return Traced(held, self, call)
        call.function(*self._bare(call.args), **{k: self._bare(v) for k, v in call.kwargs.items()})
        return None

    def _into(self, call: Call, out: Any) -> Any:
        """`np.add(a, b, out=c)` and `c += b`. A number is not changed in place, as in NumPy."""
        rest = {k: self._bare(v) for k, v in call.kwargs.items() if k != "out"}
        if not isinstance(out, Value):
            raise Unsupported("storing into an array that is not watched")
        number = out.value.shape == ()
        if not self.functional and not number:
            call.function(*self._bare(call.args), out=out.value, **rest)
            return out
        call.kwargs = {k: v for k, v in call.kwargs.items() if k != "out"}
        value = call.function(*self._bare(call.args), **rest)
        if not number:
            out.value, out.call, out.name = value, call, None
        return Traced(value, self, call)

    def do(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """One operation inside a change: recorded only where the run is gone through backwards."""
        if self.functional:
            return self.perform(function, args, kwargs, function.__name__)
        value = function(*self._bare(args), **{k: self._bare(v) for k, v in kwargs.items()})
        return self.wrapped(value, None)

    def _composed(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> Any:
        self._composing = name
        try:
            return COMPOSED[function](*args, **kwargs)
        finally:
            self._composing = ""

    def _bare(self, value: Any) -> Any:
        return mapped(value, lambda v: v.value)


def stored_into(call: Call) -> Value | None:
    """The watched value that an operation changes in place, if it does."""
    out = call.kwargs.get("out")
    target = call.args[0] if _stores(call) else out[0] if isinstance(out, tuple) else out
    return target if isinstance(target, Value) else None


def _stores(call: Call) -> bool:
    return call.function is setitem or call.function in MUTATORS or call.key.name.endswith(".at")


def _in_order(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Watched values given by name, `np.pad(array=x, ...)`, by position, as the way back has them."""
    named = {k for k, v in kwargs.items() if k != "out" and any(leaves(v))}
    if not named:
        return args, kwargs
    try:
        parameters = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return args, kwargs
    rest = dict(kwargs)
    for name in parameters[len(args) :]:
        if not named & set(rest) or name not in rest:
            break
        args = (*args, rest.pop(name))
    return args, rest


_running: ContextVar[Run] = ContextVar("_running")


def _with_buffers(function: Callable[..., Any]) -> Callable[..., Any]:
    """A copy of the code whose buffers belong to the run that is on; made once."""
    try:
        if function not in _copies:
            _copies[function] = rebound(function, lambda array: _running.get().buffer(array))
        return _copies[function]
    except TypeError:  # not hashable, or without weak references
        return rebound(function, lambda array: _running.get().buffer(array))  # type: ignore[no-any-return]


_copies: WeakKeyDictionary[Any, Callable[..., Any]] = WeakKeyDictionary()


def _start(function: Callable[..., Any], args: list[Any]) -> Any:
    return function(*args)


_START = _start.__code__
