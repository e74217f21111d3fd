"""What code costs at a point, counted: the operations on arrays that its forward performs.

Whatever runs NumPy code on something else than floats (balls, symbols, a tracer) pays for every operation,
and little for its entries: a convolution in loops is some hundred times as dear as one by windows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import user_code
from gradcheck.formulas.calling.foreign import is_float_only

__all__ = ["operations"]

_ENTRIES = 64
"""Sums and products of entries that cost as much as the operation itself, in balls."""

_FUNCTIONS = 4
"""Values of a function like `exp` that do."""

_AS_FLOATS = 64
"""How many times less an entry costs in float64."""


def operations(
    function: Callable[..., Any],
    args: Sequence[NDArray[Any]],
    most: float = math.inf,
    *,
    in_float64: bool = False,
) -> int:
    """How many operations a forward performs at these arguments, large results counting for more (less so
    ``in_float64``, where an entry costs next to nothing); it is stopped where they are more than ``most``.

    What the code does with arrays that it makes itself is not seen, nor what a program or a framework does;
    where it raises on arrays that count, it costs what it did until then.
    """
    if is_float_only(function):
        return 0
    counter = _Counter(most, 1 / _AS_FLOATS if in_float64 else 1.0)
    token = _counter.set(counter)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), user_code:
            warnings.simplefilter("ignore")
            function(*(_counted(a) for a in args))
    except Exception:
        return math.ceil(counter.spent)
    finally:
        _counter.reset(token)
    return math.ceil(counter.spent)


class _Enough(Exception):
    """More is not to be counted."""


@dataclass
class _Counter:
    most: float
    weight: float = 1.0  # of entries
    spent: float = 0.0


_counter: ContextVar[_Counter] = ContextVar("operations of a run")


class _Counted(np.ndarray[Any, Any]):
    """An ndarray whose operations are counted."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = _plain(inputs)
        result = getattr(ufunc, method)(*plain, **_plain(kwargs))
        return _wrapped(
            result, each=1 / _FUNCTIONS if ufunc.nin == 1 and ufunc not in _CHEAP else _inner(ufunc, plain)
        )

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        plain = _plain(args)
        result = func(*plain, **_plain(kwargs))
        if func in _FACTORISING:
            steps = _COMPILED if func in _COMPILING else _STEPS
            _count(0, steps + _eliminated(plain[0]))
        return _wrapped(result)

    def __getitem__(self, key: Any) -> Any:
        return _wrapped(self.view(np.ndarray)[_plain(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        _count(1)
        self.view(np.ndarray)[_plain(key)] = _plain(value)


def _counted(value: Any) -> Any:
    if value.dtype.kind != "f":
        return value.copy() if value.ndim else value.dtype.type(value)
    return value.copy().view(_Counted) if value.ndim else value.dtype.type(value)


_CHEAP = frozenset(
    [np.negative, np.positive, np.absolute, np.fabs, np.square, np.sign, np.reciprocal, np.conjugate]
)


def _inner(ufunc: np.ufunc, inputs: Sequence[Any]) -> float:
    """What an entry costs: in a product of matrices as much as what is summed for it."""
    return (np.shape(inputs[0])[-1] if ufunc is np.matmul else 1) / _ENTRIES


_FACTORISING = frozenset(
    [
        *(np.linalg.inv, np.linalg.solve, np.linalg.det, np.linalg.slogdet, np.linalg.cholesky, np.linalg.qr),
        *(np.linalg.svd, np.linalg.eigh, np.linalg.eigvalsh, np.linalg.pinv, np.linalg.lstsq),
    ]
)


def _eliminated(matrix: Any) -> float:
    """The products of entries in a factorisation: as many as in elimination."""
    size, inner = np.size(matrix), (np.shape(matrix) or (1,))[-1]
    return size * inner / (3 * _ENTRIES)


_STEPS = 7
"""Operations that a factorisation takes besides: some five milliseconds of a trace by JAX."""

_COMPILING = frozenset([np.linalg.svd, np.linalg.eigh, np.linalg.eigvalsh, np.linalg.qr])
_COMPILED = 24
"""The same where JAX has it compiled for each shape, which takes a good half second."""


def _count(calls: float, entries: float = 0.0) -> None:
    counter = _counter.get(None)
    if counter is not None:
        counter.spent += calls + counter.weight * entries
        if counter.spent > counter.most:
            raise _Enough


def _wrapped(result: Any, each: float = 1 / _ENTRIES) -> Any:
    _count(1, each * np.size(result) if isinstance(result, np.ndarray | np.generic) else 0.0)
    return result.view(_Counted) if type(result) is np.ndarray and result.dtype.kind == "f" else result


def _plain(value: Any) -> Any:
    if type(value) is _Counted:
        return value.view(np.ndarray)
    if type(value) in (tuple, list):
        return type(value)(_plain(v) for v in value)
    if type(value) is dict:
        return {k: _plain(v) for k, v in value.items()}
    return value
