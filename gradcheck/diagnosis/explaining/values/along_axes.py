"""Explanations by a value that was summed, averaged, reversed or shifted along an axis before it was used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.explaining.values.elsewhere import Change
from gradcheck.diagnosis.explanation import Explanation, Sides

__all__ = ["moved_along"]


def moved_along(
    name: str, axis: int, along: str, at: Callable[[Change], Sides], costs: tuple[float, float, float]
) -> Iterator[Explanation]:
    """``at`` gives the two sides for a change of the value ``name``; ``along`` are the words for the axis.
    ``costs`` are those of a sum, of a mean, and of another order.
    """
    summed, averaged, ordered = costs

    def spread(function: Callable[..., Any]) -> Sides:
        return at(lambda x: np.broadcast_to(function(x, axis=axis, keepdims=True), x.shape).copy())

    text = f"{name} is summed{along} where it should stay as it is"
    yield Explanation("wrong-axis", text, summed, spread(np.sum), rounds=True)
    text = f"{name} is averaged{along} where it should not be"
    yield Explanation("wrong-axis", text, averaged, spread(np.mean), rounds=True)
    yield Explanation("index", f"{name} is reversed{along}", ordered, at(lambda x: np.flip(x, axis)))
    text = f"{name} is off by a shift of one{along}"
    yield Explanation("index", text, ordered, at(lambda x: np.roll(x, 1, axis)))
    yield Explanation("index", text, ordered, at(lambda x: np.roll(x, -1, axis)))
