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
        kind, domain = type(other), self.domain
        if (function := domain.ufuncs.get(name)) is None:
            return _through_numpy(ufunc, self, other, other)
        if kind is type(self):
            result = function(self.data, other.data)
        elif kind is float or kind is int:
            result = function(self.data, zero_dimensional(domain.lift(other)))
        else:
            return _through_numpy(ufunc, self, other, other)
        return self._wrapped(result)

    def reflected(self: Operators, other: Any) -> Any:
        kind, domain = type(other), self.domain
        function = domain.ufuncs.get(name)
        if function is None or not (kind is float or kind is int):  # of one kind, `forward` was called
            return _through_numpy(ufunc, other, self, other)
        return self._wrapped(function(zero_dimensional(domain.lift(other)), self.data))

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

    def _wrapped(self, result: Any) -> Any:
        raise NotImplementedError

    __add__, __radd__ = _pair(np.add)
    __sub__, __rsub__ = _pair(np.subtract)
    __mul__, __rmul__ = _pair(np.multiply)
    __truediv__, __rtruediv__ = _pair(np.true_divide)
    _power, __rpow__ = _pair(np.power)

    def __pow__(self, other: Any) -> Any:
        if type(other) is int and other == 2 and (square := self.domain.ufuncs.get("square")) is not None:
            return self._wrapped(square(self.data))
        return self._power(other)

    def __neg__(self) -> Any:
        if (negative := self.domain.ufuncs.get("negative")) is None:
            return np.negative(self)  # type: ignore[call-overload]
        return self._wrapped(negative(self.data))

    def __matmul__(self, other: Any) -> Any:
        if type(other) is type(self):
            return self._wrapped(self.domain.matmul(self.data, other.data))
        return _through_numpy(np.matmul, self, other, other)

    # what `math.floor`, `math.ceil`, `math.trunc` and `round` call; the whole number stays in the arithmetic

    def __floor__(self) -> Any:
        return np.floor(self._one())

    def __ceil__(self) -> Any:
        return np.ceil(self._one())

    def __trunc__(self) -> Any:
        return np.trunc(self._one())

    def __round__(self, digits: Any = None) -> Any:
        return np.round(self._one(), 0 if digits is None else digits)

    def _one(self) -> Any:
        if self.data.size != 1:
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        return self._wrapped(self.data.reshape(()))
