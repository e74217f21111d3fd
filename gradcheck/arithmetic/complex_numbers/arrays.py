"""A complex array as two real ones, in whatever arithmetic these are: balls, symbols, tracers.

What code does to a complex number is arithmetic of its real and imaginary part. So an arithmetic of real
numbers has complex ones at once, and knows nothing of them. Through NumPy's two protocols (NEP 13 and 18) an
array of this class runs plain NumPy code.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradcheck.errors import Unsupported

__all__ = ["FUNCTIONS", "UFUNCS", "ComplexArray", "complex_ufunc", "is_complex", "joined", "parts", "seen_by"]

FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""`np.function -> implementation`; filled by `functions` and `fourier` beside this file."""

UFUNCS: dict[str, Callable[..., Any]] = {}
"""The name of a ufunc and what it does to pairs; filled by `gradcheck.arithmetic.complex_numbers.ufuncs`."""


class ComplexArray(NDArrayOperatorsMixin):
    """The array `re + 1j * im` of two real arrays of one shape, of which one at least is no ndarray."""

    __slots__ = ("im", "re")

    def __init__(self, re: Any, im: Any) -> None:
        self.re = re
        self.im = im

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        return complex_ufunc(ufunc, method, *inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        implementation = FUNCTIONS.get(func)
        if implementation is None:
            module = getattr(func, "__module__", "numpy").replace("numpy", "np", 1)
            raise Unsupported(f"{module}.{func.__name__} of complex numbers is not available here")
        if (watch := _watch.get()) is None:
            return implementation(*args, **kwargs)
        given = watch(func.__name__, args)
        with seen_by(None):
            return implementation(*given, **kwargs)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        result = np.empty(self.shape, dtype=object)
        for index in np.ndindex(self.shape):
            result[index] = self[index]
        return result

    def __bool__(self) -> bool:
        return bool(self != 0)

    def __complex__(self) -> complex:
        raise Unsupported(
            "complex() of a value, or storing it into an array of numbers, would lose precision"
        )

    def __float__(self) -> float:
        raise Unsupported("float() of a complex value: take .real of it")

    __int__ = __index__ = __float__
    __hash__ = None  # type: ignore[assignment]

    shape = property(lambda self: self.re.shape)
    ndim = property(lambda self: self.re.ndim)
    size = property(lambda self: self.re.size)
    dtype = property(lambda self: np.dtype(np.complex128))
    real = property(lambda self: self.re)
    imag = property(lambda self: self.im)
    T = property(lambda self: ComplexArray(self.re.T, self.im.T))
    mT = property(lambda self: ComplexArray(self.re.mT, self.im.mT))
    flat = property(lambda self: iter(self.ravel()))

    def __len__(self) -> int:
        return len(self.re)

    def __iter__(self) -> Iterator[Any]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> Any:
        return ComplexArray(self.re[index], self.im[index])

    def __setitem__(self, index: Any, value: Any) -> None:
        re, im = parts(value)
        self.re[index] = re
        self.im[index] = 0.0 if im is None else im

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in ("re", "im"):
            raise AttributeError(name)
        # np.exp(object array) calls entry.exp(); x.sum(axis=0) is np.sum(x, axis=0)
        function = getattr(np, name, None)
        if function is None:
            raise Unsupported(f"ndarray.{name} of complex numbers is not available here")
        return lambda *args, **kwargs: function(self, *args, **kwargs)

    def reshape(self, *shape: Any, **how: Any) -> ComplexArray:
        return ComplexArray(self.re.reshape(*shape, **how), self.im.reshape(*shape, **how))

    def transpose(self, *axes: Any) -> ComplexArray:
        return ComplexArray(self.re.transpose(*axes), self.im.transpose(*axes))

    def copy(self, order: Any = "C") -> ComplexArray:
        return ComplexArray(self.re.copy(), self.im.copy())

    flatten = lambda self, order="C": self.copy().reshape(-1)
    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> ComplexArray:
        return self.copy()

    def item(self, *index: Any) -> ComplexArray:
        return ComplexArray(self.re.item(*index), self.im.item(*index))

    def fill(self, value: Any) -> None:
        self[...] = value

    def astype(self, dtype: Any, **_: Any) -> ComplexArray:
        if np.dtype(dtype) != np.dtype(np.complex128):
            raise Unsupported(f"a cast of complex numbers to {np.dtype(dtype)} is not available here")
        return self.copy()

    def __repr__(self) -> str:
        return f"ComplexArray({self.re!r}, {self.im!r})"


Watch = Callable[[str, tuple[Any, ...]], tuple[Any, ...]]
"""Gives the operands with which an operation on complex numbers is to be done, for its name and its own."""

_watch: ContextVar[Watch | None] = ContextVar("_watch", default=None)


@contextmanager
def seen_by(watch: Watch | None) -> Iterator[None]:
    """Let ``watch`` see what runs inside, and change its operands; not what an operation is made of."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


_mixing: ContextVar[bool] = ContextVar("_mixing", default=False)


@contextmanager
def mixing() -> Iterator[None]:
    """What runs inside makes one operation on complex numbers of several on their parts."""
    token = _mixing.set(True)
    try:
        yield
    finally:
        _mixing.reset(token)


def whole(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function on complex numbers whose steps are none of the code's own."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with mixing():
            return function(*args, **kwargs)

    return run


def is_mixing() -> bool:
    """Whether operations are steps of one that the code asks for, and none of the code's own."""
    return _mixing.get()


def is_complex(value: Any) -> bool:
    """Whether a value is complex: an array of this class, of NumPy's, a number, or a list that has one."""
    kind = type(value)  # symbols for all shapes name the class of what they stand for
    if issubclass(kind, ComplexArray | complex | np.complexfloating):
        return True
    if issubclass(kind, np.ndarray):
        return value.dtype.kind == "c" or (value.dtype == object and any(map(is_complex, value.flat)))
    return issubclass(kind, list | tuple) and any(map(is_complex, value))


def parts(value: Any) -> tuple[Any, Any]:
    """The real and the imaginary part of a value; None for the latter where it is real."""
    if not is_complex(value):
        return value, None
    if isinstance(value, np.ndarray) and value.dtype == object:  # entries of `np.array([[c, 1j * s], ...])`
        return parts(np.reshape(np.stack([_as_array(v) for v in value.flat]), value.shape))
    if isinstance(value, list | tuple):
        return parts(np.stack([_as_array(v) for v in value]))
    return value.real, value.imag


def _as_array(value: Any) -> Any:
    """What can be stacked: of a list of lists, the array that it stands for."""
    if isinstance(value, list | tuple):
        return np.stack([_as_array(v) for v in value])
    return np.asarray(value) if isinstance(value, complex) else value


def joined(re: Any, im: Any) -> Any:
    """The array with these parts: NumPy's own where both are plain, the real part where ``im`` is None."""
    if im is None:
        return re
    if _is_plain(re) and _is_plain(im):
        return np.add(re, np.multiply(im, 1j))
    if not _is_plain(re) and not _is_plain(im) and re.shape == im.shape:
        return ComplexArray(re, im)
    return ComplexArray(re + 0 * im, im + 0 * re)  # of one shape, and of one arithmetic


def _is_plain(value: Any) -> bool:
    return issubclass(type(value), np.ndarray | np.generic | float | int)


def complex_ufunc(ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """A ufunc of values of which some are complex. Raises `Unsupported`."""
    if (watch := _watch.get()) is None:
        return _of_pairs(ufunc, method, *inputs, **kwargs)
    given = watch(ufunc.__name__, inputs)
    with seen_by(None):
        return _of_pairs(ufunc, method, *given, **kwargs)


def _of_pairs(ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    out = kwargs.pop("out", None)
    for harmless in ("casting", "subok", "order"):
        kwargs.pop(harmless, None)
    if kwargs.get("dtype", ...) is None or kwargs.get("dtype") in (complex, np.complex128):
        del kwargs["dtype"]
    if kwargs.get("where") is True:
        del kwargs["where"]
    name = ufunc.__name__
    if method == "__call__" and not kwargs and name in UFUNCS:
        with nullcontext() if name in _BY_PARTS else mixing():
            result = UFUNCS[name](*map(parts, inputs))
        result = joined(*result) if isinstance(result, tuple) else result
    elif method == "reduce" and name in _REDUCTIONS:
        result = FUNCTIONS[_REDUCTIONS[name]](*inputs, **{"axis": 0, **kwargs})
    elif method == "accumulate" and name == "add":
        result = FUNCTIONS[np.cumsum](*inputs, **{"axis": 0, **kwargs})
    elif method == "outer" and name == "multiply":
        a, b = inputs
        result = np.reshape(a, (*np.shape(a), *(1,) * np.ndim(b))) * b
    elif method == "at" and name == "add" and isinstance(inputs[0], ComplexArray):
        re, im = parts(inputs[2])
        np.add.at(inputs[0].re, inputs[1], re)
        if im is not None:
            np.add.at(inputs[0].im, inputs[1], im)
        return None
    else:
        called = f"np.{name}" + (f".{method}" if method != "__call__" else "")
        raise Unsupported(f"{called} of complex numbers is not available here")
    if out is not None:
        if not isinstance(out[0], ComplexArray):
            raise Unsupported(
                "storing complex numbers into an array of real ones, or of plain numbers (out=)"
            )
        out[0][...] = result
        return out[0]
    return result


_BY_PARTS = frozenset(
    ["add", "subtract", "multiply", "divide", "true_divide", "negative", "positive", "conjugate", "matmul"]
)
"""What does the same to both parts; products and quotients where one side is real."""

_REDUCTIONS = {"add": np.sum, "multiply": np.prod}
