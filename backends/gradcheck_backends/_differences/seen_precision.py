"""The narrowest floating point that a forward computes in, seen while it runs.

A difference of a forward that rounds to float32 on the way is as rough as float32, and on a spot where the
rounded values stand still it looks exact. So the forward runs once on arrays that note the type of every
array that is made of them. What `np.asarray(x, dtype)` makes is out of sight, so a narrow type that the code
names counts too where the result is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import user_code

__all__ = ["DOUBLE", "HALF", "SINGLE", "unit_of"]

DOUBLE, SINGLE, HALF = 2.0**-53, 2.0**-24, 2.0**-11
"""Half a unit in the last place, relatively, of float64, float32 and float16."""

_UNITS = {"f2": HALF, "f4": SINGLE, "c8": SINGLE}

_NAMED = {"float16": "f2", "half": "f2", "f2": "f2", "e": "f2", "float32": "f4", "single": "f4", "f4": "f4"}
_NAMED |= {"f": "f4", "<f4": "f4", "complex64": "c8", "c8": "c8", "F": "c8"}


def unit_of(function: Callable[..., Any], args: Sequence[NDArray[Any]]) -> float:
    """Half a unit in the last place of the narrowest type that was seen, or is named where the result came
    out of sight; `DOUBLE` where there is none.
    """
    seen: set[str] = set()

    class Noting(np.ndarray[Any, Any]):
        def __array_finalize__(self, made_of: Any, /) -> None:
            seen.add(self.dtype.str[1:])

        def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
            result = super().__array_function__(func, types, args, kwargs)
            return result.view(Noting) if type(result) is np.ndarray else result

    try:
        with np.errstate(all="ignore"), user_code:
            result = function(*(a.copy().view(Noting) for a in args))
        parts = result if isinstance(result, tuple | list) else [result]
        seen |= {np.asarray(p).dtype.str[1:] for p in parts}
        in_sight = all(isinstance(p, Noting) or np.ndim(p) == 0 for p in parts)
    except Exception:  # it asks for the type of its arguments
        in_sight = False
    if not in_sight:
        seen |= {_NAMED[name] for name in _words(function, set()) if name in _NAMED}
    return max((_UNITS[kind] for kind in seen if kind in _UNITS), default=DOUBLE)


def _words(function: Any, known: set[int]) -> Iterator[str]:
    """The names and the text in a Python function, and in those that it calls by name."""
    if not isinstance(function, FunctionType) or id(function) in known or len(known) > _MOST_FUNCTIONS:
        return
    known.add(id(function))
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes += [c for c in code.co_consts if isinstance(c, CodeType)]
        yield from (c for c in code.co_consts if isinstance(c, str))
        for name in code.co_names:
            yield name
            yield from _words(function.__globals__.get(name), known)
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # an empty cell
            yield from _words(cell.cell_contents, known)


_MOST_FUNCTIONS = 100
