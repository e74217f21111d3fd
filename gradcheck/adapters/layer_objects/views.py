"""Arrays of a layer that share their memory: parameters that are views into one flat vector."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.adapters.layer_objects.contents import arrays_of

__all__ = ["copied", "holders_of_the_same"]


def copied(value: Any) -> Any:
    """A deep copy in which views stay views: `copy.deepcopy` gives each array memory of its own."""
    memo: dict[int, Any] = {}
    groups: dict[int, list[NDArray[Any]]] = {}
    for _, array in arrays_of(value):
        groups.setdefault(id(_owner(array)), []).append(array)
    for arrays in groups.values():
        owner = _owner(arrays[0])
        if len({id(a) for a in arrays}) == 1 or type(owner) is not np.ndarray or not owner.flags.c_contiguous:
            continue
        memo[id(owner)] = new = owner.copy()
        for array in arrays:
            if array is not owner:
                offset = _address(array) - _address(owner)
                memo[id(array)] = np.ndarray(array.shape, array.dtype, new, offset, array.strides)
    return copy.deepcopy(value, memo)


def holders_of_the_same(made: Any, array: NDArray[Any], but: Iterable[Any]) -> set[str]:
    """The attributes of an object that hold other views of an array's memory, ``but`` for some arrays."""
    if array.base is None:
        return set()
    known = {id(a) for a in but}
    owner = _owner(array)
    found = (path for path, a in arrays_of(made) if _owner(a) is owner and id(a) not in known)
    return {name for path in found for name in re.findall(r"^\.(\w+)", path)}


def _owner(array: NDArray[Any]) -> Any:
    return array if array.base is None else array.base


def _address(array: NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])
