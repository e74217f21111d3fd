"""Copies of a user's code that find other things under the names that it uses.

Everything that a function reaches is copied with it: functions by name and in closures, methods, static and
class methods, functions of the user's other modules, objects and what they hold. The code itself, its
modules and NumPy stay untouched. A copied object shares the attributes of its original where none of them
has to be another.
"""

from __future__ import annotations

import abc
import functools
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.arithmetic.code.creating import CREATORS, Maker, NumPy, creator
from gradcheck.arithmetic.code.reaching import (
    DEEP,
    exchanged,
    is_library,
    is_users,
    is_users_module,
    mentions,
    names_in,
)
from gradcheck.arithmetic.code.scipy_functions import NAMES as SCIPY
from gradcheck.arithmetic.code.scipy_functions import standing_for

__all__ = ["Copies", "Maker", "Replaced", "rebound", "rebound_where"]


@dataclass(frozen=True)
class Replaced:
    """What a copy of a function finds in place of NumPy's functions, of modules and of built-ins.

    ``creators`` are NumPy's functions whose floating results are arrays of the arithmetic; ``modules`` and
    ``builtins`` are what stands for others. With ``code``, all functions run what it makes of their code.
    """

    creators: tuple[str, ...] = CREATORS
    modules: Mapping[str, Any] = field(default_factory=dict)
    builtins: Mapping[str, Any] = field(default_factory=dict)
    code: Callable[[types.CodeType], types.CodeType] | None = None

    def concerns(self, value: Any) -> bool:
        """Whether the copy of a function or a class may be another."""
        return self.code is not None or mentions(value, self.names)

    @property
    def names(self) -> frozenset[str]:
        """The names by which a function may use any of it."""
        return frozenset((*self.creators, *self.modules, *self.builtins, *SCIPY))


_USUAL = Replaced()


def rebound(function: Any, maker: Maker, replaced: Replaced = _USUAL) -> Any:
    """A copy of a function, and of what it reaches, in which NumPy's creation functions make arrays of the
    arithmetic, with what else is ``replaced``. Other callables come back as they are.
    """
    return Copies(maker, replaced).of(function)


def rebound_where(function: Callable[..., Any], maker: Maker, replaced: Replaced) -> Callable[..., Any]:
    """`rebound` of a function that uses anything of what is replaced; others as they are.

    For arithmetics whose arrays can be stored into a float64 buffer, and would be lost in it.
    """
    return rebound(function, maker, replaced) if mentions(function, replaced.names) else function


class Copies:
    """The copies that belong together: each thing is copied once.

    With ``lifting``, the float64 arrays that objects hold are arrays of the arithmetic in their copies, so
    that code may store into them; ``holds_arrays`` is whether there were any.
    """

    def __init__(self, maker: Maker, replaced: Replaced = _USUAL, *, lifting: bool = False) -> None:
        self.maker, self.replaced, self.lifting = maker, replaced, lifting
        self.holds_arrays = False
        self.depth = 0
        self.made: dict[int, tuple[Any, Any]] = {}  # with the original, which must outlive its id
        self.scopes: dict[int, tuple[dict[str, Any], dict[str, Any], set[str]]] = {}
        self.numpy = NumPy(maker, replaced.creators)
        self.creators = {id(getattr(np, name)): name for name in replaced.creators}

    def of(self, value: Any) -> Any:
        """What stands for a value in the copy; the value itself where nothing has to."""
        if value is np:
            return self.numpy
        if id(value) in self.creators:
            return creator(self.creators[id(value)], self.maker)
        if value is exchanged:
            return self._of_passing
        if id(value) in self.made:
            return self.made[id(value)][1]
        return self._copied(value)

    def _of_passing(self, value: Any) -> Any:
        """The copy of an object that lives for one call: of what it leads to, code alone is kept."""
        before, self.made = self.made, dict(self.made)
        try:
            return self.of(value)
        finally:
            lasting = types.FunctionType | type
            before.update((k, kept) for k, kept in self.made.items() if isinstance(kept[0], lasting))
            self.made = before

    def _copied(self, value: Any) -> Any:
        kind = type(value)
        if kind is types.FunctionType:
            if is_library(value.__module__):
                return standing_for(value) or value
            return self._function(value)
        if kind is types.MethodType:
            return types.MethodType(self.of(value.__func__), self.of(value.__self__))
        if kind is functools.partial:
            return functools.partial(self.of(value.func), *value.args, **value.keywords)
        if kind is types.ModuleType:
            return self.replaced.modules.get(value.__name__) or self._module(value)
        if kind in (list, tuple, dict):
            return self._container(value)
        if isinstance(value, type):
            return self._class(value) if self._concerns(value) else value
        return self._object(value) if is_users(kind) else value

    def _keep(self, value: Any, copy: Any) -> Any:
        self.made[id(value)] = value, copy
        return copy

    def _function(self, function: types.FunctionType) -> Any:
        code = self.replaced.code(function.__code__) if self.replaced.code else function.__code__
        cells = tuple(types.CellType() for _ in function.__closure__ or ())
        by_name = dict(zip(function.__code__.co_freevars, cells, strict=True))
        scope = self._scope(function, code)
        closure = tuple(by_name[name] for name in code.co_freevars)
        copy = types.FunctionType(code, scope, function.__name__, function.__defaults__, closure)
        copy.__kwdefaults__, copy.__qualname__ = function.__kwdefaults__, function.__qualname__
        copy.__module__ = function.__module__
        self._keep(function, copy)
        for cell, old in zip(cells, function.__closure__ or (), strict=True):
            try:
                cell.cell_contents = self.of(old.cell_contents)
            except ValueError:  # an empty cell: a name that is not bound yet
                continue
        return copy

    def _scope(self, function: types.FunctionType, code: types.CodeType) -> dict[str, Any]:
        """The function's global names, those that it uses exchanged; one for all functions of a module."""
        names = function.__globals__
        if id(names) not in self.scopes:
            self.scopes[id(names)] = names, dict(names), set()
        _, scope, done = self.scopes[id(names)]
        for name in names_in(code) - done:
            done.add(name)
            if name in names:
                scope[name] = self.of(names[name])
            elif name in self.replaced.builtins:
                scope[name] = self.replaced.builtins[name]
        return scope

    def _module(self, module: types.ModuleType) -> Any:
        if not is_users_module(module.__name__) and module.__name__.split(".")[0] != "scipy":
            return module
        return self._keep(module, _Module(module, self.of))

    def _container(self, value: Any) -> Any:
        """The same list, tuple or dict where it holds nothing that has to be another."""
        self._keep(value, value)
        parts = list(value.values()) if type(value) is dict else list(value)
        copies = [self._part(part) for part in parts]
        if all(a is b for a, b in zip(parts, copies, strict=True)):
            return value
        made = dict(zip(value, copies, strict=True)) if type(value) is dict else type(value)(copies)
        return self._keep(value, made)

    def _part(self, value: Any) -> Any:
        """The copy of what an object or a container holds; functions only where it makes a difference."""
        if type(value) is types.FunctionType and not self.replaced.concerns(value):
            return value
        if type(value) is np.ndarray and value.dtype == np.float64 and value.size <= _LARGE:
            self.holds_arrays = True
            if self.lifting and id(value) not in self.made:
                return self._keep(value, self.maker(value))
        if self.depth >= DEEP:
            return value
        self.depth += 1
        try:
            return self.of(value)
        finally:
            self.depth -= 1

    def _concerns(self, kind: type) -> bool:
        return is_users(kind) and self.replaced.concerns(kind)

    def _class(self, kind: type) -> Any:
        """A subclass with copies of all functions of the class and of those that it inherits from."""
        stand = {type: _Stand, abc.ABCMeta: _AbstractStand}.get(type(kind))
        if stand is None or any("__init_subclass__" in vars(c) for c in kind.__mro__[:-1]):
            return self._keep(kind, kind)  # to subclass it may do anything
        bases = tuple(b for base in kind.__bases__ if (b := self.of(base)) is not base)
        names = {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
        try:
            copy: Any = stand(kind.__name__, (*bases, kind), names)
        except TypeError:  # layouts that do not go together
            return self._keep(kind, kind)
        self._keep(kind, copy)
        for name, value in list(vars(kind).items()):
            if isinstance(value, types.FunctionType):
                setattr(copy, name, self.of(value))
            elif isinstance(value, staticmethod | classmethod):
                setattr(copy, name, type(value)(self.of(value.__func__)))
            elif isinstance(value, property):
                setattr(copy, name, property(*map(self.of, (value.fget, value.fset, value.fdel))))
        return copy

    def _object(self, value: Any) -> Any:
        """An object of the copied class, with the same attributes, or copies of those that must be others."""
        if hasattr(type(value), "__del__"):  # which would close for the copy what the original has open
            return self._keep(value, value)
        kind = self.of(type(value))
        try:
            made = object.__new__(kind)
        except TypeError:  # made by a built-in type
            return self._keep(value, value)
        self._keep(value, made)
        held = getattr(value, "__dict__", {})
        copies = {name: self._part(part) for name, part in held.items()}
        if all(copies[name] is held[name] for name in held):
            if kind is type(value):
                return self._keep(value, value)
            copies = held
        for slot in (s for c in type(value).__mro__ for s in _slots(c) if hasattr(value, s)):
            object.__setattr__(made, slot, self._part(getattr(value, slot)))
        if hasattr(value, "__dict__"):
            object.__setattr__(made, "__dict__", copies)
        return made


_LARGE = 4096
"""Numbers in an array that is not lifted, for what that costs."""


class _Module(types.ModuleType):
    """A module of the user's, or of SciPy, whose members are looked up in the original and copied."""

    def __init__(self, module: types.ModuleType, copied: Callable[[Any], Any]) -> None:
        super().__init__(module.__name__)
        self.__dict__.update(_module=module, _copied=copied)

    def __getattr__(self, name: str) -> Any:
        return self._copied(getattr(self._module, name))


class _Stand(type):
    """The type of copied classes: objects of the original are theirs too."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.__mro__[_own(cls)])


class _AbstractStand(abc.ABCMeta):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, cls.__mro__[_own(cls)])


def _own(copy: type) -> int:
    """Where in the copy's order of classes the first stands that is no copy: its original."""
    return next(k for k, c in enumerate(copy.__mro__) if not isinstance(c, _Stand | _AbstractStand))


def _slots(kind: type) -> Iterable[str]:
    slots = vars(kind).get("__slots__", ())
    return [s for s in ([slots] if isinstance(slots, str) else slots) if not s.startswith("__")]
