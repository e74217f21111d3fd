"""A declaration read off the arrays that a function is to be checked at."""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.errors import UsageError
from gradcheck.formulas.calling.callables import parameter_names, taken
from gradcheck.formulas.nested.nesting import Nesting, unfolded
from gradcheck.formulas.suggestions import short

__all__ = ["declared_at"]


def declared_at(
    function: Callable[..., Any], args: Any, names: tuple[str, ...] | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The shapes of the arguments ``args``, and their values by leaf.

    ``names`` are those of the arguments, where they are declared; else they are the function's own.
    Raises `UsageError` where ``args`` is no tuple, or has not as many.
    """
    if not isinstance(args, tuple | list):
        raise UsageError(
            f"args: expected a tuple with one value for each argument, as in args=(W, x), got {short(args)}."
        )
    if names is not None and len(args) != len(names):
        raise UsageError(f"args: expected one value for each of {', '.join(names)}, got {len(args)}.")
    if names is None and (lacking := _lacking(function, len(args))):
        raise UsageError(
            f"args: expected one value for each of {', '.join(lacking)}, got {len(args)}. Arguments "
            "that stay fixed are bound with functools.partial."
        )
    own = list(names or parameter_names(function)[: len(args)])
    own += [f"argument{i}" for i in range(len(own), len(args))]
    given = dict(zip(own, args, strict=True))
    values = {leaf: value for name, v in given.items() for leaf, value in unfolded(name, v, _is_array)}
    for leaf, value in values.items():
        _check_numbers(leaf, value)
    nesting = Nesting.of(given, _is_array)
    shapes = nesting.arranged([_shape(leaf, value) for leaf, value in values.items()])
    return dict(zip(own, shapes, strict=True)), values


def _is_array(value: Any) -> bool:
    """Whether a list or tuple holds numbers alone, at any depth: then it is one array."""
    if isinstance(value, list) or (isinstance(value, tuple) and not hasattr(value, "_fields")):
        return bool(value) and all(isinstance(v, numbers.Number) or _is_array(v) for v in value)
    return isinstance(value, np.ndarray | numbers.Number)


def _lacking(function: Callable[..., Any], count: int) -> list[str]:
    """The function's own arguments, where it cannot be called with so many; none where that is not known."""
    try:
        required, most = taken(function)
    except (TypeError, ValueError):  # a builtin
        return []
    return [*required, *most[len(required) :]] if not len(required) <= count <= len(most) else []


def _check_numbers(name: str, value: Any) -> None:
    """Raise `UsageError` for what is no array of numbers."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of several lengths
        array = np.asarray(None)
    if array.dtype.kind not in "biufc" and array.dtype.name != "bfloat16":
        raise UsageError(f"args: {name} is {short(value)}; expected an array of numbers.")
    if not np.isfinite(array.astype(np.float64) if array.dtype.kind == "V" else array).all():
        raise UsageError(
            f"args: {name} holds values that are not finite (NaN or infinite), and there is no derivative at "
            "them."
        )


def _shape(name: str, value: Any) -> Any:
    shape = np.shape(value)
    if 0 in shape:
        raise UsageError(f"args: {name} is an empty array of shape {shape}; sizes are 1 or more.")
    return " ".join(map(str, shape))
