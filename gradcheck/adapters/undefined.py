"""Cotangents that never come: of a function with several outputs, those that the loss does not use.

A framework then calls the backward with `None` (PyTorch, where gradients are not materialised), or with
zeros that are only symbols (JAX). Both mean zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import CandidateFault

__all__ = ["Undefined"]

_ROUNDING = 2.0**-40
"""Of the largest entry: a sum with zeros may be made in another order than one without."""


class Undefined:
    """Asks once for each shape of what a function is given; ``who`` is its name in messages."""

    def __init__(self, who: str) -> None:
        self._who = who
        self._right: set[tuple[Any, ...]] = set()

    def check(
        self,
        args: Sequence[Any],
        deltas: Sequence[Any],
        alone: Callable[[int], Sequence[Any]],
        zeroed: Callable[[int], Sequence[Any]],
    ) -> None:
        """Raise `CandidateFault` where the gradients of output k alone are not those with zeros for the
        others. ``alone(k)`` and ``zeroed(k)`` give both, one array (or None) for each input.
        """
        shapes = tuple(map(np.shape, (*args, *deltas)))
        if shapes not in self._right:  # a fault is told at every call
            _check(self._who, len(deltas), alone, zeroed)
            self._right.add(shapes)


def _check(
    who: str, outputs: int, alone: Callable[[int], Sequence[Any]], zeroed: Callable[[int], Sequence[Any]]
) -> None:
    for k in range(outputs):
        others = ", ".join(str(j) for j in range(outputs) if j != k)
        which = f"output{'s' * (outputs > 2)} {others}"
        try:
            found = alone(k)
        except CandidateFault:
            raise
        except Exception as error:
            raise CandidateFault(
                "fail",
                f"the backward of {who} raises {type(error).__name__} where no cotangent comes for {which}: "
                f"{error}. It means zero.",
            ) from error
        for mine, right in zip(found, zeroed(k), strict=True):
            a, b = (np.zeros(()) if g is None else np.asarray(g, dtype=np.float64) for g in (mine, right))
            if a.shape == b.shape or not (a.ndim and b.ndim):
                largest = max(float(np.max(np.abs(x), initial=0.0)) for x in (a, b))
                if not np.any(np.abs(a - b) > _ROUNDING * largest):
                    continue
            raise CandidateFault(
                "fail",
                f"the backward of {who} gives another gradient where no cotangent comes for {which} than "
                "where it is zero. It means zero.",
            )
