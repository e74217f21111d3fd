"""Raising the precision until every entry rounds to one float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import ObjectArray, precision
from gradcheck.arithmetic.precisions import PRECISIONS, SLOPE_BITS
from gradcheck.errors import NoAnswer, Undecided
from gradcheck.formulas.quantity import Quantity
from gradcheck.oracles.rounding import distance, even_neighbour, nearest

__all__ = ["LEVELS", "Certified", "Enclosure", "certify", "settle"]

LEVELS = (SLOPE_BITS, *PRECISIONS, 2 * PRECISIONS[-1])
"""Bits of ball arithmetic, raised until a number is known. One that is truly zero is told from the smallest
float64 by 1,696 bits, unless it is left over from terms of 1e180 or more."""


@dataclass(frozen=True)
class Enclosure:
    """Balls that hold the true values, and who gave them.

    ``sharp`` is False where float constants of the forward are uncertain, so that no precision makes the
    balls narrow.
    """

    balls: ObjectArray
    sources: tuple[str, ...]
    sharp: bool = True


@dataclass(frozen=True, eq=False)
class Certified:
    """An array of true values, each as the float64 nearest to it.

    ``value`` and ``bound`` have the quantity's shape. The true value of an entry lies within ``bound``
    of ``value``: 0 where the float64 is the true value, else at most half a unit in the last place.
    ``nearest`` is False where ``value`` may not be the nearest float64, because float constants of the
    forward stand for numbers that are not known better; ``bound`` covers that. ``sources`` are the
    backends that enclosed the values and do not contradict each other; `NAME (limit)` is one that meets a
    tie inside the forward, and was asked on both sides of it.
    """

    value: NDArray[np.float64]
    bound: NDArray[np.float64]
    sources: tuple[str, ...]
    nearest: bool = True

    def __array__(self, dtype: object = None, copy: bool | None = None) -> NDArray[np.float64]:
        return np.array(self.value, dtype=dtype, copy=copy)  # type: ignore[call-overload,no-any-return]


def certify(enclose: Callable[[], Mapping[Quantity, Enclosure]]) -> dict[Quantity, Certified]:
    """Evaluate at rising precision until each entry of each quantity is settled.

    ``enclose`` is called with the precision set. What it raises as `Undecided` counts as not settled
    yet. A number that the last precision cannot tell from a midpoint of two float64 is rounded to the
    even one. Raises `NoAnswer` where an enclosure stays wide.
    """
    failure: NoAnswer | None = None
    settled: dict[Quantity, Certified] = {}
    for bits in LEVELS:
        with precision(bits):
            try:
                enclosures = enclose()
            except Undecided as error:
                failure = error
                continue
            failure = None
            for quantity, enclosure in enclosures.items():
                if quantity in settled:
                    continue
                try:
                    settled[quantity] = settle(quantity, enclosure, last=bits == LEVELS[-1])
                except NoAnswer as error:
                    failure = error
        if failure is None:
            break
    if failure is not None:
        raise failure
    # In the order of what was asked, not of the precision at which each was settled.
    return {quantity: settled[quantity] for quantity in enclosures}


def settle(quantity: Quantity, enclosure: Enclosure, *, last: bool) -> Certified:
    """Round one array of balls, at the precision that is set. Raises `NoAnswer` where a ball is too wide.

    ``last`` says that no higher precision will be tried: what may be a midpoint is then rounded to even.
    """
    balls = enclosure.balls
    value, bound = np.empty(balls.shape), np.empty(balls.shape)
    for index in np.ndindex(balls.shape):
        ball: Any = balls[index]
        number = nearest(ball)
        if number is None and not enclosure.sharp:
            number = nearest(ball.mid())
        if number is None and last:
            number = even_neighbour(ball)
        if number is None:
            place = f"[{', '.join(map(str, index))}]" if index else ""
            raise NoAnswer(f"{quantity}{place} has no narrow enclosure: {ball.str(5)} at the last precision")
        value[index], bound[index] = number, distance(ball, number)
    for array in (value, bound):
        array.flags.writeable = False
    return Certified(value, bound, enclosure.sources, enclosure.sharp)
