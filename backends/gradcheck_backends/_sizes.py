"""Sizes that are symbols, so that one trace by JAX serves every shape of a formula.

JAX's own symbolic dimensions answer `n == m` with False where they do not know. Code that asks would
take one branch for all shapes, and be traced wrongly for some. So the code sees a `Size` in their
place, which refuses every question; the trace is then made shape by shape.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import export

from gradcheck.errors import Unsupported

__all__ = ["DIMENSION", "Size", "concrete", "is_symbolic", "symbols"]


DIMENSION = type(export.symbolic_shape("n")[0])
"""JAX's type of a symbolic dimension."""


def symbols(names: tuple[str, ...]) -> dict[str, Any]:
    """JAX's symbolic dimensions, each 1 or more. Raises `Unsupported` for names that JAX cannot parse."""
    if not names:
        return {}
    try:
        return dict(zip(names, export.symbolic_shape(", ".join(names)), strict=True))
    except Exception as error:
        raise Unsupported(f"JAX takes none of these as dimensions: {', '.join(names)}") from error


def is_symbolic(value: Any) -> bool:
    """Whether a dimension, as JAX has it, depends on a symbol."""
    return bool(export.is_symbolic_dim(value))


def concrete(value: Any, sizes: Mapping[str, int]) -> Any:
    """A parameter of a primitive with the sizes put in, at any depth of tuples."""
    if isinstance(value, tuple):
        parts = [concrete(part, sizes) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if is_symbolic(value):
        return int(value._evaluate(dict(sizes)))  # noqa: SLF001  (JAX has no public way to do this)
    return value


class Size:
    """A symbolic dimension as the code sees it: arithmetic works, every question is refused."""

    __slots__ = ("dimension",)

    def __init__(self, dimension: Any) -> None:
        self.dimension = dimension

    @property
    def value(self) -> Any:
        """The size as a traced float64 number (exact: sizes are far below 2^53)."""
        return jnp.asarray(self.dimension, dtype=jnp.float64)

    def _refuse(self, *_: Any) -> Any:
        raise Unsupported("a question about a size: traced shape by shape")

    __bool__ = __index__ = __int__ = __float__ = __len__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _refuse
    __mod__ = __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __round__ = _refuse
    __hash__ = None  # type: ignore[assignment]

    def __array__(self, *_: Any, **__: Any) -> Any:
        self._refuse()


def _whole(operation: Callable[[Any, Any], Any], ufunc: np.ufunc, *, swapped: bool) -> Callable[..., Any]:
    """An operation that gives a size again where the other side is a size or an integer."""

    def method(self: Size, other: Any) -> Any:
        partner = other.dimension if isinstance(other, Size) else other
        if isinstance(other, Size) or type(other) is int:
            pair = (partner, self.dimension) if swapped else (self.dimension, partner)
            return Size(operation(*pair))
        return ufunc(other, self) if swapped else ufunc(self, other)

    return method


def _real(ufunc: np.ufunc, *, swapped: bool) -> Callable[..., Any]:
    """An operation that gives a traced number."""
    return lambda self, other: ufunc(other, self) if swapped else ufunc(self, other)


for _name, _operation, _ufunc in [
    ("add", operator.add, np.add),
    ("sub", operator.sub, np.subtract),
    ("mul", operator.mul, np.multiply),
]:
    setattr(Size, f"__{_name}__", _whole(_operation, _ufunc, swapped=False))
    setattr(Size, f"__r{_name}__", _whole(_operation, _ufunc, swapped=True))
for _name, _ufunc in {"truediv": np.true_divide, "pow": np.power}.items():
    setattr(Size, f"__{_name}__", _real(_ufunc, swapped=False))
    setattr(Size, f"__r{_name}__", _real(_ufunc, swapped=True))
