"""What an argument may hold: ready-made kinds of values, and how they are drawn.

A *filler* is a function `(shape, rng) -> float64 array`. Everything drawn has few significant bits
(dyadic rationals, or small decimals), so that a counterexample prints short and exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.formulas.calling.callables import check_parameters
from gradcheck.formulas.calling.returned_arrays import NotNumbers, as_array
from gradcheck.formulas.sizes.shapes import Shapes
from gradcheck.formulas.suggestions import did_you_mean, short

__all__ = [
    "Filler",
    "Values",
    "check_values",
    "complex_normal",
    "declared_range",
    "dense",
    "integer_range",
    "integers",
    "is_entrywise",
    "normal",
    "one_hot",
    "positive",
    "spd",
    "unit_interval",
]

Array = NDArray[np.float64]
Filler = Callable[[tuple[int, ...], np.random.Generator], Array]
Values = Any  # a Filler, a Hypothesis strategy of elements, or an array; checked by check_values

_SCALES = (0.1, 1.0, 10.0)


def normal(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Any real numbers (the default).

    Mixes the scales 0.1, 1 and 10, one per array or one per entry; at the largest one entry lies between
    20 and 40, where code that cuts off or switches over shows. One draw in four also sets some entries
    to zero and copies some from others (ties), because kinks and masks live there.
    """
    scale = rng.choice(_SCALES) if rng.random() < 0.75 else rng.choice(_SCALES, size=shape)
    values = np.asarray(np.round(rng.standard_normal(shape) * scale, 4), dtype=np.float64)
    if values.size and np.ndim(scale) == 0 and scale == _SCALES[-1]:
        values.reshape(-1)[rng.integers(values.size)] = np.round(
            rng.choice([-1, 1]) * rng.uniform(20.0, 40.0), 4
        )
    if values.size and rng.random() < 0.25:
        flat = values.reshape(-1)
        flat[rng.random(flat.size) < 0.3] = 0.0
        if flat.size > 1:
            to, source = rng.integers(0, flat.size, size=2)
            flat[to] = flat[source]
    return values


def complex_normal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.complex128]:
    """Any complex numbers: real and imaginary part as `normal` draws them."""
    return np.asarray(normal(shape, rng) + 1j * normal(shape, rng))


def dense(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Like `normal`, but without zeros and ties: where a shape is tried once, nothing may hide."""
    scale = rng.choice(_SCALES)
    sign = rng.choice([-1.0, 1.0], shape)
    return np.asarray(np.round(scale * sign * (0.05 + np.abs(rng.standard_normal(shape))), 4))


def positive(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Numbers above zero, from about 0.01 to 30."""
    scale = rng.choice(_SCALES)
    return np.asarray(np.round(scale * (0.1 + rng.gamma(2.0, 0.5, shape)), 4), dtype=np.float64)


def unit_interval(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Numbers strictly between 0 and 1."""
    return np.asarray(rng.integers(1, 1000, shape) / 1000, dtype=np.float64)


def one_hot(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Zeros with a single one along the last axis (a scalar is 0 or 1)."""
    if not shape:
        return np.asarray(rng.integers(0, 2), dtype=np.float64)
    result: Array = np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
    return result


def spd(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Symmetric positive definite matrices in the last two axes.

    Their entries count as independent: the derivative is by each entry alone.
    """
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise UsageError(f"spd: the last two axes must be equal, got the shape {shape}.")
    n = shape[-1]
    root = np.round(rng.standard_normal(shape), 1)
    return np.asarray(np.round(root @ np.swapaxes(root, -1, -2), 2) + n * np.eye(n), dtype=np.float64)


def integers(lo: int, hi: int) -> Filler:
    """Integers from ``lo`` up to and excluding ``hi``, as int64: labels, indices. Not differentiated."""
    if not lo < hi:
        raise UsageError(f"integers({lo}, {hi}): the range is empty; the upper end is excluded.")

    def draw(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        return np.asarray(rng.integers(lo, hi, shape))

    draw.__name__ = f"integers({lo}, {hi})"
    vars(draw)["bounds"] = lo, hi
    return draw


def integer_range(value: Values | None) -> tuple[int, int] | None:
    """The bounds of `integers(lo, hi)`; None for any other kind of values."""
    return getattr(value, "bounds", None) if getattr(value, "__module__", "") == __name__ else None


def declared_range(value: Values | None) -> tuple[float, float] | None:
    """The smallest and the largest float64 that are allowed of ready-made values; None where any may be."""
    if value is positive:
        return _SMALLEST, np.inf
    if value is unit_interval:
        return _SMALLEST, 1.0 - 2.0**-53
    bounds = integer_range(value)
    return None if bounds is None else (bounds[0], bounds[1] - 1)


_SMALLEST = 2.0**-1074


def is_entrywise(value: Values | None) -> bool:
    """Whether they are drawn one by one, of floats: `normal`, `positive`, `unit_interval`."""
    return any(value is preset for preset in (normal, positive, unit_interval))


_PRESETS = ("normal", "complex_normal", "positive", "unit_interval", "one_hot", "spd", "integers")


def is_strategy(value: object) -> bool:
    """Whether the value is a Hypothesis strategy, told without importing Hypothesis."""
    return any(c.__name__ == "SearchStrategy" for c in type(value).__mro__)


def check_values(values: Mapping[str, Values], shapes: Shapes) -> dict[str, Values]:
    """Normalise declared values: arrays become read-only (float64, or integers), the rest stays.

    Raises `UsageError` for unknown arguments and for values of no known kind.
    """
    if not isinstance(values, Mapping):
        raise UsageError(
            "values: expected a dict with what some arguments may hold, as in "
            f"{{{shapes.arguments[0]!r}: gradcheck.positive}}, got {short(values)}."
        )
    checked: dict[str, Values] = {}
    for argument, value in shapes.nesting.leaves(values).items():
        if argument not in shapes.arguments:
            raise UsageError(
                f"values: there is no argument {argument!r}; the arguments are {', '.join(shapes.arguments)}."
                f"{did_you_mean(argument, shapes.arguments)}"
            )
        checked[argument] = check_one(value, f"values[{argument!r}]")
    shapes.bind({a: v.shape for a, v in checked.items() if isinstance(v, np.ndarray)})
    return checked


def check_one(value: Values, who: str, kinds: str = "fiub") -> Values:
    """One declared value: a filler or strategy as it is, anything array-like as a read-only array.

    Its dtype is of one of the ``kinds``.
    """
    if is_strategy(value):
        return value
    if callable(value):
        if value is integers:
            raise UsageError(f"{who}: integers needs its bounds, as in gradcheck.integers(0, 10).")
        check_parameters(value, ("shape", "rng"), f"{who}: the function")
        return value
    try:
        array = np.array(as_array(value, kinds))
    except NotNumbers as error:
        if isinstance(value, list | tuple | np.ndarray | complex):
            raise UsageError(f"{who}: expected real numbers; what was given is {error}.") from None
        preset = f" Is it gradcheck.{value} without quotes?" if value in _PRESETS else ""
        raise UsageError(
            f"{who}: expected gradcheck.normal (positive, one_hot, ...), a function (shape, rng) -> array, "
            f"a Hypothesis strategy or an array of numbers, got {short(value)}.{preset}"
        ) from None
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
        if not np.isfinite(array).all():
            raise UsageError(
                f"{who}: the array holds values that are not finite (NaN or infinite), and there is no "
                "derivative at them."
            )
    array.flags.writeable = False
    return array
