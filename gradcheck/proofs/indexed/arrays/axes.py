"""Axes of symbolic size: their indices, and which of them fit each other."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.guarding import alike
from gradcheck.proofs.indexed.arrays.size import Size, text_of

__all__ = ["Shape", "axis_codes", "broadcast", "same_size"]

Shape = tuple[Size | int, ...]


def axis_codes(space: Space, shape: Sequence[Size | int]) -> tuple[int, ...]:
    """The index of every axis, counted from the last so that broadcasting needs no renaming; an axis of
    size 1 has the constant index 0.
    """
    last = len(shape) - 1
    return tuple(
        0 if type(size) is int and size == 1 else space.code("axis", last - k, space.size_number(size))
        for k, size in enumerate(shape)
    )


def same_size(space: Space, a: Size | int, b: Size | int) -> bool:
    """Whether two sizes are equal on this branch; asked where it is not certain."""
    if type(a) is int and type(b) is int:
        return a == b
    return bool(a == b)


def broadcast(space: Space, *shapes: Shape) -> Shape:
    """NumPy's common shape. Raises ValueError like NumPy."""
    result: list[Size | int] = []
    for k in range(1, max((len(s) for s in shapes), default=0) + 1):
        size: Size | int = 1
        for shape in shapes:
            if k > len(shape):
                continue
            other = shape[-k]
            if type(other) is int and other == 1:
                continue
            if type(size) is int and size == 1:
                size = other
            elif not same_size(space, size, other):
                if type(other) is not int and other == 1:
                    continue  # only on a branch that says so
                raise alike(
                    ValueError(
                        "operands could not be broadcast together with shapes "
                        + " ".join(f"({', '.join(map(text_of, s))})" for s in shapes)
                    )
                )
        result.append(size)
    return tuple(reversed(result))
