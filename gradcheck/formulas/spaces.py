"""The spaces that arguments live in: unit vectors, symmetric or triangular matrices, rotations, weights.

A space says how its points are drawn and what a *tangent* is: `tangent(x, v)` is the part of any array v that
stays in the space at x, to first order. Gradients by such an argument are compared along tangents only. What
a forward does beside its space is nobody's business, and a gradient may have any part that points out of it.

One's own space is any object with these two methods; ``name`` is what sentences call it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError, user_code
from gradcheck.formulas.calling.callables import check_parameters
from gradcheck.formulas.sizes.shapes import Shapes
from gradcheck.formulas.suggestions import did_you_mean, short

__all__ = [
    "Space",
    "check_spaces",
    "lower_triangular",
    "name_of",
    "rotations",
    "simplex",
    "sphere",
    "symmetric",
    "tangent_direction",
]

Array = NDArray[np.float64]
Draw = Callable[[tuple[int, ...], np.random.Generator], Array]


class Space(Protocol):
    """What a space must have."""

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """A point of the space."""
        ...

    def tangent(self, x: Any, v: Any) -> Any:
        """The part of ``v`` along the space at its point ``x``, in NumPy calls."""
        ...


@dataclass(frozen=True)
class Named:
    """A ready-made space. ``exact``: tangents do not depend on the point, and are found without rounding."""

    name: str
    draw: Draw
    tangent: Callable[[Any, Any], Any]
    exact: bool = False

    def __repr__(self) -> str:
        return f"gradcheck.{self.name.replace(' ', '_')}"


def _square(shape: tuple[int, ...], who: str) -> None:
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise UsageError(f"{who}: the last two axes must be equal, got the shape {shape}.")


def _axis(shape: tuple[int, ...], who: str) -> None:
    if not shape:
        raise UsageError(f"{who}: it is about the last axis, and a scalar has none.")


def _with(special: Draw, draw: Draw) -> Draw:
    """Points of a space, with those now and then that code treats apart and chance does not meet."""

    def drawn(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        found = draw(shape, rng)
        return special(shape, rng) if rng.random() < _SPECIAL else found

    return drawn


_SPECIAL = 1 / 8


_BESIDE = (0.0, 0.0, 1e-2, 1e-6)
"""How far beside a special point a point is: code turns to a series there, or to a limit."""


def _along_an_axis(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    axes = np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    beside = rng.choice(_BESIDE) * rng.standard_normal(shape)
    return _normed(axes * rng.choice([-1.0, 1.0], (*shape[:-1], 1)) + beside)


def _diagonal(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    return np.asarray(np.eye(shape[-1]) * np.round(rng.uniform(0.5, 3.0, shape), 4))


def _identity(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    beside = rng.choice(_BESIDE) * rng.standard_normal(shape)
    return _orthogonal(np.eye(shape[-1]) + beside)


def _centre_or_corner(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Equal weights, or nearly all of it in one."""
    if rng.random() < 1 / 2:
        return np.full(shape, 1 / shape[-1])
    most = np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    return np.asarray(most * (1 - 2.0**-10) + 2.0**-10 / shape[-1])


def _unit(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    _axis(shape, "sphere")
    return _normed(rng.standard_normal(shape))


def _normed(vectors: Array) -> Array:
    return np.asarray(vectors / np.sqrt(np.sum(vectors**2, axis=-1, keepdims=True)))


def _beside_radius(x: Any, v: Any) -> Any:
    along = np.sum(x * v, axis=-1, keepdims=True) / np.sum(x * x, axis=-1, keepdims=True)
    return v - x * along


def _symmetric(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    _square(shape, "symmetric")
    drawn = np.round(rng.standard_normal(shape) * rng.choice([0.1, 1.0, 10.0]), 4)
    lower = np.tril(drawn, -1)
    return np.asarray(np.tril(drawn) + np.swapaxes(lower, -1, -2))


def _symmetrised(x: Any, v: Any) -> Any:
    return (v + np.swapaxes(v, -1, -2)) / 2


def _lower(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    _square(shape, "lower_triangular")
    drawn = np.tril(np.round(rng.standard_normal(shape), 4))
    sign = np.where(np.eye(shape[-1]) > 0, np.sign(drawn) + (drawn == 0), 0)
    return np.asarray(drawn + sign)  # no diagonal entry near zero


def _rotation(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    _square(shape, "rotations")
    return _orthogonal(rng.standard_normal(shape))


def _orthogonal(matrices: Array) -> Array:
    q, r = np.linalg.qr(matrices)
    q = q * np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :]
    q[..., 0] *= np.sign(np.linalg.det(q))[..., None]
    return np.asarray(q)


def _turned(x: Any, v: Any) -> Any:
    inner = np.swapaxes(x, -1, -2) @ v
    return x @ (inner - np.swapaxes(inner, -1, -2)) / 2


def _weights(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    _axis(shape, "simplex")
    drawn = rng.gamma(2.0, 1.0, shape) + 0.05
    return np.asarray(drawn / np.sum(drawn, axis=-1, keepdims=True))


def _without_mean(x: Any, v: Any) -> Any:
    return v - np.mean(v, axis=-1, keepdims=True)


sphere = Named("sphere", _with(_along_an_axis, _unit), _beside_radius)
"""Vectors of length 1 along the last axis."""

symmetric = Named("symmetric", _with(_diagonal, _symmetric), _symmetrised, exact=True)
"""Symmetric matrices in the last two axes."""

lower_triangular = Named("lower triangular", _with(_diagonal, _lower), lambda x, v: np.tril(v), exact=True)
"""Lower triangular matrices in the last two axes, no diagonal entry near zero."""

rotations = Named("rotations", _with(_identity, _rotation), _turned)
"""Orthogonal matrices of determinant 1 in the last two axes."""

simplex = Named("simplex", _with(_centre_or_corner, _weights), _without_mean)
"""Positive numbers whose sum along the last axis is 1."""


def name_of(space: Space) -> str:
    """What a sentence calls a space: "the sphere", "symmetric directions"."""
    name = str(getattr(space, "name", None) or getattr(space, "__name__", type(space).__name__))
    own = name if name.startswith("the ") else f"the {name}"
    return {"symmetric": "symmetric directions", "lower triangular": "the lower triangle"}.get(name, own)


def check_spaces(spaces: Mapping[str, Any] | None, shapes: Shapes) -> dict[str, Space]:
    """Declared spaces by argument. Raises `UsageError` for unknown arguments and for what is no space."""
    if spaces is None:
        return {}
    if not isinstance(spaces, Mapping):
        raise UsageError(
            "spaces: expected a dict with the space that an argument lives in, as in "
            f"{{{shapes.arguments[0]!r}: gradcheck.sphere}}, got {short(spaces)}."
        )
    checked: dict[str, Space] = {}
    for argument, space in shapes.nesting.leaves(spaces, "spaces", _is_space).items():
        if argument in shapes.nesting.complex_leaves:
            raise UsageError(f"spaces[{argument!r}]: spaces are of real arrays, and {argument} is complex.")
        if argument not in shapes.arguments:
            raise UsageError(
                f"spaces: there is no argument {argument!r}; the arguments are {', '.join(shapes.arguments)}."
                f"{did_you_mean(argument, shapes.arguments)}"
            )
        for method, parameters in (("draw", ("shape", "rng")), ("tangent", ("x", "v"))):
            found = getattr(space, method, None)
            if not callable(found):
                raise UsageError(
                    f"spaces[{argument!r}]: expected gradcheck.sphere (symmetric, rotations, ...) or an "
                    f"object with draw(shape, rng) and tangent(x, v), got {short(space)}."
                )
            check_parameters(found, parameters, f"spaces[{argument!r}].{method}")
        checked[argument] = space
    return checked


def _is_space(value: Any) -> bool:
    return hasattr(value, "draw") or hasattr(value, "tangent")


def tangent_direction(space: Space, x: NDArray[Any], v: Array, argument: str) -> Array:
    """The tangent part of a direction, frozen. Raises `UsageError` for one that is no such array.

    Where little of the direction is tangent, its rounding is little beside the direction, and not beside the
    part: the part is made larger then, and taken again.
    """
    along = _tangent(space, x, v, argument)
    size, part = (float(np.max(np.abs(a), initial=0.0)) for a in (v, along))
    if part <= _NO_PART * size:
        along = np.zeros_like(along)
    elif part < size / 4:
        along = _tangent(space, x, along / part, argument)
    along.flags.writeable = False
    return along


_NO_PART = 2.0**-40
"""A tangent part that is smaller beside the direction is rounding alone: of a space of one point."""


def _tangent(space: Space, x: NDArray[Any], v: Array, argument: str) -> Array:
    try:
        with user_code:
            along = np.array(space.tangent(x, v), dtype=np.float64)
    except Exception as error:
        raise UsageError(
            f"spaces[{argument!r}]: tangent(x, v) raises {type(error).__name__}: {error}."
        ) from error
    if along.shape != x.shape or not np.isfinite(along).all():
        raise UsageError(
            f"spaces[{argument!r}]: tangent(x, v) must give finite numbers in the shape {x.shape} of x, got "
            f"the shape {along.shape}."
        )
    return along
