"""Stochastic arithmetic: float64 code run with every result moved at random by a few units in the last place.

What several such runs differ by is what rounding does to the code's values, terms that cancel on the way
included (the CESTAC method, J. Vignes, "A stochastic arithmetic for reliable scientific computation",
Mathematics and Computers in Simulation 35, 1993). It is a sample, so it grants and never certifies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.errors import user_code

__all__ = ["ULPS", "jittered_runs"]

ULPS = 8.0
"""How far each result is moved at most, in half units in the last place."""


@dataclass
class _Noise:
    """``solves``: whether the code asked `numpy.linalg` for anything."""

    rng: np.random.Generator
    in_matrices: bool
    solves: bool = False


class _Jittered(np.ndarray[Any, Any]):
    """An ndarray whose results are moved; ``noise`` is shared by all arrays of a run."""

    noise: _Noise | None

    def __array_finalize__(self, source: Any) -> None:
        self.noise = getattr(source, "noise", None)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        if out is not None:
            kwargs["out"] = tuple(_plain(o) for o in out)
        result = getattr(ufunc, method)(*map(_plain, inputs), **{k: _plain(v) for k, v in kwargs.items()})
        if out is not None:
            return out[0] if len(out) == 1 else out
        if method == "at" or result is NotImplemented:
            return result
        return _moved(result, self.noise)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        args, kwargs = _plain(args), _plain(kwargs)
        if self.noise is not None and func.__module__ == "numpy.linalg":
            self.noise.solves = True
            if self.noise.in_matrices:
                args, kwargs = _plain(_moved(args, self.noise)), _plain(_moved(kwargs, self.noise))
        return _moved(func(*args, **kwargs), self.noise)

    def __getitem__(self, key: Any) -> Any:
        return _kept(self.view(np.ndarray)[_plain(key)], self.noise)


def jittered_runs(
    function: Callable[..., Any], args: Sequence[Any], runs: int, *, matrices: bool = False
) -> tuple[list[Any], bool]:
    """What a function gives in so many runs with moved results, as plain arrays; and whether it uses
    `numpy.linalg`.

    With ``matrices`` what goes into `numpy.linalg` is moved too: a solver is right for a matrix that is a
    little off (its backward error; N. Higham, "Accuracy and Stability of Numerical Algorithms", 2002, ch. 9).
    Raises whatever the function raises.
    """
    found, solves = [], False
    for seed in range(runs):
        noise = _Noise(np.random.default_rng([1993, seed]), matrices)
        with np.errstate(all="ignore"), user_code:
            found.append(_plain(function(*(_kept(a, noise) for a in args))))
        solves = solves or noise.solves
    return found, solves


def _plain(value: Any) -> Any:
    if isinstance(value, _Jittered):
        return value.view(np.ndarray)
    if type(value) in (tuple, list):
        return type(value)(_plain(v) for v in value)
    if type(value) is dict:
        return {k: _plain(v) for k, v in value.items()}
    return value


def _kept(value: Any, noise: _Noise | None) -> Any:
    """A copy of an array of floats whose results will be moved; anything else as it is."""
    if type(value) is tuple:
        return tuple(_kept(v, noise) for v in value)
    if isinstance(value, np.ndarray | np.generic) and np.asarray(value).dtype == np.float64:
        array = np.asarray(value).view(_Jittered)
        array.noise = noise
        return array
    return value


def _moved(value: Any, noise: _Noise | None) -> Any:
    if type(value) in (tuple, list):
        return type(value)(_moved(v, noise) for v in value)
    if type(value) is dict:
        return {k: _moved(v, noise) for k, v in value.items()}
    if (
        not isinstance(value, np.ndarray | np.generic)
        or np.asarray(value).dtype != np.float64
        or noise is None
    ):
        return value
    array = np.asarray(value)
    return _kept(array * (1 + ULPS * 2.0**-53 * noise.rng.uniform(-1, 1, array.shape)), noise)
