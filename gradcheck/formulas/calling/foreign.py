"""Candidates whose insides are not NumPy: another framework's, or another process's.

They know floating-point numbers only. Asked in balls or symbols they must refuse with a reason, before
anything of theirs is called, so that they are judged by their float64 values.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported

__all__ = ["float_only", "is_float_only"]

_NUMBERS = (np.ndarray, np.generic, float, int)


def is_float_only(function: Callable[..., Any]) -> bool:
    """Whether the insides of a function are not NumPy, so that nothing but its numbers can be seen."""
    return hasattr(function, "float_only")


def float_only(function: Callable[..., Any], what: str) -> Callable[..., Any]:
    """``function``, refusing arguments that are not plain numbers. ``what`` says whose it is ("torch")."""

    @functools.wraps(function)
    def guarded(*args: Any) -> Any:
        for arg in args:
            parts = arg if isinstance(arg, tuple) else (arg,)
            # by type: symbols answer isinstance as numbers would
            if not all(issubclass(type(part), _NUMBERS) for part in parts):
                raise Unsupported(f"{what} runs in floating point only")
        return function(*args)

    guarded.float_only = what  # type: ignore[attr-defined]
    return guarded
