"""Going back through NumPy's sums, products and functions that move entries.

A pullback takes the cotangent of the output and gives one cotangent for each positional argument
(None where there is none; a list for an argument that is a list). The formulas are the transposes of
the linear maps that the functions are, or textbook matrix calculus.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["PULLBACKS", "unbroadcast"]

Pullback = Callable[..., list[Any]]
PULLBACKS: dict[Any, Pullback] = {}
"""NumPy function -> `(g, out, *args, **kwargs) -> cotangents of the positional arguments`."""


def pullback_of(*functions: Any) -> Callable[[Pullback], Pullback]:
    def register(rule: Pullback) -> Pullback:
        for function in functions:
            PULLBACKS[function] = rule
        return rule

    return register


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """The cotangent of an operand that was broadcast: summed over the axes that were stretched."""
    if g.shape == shape:
        return g
    extra = len(g.shape) - len(shape)
    if extra > 0:
        g = np.sum(g, axis=tuple(range(extra)))
    stretched = tuple(i for i, (a, b) in enumerate(zip(g.shape, shape, strict=True)) if a != b)
    return np.sum(g, axis=stretched, keepdims=True) if stretched else g
