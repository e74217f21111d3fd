"""Running code that fills `np.zeros` buffers in another arithmetic.

`out = np.zeros((n, m)); out[i] = ...` is how loops are written by hand. The buffer is a float64 array,
so storing a ball (or a symbol, or a tracer) into it is refused. Where that happens, the function is
run again as a copy (see `gradcheck.arithmetic.code.copies`) in which `np.zeros`, `np.empty`, `np.ones`,
`np.full` and their kin make arrays of the arithmetic.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from gradcheck.arithmetic.array import ElementArray
from gradcheck.arithmetic.code.copies import Copies, Maker, Replaced
from gradcheck.arithmetic.code.creating import CIRCULAR, CREATORS
from gradcheck.arithmetic.code.reaching import mentions
from gradcheck.arithmetic.domain import Domain
from gradcheck.arithmetic.narrow import is_granted
from gradcheck.errors import Undecided, user_code

__all__ = ["call", "call_in", "makes_tables_of_angles"]

_needing: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()
"""Functions of which only a copy runs, and whether arrays that objects hold have to be lifted."""


def call(function: Callable[..., Any], args: Any, maker: Maker) -> Any:
    """Call ``function(*args)``; where it stores into a float64 buffer, call a copy that does not.

    Raises what the function raises, as `user_code` gives it.
    """
    lifting = _needing.get(function) if _is_key(function) else None
    replaced = _OF_NARROW if is_granted() else _USUAL
    if lifting is None:
        try:
            with user_code:
                return function(*args)
        except Undecided:
            raise
        except Exception:
            if not mentions(function, replaced.names):
                raise
    copies = Copies(maker, replaced, lifting=bool(lifting))
    try:
        with user_code:
            result = copies.of(function)(*args)
    except Undecided:
        raise
    except Exception:
        if copies.lifting or not copies.holds_arrays:
            raise
        copies = Copies(maker, replaced, lifting=True)  # a buffer that an object keeps
        with user_code:
            result = copies.of(function)(*args)
    if _is_key(function):
        _needing[function] = copies.lifting
    return result


def _is_key(function: Any) -> bool:
    try:
        weakref.ref(function)
        hash(function)
    except TypeError:
        return False
    return True


def call_in(domain: Domain, function: Callable[..., Any], args: Any) -> Any:
    """`call` for the arithmetic of a domain. Where that doubts constants, code that uses pi has the angles
    doubted from which it makes tables of constants, and not the entries.
    """
    maker = functools.partial(_lifted, domain)
    if domain.doubts_constants and _uses_angles(function):
        with suppress(Exception), user_code:  # a table that is read as plain floats
            return Copies(maker, _OF_ANGLES).of(function)(*args)
    return call(function, args, maker)


def _uses_angles(function: Callable[..., Any]) -> bool:
    """Whether code may make tables of angles."""
    return mentions(function, ("pi", "tau"))


def makes_tables_of_angles(function: Callable[..., Any]) -> bool:
    """Whether code counts angles up, as tables of the roots of unity do."""
    return _uses_angles(function) and mentions(function, _COUNTING)


_COUNTING = ("arange", "range", "linspace", "indices", "fromfunction", "ogrid", "mgrid", "enumerate")


def _lifted(domain: Domain, array: Any) -> ElementArray:
    return ElementArray(domain.lift_array(np.asarray(array)), domain)


class _Float(type):
    """`float` for numbers of the arithmetic too, which it leaves as they are; still a type to ask for, and a
    dtype to NumPy.
    """

    dtype = np.dtype(np.float64)

    def __call__(cls, *args: Any) -> Any:
        return args[0] if isinstance(args[0] if args else None, ElementArray) else float(*args)

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, float)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, float)


_USUAL = Replaced()
_OF_NARROW = Replaced(builtins={"float": _Float("float", (), {})})
"""Where narrow floats stand for the real numbers: `float(loss)` of a float32 has its value."""

_OF_ANGLES = Replaced(creators=(*CREATORS, *CIRCULAR))
