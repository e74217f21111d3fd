"""Axes of several digits: `2 d` entries as 2 rows of d, so that `reshape` only puts digits together anew.

An axis whose size is split has one index at the level of arrays, and one for each digit in expressions. All
axes of that size are split alike, and from the start of a run: code that needs a split which the run does not
have is run again with it (`NeedsSplit`).
"""

from __future__ import annotations

from collections.abc import Mapping

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.polynomials import Polynomial

__all__ = ["NeedsSplit", "Splits", "decoded", "refined"]

Splits = Mapping[Polynomial, tuple[Polynomial, ...]]
"""The sizes of the digits, from the first to the last, by the size of the axis."""


class NeedsSplit(Unsupported):
    """An axis has to be of several digits."""

    def __init__(self, what: str, size: Polynomial, digits: tuple[Polynomial, ...]) -> None:
        super().__init__(what)
        self.size, self.digits = size, digits


def refined(splits: Splits, more: NeedsSplit) -> dict[Polynomial, tuple[Polynomial, ...]] | None:
    """The splits with another one, digits of digits written out; None where that contradicts one of them."""
    if more.size in splits:
        return None
    wanted = dict(splits) | {more.size: more.digits}

    def digits(size: Polynomial, depth: int) -> tuple[Polynomial, ...]:
        parts = wanted.get(size)
        if parts is None or not depth:
            return (size,)
        return tuple(d for part in parts for d in digits(part, depth - 1))

    return {size: tuple(d for part in wanted[size] for d in digits(part, 8)) for size in wanted}


def decoded(index: int, sizes: tuple[object, ...]) -> tuple[int, ...] | None:
    """The digits of an index that is a number; None where they depend on sizes that are not known."""
    found: list[int] = []
    for size in reversed(sizes[1:]):
        if type(size) is not int:
            if index:
                return None
            found.append(0)
            continue
        index, digit = divmod(index, size)
        found.append(digit)
    return (index, *reversed(found))
