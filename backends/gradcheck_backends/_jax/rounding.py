"""Whether a trace computes numbers from integer arguments alone, which NumPy would round.

`y / y.sum()` of labels is a float64 array to the hand-written code and to every other source. In a trace
in which `y` is an input, balls would hold the exact quotient, and JAX would stand against the others by the
last place. Integers may be converted, compared, moved, chosen by, added and multiplied: that is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax.extend.core import Literal

from gradcheck_backends._jax.walking import inner_jaxpr

__all__ = ["rounds_integers"]

_MOVES, _INTEGERS, _MIXED, _WHOLE, _CONSTANT = "moves", "integers", "mixed", "whole", "constant"
"""What a variable is made of: differentiated arguments or deltas; integer arguments, and whole; integer
arguments and other numbers, chosen and not computed; no argument at all, and whole or not.
"""

_EXACT = {
    *("add", "sub", "mul", "neg", "abs", "sign", "square", "max", "min", "dot_general", "integer_pow"),
    *("reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "cumsum", "cummax", "add_any"),
}
"""What gives whole numbers of whole numbers."""

_CARRY = {
    *("convert_element_type", "broadcast_in_dim", "reshape", "squeeze", "expand_dims", "transpose", "rev"),
    *("select_n", "gather", "slice", "dynamic_slice", "concatenate", "pad", "copy", "stop_gradient"),
}
"""What gives the numbers that it gets."""


def rounds_integers(closed: Any, moving: Sequence[bool]) -> bool:
    """Whether somewhere in a closed jaxpr a number that is no whole one is computed from its integer
    inputs. ``moving`` says which of its inputs are differentiated arguments or deltas.
    """
    kinds = [
        _MOVES if moves else _INTEGERS if v.aval.dtype.kind in "iub" else _CONSTANT
        for moves, v in zip(moving, closed.jaxpr.invars, strict=True)
    ]
    return _walk(closed, kinds) is None


def _walk(closed: Any, kinds: Sequence[str]) -> list[str] | None:
    """The kinds of the outputs; None where integers are rounded on the way."""
    jaxpr = getattr(closed, "jaxpr", closed)
    known: dict[Any, str] = dict(zip(jaxpr.invars, kinds, strict=True))
    for variable, value in zip(jaxpr.constvars, getattr(closed, "consts", ()), strict=True):
        known[variable] = _kind_of(value)
    for equation in jaxpr.eqns:
        given = [_kind_of(v.val) if isinstance(v, Literal) else known[v] for v in equation.invars]
        results = _results(equation, given)
        if results is None:
            return None
        known.update(zip(equation.outvars, results, strict=True))
    return [_kind_of(v.val) if isinstance(v, Literal) else known[v] for v in jaxpr.outvars]


def _results(equation: Any, given: Sequence[str]) -> list[str] | None:
    inner = inner_jaxpr(equation)
    if inner is not None:
        return _walk(inner, given)
    kind = _kind(equation, set(given))
    return None if kind is None else [kind] * len(equation.outvars)


def _kind(equation: Any, given: set[str]) -> str | None:
    name = equation.primitive.name
    exact = name in _EXACT and equation.params.get("y", 1) >= 0  # integer_pow's exponent
    if _MOVES in given:
        return _MOVES
    if not given & {_INTEGERS, _MIXED}:
        return _WHOLE if (exact or name in _CARRY) and _CONSTANT not in given else _CONSTANT
    if all(v.aval.dtype.kind in "iub" for v in equation.outvars):
        return _INTEGERS
    if name in _CARRY:
        return _MIXED if given & {_MIXED, _CONSTANT} else _INTEGERS
    return _INTEGERS if exact and not given & {_MIXED, _CONSTANT} else None


def _kind_of(value: Any) -> str:
    array = np.asarray(value)
    whole = array.dtype.kind in "iub" or (array.dtype.kind == "f" and bool((array == np.round(array)).all()))
    return _WHOLE if whole else _CONSTANT
