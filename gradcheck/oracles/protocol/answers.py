"""From an answer to arrays: everything that is not as the case asks for is named.

What is wrong here is the harness, and becomes an ``error``; the gradients' shapes and values are for the
engine to judge.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from numpy.typing import NDArray

from gradcheck.errors import CandidateFault, UsageError
from gradcheck.oracles.protocol.messages import AnswerArray
from gradcheck.records.arrays import decode
from gradcheck.records.types import ArrayRecord

__all__ = ["decimals_differ", "read_array", "read_gradients"]


def read_gradients(
    answer: Mapping[str, AnswerArray | None], names: Collection[str], dtype: str, data: Collection[str]
) -> dict[str, NDArray[Any] | None]:
    """The gradients by argument, None for those that are not computed.

    ``names`` are the formula's arguments, ``dtype`` what every gradient must have, ``data`` the arguments
    whose gradient may be left out without a word. Raises `CandidateFault`.
    """
    for name in answer:
        if name not in names:
            near = [n for n in names if n.lower() == name.lower()] or difflib.get_close_matches(name, names)
            hint = f" Is {near[0]!r} meant?" if near else ""
            raise _broken(
                f"the answer has a gradient of {name!r}, and the inputs are {', '.join(names)}.{hint}"
            )
    missing = [n for n in names if n not in answer and n not in data]
    if missing:
        raise _broken(
            f"the answer has no gradient of {' and '.join(map(repr, missing))}; give null for one that the "
            "program does not compute"
        )
    return {n: _gradient(answer.get(n), n, dtype) for n in names}


def read_array(array: AnswerArray) -> NDArray[Any]:
    """The array that the bytes hold. Raises `UsageError`."""
    return decode(ArrayRecord(dtype=array.dtype, shape=array.shape, b64=array.b64))


def decimals_differ(answer: Mapping[str, AnswerArray | None]) -> bool:
    """Whether some array's decimals say something else than its bytes. The bytes are what is judged."""
    for array in answer.values():
        if array is None or array.dec is None:
            continue
        try:
            decode(ArrayRecord(dtype=array.dtype, shape=array.shape, b64=array.b64, dec=_flat(array.dec)))
        except (UsageError, TypeError, ValueError, OverflowError):
            return True
    return False


def _gradient(array: AnswerArray | None, name: str, dtype: str) -> NDArray[Any] | None:
    if array is None:
        return None
    if array.dtype != dtype:
        raise _broken(f"the gradient of {name!r} has the dtype {array.dtype!r}, but {dtype!r} was asked for")
    try:
        return read_array(array)
    except UsageError as error:
        raise _broken(f"the gradient of {name!r} cannot be read: {error}") from None


def _flat(decimals: Any) -> list[float]:
    """Decimals as one list, also where a program nests them like the array."""
    if isinstance(decimals, list):
        return [number for item in decimals for number in _flat(item)]
    return [float(decimals)]


def _broken(message: str) -> CandidateFault:
    return CandidateFault("error", f"the harness: {message}")
