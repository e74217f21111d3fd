"""An array whose entries are scalars of some arithmetic, which runs plain NumPy code.

`ElementArray` is no subclass of `ndarray`: through NumPy's two protocols (`__array_ufunc__`, NEP 13,
and `__array_function__`, NEP 18) it sees every operation of the code that runs on it, so that none
can lose precision or take a decision silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.arithmetic.complex_numbers.arrays import FUNCTIONS as OF_COMPLEX
from gradcheck.arithmetic.complex_numbers.arrays import ComplexArray, complex_ufunc, is_complex
from gradcheck.arithmetic.domain import PREDICATES, Domain, ObjectArray, zero_dimensional
from gradcheck.arithmetic.narrow import is_exact, width_of_cast
from gradcheck.arithmetic.operators import Operators
from gradcheck.errors import Unsupported

__all__ = ["ElementArray", "lift", "reduce", "wrap"]

FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""`np.function -> implementation`; filled through `gradcheck.arithmetic.dispatch`."""

_LOGICAL = frozenset(["logical_and", "logical_or", "logical_not", "logical_xor"])
_APART = _LOGICAL | {"matmul", "bitwise_count"}


class ElementArray(Operators):
    """An array of scalars of ``domain``, held in the object array ``data``.

    It behaves like a float64 ndarray, except that turning it into numbers, or deciding by its
    values where that is not possible, raises `Unsupported`.
    """

    __slots__ = ("data", "domain")
    data: ObjectArray
    domain: Domain

    def __init__(self, data: ObjectArray, domain: Domain) -> None:
        self.data = data
        self.domain = domain

    # -- the two protocols

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        try:
            return self._ufunc(ufunc, method, inputs, dict(kwargs))
        except Unsupported:  # asked last: it costs nothing where there are no complex numbers
            if not any(map(is_complex, inputs)):
                raise
        return complex_ufunc(ufunc, method, *inputs, **kwargs)

    def _ufunc(self, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        domain, name = self.domain, ufunc.__name__
        if method == "__call__" and not kwargs and name not in _APART and name in domain.ufuncs:
            data = [lift(x, domain) for x in inputs]
            return self._result(name, domain.ufuncs[name](*data))
        out = kwargs.pop("out", None)
        if name == "matmul":
            function: Callable[..., Any] = domain.matmul
        elif name in _LOGICAL and domain.decides:
            return self._logical(ufunc, method, inputs, kwargs)
        elif name == "bitwise_count" or (found := domain.ufuncs.get(name)) is None:
            raise Unsupported(f"np.{name} is not available in {domain.name}")
        else:
            function = found
        if method == "at":
            return self._at(ufunc, inputs)
        if kwargs.pop("where", True) is not True:
            raise Unsupported(f"np.{name}(..., where=...) is not available in {domain.name}")
        if (dtype := kwargs.pop("dtype", None)) is not None and not is_exact(dtype):
            raise Unsupported(f"np.{name}(..., dtype=...) is not available in {domain.name}")
        for harmless in ("casting", "subok", "order"):
            kwargs.pop(harmless, None)
        data = [x.data if type(x) is ElementArray else domain.lift_array(x) for x in inputs]
        if method == "__call__":
            result = function(*data, **kwargs)
        elif method == "reduce":
            result = reduce(function, data[0], domain, name, **kwargs)
        elif method == "accumulate":
            result = _summed(domain, name, lambda x: _accumulated(function, x, kwargs), data[0])
        elif method == "outer":
            result = domain.rounded(_ufunc(function).outer(*data))
        elif method == "reduceat" and type(inputs[1]) is not ElementArray:
            places = np.asarray(inputs[1])
            parts = lambda x: _ufunc(function).reduceat(x, places, **kwargs)
            result = _summed(domain, name, parts, data[0])
        else:
            raise Unsupported(f"np.{name}.{method} is not available in {domain.name}")
        if out is not None:
            return _store(out[0], result, domain)
        return self._result(name, result)

    def _result(self, name: str, result: Any) -> Any:
        if name in PREDICATES and self.domain.decides:
            return np.asarray(result, dtype=bool) if isinstance(result, np.ndarray) else np.bool_(result)
        return wrap(result, self.domain)

    def _wrapped(self, result: Any) -> ElementArray:
        return wrap(result, self.domain)

    def __array_function__(self, func: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        implementation = FUNCTIONS.get(func)
        if implementation is None:
            module = getattr(func, "__module__", "numpy").replace("numpy", "np", 1)
            raise Unsupported(f"{module}.{func.__name__} is not available in {self.domain.name}")
        try:
            return implementation(*args, **kwargs)
        except Unsupported:
            if func not in OF_COMPLEX or not any(map(is_complex, (*args, *kwargs.values()))):
                raise
        return OF_COMPLEX[func](*args, **kwargs)

    def __array__(self, dtype: Any = None, copy: Any = None) -> ObjectArray:
        # np.asarray(x): an object array of 0-d ElementArrays, so that what comes out of it is as
        # careful as what went in
        if dtype is not None and np.dtype(dtype) != np.dtype(object) and not is_exact(dtype):
            raise Unsupported(f"a cast to {np.dtype(dtype)} is not available in {self.domain.name}")
        result = np.empty(self.data.shape, dtype=object)
        for index in np.ndindex(self.data.shape):
            result[index] = wrap(self.data[index], self.domain)
        return result

    def gradient_of(self, function: Any, args: Any, deltas: Any) -> Any:
        """See `gradcheck.arithmetic.gradients`."""
        return self.domain.gradient(function, args, deltas)

    # -- decisions and numbers, which an enclosure cannot give

    def __bool__(self) -> bool:
        if self.domain.decides and self.data.size == 1:
            return bool(self != 0)
        raise Unsupported(f"a branch on a value cannot be taken in {self.domain.name}")

    def __float__(self) -> float:
        raise Unsupported(
            "float() of a value, or storing it into a float64 array, would lose precision in "
            f"{self.domain.name}"
        )

    def __int__(self) -> int:
        if self.data.size != 1:
            raise TypeError("only length-1 arrays can be converted to Python scalars")
        return self.domain.whole(self.data.item())

    def __index__(self) -> int:
        raise Unsupported(f"a value as an index is not available in {self.domain.name}: cast it to int")

    def __complex__(self) -> complex:
        raise Unsupported(f"complex numbers are not available in {self.domain.name}")

    __hash__ = None  # type: ignore[assignment]

    # -- what an ndarray has

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    @property
    def size(self) -> int:
        return self.data.size

    @property
    def dtype(self) -> np.dtype[np.float64]:
        return np.dtype(np.float64)

    @property
    def T(self) -> ElementArray:
        return ElementArray(self.data.T, self.domain)

    mT = property(lambda self: ElementArray(np.swapaxes(self.data, -1, -2), self.domain))
    real = property(lambda self: self)
    imag = property(np.zeros_like)
    flat = property(lambda self: iter(self.ravel()))

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Any]:
        if self.data.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(len(self.data)))

    def __getitem__(self, index: Any) -> ElementArray:
        if type(index) is ElementArray:
            raise Unsupported(f"indexing with a mask, or with values, is not available in {self.domain.name}")
        return wrap(self.data[index], self.domain)

    def __setitem__(self, index: Any, value: Any) -> None:
        if type(index) is ElementArray:
            self._store_where(index, value)
            return
        data = value.data if type(value) is ElementArray else self.domain.lift_array(value)
        # [()] takes the scalar out of a 0-d array, which would be stored as an object otherwise
        self.data[index] = data[()] if isinstance(data, np.ndarray) else data

    def __repr__(self) -> str:
        return f"ElementArray({self.data!r}, {self.domain.name})"

    def __getattr__(self, name: str) -> Any:
        if name in {"data", "domain"}:  # not set yet: something makes an instance without __init__
            raise AttributeError(name)
        # x.sum(axis=0) is np.sum(x, axis=0), and so for all methods that share name and parameters
        if name in _METHODS or name in self.domain.ufuncs:  # np.exp(object array) calls entry.exp()
            function = getattr(np, name)
            own = FUNCTIONS.get(function, function)  # without the way through NumPy's dispatcher
            return lambda *args, **kwargs: own(self, *args, **kwargs)
        if name.startswith("__"):
            raise AttributeError(name)
        raise Unsupported(f"ndarray.{name} is not available in {self.domain.name}")

    def astype(self, dtype: Any, **_: Any) -> Any:
        """The same as float64, which is itself; as int64 or bool, plain ones where each is known."""
        if np.dtype(dtype) == np.int64:
            whole = [self.domain.whole(x) for x in self.data.reshape(-1).tolist()]
            try:
                return np.array(whole, dtype=np.int64).reshape(self.data.shape)
            except OverflowError:
                raise Unsupported(f"a cast to int64 of {max(whole, key=abs)}, which does not fit") from None
        if np.dtype(dtype) == bool and self.domain.decides:
            return self != 0
        if np.dtype(dtype) == np.complex128:
            return ComplexArray(self.copy(), self.imag)
        if not is_exact(dtype):
            raise Unsupported(f"a cast to {np.dtype(dtype)} is not available in {self.domain.name}")
        if width := width_of_cast(dtype):
            return ElementArray(self.domain.doubted(self.data, width), self.domain)
        return self.copy()

    def copy(self, order: Any = "C") -> ElementArray:
        return ElementArray(self.data.copy(order), self.domain)

    def __copy__(self) -> ElementArray:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> ElementArray:
        return self.copy()  # scalars never change in place

    def flatten(self, order: Any = "C") -> ElementArray:
        return ElementArray(self.data.flatten(order), self.domain)

    def reshape(self, *shape: Any, **how: Any) -> ElementArray:
        return ElementArray(self.data.reshape(*shape, **how), self.domain)

    def transpose(self, *axes: Any) -> ElementArray:
        return ElementArray(self.data.transpose(*axes), self.domain)

    def item(self, *index: Any) -> ElementArray:
        return wrap(self.data.item(*index), self.domain)

    def fill(self, value: Any) -> None:
        self[...] = value

    def _store_where(self, mask: ElementArray, value: Any) -> None:
        """`x[mask] = number`, where a mask does not decide: each entry is a choice."""
        rest = self.shape[mask.ndim :]
        if np.ndim(value) or mask.shape + rest != self.shape:
            raise Unsupported(f"storing an array where a mask holds is not available in {self.domain.name}")
        chosen: Any = np.where(mask.reshape(mask.shape + (1,) * len(rest)), value, self)
        self.data[...] = chosen.data

    def _logical(self, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        truth = [(x != 0) if type(x) is ElementArray else x for x in inputs]
        return getattr(ufunc, method)(*truth, **kwargs)

    def _at(self, ufunc: np.ufunc, inputs: tuple[Any, ...]) -> None:
        target, index, values = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else None
        if ufunc.__name__ not in {"add", "subtract", "multiply"}:
            raise Unsupported(f"np.{ufunc.__name__}.at is not available in {self.domain.name}")
        if type(target) is not ElementArray or values is None:
            raise Unsupported(f"np.{ufunc.__name__}.at into a float64 array loses precision")
        lifted = values.data if type(values) is ElementArray else self.domain.lift_array(values)
        ufunc.at(target.data, index, lifted)


_METHODS = frozenset(
    [
        "all",
        "any",
        "argmax",
        "argmin",
        "argsort",
        "clip",
        "conj",
        "conjugate",
        "cumprod",
        "cumsum",
        "diagonal",
        "dot",
        "max",
        "mean",
        "min",
        "nonzero",
        "prod",
        "ptp",
        "ravel",
        "repeat",
        "round",
        "squeeze",
        "std",
        "sum",
        "swapaxes",
        "take",
        "trace",
        "var",
    ]
)


def wrap(result: Any, domain: Domain) -> ElementArray:
    """An `ElementArray` from an object array or one scalar of the domain."""
    if not isinstance(result, np.ndarray):
        result = zero_dimensional(result)
    return ElementArray(result, domain)


def lift(value: Any, domain: Domain) -> ObjectArray:
    """The object array behind anything array-like."""
    if type(value) is ElementArray:
        return value.data
    lifted = domain.lift_array(value)
    return lifted if isinstance(lifted, np.ndarray) else zero_dimensional(lifted)


def _ufunc(function: Callable[..., Any]) -> np.ufunc:
    function = getattr(function, "exactly", function)  # whoever calls it lets the outcome be rounded
    if not isinstance(function, np.ufunc):
        raise Unsupported("this reduction is not available")
    return function


def _store(out: Any, result: Any, domain: Domain) -> ElementArray:
    if type(out) is not ElementArray:
        raise Unsupported(f"storing into a float64 array (out=) would lose precision in {domain.name}")
    out.data[...] = result
    return out


def reduce(
    function: Callable[..., Any],
    data: Any,
    domain: Domain,
    name: str,
    axis: Any = 0,
    keepdims: bool = False,
    initial: Any = None,
    **_: Any,
) -> Any:
    """`ufunc.reduce` of a domain's function over axes of an object array."""
    ufunc = _ufunc(function)
    if data.size == 0 and initial is None and name in ("add", "multiply"):
        initial = 0 if name == "add" else 1
    extra = {} if initial is None else {"initial": domain.lift(initial)}
    if ufunc.identity is not None or (axis is not None and not isinstance(axis, tuple)):
        return _summed(
            domain, name, lambda x: ufunc.reduce(x, axis=axis, keepdims=keepdims, **_own(extra, x)), data
        )
    # frompyfunc's ufuncs reduce one axis at a time
    axes = range(data.ndim) if axis is None else [a % data.ndim for a in axis]
    for a in sorted(axes, reverse=True):
        data = ufunc.reduce(data, axis=a, keepdims=keepdims, **extra)
    return data


def _accumulated(function: Callable[..., Any], data: Any, keywords: Any) -> Any:
    if data.dtype != object:
        return np.add.accumulate(data, **keywords)
    return np.asarray(_ufunc(function).accumulate(data, **keywords), dtype=object)


def _summed(domain: Domain, name: str, compute: Callable[..., Any], data: Any) -> Any:
    """A reduction, of which an arithmetic may round each addition or product."""
    if name == "add":
        return domain.summed(compute, data)
    result = compute(data)
    if name == "multiply":
        for _ in range(data.size // max(np.size(result), 1) - 1):
            result = domain.rounded(result)
    return result


def _own(extra: dict[str, Any], data: Any) -> dict[str, Any]:
    """Keywords of a reduction, for plain numbers without those of the arithmetic."""
    return extra if data.dtype == object else {}
