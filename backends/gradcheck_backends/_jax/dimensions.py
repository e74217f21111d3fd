"""JAX's symbolic dimensions: how they are made, and what they are for sizes at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jax import export

from gradcheck.errors import Unsupported

__all__ = ["DIMENSION", "Sizes", "concrete", "is_symbolic", "stand_ins", "symbols"]

Sizes = Mapping[str, Any]
"""Integers by name; or, in an arithmetic for all shapes, what `stand_ins` makes of its symbols."""

DIMENSION: Any = type(export.symbolic_shape("n")[0])
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
    return type(value) is DIMENSION


def concrete(value: Any, sizes: Sizes) -> Any:
    """A parameter of a primitive with the sizes put in, at any depth of tuples."""
    if type(value) is DIMENSION:
        found = value._evaluate(sizes)  # noqa: SLF001  (JAX has no public way to do this)
        return found.size if type(found) is _StandIn else int(found)
    if isinstance(value, tuple):
        parts = [concrete(part, sizes) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


class _StandIn:
    """A size of another arithmetic while JAX computes with it: `n`, `n + 1`, `2 n m`.

    JAX asks each factor whether it is a plain 1, which is a question that a symbol would have to
    answer or to refuse. This one is no integer and says so, and it knows sums and products only.
    """

    __slots__ = ("size",)
    __array_ufunc__ = None  # JAX's factors are NumPy integers, which would compute first

    def __init__(self, size: Any) -> None:
        self.size = size

    def __add__(self, other: Any) -> _StandIn:
        return _StandIn(self.size + (other.size if type(other) is _StandIn else int(other)))

    def __mul__(self, other: Any) -> _StandIn:
        return _StandIn(self.size * (other.size if type(other) is _StandIn else int(other)))

    __radd__ = __add__
    __rmul__ = __mul__

    def _refuse(self, *_: Any) -> Any:
        raise Unsupported("a quotient or a remainder of sizes in JAX's trace")

    __divmod__ = __rdivmod__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _refuse


def stand_ins(sizes: Mapping[str, Any]) -> dict[str, Any]:
    """Sizes of any arithmetic, such that a trace's dimensions can be computed from them."""
    return {n: s if type(s) is int else _StandIn(s) for n, s in sizes.items()}
