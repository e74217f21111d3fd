"""Python's operators and NumPy's ufuncs on indexed arrays."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from gradcheck.arithmetic import complex_ufunc, is_complex
from gradcheck.proofs.indexed.arrays.array import ACCESS, FUNCTIONS, UFUNCS, IndexedArray
from gradcheck.proofs.indexed.arrays.averaging import log_sum_exp
from gradcheck.proofs.indexed.arrays.conditions.minus_infinity import of_extended
from gradcheck.proofs.indexed.arrays.converting import as_array, operate
from gradcheck.proofs.indexed.arrays.guarding import guarded, refuse_all, unavailable
from gradcheck.proofs.indexed.arrays.indices.gathering import add_at
from gradcheck.proofs.indexed.arrays.indices.selected import Selected
from gradcheck.proofs.indexed.arrays.size import polynomial_of

__all__: list[str] = []

_REDUCTIONS = {"add": np.sum, "maximum": np.max, "minimum": np.min}
_OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power",
    "matmul": "matmul", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
    "eq": "equal", "ne": "not_equal", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "floordiv": "floor_divide", "mod": "remainder",
}  # fmt: skip


def _array_ufunc(self: IndexedArray, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    name = ufunc.__name__
    if method == "at" and name == "add" and not kwargs and len(inputs) == 3:
        return guarded(self.space, "np.add.at", add_at, *inputs)
    if any(type(i) is Selected for i in inputs):
        return NotImplemented
    if any(map(is_complex, inputs)):
        return guarded(self.space, f"np.{name}", complex_ufunc, ufunc, method, *inputs, **kwargs)
    given = [as_array(self.space, i) for i in inputs]
    kwargs = {k: v for k, v in kwargs.items() if not (k == "where" and v is True)}
    dtype = kwargs.pop("dtype", None)
    if dtype is not None and any(a.dtype != np.dtype(dtype) for a in given):
        raise unavailable(self.space, f"np.{name} with dtype=")
    if "out" in kwargs:
        raise unavailable(self.space, f"np.{name} with out=")
    if method == "reduce" and name in _REDUCTIONS:
        return FUNCTIONS[_REDUCTIONS[name]](*given, **({"axis": 0} | kwargs))
    if method == "reduce" and name == "logaddexp" and kwargs.keys() <= {"axis", "keepdims"}:
        return log_sum_exp(*given, **kwargs)
    if method == "outer" and name == "multiply":
        return np.tensordot(given[0], given[1], axes=0)
    if method != "__call__" or kwargs or name not in UFUNCS or not _is_numpys(ufunc):
        called = f"np.{name}" + (f".{method}" if method != "__call__" else "")
        raise unavailable(self.space, called)
    if any(a.infinite for a in given):
        return guarded(self.space, f"np.{name}", of_extended, self.space, name, given)
    return guarded(self.space, f"np.{name}", UFUNCS[name], *given)


def _is_numpys(ufunc: Any) -> bool:
    """Whether it is NumPy's or SciPy's function of this name, and not another one called so."""
    modules = (np, sys.modules.get("scipy.special"))
    return any(getattr(m, ufunc.__name__, None) is ufunc for m in modules)


def _in_place(self: IndexedArray, name: str, other: Any) -> Any:
    """`a += b`: the same array, other entries; not where other names share its memory."""
    if not self.shape:
        return operate(self.space, name, self, other)  # NumPy's scalars do not change either
    if self.shared and self.part_of is None:
        raise unavailable(self.space, "a change in place of an argument, a view or an array that has views")
    result = operate(self.space, name, self, other)
    same = [polynomial_of(s) for s in result.shape] == [polynomial_of(s) for s in self.shape]
    if not same or self.kind != result.kind:
        raise unavailable(self.space, "a change in place of shape or type")
    self.change(result.entry)
    if self.part_of is not None:
        whole, key = self.part_of
        ACCESS["put"](whole, key, result, by=self)
    return self


def _install(symbol: str, name: str) -> None:
    def forward(self: IndexedArray, other: Any) -> Any:
        if type(other) is Selected:
            return NotImplemented
        if self.infinite:
            return guarded(
                self.space, f"np.{name}", of_extended, self.space, name, [self, as_array(self.space, other)]
            )
        return operate(self.space, name, self, other)

    def reflected(self: IndexedArray, other: Any) -> Any:
        return operate(self.space, name, other, self)

    def in_place(self: IndexedArray, other: Any) -> Any:
        return guarded(self.space, f"np.{name} in place", _in_place, self, name, other)

    setattr(IndexedArray, f"__{symbol}__", forward)
    if symbol not in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(IndexedArray, f"__r{symbol}__", reflected)
        setattr(IndexedArray, f"__i{symbol}__", in_place)


def _install_unary(symbol: str, name: str) -> None:
    def function(self: IndexedArray) -> Any:
        return guarded(self.space, f"np.{name}", UFUNCS[name], self)

    setattr(IndexedArray, f"__{symbol}__", function)


for _symbol, _name in _OPERATORS.items():
    _install(_symbol, _name)
for _symbol, _name in {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}.items():
    _install_unary(_symbol, _name)
setattr(IndexedArray, "__array_ufunc__", _array_ufunc)  # noqa: B010  (as the operators are)
refuse_all(
    IndexedArray,
    [*dir(np.ndarray), *dir(np.float64), "__buffer__", "__bytes__"],
    data=frozenset({"__array_interface__", "__array_struct__"}),
)
