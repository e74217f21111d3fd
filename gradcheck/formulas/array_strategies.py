"""Hypothesis strategies for single arrays; public as `gradcheck.strategies.arrays`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.formulas.values import Filler, Values, check_one, is_strategy, normal

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["arrays", "cotangents"]

Shape = tuple[int, ...]

_DRAWN = ("drawn",) * 9
"""Against the plain arrays, so that three (of deltas: two) of a dozen are plain."""


def arrays(shape: Shape, values: Values = normal) -> SearchStrategy[NDArray[Any]]:
    """Arrays of one shape that hold what ``values`` says, as in `verify`.

    ``values`` is a preset (`gradcheck.positive`, ...), a function `(shape, rng) -> array`, a strategy of
    elements, or an array. Shrinks as the table of `gradcheck.strategies` says.
    """
    from hypothesis import strategies as st

    value = check_one(values, "values")
    if isinstance(value, np.ndarray):
        if value.shape != tuple(shape):
            raise UsageError(f"values: an array of shape {value.shape} was given for the shape {shape}.")
        return st.builds(value.copy)
    if is_strategy(value):
        from hypothesis.extra import numpy as hnp

        return hnp.arrays(np.float64, shape, elements=value)
    if value is not normal:
        return _seeded(shape, value)
    return st.sampled_from(("zeros", "ones", "counting", *_DRAWN)).flatmap(
        lambda kind: (
            _seeded(shape, normal) if kind == "drawn" else st.builds(_plain, st.just(kind), st.just(shape))
        )
    )


def cotangents(shape: Shape) -> SearchStrategy[NDArray[Any]]:
    """Values for a delta: like `normal`, and never all zero, which would make every gradient right."""
    from hypothesis import strategies as st

    return st.sampled_from(("ones", "counting", *_DRAWN)).flatmap(
        lambda kind: (
            _seeded(shape, normal).map(lambda d: d if np.any(d) else np.ones(shape))
            if kind == "drawn"
            else st.builds(_plain, st.just(kind), st.just(shape))
        )
    )


def _seeded(shape: Shape, filler: Filler) -> SearchStrategy[NDArray[Any]]:
    from hypothesis import strategies as st

    seeds = st.integers(0, 2**32 - 1)
    return seeds.map(lambda seed: np.asarray(filler(shape, np.random.default_rng(seed))))


def _plain(kind: str, shape: Shape) -> NDArray[np.float64]:
    if kind == "counting":
        return np.arange(1.0, 1 + int(np.prod(shape, dtype=int))).reshape(shape)
    return np.zeros(shape) if kind == "zeros" else np.ones(shape)
