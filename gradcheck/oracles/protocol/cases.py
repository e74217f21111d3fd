"""Cases: what a program is sent of a formula's arguments and delta, and which gradients it owes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import Unsupported
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.dtypes import NAMED
from gradcheck.oracles.protocol.messages import Case
from gradcheck.records.arrays import encode

__all__ = ["data_arguments", "make_case"]


def make_case(formula: Formula, dtype: str, delta: Any, args: tuple[Any, ...]) -> Case:
    """The case of these arrays, floats in ``dtype``; ``delta`` is a tuple where there are several outputs.

    Raises `Unsupported` for numbers that the dtype does not hold.
    """
    names = formula.shapes.arguments
    deltas = [encode(_in(dtype, d)) for d in (delta if isinstance(delta, tuple) else (delta,))]
    return Case(
        formula=formula.name,
        inputs={n: encode(_in(dtype, a)) for n, a in zip(names, args, strict=True)},
        delta=deltas if isinstance(delta, tuple) else deltas[0],
    )


def data_arguments(formula: Formula, delta: Any, args: tuple[Any, ...]) -> set[str]:
    """The arguments whose gradient a program may leave out without a word: those that hold integers, and
    those that the formula's own right claims return None for.
    """
    names = formula.shapes.arguments
    data = {n for n, a in zip(names, args, strict=True) if np.asarray(a).dtype.kind != "f"}
    for claim in formula.backwards:
        data |= _left_out(claim.candidate, names, delta, args)
    return data


def _in(dtype: str, value: Any) -> NDArray[Any]:
    array = np.asarray(value)
    floats = next(d for d in NAMED.values() if d.code == dtype)
    if array.dtype.kind != "f" or not floats.is_low:
        return array
    cast = floats.array(array)
    if not np.array_equal(cast.astype(np.float64), array, equal_nan=True):
        raise Unsupported(f"{floats.name} does not hold these numbers")
    return cast


def _left_out(
    candidate: Callable[..., Any], names: tuple[str, ...], delta: Any, args: tuple[Any, ...]
) -> set[str]:
    try:
        result = candidate(delta, *args)
    except Exception:  # its own claim tells
        return set()
    if isinstance(result, dict):
        return {n for n in names if result.get(n, 0) is None}
    if isinstance(result, tuple | list) and len(result) == len(names):
        return {n for n, part in zip(names, result, strict=True) if part is None}
    return set()
