"""Operators of `ElementArray`, by the short way where both sides are of the arithmetic or plain numbers.

`a * b` through NumPy's ufunc costs more than the products of a small array. Whatever else stands on the
other side goes through NumPy, whose protocol decides what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradcheck.arithmetic.domain import Domain, ObjectArray, zero_dimensional

__all__ = ["Operators"]

Operator = Callable[[Any, Any], Any]


def _pair(ufunc: np.ufunc) -> tuple[Operator, Operator]:
    """`x op other` and `other op x`."""
    name = ufunc.__name__

    def forward(self: Operators, other: Any) -> Any:
        if (data := self._same_kind(other, name)) is None:
            return _through_numpy(ufunc, self, other, other)
        return self._wrapped(self.domain.ufuncs[name](self.data, data))

    def reflected(self: Operators, other: Any) -> Any:
        if (data := self._same_kind(other, name)) is None:
            return _through_numpy(ufunc, other, self, other)
        return self._wrapped(self.domain.ufuncs[name](data, self.data))

    return forward, reflected


def _through_numpy(ufunc: np.ufunc, left: Any, right: Any, other: Any) -> Any:
    if getattr(other, "__array_ufunc__", ufunc) is None:  # NEP 13: it wants to be asked itself
        return NotImplemented
    return ufunc(left, right)


class Operators(NDArrayOperatorsMixin):
    """`+ - * / ** @` and the sign; comparisons and the in-place forms stay NumPy's."""

    __slots__ = ()
    data: ObjectArray
    domain: Domain

    def _same_kind(self, other: Any, name: str) -> Any:
        """What is behind the other operand, or None where NumPy has to see it."""
        kind = type(other)
        if kind is type(self):
            return other.data if name in self.domain.ufuncs else None
        if (kind is float or kind is int) and name in self.domain.ufuncs:
            return zero_dimensional(self.domain.lift(other))
        return None

    def _wrapped(self, result: Any) -> Any:
        raise NotImplementedError

    __add__, __radd__ = _pair(np.add)
    __sub__, __rsub__ = _pair(np.subtract)
    __mul__, __rmul__ = _pair(np.multiply)
    __truediv__, __rtruediv__ = _pair(np.true_divide)
    __pow__, __rpow__ = _pair(np.power)

    def __neg__(self) -> Any:
        if (negative := self.domain.ufuncs.get("negative")) is None:
            return np.negative(self)  # type: ignore[call-overload]
        return self._wrapped(negative(self.data))

    def __matmul__(self, other: Any) -> Any:
        if type(other) is type(self):
            return self._wrapped(self.domain.matmul(self.data, other.data))
        return _through_numpy(np.matmul, self, other, other)
