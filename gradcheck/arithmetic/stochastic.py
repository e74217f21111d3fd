"""Stochastic arithmetic: float64 code run with every result moved at random by a few units in the last place.

What several such runs differ by is what rounding does to the code's values, terms that cancel on the way
included (the CESTAC method, J. Vignes, "A stochastic arithmetic for reliable scientific computation",
Mathematics and Computers in Simulation 35, 1993). It is a sample, so it grants and never certifies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import user_code

__all__ = ["ULPS", "jittered_runs"]

ULPS = 8.0
"""How far each result is moved at most, in half units in the last place."""


class _Jittered(np.ndarray[Any, Any]):
    """An ndarray whose results are moved; ``rng`` is shared by all arrays of a run."""

    rng: np.random.Generator | None

    def __array_finalize__(self, source: Any) -> None:
        self.rng = getattr(source, "rng", None)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        if out is not None:
            kwargs["out"] = tuple(_plain(o) for o in out)
        result = getattr(ufunc, method)(*map(_plain, inputs), **{k: _plain(v) for k, v in kwargs.items()})
        if out is not None:
            return out[0] if len(out) == 1 else out
        if method == "at" or result is NotImplemented:
            return result
        return _moved(result, self.rng)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _moved(func(*_plain(args), **_plain(kwargs)), self.rng)

    def __getitem__(self, key: Any) -> Any:
        return _kept(self.view(np.ndarray)[_plain(key)], self.rng)


def jittered_runs(function: Callable[..., Any], args: Sequence[Any], runs: int) -> list[Any]:
    """What a function gives in so many runs with moved results, as plain arrays.

    Raises whatever the function raises.
    """
    found = []
    for seed in range(runs):
        rng = np.random.default_rng([1993, seed])
        with np.errstate(all="ignore"), user_code:
            found.append(_plain(function(*(_kept(a, rng) for a in args))))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, _Jittered):
        return value.view(np.ndarray)
    if type(value) in (tuple, list):
        return type(value)(_plain(v) for v in value)
    if type(value) is dict:
        return {k: _plain(v) for k, v in value.items()}
    return value


def _kept(value: Any, rng: np.random.Generator | None) -> Any:
    """A copy of an array of floats whose results will be moved; anything else as it is."""
    if type(value) is tuple:
        return tuple(_kept(v, rng) for v in value)
    if isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype == np.float64:
        array = np.asarray(value).view(_Jittered)
        array.rng = rng
        return array
    return value


def _moved(value: Any, rng: np.random.Generator | None) -> Any:
    if type(value) in (tuple, list):
        return type(value)(_moved(v, rng) for v in value)
    if not isinstance(value, np.ndarray | np.generic) or np.asarray(value).dtype != np.float64 or rng is None:
        return value
    array = np.asarray(value)
    return _kept(array * (1 + ULPS * 2.0**-53 * rng.uniform(-1, 1, array.shape)), rng)
