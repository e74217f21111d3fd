"""Types that code calls to convert numbers: `float`, `int`, `np.float64`, `np.int64`, for symbols too."""

from __future__ import annotations

import dis
import itertools
import types
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import IndexedArray
from gradcheck.proofs.indexed.arrays.converting import as_array
from gradcheck.proofs.indexed.arrays.guarding import guarded
from gradcheck.proofs.indexed.copies.creating import is_symbolic

__all__ = ["Convert", "asks_for_bytes", "asks_which_type", "of_numpy"]


class Convert(type):
    """`float` and `int` for symbols too; still a type to ask for, and a dtype to NumPy."""

    kind: Any
    make: Any
    space: Space

    def __new__(cls, name: str, bases: tuple[type, ...], about: dict[str, Any]) -> Any:
        return super().__new__(cls, name, bases, about | {"dtype": np.dtype(about["kind"])})

    def __call__(cls, *args: Any) -> Any:
        if not is_symbolic(args):
            return cls.kind(*args)
        return guarded(cls.space, f"{cls.__name__}()", cls.__dict__["make"], *args)

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.kind)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, cls.kind)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.kind

    def __hash__(cls) -> int:
        return hash(cls.kind)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise cls.space.refused(Unsupported(f"{cls.__name__}.{name}"))


def asks_which_type(code: types.CodeType) -> bool:
    """Whether code reads an attribute ``type`` and uses `is`: `x.dtype.type is np.float64` has another answer
    in a copy, and so has `x.__class__ is np.ndarray`.
    """
    if not {"type", "__class__"} & {*code.co_names}:
        return False
    found = list(dis.get_instructions(code))
    reads = any(i.opname in _READING and i.argval in ("type", "__class__") for i in found)
    return reads and any(i.opname == "IS_OP" for i in found)


def asks_for_bytes(code: types.CodeType) -> bool:
    """Whether code reads in which order the bytes of numbers lie, which the type of a symbol does not tell:
    arrays from files have another one.
    """
    attributes = [i for i in dis.get_instructions(code) if i.opname in _READING]
    return any(i.argval in _OF_BYTES for i in attributes) or any(
        i.argval in ("str", "descr") and before.argval == "dtype"
        for before, i in itertools.pairwise(attributes)
    )


_READING = ("LOAD_ATTR", "LOAD_METHOD")
_OF_BYTES = ("byteorder", "isnative", "newbyteorder")


def of_numpy(space: Space) -> dict[str, Any]:
    """`np.float64` and `np.int64`: a copy of that type, as `astype` makes it."""

    def made(kind: Any) -> Any:
        def convert(value: Any) -> Any:
            array: Any = as_array(space, value)
            if kind is np.int64 and array.kind == "f":
                raise space.refused(Unsupported("np.int64 of floats, which are cut off,"))
            return IndexedArray(space, array.entry, array.shape, np.dtype(kind).kind)

        return Convert(kind.__name__, (), {"kind": kind, "make": convert, "space": space})

    return {kind.__name__: made(kind) for kind in (np.float64, np.int64)}
