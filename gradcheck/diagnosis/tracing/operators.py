"""Python's operators on watched values, as the NumPy functions that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic import complex_ufunc, is_complex

__all__ = ["install"]


_BINARY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "pow": np.power,
    "matmul": np.matmul, "floordiv": np.floor_divide, "mod": np.remainder, "and": np.bitwise_and,
    "or": np.bitwise_or, "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift,
    "divmod": np.divmod,
}  # fmt: skip


_COMPARISONS = {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal, "eq": np.equal,
    "ne": np.not_equal,
}  # fmt: skip


_UNARY = {"neg": np.negative, "pos": np.positive, "abs": np.absolute, "invert": np.invert}


def _operator(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        if is_complex(other):
            return complex_ufunc(ufunc, "__call__", self, other)
        return self.run.perform(ufunc, (self, other), {}, ufunc.__name__)

    return operate


def _reflected(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        if is_complex(other):
            return complex_ufunc(ufunc, "__call__", other, self)
        return self.run.perform(ufunc, (other, self), {}, ufunc.__name__)

    return operate


def _in_place(ufunc: np.ufunc) -> Callable[[Any, Any], Any]:
    def operate(self: Any, other: Any) -> Any:
        return self.run.perform(ufunc, (self, other), {"out": (self,)}, ufunc.__name__)

    return operate


def _unary(ufunc: np.ufunc) -> Callable[[Any], Any]:
    def operate(self: Any) -> Any:
        return self.run.perform(ufunc, (self,), {}, ufunc.__name__)

    return operate


def install(kind: type) -> None:
    """Give a class of watched values its operators."""
    for name, ufunc in _BINARY.items():
        setattr(kind, f"__{name}__", _operator(ufunc))
        setattr(kind, f"__r{name}__", _reflected(ufunc))
        setattr(kind, f"__i{name}__", _in_place(ufunc))
    for name, ufunc in _COMPARISONS.items():
        setattr(kind, f"__{name}__", _operator(ufunc))
    for name, ufunc in _UNARY.items():
        setattr(kind, f"__{name}__", _unary(ufunc))
