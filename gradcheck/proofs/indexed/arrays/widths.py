"""Types of limited width: what NumPy rounds or wraps around, and mathematics does not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.proofs.indexed.algebra.expression import Expr
from gradcheck.proofs.indexed.algebra.space import LARGEST, Factor, Space

__all__ = ["is_wide", "keeps_within_int64"]


def is_wide(dtype: Any) -> bool:
    """Whether a type is float64, int64 or bool, the three that symbols stand for."""
    return np.dtype(dtype) in (np.dtype(np.float64), np.dtype(np.int64), np.dtype(np.bool_))


def keeps_within_int64(entry: Expr) -> bool:
    """Whether integers cannot wrap around, as long as no axis and no integer argument exceeds `LARGEST`."""
    return (most := _most(entry)) is not None and most < 2**63


def _most(entry: Expr) -> int | None:
    """The greatest magnitude; None where it is not known."""
    space = entry.space
    total = 0
    for (factors, bounds), coefficient in entry.terms.items():
        most = int(abs(Fraction(coefficient))) + 1
        for number in bounds:
            size = space.size_list[number]
            most *= size if type(size) is int else LARGEST ** max(len(m) for m, _ in size.polynomial)
        for one in factors:
            factor = _most_of(space, one)
            if factor is None:
                return None
            most *= factor
        total += most
    return total


def _most_of(space: Space, one: Factor) -> int | None:
    number, _, power = one
    head = space.heads[number]
    if head.binary:
        return 1
    if type(power) is not int or power < 0:
        return None
    if head.kind in ("size", "position"):
        return int(pow(LARGEST, power))
    if head.kind == "variable":
        return int(pow(head.magnitude, power))
    if head.kind in ("power", "max"):
        inner = _most(head.argument)
        return None if inner is None else int(pow(inner, power))
    return None
