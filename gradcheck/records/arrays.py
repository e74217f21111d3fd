"""Arrays in records: from NumPy to `ArrayRecord` and back, without losing a bit.

The bytes are the authority. The decimals beside them are for readers and for foreign programs; they
are written only where they say exactly the same, and checked against the bytes when read.
"""

from __future__ import annotations

import base64
import binascii
from math import prod
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.records.types import ArrayRecord

__all__ = ["BFLOAT16", "DTYPES", "MAX_DECIMALS", "decode", "encode"]

BFLOAT16 = "bfloat16"
"""A float32 without its lower half: no letter of NumPy's stands for it, so it goes by its name."""

DTYPES = ("<f8", "<f4", "<f2", BFLOAT16, "<i8", "<i4", "<i2", "|i1", "<u8", "<u4", "<u2", "|u1", "|b1")
"""What an array in a record may hold: little-endian floats, integers and booleans."""

MAX_DECIMALS = 64
"""Arrays of more entries carry no decimals: nobody reads them, and they triple the log."""

_EXACT_INTEGER = 2**53  # float64 holds every integer up to here


def encode(array: NDArray[Any]) -> ArrayRecord:
    """The record of an array (or NumPy scalar) of real numbers or booleans.

    Big-endian arrays are swapped, strides are straightened. Raises `UsageError` for a dtype that a
    reader on another machine could not hold, such as complex, object or long double.
    """
    array = np.asarray(array)
    if array.dtype.type.__name__ == BFLOAT16:
        halves = np.ascontiguousarray(array).view(np.uint16)
        return msgspec.structs.replace(encode(halves), dtype=BFLOAT16, dec=_of_bfloat16(array))
    dtype = array.dtype.newbyteorder("<")
    if dtype.str not in DTYPES:
        raise UsageError(
            f"an array of dtype {array.dtype} cannot be recorded; known are {', '.join(DTYPES)}."
        )
    straight = np.ascontiguousarray(array, dtype=dtype)
    return ArrayRecord(
        dtype=dtype.str,
        shape=list(array.shape),
        b64=base64.b64encode(straight.tobytes()).decode("ascii"),
        dec=_decimals(straight),
    )


def decode(record: ArrayRecord) -> NDArray[Any]:
    """The array of a record: new, writeable, in the byte order of the record.

    Raises `UsageError` where the dtype is unknown, the bytes do not fill the shape, or the decimals
    say something else than the bytes.
    """
    if record.dtype not in DTYPES:
        raise UsageError(f"array: unknown dtype {record.dtype!r}; known are {', '.join(DTYPES)}.")
    if record.dtype == BFLOAT16:
        return _bfloat16(record)
    dtype = np.dtype(record.dtype)
    shape = tuple(record.shape)
    if any(size < 0 for size in shape):
        raise UsageError(f"array: the shape {shape} has a negative size.")
    try:
        data = base64.b64decode(record.b64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(f"array: b64 is no base64 text: {error}.") from None
    expected = prod(shape) * dtype.itemsize
    if len(data) != expected:
        raise UsageError(
            f"array: b64 holds {len(data)} bytes, but the shape {shape} of {record.dtype} takes {expected}."
        )
    if record.dtype == "|b1" and data.strip(b"\x00\x01"):
        raise UsageError("array: a boolean is stored as byte 0 or 1, and b64 holds another byte.")
    try:
        array = np.frombuffer(data, dtype=dtype).reshape(shape).copy()
    except ValueError as error:  # more axes than NumPy has, or a size beyond its integers beside a 0
        raise UsageError(f"array: the shape {shape} cannot be made: {error}.") from None
    if record.dec is not None:
        _check_decimals(array, record.dec)
    return array


def _bfloat16(record: ArrayRecord) -> NDArray[Any]:
    """The array of a record of bfloat16. Raises `UsageError` where ml_dtypes is missing too."""
    try:
        from ml_dtypes import bfloat16
    except ImportError:
        raise UsageError(
            "array: bfloat16 takes the package ml_dtypes; install it: pip install 'gradcheck[bfloat16]'."
        ) from None
    halves = decode(ArrayRecord(dtype="<u2", shape=record.shape, b64=record.b64))
    array: NDArray[Any] = halves.view(bfloat16)
    if record.dec is not None:
        _check_decimals(array, record.dec)
    return array


def _of_bfloat16(array: NDArray[Any]) -> list[float] | None:
    """The entries as decimals: every one is a float32, and has few digits."""
    return _decimals(array.astype(np.float32))


def _decimals(array: NDArray[Any]) -> list[float] | None:
    """The entries as the shortest decimals that give them back, or None where decimals cannot."""
    if array.size > MAX_DECIMALS or not np.isfinite(array).all():
        return None
    if array.dtype.kind in "iu":
        return (
            None if any(abs(int(v)) > _EXACT_INTEGER for v in array.flat) else [float(v) for v in array.flat]
        )
    if array.dtype.kind == "b":
        return [float(v) for v in array.flat]
    return [_shortest(v) for v in array.flat]


def _shortest(value: np.floating[Any]) -> float:
    # A float32 0.1 is 0.10000000149011612 as a float64. Its own shortest decimal is 0.1, which reads
    # back to the same float32 unless rounding twice (decimal, float64, float32) goes astray.
    short = float(str(value))
    return short if type(value)(short) == value else float(value)


def _check_decimals(array: NDArray[Any], decimals: list[float]) -> None:
    if len(decimals) != array.size:
        raise UsageError(f"array: dec has {len(decimals)} entries, but the array has {array.size}.")
    for position, (value, decimal) in enumerate(zip(array.flat, decimals, strict=True)):
        with np.errstate(over="ignore"):
            same = int(value) == decimal if array.dtype.kind in "iub" else type(value)(decimal) == value
        if not same:
            raise UsageError(
                f"array: entry {position} is {value} in b64 and {decimal} in dec; b64 is the authority, so "
                "dec must be left out or be the same."
            )
