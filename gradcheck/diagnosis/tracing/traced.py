"""A watched value: it behaves like an array, and every operation on it goes through its `Run`.

Like `gradcheck.arithmetic.ElementArray` it is no subclass of `ndarray` but lives on NumPy's two
protocols. What it holds is a float64 array (or number), or an `ElementArray` of balls, so the same
watching serves both arithmetics.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.arithmetic import ElementArray, complex_ufunc, is_complex
from gradcheck.arithmetic.complex_numbers.arrays import FUNCTIONS as OF_COMPLEX
from gradcheck.arithmetic.complex_numbers.fourier import FOURIER
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.operators import install
from gradcheck.errors import Unsupported

__all__ = ["Traced", "astype", "getitem", "setitem"]


class Traced(Value):
    """See the module. ``value`` is what it holds; ``call`` the operation that made it."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any, run: Any, call: Call | None = None, name: str | None = None) -> None:
        self.value, self.run, self.call, self.name = value, run, call, name

    # -- the two protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(map(is_complex, inputs)):  # each of the two parts is watched
            return complex_ufunc(ufunc, method, *inputs, **kwargs)
        if method == "__call__":
            return self.run.perform(ufunc, inputs, kwargs, ufunc.__name__)
        function = getattr(ufunc, method)
        return self.run.perform(function, inputs, kwargs, f"{ufunc.__name__}.{method}")

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if func in FOURIER:
            return FOURIER[func](*args, **kwargs)
        if func in OF_COMPLEX and any(map(is_complex, (*args, *kwargs.values()))):
            return OF_COMPLEX[func](*args, **kwargs)
        return self.run.perform(func, args, kwargs, func.__name__)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.run.functional or isinstance(self.value, ElementArray):
            whole = np.empty(self.value.shape, dtype=object)
            for index in np.ndindex(self.value.shape):
                whole[index] = self[index] if self.value.shape else self  # so that the way back finds it
            return whole
        return np.array(self.value, dtype=dtype)

    # -- numbers and decisions: those of the float64 value, or the arithmetic's refusal

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        return self.value.__index__()  # type: ignore[no-any-return]

    # -- what an ndarray has

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return len(self.value.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.value.shape, dtype=int))

    @property
    def dtype(self) -> Any:
        return self.value.dtype

    @property
    def T(self) -> Any:
        return self.run.perform(np.transpose, (self,), {}, "transpose")

    @property
    def mT(self) -> Any:
        return self.run.perform(np.swapaxes, (self, -1, -2), {}, "swapaxes")

    @property
    def real(self) -> Traced:
        return self

    @property
    def imag(self) -> Any:
        return self.run.perform(np.zeros_like, (self,), {}, "zeros_like")

    @property
    def flat(self) -> Iterator[Any]:
        return iter(self.run.perform(np.ravel, (self,), {}, "ravel"))

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        if not self.value.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self.value)))

    def __getitem__(self, index: Any) -> Any:
        return self.run.perform(getitem, (self, index), {}, "getitem")

    def __setitem__(self, index: Any, value: Any) -> None:
        self.run.perform(setitem, (self, index, value), {}, "setitem")

    def __repr__(self) -> str:
        return f"Traced({self.value!r})"

    def __copy__(self) -> Any:
        return self.run.perform(np.copy, (self,), {}, "copy")

    def __deepcopy__(self, memo: Any) -> Any:
        return self.run.perform(np.copy, (self,), {}, "copy")

    def __getattr__(self, name: str) -> Any:
        if name in _METHODS or isinstance(getattr(np, name, None), np.ufunc):  # np.exp(object array)
            function = getattr(np, name)
            return lambda *args, **kwargs: self.run.perform(function, (self, *args), kwargs, name)
        if name.startswith("__"):
            raise AttributeError(name)
        raise Unsupported(f"ndarray.{name} cannot be watched")

    def astype(self, dtype: Any, **_: Any) -> Any:
        return self.run.perform(astype, (self, dtype), {}, "astype")

    def copy(self, order: Any = "C") -> Any:
        return self.run.perform(np.copy, (self,), {}, "copy")

    def flatten(self, order: Any = "C") -> Any:
        return self.run.perform(np.ravel, (self, order), {}, "ravel")

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        target = shape[0] if len(shape) == 1 else shape
        kwargs = {} if order == "C" else {"order": order}
        return self.run.perform(np.reshape, (self, target), kwargs, "reshape")

    def transpose(self, *axes: Any) -> Any:
        given = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return self.run.perform(np.transpose, (self, given) if given else (self,), {}, "transpose")

    def item(self, *index: Any) -> Any:
        if not index:
            return self.run.perform(np.reshape, (self, ()), {}, "reshape")
        return self[index if len(index) > 1 else np.unravel_index(index[0], self.shape)]

    def fill(self, value: Any) -> None:
        self[...] = value

    def sort(self, axis: int = -1) -> None:
        self[...] = self.run.perform(np.sort, (self,), {"axis": axis}, "sort")


def getitem(array: Any, index: Any) -> Any:
    return array[index]


def setitem(array: Any, index: Any, value: Any) -> None:
    array[index] = value


def astype(array: Any, dtype: Any) -> Any:
    return array.astype(dtype)


_METHODS = frozenset([
    "all", "any", "argmax", "argmin", "argsort", "clip", "cumprod", "cumsum", "diagonal", "dot",
    "max", "mean", "min", "nonzero", "prod", "ptp", "ravel", "repeat", "round", "squeeze", "std",
    "sum", "swapaxes", "take", "trace", "var", "conj", "conjugate", "searchsorted",
])  # fmt: skip


install(Traced)
