"""Reading what user code returned as an array of numbers, or saying what it is instead and what to do."""

from __future__ import annotations

from collections.abc import Iterator, KeysView, Mapping, ValuesView
from collections.abc import Set as AbstractSet
from types import CoroutineType, GeneratorType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import user_code
from gradcheck.formulas.dtypes import widened

__all__ = ["NotNumbers", "as_array", "one_shot"]


class NotNumbers(Exception):
    """What was returned is no array of numbers. The message goes after "the gradient is"."""


def as_array(
    value: Any, kinds: str, of_complex: str = "check its real and imaginary part apart"
) -> NDArray[Any]:
    """The array that a value is, if its dtype is one of the ``kinds``. Raises `NotNumbers`, with
    ``of_complex`` for advice on a complex one.
    """
    if value is None:
        raise NotNumbers("None: is a return missing?")
    if isinstance(value, np.ma.MaskedArray):
        raise NotNumbers(
            "a masked array, whose masked entries have no value; .filled(0) makes an ndarray of it"
        )
    try:
        with user_code:
            array = widened(np.asarray(value))
    except Exception as error:
        raise NotNumbers(f"no array: {type(error).__name__}: {str(error).rstrip('.')}") from None
    if array.dtype.kind == "c" and "c" not in kinds:
        raise NotNumbers(f"complex; {of_complex}")
    if array.dtype.kind not in kinds:
        what = "floats" if kinds == "f" else "numbers"
        raise NotNumbers(
            f"no array of {what} but {type(value).__name__} of dtype {array.dtype}; {_advice(value, array)}"
        )
    return array


def one_shot(value: Any) -> str | None:
    """What a value is that can only be run through (a generator, a map, a dict's values), or None."""
    if isinstance(value, GeneratorType):
        return "a generator"
    if isinstance(value, Iterator | KeysView | ValuesView | AbstractSet):
        return f"a {type(value).__name__}"
    return None


def _advice(value: Any, array: NDArray[Any]) -> str:
    if isinstance(value, GeneratorType):
        return "return an array (is it `yield` by mistake?)"
    if isinstance(value, CoroutineType):
        return "give a function that is not async"
    if isinstance(value, Mapping):
        return "return an array, or a tuple of arrays (a loss with its gradients: gradcheck.value_and_grad)"
    if isinstance(value, np.ndarray) and array.dtype.kind == "O":
        return "np.array(values, dtype=float) makes one of floats"
    if one_shot(value):
        return "return an array"
    return "derivatives need floating-point values"
