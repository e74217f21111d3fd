"""Running code that fills `np.zeros` buffers in another arithmetic.

`out = np.zeros((n, m)); out[i] = ...` is how loops are written by hand. The buffer is a float64 array,
so storing a ball (or a symbol, or a tracer) into it is refused. Where that happens, the function is
run again as a copy in which `np.zeros`, `np.empty`, `np.ones`, `np.full` and their kin make arrays of
the arithmetic. The function itself, its module and NumPy stay untouched.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from gradcheck.arithmetic.array import ElementArray
from gradcheck.arithmetic.domain import Domain
from gradcheck.errors import Undecided, Unsupported, user_code

__all__ = ["Replaced", "call", "call_in", "rebound", "rebound_where"]

Maker = Callable[[Any], Any]
"""Turns a float64 array into an array of the arithmetic."""

_CREATORS = ("zeros", "empty", "ones", "full", "eye", "identity")
_needing: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()


def call(function: Callable[..., Any], args: Any, maker: Maker) -> Any:
    """Call ``function(*args)``; where it stores into a float64 buffer, call a copy that does not.

    Raises what the function raises, as `user_code` gives it.
    """
    if not _needs(function):
        try:
            with user_code:
                return function(*args)
        except Undecided:
            raise
        except Exception:
            if not _mentions(function, set(_CREATORS), set()):
                raise
            with user_code:
                result = rebound(function, maker)(*args)
            _remember(function)
            return result
    with user_code:
        return rebound(function, maker)(*args)


@dataclass(frozen=True)
class Replaced:
    """What a copy of a function finds in place of NumPy's functions, of modules and of built-ins.

    ``creators`` are NumPy's functions whose floating results are arrays of the arithmetic; ``modules`` and
    ``builtins`` are what stands for others.
    """

    creators: tuple[str, ...] = _CREATORS
    modules: Mapping[str, Any] = field(default_factory=dict)
    builtins: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """The names by which a function may use any of it."""
        return {*self.creators, *self.modules, *self.builtins}


def rebound_where(function: Callable[..., Any], maker: Maker, replaced: Replaced) -> Callable[..., Any]:
    """`rebound` of a function that uses anything of what is replaced; others as they are.

    For arithmetics whose arrays can be stored into a float64 buffer, and would be lost in it.
    """
    return (
        rebound(function, maker, replaced=replaced)
        if _mentions(function, replaced.names, set())
        else function
    )


def call_in(domain: Domain, function: Callable[..., Any], args: Any) -> Any:
    """`call` for the arithmetic of a domain."""
    return call(function, args, functools.partial(_lifted, domain))


def _lifted(domain: Domain, array: Any) -> ElementArray:
    return ElementArray(domain.lift_array(np.asarray(array)), domain)


def _needs(function: Any) -> bool:
    try:
        return function in _needing
    except TypeError:  # not hashable, or without weak references
        return False


def _remember(function: Any) -> None:
    try:
        _needing[function] = True
    except TypeError:
        return


class _Numpy(types.ModuleType):
    """NumPy, but for the functions that make float64 arrays out of nothing."""

    def __init__(self, maker: Maker, creators: Iterable[str] = _CREATORS) -> None:
        super().__init__("numpy")
        for name in creators:
            setattr(self, name, creator(getattr(np, name), maker))

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


def creator(function: Callable[..., Any], maker: Maker) -> Callable[..., Any]:
    """A creation function whose floating results are arrays of the arithmetic."""

    @functools.wraps(function)
    def create(*args: Any, **kwargs: Any) -> Any:
        try:
            made = function(*args, **kwargs)
        except (TypeError, ValueError) as error:  # np.full with a ball as the value
            raise Unsupported(f"np.{function.__name__} with such arguments: {error}") from error
        if made.dtype != np.float64:
            if made.dtype.kind == "f" and function.__name__ in _CREATORS:
                raise Unsupported(f"a buffer of dtype {made.dtype} would lose precision")
            return made
        return maker(made if function is not np.empty else np.zeros_like(made))

    return create


_USUAL = Replaced()


def rebound(
    function: Any,
    maker: Maker,
    memo: dict[Any, Any] | None = None,
    replaced: Replaced = _USUAL,
) -> Any:
    """A copy of a Python function, and of those that it calls by name, in which NumPy's creation
    functions make arrays of the arithmetic, with what else is ``replaced``. Other callables come back as they
    are.
    """
    memo = {} if memo is None else memo
    if isinstance(function, types.MethodType):
        return types.MethodType(rebound(function.__func__, maker, memo, replaced), function.__self__)
    if isinstance(function, functools.partial):
        return functools.partial(
            rebound(function.func, maker, memo, replaced), *function.args, **function.keywords
        )
    if not isinstance(function, types.FunctionType) or _is_library(function):
        return function
    if function in memo:
        return memo[function]
    scope = dict(function.__globals__)
    closure = tuple(types.CellType() for _ in function.__closure__ or ())
    copy = types.FunctionType(function.__code__, scope, function.__name__, function.__defaults__, closure)
    copy.__kwdefaults__ = function.__kwdefaults__
    memo[function] = copy

    def swap(value: Any) -> Any:
        if value is np:
            return _Numpy(maker, replaced.creators)
        if isinstance(value, types.ModuleType) and value.__name__ in replaced.modules:
            return replaced.modules[value.__name__]
        if any(value is getattr(np, name) for name in replaced.creators):
            return creator(value, maker)
        return rebound(value, maker, memo, replaced)

    for name in _names(function.__code__):
        if name in scope:
            scope[name] = swap(scope[name])
        elif name in replaced.builtins:
            scope[name] = replaced.builtins[name]
    for cell, old in zip(closure, function.__closure__ or (), strict=True):
        try:
            cell.cell_contents = swap(old.cell_contents)
        except ValueError:  # an empty cell: a name that is not bound yet
            continue
    return copy


def _names(code: types.CodeType) -> set[str]:
    """Global names that a function uses, nested functions included."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _names(constant)
    return found


def _mentions(function: Any, wanted: set[str], seen: set[Any]) -> bool:
    """Whether the function, or one that it calls by name, uses one of the names: may make a buffer."""
    function = getattr(function, "__func__", getattr(function, "func", function))
    if not isinstance(function, types.FunctionType) or function in seen or _is_library(function):
        return False
    seen.add(function)
    names = _names(function.__code__)
    if names & wanted:
        return True
    cells = [c.cell_contents for c in function.__closure__ or () if _filled(c)]
    called = [function.__globals__[n] for n in names if n in function.__globals__]
    return any(_mentions(value, wanted, seen) for value in [*called, *cells] if callable(value))


def _filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  (raises where the cell is empty)
    except ValueError:
        return False
    return True


def _is_library(function: types.FunctionType) -> bool:
    module = function.__module__ or ""
    return module.split(".")[0] in {"numpy", "scipy", "jax", "sympy", "functools"}
