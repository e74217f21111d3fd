"""The table of JAX primitives as NumPy calls, and what all its rules share; `_replay` says what for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck_backends._jax.rules import Rule, registering

__all__ = ["RULES", "Call", "Positions", "Rule", "no_positions", "not_finite", "rule"]


@dataclass(frozen=True)
class Call:
    """One equation: its parameters and the first result's shape with the sizes put in, the types of the
    first result and of the first operand, and an array of the arithmetic at hand.
    """

    params: Mapping[str, Any]
    shape: tuple[Any, ...]
    dtype: np.dtype[Any]
    given: np.dtype[Any] | None
    prototype: Any

    def filled(self, value: Any, shape: Sequence[Any], dtype: np.dtype[Any]) -> Any:
        """A constant array; a plain number where there are no axes."""
        if not len(shape) or not_finite(value):
            return value
        like: Any = np.full_like  # NumPy's own types know no sizes but integers
        value = float(value) if type(value) is int else value
        made = like(self.prototype, value, shape=tuple(shape))
        return np.greater(made, 0.0) if dtype.kind == "b" else made  # whole numbers are floats, exactly


class Positions:
    """The positions along one axis (`iota`). All that is known here is where two axes have equal ones."""

    def __init__(self, shape: Sequence[Any], axis: int) -> None:
        self.shape, self.axis = tuple(shape), axis


RULES: dict[str, Rule] = {}
rule = registering(RULES)


def no_positions(name: str, *values: Any) -> None:
    """Raise `Unsupported` where a primitive meets positions that it does not know."""
    if any(type(v) is Positions for v in values):
        raise Unsupported(f"the JAX primitive {name} of positions (iota)")


def not_finite(x: Any) -> bool:
    """Infinity and NaN of the trace. They stay plain numbers, whatever shape they should have."""
    return type(x) is float and not math.isfinite(x)
