"""What hand-written code returned, as arrays of numbers or of balls: what is none breaks the contract."""

from __future__ import annotations

from types import GeneratorType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import Domain, ElementArray, ObjectArray, wrap
from gradcheck.errors import CandidateFault, FaultKind, FormFault, Unsupported
from gradcheck.formulas.calling.returned_arrays import NotNumbers, as_array
from gradcheck.formulas.quantity import Quantity

__all__ = ["as_balls", "as_float64", "as_numbers", "shape_words"]


def shape_words(shape: tuple[int, ...]) -> str:
    return f"an array of shape {shape}" if shape else "a number"


def as_numbers(value: Any, name: Quantity) -> NDArray[Any]:
    """Whatever the code returned as an array of real numbers. Raises `CandidateFault`."""
    if isinstance(value, GeneratorType):
        raise FormFault(f"{name} is a generator, not an array; return a tuple or an array", name)
    try:
        array = as_array(value, "fiubO", "of real arguments it is real: return np.real(...) of it")
        if array.dtype.kind == "O" and not _holds_balls(array):
            as_array(value, "fiub")
    except NotNumbers as error:
        raise FormFault(f"{name} is {error}", name) from None
    return array


def _holds_balls(array: NDArray[Any]) -> bool:
    return all(isinstance(entry, ElementArray) for entry in np.asarray(array).reshape(-1))


_FLOAT64 = np.dtype(np.float64)
_KEPT = ": the code keeps arrays of an earlier call in a global; make it an object, for gradcheck.layer"


def as_float64(
    value: Any, name: Quantity, shape: tuple[int, ...], *, copy: bool = True
) -> NDArray[np.float64]:
    """A quantity as the float64 array that it is to be. Raises `CandidateFault`."""
    # what most code returns
    if type(value) is np.ndarray and value.dtype is _FLOAT64 and value.shape == shape:
        return value.copy() if copy else value
    array = as_numbers(value, name)
    if array.dtype.kind == "O":
        kept = any(type(e).__module__.startswith(("gradcheck", "flint")) for e in array.reshape(-1))
        raise FormFault(f"{name} is an array of objects, not of numbers{_KEPT if kept else ''}", name)
    if array.shape != shape:
        hint = " (a numpy.matrix is always 2-d; return an ndarray)" if isinstance(value, np.matrix) else ""
        raise CandidateFault(
            "fail",
            f"{name}: expected {shape_words(shape)}, got {shape_words(array.shape)}{hint}",
            name,
            FaultKind.SHAPE,
        )
    return array.astype(np.float64, copy=copy)


def as_balls(value: Any, domain: Domain, name: Quantity, shape: tuple[int, ...]) -> ObjectArray:
    data = value.data if isinstance(value, ElementArray) else wrap(domain.lift_array(value), domain).data
    if data.shape != shape:
        raise Unsupported(f"{name} has the shape {data.shape} in {domain.name}, {shape} in float64")
    return data
