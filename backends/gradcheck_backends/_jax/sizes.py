"""Sizes that are symbols, so that one trace by JAX serves every shape of a formula.

JAX's own symbolic dimensions answer `n == m` with False where they do not know. Code that asks would
take one branch for all shapes, and be traced wrongly for some. So the code sees a `Size` in their
place, which refuses every question; the trace is then made shape by shape.

A number made from sizes (`1 / n`, `k ** -0.5`) is a rounded constant in float64, and both sides of a
comparison must round it alike. So it is kept as what computes it, enters the trace as one more input,
and gets its value in Python for the sizes at hand.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import jax.numpy as jnp
import numpy as np

from gradcheck.errors import Unsupported
from gradcheck_backends._jax.dimensions import Sizes, concrete

__all__ = ["MOST_NUMBERS", "Compute", "Number", "Size", "numbers"]

Compute = Callable[[Sizes], Any]

MOST_NUMBERS = 16
"""Numbers made from sizes that one trace can hold; each use of one takes an input of the trace."""


class _Inputs:
    """The spare inputs of a trace, handed out one by one to the numbers that need them."""

    def __init__(self, tracers: Sequence[Any]) -> None:
        self.tracers = tracers
        self.used: list[Compute] = []

    def take(self, compute: Compute) -> Any:
        if len(self.used) == len(self.tracers):
            raise Unsupported(f"more than {MOST_NUMBERS} numbers made from sizes: traced shape by shape")
        self.used.append(compute)
        return self.tracers[len(self.used) - 1]


_inputs: ContextVar[_Inputs | None] = ContextVar("spare inputs of the trace", default=None)


@contextmanager
def numbers(tracers: Sequence[Any]) -> Iterator[list[Compute]]:
    """Where numbers made from sizes enter a trace: gives the list of what computes those inputs."""
    inputs = _Inputs(tracers)
    token = _inputs.set(inputs)
    try:
        yield inputs.used
    finally:
        _inputs.reset(token)


class _Questionless:
    """What stands for a number that is not known yet."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise Unsupported("a question about a size: traced shape by shape")

    __bool__ = __index__ = __int__ = __float__ = __len__ = __array__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _refuse
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __round__ = _refuse
    __hash__ = None  # type: ignore[assignment]

    def at(self, sizes: Sizes) -> Any:
        """What it stands for."""
        raise NotImplementedError


class Size(_Questionless):
    """A symbolic dimension as the code sees it."""

    __slots__ = ("dimension",)

    def __init__(self, dimension: Any) -> None:
        self.dimension = dimension

    @property
    def value(self) -> Any:
        """The size as a traced float64 number (exact: sizes are far below 2^53)."""
        return jnp.asarray(self.dimension, dtype=jnp.float64)

    def at(self, sizes: Sizes) -> Any:
        return concrete(self.dimension, sizes)


class Number(_Questionless):
    """A number that Python makes from sizes, as the code would."""

    __slots__ = ("compute",)

    def __init__(self, compute: Compute) -> None:
        self.compute = compute

    def at(self, sizes: Sizes) -> Any:
        return self.compute(sizes)

    @property
    def value(self) -> Any:
        """The traced input that stands for it."""
        inputs = _inputs.get()
        if inputs is None:
            raise Unsupported("a number made from sizes outside of a trace")
        return inputs.take(self.compute)


_KNOWN = (Size, Number, int, float, np.number)


def _known(*values: Any) -> bool:
    return all(isinstance(v, _KNOWN) for v in values)


def _later(function: Callable[..., Any], *values: Any) -> Number:
    return Number(
        lambda sizes: function(*(v.at(sizes) if isinstance(v, _Questionless) else v for v in values))
    )


def _method(name: str, ufunc: np.ufunc, *, swapped: bool) -> Callable[..., Any]:
    operation: Callable[[Any, Any], Any] = getattr(operator, name)
    stays_whole = name in ("add", "sub", "mul")

    def method(self: Any, other: Any) -> Any:
        pair = (other, self) if swapped else (self, other)
        if not _known(other):
            return ufunc(*pair)
        if stays_whole and isinstance(self, Size) and (isinstance(other, Size) or type(other) is int):
            return Size(operation(*(p.dimension if isinstance(p, Size) else p for p in pair)))
        return _later(operation, *pair)

    return method


for _name, _ufunc in {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "pow": np.power,
}.items():  # fmt: skip
    setattr(_Questionless, f"__{_name}__", _method(_name, _ufunc, swapped=False))
    setattr(_Questionless, f"__r{_name}__", _method(_name, _ufunc, swapped=True))


def _array_ufunc(self: Any, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """NumPy's functions of a size (`np.sqrt(n)`), and of a size with traced values."""
    if method == "__call__" and not kwargs and _known(*inputs):
        return _later(ufunc, *inputs)
    for other in inputs:
        if hasattr(other, "_held"):  # a traced array unwraps its partners
            return other.__array_ufunc__(ufunc, method, *inputs, **kwargs)
    self._refuse()
    return None


setattr(_Questionless, "__array_ufunc__", _array_ufunc)  # noqa: B010
setattr(_Questionless, "__neg__", lambda self: self * -1)  # noqa: B010
