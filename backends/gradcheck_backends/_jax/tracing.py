"""Plain NumPy code on JAX tracers, through NEP 13 and NEP 18: no second forward is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.linalg
import jax.scipy.special
import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from gradcheck.arithmetic import ComplexArray, call, complex_ufunc, is_complex
from gradcheck.arithmetic.complex_numbers.arrays import FUNCTIONS as OF_COMPLEX
from gradcheck.arithmetic.complex_numbers.fourier import FOURIER
from gradcheck.arithmetic.factorisations import Unknown
from gradcheck.arithmetic.narrow import is_exact
from gradcheck.errors import Unsupported
from gradcheck_backends._jax import primitives
from gradcheck_backends._jax.dimensions import is_symbolic
from gradcheck_backends._jax.sizes import Number, Size

__all__ = ["TracedArray", "traced"]


def unwrap(value: Any) -> Any:
    """The tracer behind a `TracedArray`, JAX's dimension behind a `Size`, at any depth."""
    if isinstance(value, TracedArray):
        return value.value
    if isinstance(value, Size):
        return value.dimension
    if isinstance(value, Number):
        return value.value
    if isinstance(value, list | tuple):
        return type(value)(unwrap(v) for v in value)
    if isinstance(value, dict):
        return {k: unwrap(v) for k, v in value.items()}
    if isinstance(value, np.ndarray) and value.dtype == object:
        # np.array([x[0], x[1]]) made an object array of traced scalars
        return jnp.stack([jnp.asarray(unwrap(v)) for v in value.ravel()]).reshape(value.shape)
    return value


def wrap(value: Any) -> Any:
    if isinstance(value, jax.Array):
        return TracedArray(value)
    if is_symbolic(value):
        return Size(value)
    if isinstance(value, list | tuple):
        if hasattr(value, "_fields"):
            return type(value)(*(wrap(v) for v in value))
        return type(value)(wrap(v) for v in value)
    return value


def _index(index: Any) -> Any:
    """An index as JAX takes it: it wants arrays where NumPy takes lists and ranges."""
    if isinstance(index, tuple):
        return tuple(_index(i) for i in index)
    plain = unwrap(index)
    if isinstance(plain, list):
        return jnp.asarray(plain)
    return np.asarray(plain) if isinstance(plain, range) else plain


class TracedArray(NDArrayOperatorsMixin):
    """Looks like an ndarray to NumPy code and records what it does in a JAX trace.

    Storing into it replaces the traced value. What basic indexing gives is a view, as in NumPy: it
    reads from its base and stores into it. Other views (`x.T`, `x.reshape(...)`) are copies here, so
    storing into one, or into the array that it was taken from, is refused.
    """

    __slots__ = ("_base", "_held", "_index", "_shared", "_taken", "_written")

    def __init__(self, value: Any, *, base: TracedArray | None = None, index: Any = None) -> None:
        self._held = value
        self._base = base
        self._index = index
        self._written: dict[tuple[int, ...], Any] = {}  # single entries, stored all together
        self._shared = False  # a copy exists that NumPy would have made a view
        self._taken: tuple[Any, dict[Any, Any]] = (None, {})  # parts of a value that were taken out of it

    def _copy_of_view(self, value: Any) -> Any:
        """The result of an operation that gives a view in NumPy."""
        result = wrap(value)
        for one in result if isinstance(result, list | tuple) else [result]:
            if isinstance(one, TracedArray):
                one._shared = True  # noqa: SLF001  (its own kind)
        self._shared = True
        if self._base is not None:
            self._base._copy_of_view(None)  # noqa: SLF001
        return result

    @property
    def value(self) -> Any:
        if self._base is not None:
            return self._base._part(self._index)  # noqa: SLF001
        if self._written:
            written, self._written = self._written, {}
            self._held = primitives.concatenated(self._held, written)
        return self._held

    def _part(self, index: Any) -> Any:
        """A part of the value; the same one again where it was taken before, as code in loops does."""
        whole, key = self.value, primitives.key(index)
        if self._taken[0] is not whole:
            self._taken = (whole, {})
        known = self._taken[1]
        if key is not None and key in known:
            return known[key]
        found = primitives.part(whole, index)
        found = whole[index] if found is None else found
        if key is not None:
            known[key] = found
        return found

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(map(is_complex, inputs)):
            return complex_ufunc(ufunc, method, *inputs, **kwargs)
        out = kwargs.pop("out", None)
        name = ufunc.__name__
        function = getattr(jnp, name, None) or _EXACT.get(name) or getattr(jax.scipy.special, name, None)
        if function is None:
            raise Unsupported(f"np.{name} cannot be traced by JAX")
        kwargs = {k: unwrap(v) for k, v in kwargs.items() if k not in ("casting", "subok")}
        values = [i.value if isinstance(i, Size | Number) else unwrap(i) for i in inputs]
        direct = primitives.ufunc(name, values) if method == "__call__" and not kwargs else None
        if direct is not None:
            result = direct
        elif method == "__call__":
            result = function(*values, **kwargs)
        elif method == "reduce" and name in _REDUCTIONS:
            result = _REDUCTIONS[name](*values, **{"axis": 0, **kwargs})
        elif method == "outer":
            a, b = (jnp.asarray(v) for v in values)
            result = function(a.reshape(a.shape + (1,) * b.ndim), b)
        elif method == "accumulate" and name == "add":
            result = jnp.cumsum(*values, **{"axis": 0, **kwargs})
        elif method == "at" and name == "add" and isinstance(inputs[0], TracedArray):
            inputs[0]._replace(inputs[0].value.at[values[1]].add(values[2]))
            return None
        else:
            raise Unsupported(f"np.{name}.{method} cannot be traced by JAX")
        if out is not None:
            if not isinstance(out[0], TracedArray):
                raise Unsupported("storing a traced value into a float64 array (out=)")
            out[0]._replace(jnp.broadcast_to(result, out[0].value.shape))
            return out[0]
        return wrap(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func in FOURIER:  # of complex numbers, which are pairs of real ones here
            return FOURIER[func](*args, **kwargs)
        if func in OF_COMPLEX and any(map(is_complex, (*args, *kwargs.values()))):
            return OF_COMPLEX[func](*args, **kwargs)
        name = func.__name__
        module = getattr(func, "__module__", "numpy")
        if name == "copyto" or name == "put":
            raise Unsupported(f"np.{name} cannot be traced by JAX")
        namespace: Any = jnp.linalg if module.startswith("numpy.linalg") else jnp
        if module == "scipy.linalg":
            namespace = jax.scipy.linalg
        if name == "sliding_window_view":
            return wrap(_sliding_window_view(*unwrap(args), **unwrap(kwargs)))
        if name == "det" and is_symbolic(unwrap(args[0]).shape[-1]):
            raise Unsupported("np.linalg.det: JAX asks whether the size is 1, and takes a symbol for not")
        if name == "slogdet":
            return wrap(tuple(jnp.linalg.slogdet(*unwrap(args))))
        if name in _REORDERED:
            raise Unsupported(f"np.{name}: JAX leaves the entries in another order")
        if name in _AS_NUMPY:
            return wrap(_AS_NUMPY[name](*unwrap(args), **unwrap(kwargs)))
        function = getattr(namespace, _RENAMED.get(name, name), None)
        if function is None:
            raise Unsupported(f"{module.replace('numpy', 'np', 1)}.{name} cannot be traced by JAX")
        keywords = {k: v for k, v in unwrap(kwargs).items() if not (k == "optimize" and name == "einsum")}
        if keywords.get("out") is not None:
            raise Unsupported(f"np.{name}(..., out=...) cannot be traced by JAX")
        plain = unwrap(args)
        along = {k: v for k, v in keywords.items() if v is not None and v is not np._NoValue}  # noqa: SLF001
        direct = (
            primitives.reduced(name, *plain, **along)
            if set(along) <= {"axis"} and len(plain) + len(along) < 3 and name in primitives.REDUCTIONS
            else None
        )
        result = function(*plain, **keywords) if direct is None else direct
        if name in _VIEWS and isinstance(args[0], TracedArray):
            return args[0]._copy_of_view(result)  # noqa: SLF001
        return wrap(result)

    @staticmethod
    def gradient_of(function: Callable[..., Any], args: Any, deltas: Any) -> tuple[Any, ...]:
        """JAX's own VJP, as a part of the trace; see `gradcheck.arithmetic.gradients`."""
        moving = [i for i, a in enumerate(args) if isinstance(a, TracedArray) and a.dtype.kind == "f"]
        values = [args[i].value for i in moving]
        fixed = tuple(unwrap(a) if i in moving else a for i, a in enumerate(args))
        outputs, pullback = jax.vjp(traced(function, fixed, tuple(moving)), *values)
        weights = [jnp.asarray(unwrap(d), dtype=jnp.float64) for d in deltas]
        if [w.shape for w in weights] != [o.shape for o in outputs]:
            raise Unsupported("delta has another shape than the output")
        return tuple(TracedArray(g) for g in pullback(tuple(weights)))

    def _replace(self, value: Any) -> None:
        if self._shared:
            raise Unsupported("storing into an array of which there is a view cannot be traced by JAX")
        if self._base is None:
            self._held, self._written = value, {}
        else:
            self._base._replace(self._base.value.at[self._index].set(value))

    def _refuse(self, what: str) -> Unsupported:
        return Unsupported(f"{what} of a value cannot be traced by JAX")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        result = np.empty(self.shape, dtype=object)
        for index in np.ndindex(self.shape):
            result[index] = TracedArray(self.value[index])
        return result

    def __bool__(self) -> bool:
        raise self._refuse("a branch on a value, or the truth,")

    def __float__(self) -> float:
        raise self._refuse("float(), or storing into a float64 array,")

    def __int__(self) -> int:
        raise self._refuse("int()")

    __index__ = __int__
    __hash__ = None  # type: ignore[assignment]

    @property
    def shape(self) -> tuple[Any, ...]:
        return tuple(Size(d) if is_symbolic(d) else d for d in self._whole.shape)

    @property
    def _whole(self) -> Any:
        """The value for questions about its shape and type: without what is still to be stored."""
        return self._held if self._base is None else self.value

    @property
    def dtype(self) -> Any:
        return self._whole.dtype

    ndim = property(lambda self: self._whole.ndim)
    size = property(lambda self: wrap(self._whole.size))
    T = property(lambda self: self._copy_of_view(self.value.T))
    mT = property(lambda self: self._copy_of_view(self.value.mT))
    real = property(lambda self: self)

    def __len__(self) -> int:
        return int(self.shape[0])  # a `Size` refuses; `len` must give an integer

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index: Any) -> TracedArray:
        plain = _index(index)
        if self._written and (place := primitives.place(self._held.shape, plain)) is not None:
            return TracedArray(self._written[place] if place in self._written else self._held[place])
        taken = self._part(plain)
        parts = plain if isinstance(plain, tuple) else (plain,)
        basic = all(p is None or p is Ellipsis or isinstance(p, int | np.integer | slice) for p in parts)
        if basic and taken.ndim:
            return TracedArray(None, base=self, index=plain)
        return TracedArray(taken)

    def __setitem__(self, index: Any, value: Any) -> None:
        plain, stored = _index(index), unwrap(value)
        single = self._base is None and not jnp.ndim(stored)
        if single and (place := primitives.place(self._held.shape, plain)) is not None and not self._shared:
            self._written.pop(place, None)
            self._written[place] = stored
        elif isinstance(index, TracedArray) and index.dtype == bool and not jnp.ndim(stored):
            # JAX has no place for a mask that it does not know
            mask = plain.reshape(plain.shape + (1,) * (self.ndim - plain.ndim))
            self._replace(jnp.where(mask, stored, self.value))
        else:
            self._replace(self.value.at[plain].set(stored))

    def astype(self, dtype: Any, **_: Any) -> Any:
        if np.dtype(dtype) == np.complex128:
            return ComplexArray(self.copy(), np.zeros_like(self))
        if np.dtype(dtype).kind not in "fV":
            return TracedArray(self.value.astype(dtype))
        if not is_exact(dtype):
            raise Unsupported(f"a cast to {np.dtype(dtype)} in the forward")
        return TracedArray(self.value.astype(np.float64))

    def copy(self, order: str = "C") -> TracedArray:
        return TracedArray(self.value)

    def fill(self, value: Any) -> None:
        self._replace(jnp.full_like(self.value, unwrap(value)))

    def item(self, *index: Any) -> TracedArray:
        return TracedArray(self.value.reshape(-1)[index[0] if index else 0])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        attribute = getattr(self.value, name, None)
        if attribute is None:
            function = getattr(jnp, name, None)  # np.exp(object array) calls entry.exp()
            if function is None:
                raise Unsupported(f"ndarray.{name} cannot be traced by JAX")
            return lambda *args, **kwargs: wrap(function(self.value, *unwrap(args), **unwrap(kwargs)))
        if not callable(attribute):
            return wrap(attribute)
        if name in _VIEWS:
            return lambda *args, **kwargs: self._copy_of_view(attribute(*unwrap(args), **unwrap(kwargs)))
        return lambda *args, **kwargs: wrap(attribute(*unwrap(args), **unwrap(kwargs)))


_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "add": jnp.sum,
    "multiply": jnp.prod,
    "maximum": jnp.max,
    "minimum": jnp.min,
    "logical_and": jnp.all,
    "logical_or": jnp.any,
}
_VIEWS = {
    *("reshape", "transpose", "swapaxes", "moveaxis", "rollaxis", "matrix_transpose", "rot90"),
    *("ravel", "squeeze", "expand_dims", "broadcast_to", "atleast_1d", "atleast_2d", "atleast_3d"),
    *("diagonal", "flip", "fliplr", "flipud", "sliding_window_view", "real"),
    *("split", "array_split", "hsplit", "vsplit"),
}
"""What shares memory with its argument in NumPy."""

_RENAMED = {"amax": "max", "amin": "min", "real_if_close": "real"}


def _betaln(a: Any, b: Any) -> Any:
    return jax.lax.lgamma(a) + jax.lax.lgamma(b) - jax.lax.lgamma(a + b)


_EXACT: dict[str, Callable[..., Any]] = {
    "betaln": lambda a, b: _betaln(jnp.asarray(a, jnp.float64), jnp.asarray(b, jnp.float64)),
    "log_ndtr": lambda x: jnp.log(jax.lax.erfc(-x / np.sqrt(2.0)) / 2),
}
"""What JAX makes of series that it cuts off: right in float64 at best, and in balls another function."""


_REORDERED = {"partition", "argpartition"}
"""What NumPy leaves open, so that two right implementations differ."""


def _from_triangle(a: Any, uplo: str) -> Any:
    """The symmetric matrix that NumPy sees: it reads one triangle, where JAX averages both."""
    if uplo.upper() == "L":
        return jnp.tril(a) + jnp.swapaxes(jnp.tril(a, -1), -1, -2)
    return jnp.triu(a) + jnp.swapaxes(jnp.triu(a, 1), -1, -2)


def _cholesky(a: Any, /, *, upper: bool = False) -> Any:
    return jnp.linalg.cholesky(_from_triangle(a, "U" if upper else "L"), upper=upper)


def _eigh(a: Any, UPLO: str = "L") -> Any:
    return tuple(jnp.linalg.eigh(_from_triangle(a, UPLO)))


def _eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return jnp.linalg.eigvalsh(_from_triangle(a, UPLO))


def _pinv(a: Any) -> Any:
    """Of a matrix of full rank: elsewhere there is no derivative. JAX's own is made of singular values, which
    cost a compilation for each shape and cannot be replayed in balls.
    """
    t = jnp.swapaxes(a, -1, -2)
    if a.shape[-2] >= a.shape[-1]:
        return jnp.linalg.solve(t @ a, t)
    return jnp.swapaxes(jnp.linalg.solve(a @ t, a), -1, -2)


def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    x = _pinv(a) @ b
    rows, columns = a.shape
    left = jnp.sum((b - a @ x) ** 2, axis=0, keepdims=b.ndim == 1) if rows > columns else jnp.zeros(0)
    return x, left, min(rows, columns), Unknown("the singular values that np.linalg.lstsq gives")


_AS_NUMPY: dict[str, Callable[..., Any]] = {
    "cholesky": _cholesky,
    "eigh": _eigh,
    "eigvalsh": _eigvalsh,
    "lstsq": _lstsq,
    "pinv": _pinv,
}


def _sliding_window_view(x: Any, window_shape: Any, axis: Any = None, **_: Any) -> Any:
    index = np.arange(x.size).reshape(x.shape)
    return x.reshape(-1)[np.lib.stride_tricks.sliding_window_view(index, window_shape, axis=axis)]


def traced(
    function: Callable[..., Any], arguments: tuple[Any, ...], wrt: tuple[int, ...]
) -> Callable[..., tuple[Any, ...]]:
    """The function of the differentiated arguments alone, as JAX can trace it: a tuple of outputs."""

    def run(*values: Any) -> tuple[Any, ...]:
        given = dict(zip(wrt, values, strict=True))
        args = [TracedArray(given[i]) if i in given else a for i, a in enumerate(arguments)]
        result = call(function, args, lambda array: TracedArray(jnp.asarray(array)))
        parts = result if isinstance(result, tuple | list) else [result]
        return tuple(jnp.asarray(unwrap(p), dtype=jnp.float64) for p in parts)

    return run
