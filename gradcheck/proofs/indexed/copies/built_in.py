"""Python's built-in functions in a copy: those that reach every symbol, and those that are exchanged."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import partial
from types import UnionType
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import IndexedArray
from gradcheck.proofs.indexed.arrays.converting import as_array
from gradcheck.proofs.indexed.arrays.guarding import alike, is_a, unknown
from gradcheck.proofs.indexed.arrays.indices.selected import Selected
from gradcheck.proofs.indexed.arrays.size import Size
from gradcheck.proofs.indexed.copies.creating import is_symbolic
from gradcheck.proofs.indexed.copies.looping import Loop, mapped
from gradcheck.proofs.indexed.copies.number_types import Convert
from gradcheck.proofs.indexed.copies.stepwise import (
    Gone,
    Steps,
    enumerated,
    ranged,
    reversed_steps,
    total,
    zipped,
)

__all__ = ["BuiltIns"]

_REACH_SYMBOLS = [
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "complex",
    "delattr",
    "dict",
    "divmod",
    "filter",
    "format",
    "frozenset",
    "hash",
    "hex",
    "issubclass",
    "iter",
    "list",
    "map",
    "next",
    "object",
    "oct",
    "ord",
    "pow",
    "property",
    "repr",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "super",
    "tuple",
    "NotImplemented",
    "Ellipsis",
    "True",
    "False",
    "None",
    "__build_class__",
    "__debug__",
]
"""They ask a special method of what they are given, or nothing at all."""


_OF_ARRAYS, _OF_SCALARS, _OF_INTS = (frozenset(dir(k)) for k in (np.ndarray, np.float64, int))


class BuiltIns(dict[str, Any]):
    """The table by name. What is not in it is refused when it is looked up."""

    def __init__(self, space: Space, importing: Callable[..., Any]) -> None:
        super().__init__({name: getattr(builtins, name) for name in _REACH_SYMBOLS})
        self.update({n: v for n, v in vars(builtins).items() if _is_exception(v)})
        self.update(_exchanged(space))
        self["__import__"] = importing
        self.space = space

    def __missing__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(builtins, name):
            raise KeyError(name)
        raise unknown(self.space, f"{name}()")


def _is_exception(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


_NO_NUMBERS = frozenset([dict, list, tuple, set, frozenset, str, bytes, type(None)])
"""Types of which neither an array of no axes nor a scalar is an instance."""


def _each(kinds: Any) -> tuple[Any, ...]:
    """The types that `isinstance` is given: one, a tuple, a union."""
    if isinstance(kinds, UnionType):
        return kinds.__args__
    return tuple(k for kind in kinds for k in _each(kind)) if isinstance(kinds, tuple) else (kinds,)


def _exchanged(space: Space) -> dict[str, Any]:
    def length(value: Any) -> Any:
        symbolic = type(value) is IndexedArray and value.shape
        return value.shape[0] if symbolic else len(value)

    def loop(*bounds: Any) -> Any:
        return ranged(space, *bounds) if is_symbolic(bounds) else range(*bounds)

    def kind(*args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs:
            if is_symbolic(args) or type(args[0]) in (int, float, bool):
                raise space.refused(Unsupported("type() of a number or an array"))
            return type(args[0])
        return type(*args, **kwargs)

    def is_instance(value: Any, kinds: Any) -> bool:
        if type(value) is IndexedArray and not value.shape and not _NO_NUMBERS.issuperset(_each(kinds)):
            raise space.refused(Unsupported("whether a number is an array of no axes, or a scalar,"))
        if type(value) in (Steps, Gone):
            raise space.refused(Unsupported("the type of what a loop runs over"))
        return isinstance(value, kinds)

    def has(value: Any, name: str) -> bool:
        return hasattr(value, name) if _has_name(space, value, name) else False

    def get(value: Any, name: str, *otherwise: Any) -> Any:
        if _has_name(space, value, name):
            return getattr(value, name, *otherwise)
        if otherwise:
            return otherwise[0]
        raise alike(AttributeError(f"no attribute {name!r}"))

    def show(*args: Any, file: Any = None, **_: Any) -> None:
        if file is not None:
            raise space.refused(Unsupported("print() into a file"))

    def extreme(function: Any, ufunc: Any) -> Any:
        def choose(*values: Any, **about: Any) -> Any:
            scalars = all(is_a(v, IndexedArray, int, float) and not getattr(v, "shape", ()) for v in values)
            if about or len(values) < 2 or not scalars or not any(type(v) is IndexedArray for v in values):
                return function(*values, **about)
            result = as_array(space, values[0])
            for value in values[1:]:
                result = ufunc(result, value)
            return result

        return choose

    def as_float(value: Any) -> Any:
        if type(value) is Size:
            made = as_array(space, value)
            made.kind = "f"
            return made
        scalar = type(value) is IndexedArray and not value.shape
        return IndexedArray(space, value.entry, (), "f") if scalar else float(value)

    def as_int(value: Any) -> Any:
        return value if type(value) is Size else int(value)

    return {
        "len": length,
        "range": loop,
        "print": show,
        "enumerate": partial(enumerated, space),
        "zip": partial(zipped, space),
        "reversed": partial(reversed_steps, space),
        "sum": partial(total, space),
        "__gc_loop__": partial(Loop, space),
        "__gc_map__": partial(mapped, space),
        "__gc_locals__": locals,
        "max": extreme(max, np.maximum),
        "min": extreme(min, np.minimum),
        "isinstance": is_instance,
        "hasattr": has,
        "getattr": get,
        "float": Convert("float", (), {"kind": float, "make": as_float, "space": space}),
        "int": Convert("int", (), {"kind": int, "make": as_int, "space": space}),
        "type": _Kinds("type", (), {"make": kind, "space": space}),
    }


def _has_name(space: Space, value: Any, name: str) -> bool:
    """Whether what a symbol stands for may have an attribute; its own names are nobody's business."""
    if type(value) in (Steps, Gone, Selected):
        raise unknown(space, f".{name} of what a loop runs over, or a mask selects")
    if type(value) is IndexedArray:
        if value.shape:
            return name in _OF_ARRAYS
        if (name in _OF_ARRAYS) != (name in _OF_SCALARS):
            raise unknown(space, f".{name} of a number")
        return name in _OF_ARRAYS
    return name in _OF_INTS if is_symbolic(value) and not is_a(value, list, tuple, dict) else True


class _Kinds(type):
    """`type`, which no symbol may be asked for."""

    make: Any

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls.__dict__["make"](*args, **kwargs)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, type)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, type)
