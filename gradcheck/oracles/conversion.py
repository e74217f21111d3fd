"""Arrays of any dtype as what a forward takes: exact, with a note, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.dtypes import widened
from gradcheck.formulas.values import is_strategy, normal, one_hot, positive, spd, unit_interval
from gradcheck.judging.points.point import draw_arguments

__all__ = ["as_array", "converted", "deltas_of", "integers_of"]

_FLOATS = (normal, positive, unit_interval, one_hot, spd)
_EXACT = 2**53


def as_array(value: Any, who: str) -> NDArray[Any]:
    try:
        array = widened(np.array(value))
    except Exception as error:
        raise UsageError(f"{who}: no array can be made of it: {error}.") from None
    if array.dtype.kind == "c":
        raise UsageError(f"{who}: complex values are not supported; ask for real and imaginary part apart.")
    if array.dtype.kind not in "fiub":
        raise UsageError(f"{who}: expected an array of numbers, got one of dtype {array.dtype}.")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        raise UsageError(f"{who}: {array.dtype} holds more than float64; give float64.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        place = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        raise UsageError(
            f"{who}{place or ''} is {array[tuple(place)]}; there is no derivative at a value that "
            "is not finite."
        )
    return array


def integers_of(formula: Formula, sizes: Mapping[str, int]) -> set[str]:
    """The arguments that are declared to hold integers: those whose declared values come out as such."""
    suspects = [
        n for n, v in formula.values.items() if not is_strategy(v) and not any(v is f for f in _FLOATS)
    ]
    if not suspects:
        return set()
    strategies = {n: np.zeros(()) for n, v in formula.values.items() if is_strategy(v)}
    try:
        drawn = draw_arguments(formula, sizes, np.random.default_rng(0), strategies or None)
    except UsageError:
        return set()
    kinds = {n: a.dtype.kind for n, a in zip(formula.shapes.arguments, drawn, strict=True)}
    return {n for n in suspects if kinds[n] in "iub"}


def converted(
    array: NDArray[Any], name: str, notes: list[str], given: Any, *, integers: bool = False
) -> NDArray[Any]:
    """The array as it enters the forward: integers where they are declared, float64 elsewhere.

    A conversion is noted where the caller chose the dtype, which a list or a number does not have.
    """
    kind = array.dtype.kind
    if not hasattr(given, "dtype"):
        notes = []
    if integers and kind == "f":
        if not np.array_equal(array, np.round(array)):
            raise UsageError(
                f"{name}: expected integers, as its values are declared, got {array.dtype} values."
            )
        notes.append(f"{name}: {array.dtype} taken as integers, as declared")
        array = array.astype(np.int64)
    elif not integers and kind in "iub":
        if kind != "b" and any(abs(int(v)) > _EXACT for v in array.flat):
            raise UsageError(f"{name}: expected floats, got {array.dtype} values that float64 does not hold.")
        notes.append(f"{name}: {array.dtype} taken as float64")
        array = array.astype(np.float64)
    elif kind == "f" and array.dtype.itemsize < 8:
        notes.append(f"{name}: {array.dtype} taken as float64, which holds its values exactly")
        array = array.astype(np.float64)
    elif kind == "f":
        array = array.astype(np.float64)  # native byte order
    array.flags.writeable = False
    return array


def deltas_of(
    formula: Formula, outputs: tuple[NDArray[np.float64], ...], multiple: bool, delta: Any, notes: list[str]
) -> tuple[NDArray[np.float64], ...]:
    if delta is None:
        if any(o.shape for o in outputs):
            wanted = " and ".join(str(o.shape) for o in outputs)
            raise UsageError(
                f"{formula.name}: delta is missing. It may be left out for scalar outputs only; here it has "
                f"the shape {wanted}."
            )
        given: list[Any] = [np.ones(())] * len(outputs)
    elif multiple:
        given = list(delta) if isinstance(delta, tuple | list) else [delta]
        if len(given) != len(outputs):
            raise UsageError(
                f"{formula.name}: expected a tuple of {len(outputs)} deltas, one per output, got "
                f"{len(given)}."
            )
    else:
        given = [delta]
    deltas = []
    for number, (value, output) in enumerate(zip(given, outputs, strict=True)):
        who = f"delta[{number}]" if multiple else "delta"
        array = converted(as_array(value, who), who, notes, value)
        if array.shape != output.shape:
            raise UsageError(
                f"{formula.name}: {who} has shape {array.shape}, but the output has shape {output.shape}."
            )
        deltas.append(array)
    return tuple(deltas)
