"""`x[mask]`: the entries where a mask holds. How many these are is not known, so they can be computed with
entry by entry, summed, and stored where the same mask holds; all else is refused.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import constant
from gradcheck.proofs.indexed.arrays.array import IndexedArray
from gradcheck.proofs.indexed.arrays.converting import as_array
from gradcheck.proofs.indexed.arrays.guarding import refuse_all, unavailable
from gradcheck.proofs.indexed.arrays.size import polynomial_of

__all__ = ["Selected", "select", "store"]

_OPERATORS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power,
}  # fmt: skip


class Selected:
    """``whole`` is the array before its entries were selected, of the shape of ``mask``."""

    __slots__ = ("mask", "space", "whole")
    __array_priority__ = 1003

    def __init__(self, whole: IndexedArray, mask: IndexedArray) -> None:
        self.whole, self.mask, self.space = whole, mask, whole.space

    @property  # type: ignore[misc]  # asked for by isinstance
    def __class__(self) -> Any:
        return np.ndarray

    def __neg__(self) -> Any:
        return np.negative(self)

    def fits(self, mask: IndexedArray) -> bool:
        """Whether entries are selected by this mask."""
        return self.mask.entry.terms == mask.entry.terms and _sizes(self.mask) == _sizes(mask)

    def _refuse(self, what: str) -> Unsupported:
        return unavailable(self.space, f"{what} of the entries where a mask holds")

    def __getattr__(self, name: str) -> Any:
        if name == "sum":
            return lambda: np.sum(self)
        raise self._refuse(f".{name}")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            raise self._refuse(f"np.{ufunc.__name__}.{method}")
        given = []
        for one in inputs:
            if type(one) is Selected:
                if not one.fits(self.mask):
                    raise self._refuse("arithmetic with those of another mask")
                given.append(one.whole)
                continue
            number = as_array(self.space, one)
            if number.shape:
                raise self._refuse("arithmetic with an array")
            given.append(number)
        return Selected(ufunc(*given), self.mask)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function is not np.sum or len(args) != 1 or kwargs:
            raise self._refuse(f"np.{function.__name__}")
        mask = IndexedArray(self.space, self.mask.entry, self.mask.shape, "i")
        return np.sum(np.multiply(mask, self.whole))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._refuse("an array made")


def _sizes(array: IndexedArray) -> list[Any]:
    return [polynomial_of(s) for s in array.shape]


def _install(symbol: str, ufunc: Any) -> None:
    def forward(self: Selected, other: Any) -> Any:
        return ufunc(self, other)

    def reflected(self: Selected, other: Any) -> Any:
        return ufunc(other, self)

    setattr(Selected, f"__{symbol}__", forward)
    setattr(Selected, f"__r{symbol}__", reflected)


for _symbol, _ufunc in _OPERATORS.items():
    _install(_symbol, _ufunc)
refuse_all(
    Selected, [*dir(np.ndarray), "__buffer__"], data=frozenset({"__array_interface__", "__array_struct__"})
)


def select(array: IndexedArray, mask: IndexedArray) -> Selected:
    """`array[mask]`, for a mask of the array's own shape."""
    if _sizes(array) != _sizes(mask):
        raise array.space.refused(Unsupported("indexing with an array of truth values of another shape"))
    return Selected(IndexedArray(array.space, array.entry, array.shape, array.kind), mask)


def store(array: IndexedArray, mask: IndexedArray, value: Selected) -> None:
    """`array[mask] = value`."""
    space = array.space
    if (
        not value.fits(mask)
        or _sizes(array) != _sizes(mask)
        or (array.kind != "f" and array.kind != value.whole.kind)
    ):
        raise space.refused(Unsupported("storing entries where another mask held"))
    array.change(mask.entry * value.whole.entry + (constant(space, 1) - mask.entry) * array.held)
