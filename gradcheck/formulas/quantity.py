"""A quantity: one thing that a claim states, such as the gradient by one argument. It prints itself."""

from __future__ import annotations

from functools import cache
from typing import Literal

from msgspec import Struct

__all__ = [
    "JOINT",
    "Quantity",
    "derivative",
    "entry",
    "gradient",
    "outputs",
    "product",
    "second",
    "tangents",
    "updated",
]

Key = str | int


class Quantity(Struct, frozen=True, cache_hash=True):
    """``kind`` and the ``path`` to what it belongs to.

    A path begins with the name of an argument, and goes on with the keys of what is nested in it:
    `("params", "W1")` is `params["W1"]`.

    ============= ====================== =========================================================
    kind          in print               what it is
    ============= ====================== =========================================================
    gradient      `dJ/dW`                the gradient of `J = sum(delta * output)`
    derivative    `dz/dW`                all derivatives of the output by an argument
    entry         as it was written      some entries of one of these; ``text`` is how it is written
    updated       `new W`                an argument after one step
    product       `(H v) by W`           the Hessian times a vector, the part of an argument
    second        `d2z/dx2`              all second derivatives of the output by an argument
    output        `z`, of several `z0`   an output of the forward; its path is its number, if any
    tangent       `dz`, of several `dz0` an output's tangent
    joint         `all arguments`        the gradients of all arguments together
    intermediate  `the intermediate z1`  an array between arguments and output, by its name
    delta         `the delta of z1`      the gradient by an intermediate
    ============= ====================== =========================================================

    Engine and records part here: inside, quantities are the keys of what is known; a record has the text.
    """

    kind: Literal[
        "gradient",
        "derivative",
        "entry",
        "updated",
        "product",
        "second",
        "output",
        "tangent",
        "joint",
        "intermediate",
        "delta",
    ]
    path: tuple[Key, ...] = ()
    text: str = ""

    @property
    def argument(self) -> str | None:
        """The argument that it belongs to, if it belongs to one."""
        return str(self.path[0]) if self.path and self.kind in _OF_ARGUMENTS else None

    def __str__(self) -> str:
        return _FORMS[self.kind].format(self.text or _place(self.path))


_FORMS = {
    "gradient": "dJ/d{}",
    "derivative": "dz/d{}",
    "entry": "{}",
    "updated": "new {}",
    "product": "(H v) by {}",
    "second": "d2z/d{}2",
    "output": "z{}",
    "tangent": "dz{}",
    "joint": "all arguments",
    "intermediate": "the intermediate {}",
    "delta": "the delta of {}",
}

_OF_ARGUMENTS = ("gradient", "derivative", "entry", "updated", "product", "second")

JOINT = Quantity("joint")
"""The gradients of all arguments together, which one slope is of."""


def _place(path: tuple[Key, ...]) -> str:
    """A path as Python code: `params["W1"]`, `layers[0]["b"]`."""
    first, *keys = path or ("",)
    return str(first) + "".join(f"[{k}]" if isinstance(k, int) else f'["{k}"]' for k in keys)


@cache
def gradient(*path: Key) -> Quantity:
    """The gradient by an argument, or by a part of one."""
    return Quantity("gradient", path)


@cache
def derivative(*path: Key) -> Quantity:
    """All derivatives of the output by an argument."""
    return Quantity("derivative", path)


@cache
def updated(*path: Key) -> Quantity:
    """The new value of an argument."""
    return Quantity("updated", path)


@cache
def product(*path: Key) -> Quantity:
    """The part that belongs to an argument, of the Hessian times a vector."""
    return Quantity("product", path)


@cache
def second(*path: Key) -> Quantity:
    """All second derivatives by an argument."""
    return Quantity("second", path)


@cache
def entry(argument: str, text: str) -> Quantity:
    """The entries of a derivative by ``argument`` that ``text`` describes."""
    return Quantity("entry", (argument,), text)


@cache
def outputs(count: int) -> tuple[Quantity, ...]:
    """The outputs of a forward that has so many."""
    if count == 1:
        return (Quantity("output"),)
    return tuple(Quantity("output", (i,)) for i in range(count))


@cache
def tangents(count: int) -> tuple[Quantity, ...]:
    """The tangents of the outputs of a forward that has so many."""
    return tuple(Quantity("tangent", output.path) for output in outputs(count))
