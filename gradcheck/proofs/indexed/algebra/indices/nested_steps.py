"""Products of steps on one line: `[x > 0] [x > 1]` is `[x > 1]`, and `[x > 0] [-1 > x]` is nothing.

The arguments of both are multiples of one expression but for a number, so that they say on which side of a
point of one line it lies. That holds off the kinks of both.
"""

from __future__ import annotations

from fractions import Fraction

from gradcheck.proofs.indexed.algebra.space import Number, Term

__all__ = ["nested"]

Terms = dict[Term, Number]


def nested(first: Terms, second: Terms) -> tuple[int, int, int] | None:
    """How often the first step, the second one, and 1 stand in their product; None where nothing is known.
    The steps are given by the terms of their arguments, in the same named indices.
    """
    line, p = _apart(first)
    other, q = _apart(second)
    times = _multiple(line, other)
    if times is None:
        return None
    low, edge = (
        -p,
        -q / times,
    )  # the line is above `low` on the one side; above, or below, `edge` on the other
    if times > 0:
        return (1, 0, 0) if low >= edge else (0, 1, 0)
    return (0, 0, 0) if low >= edge else (1, 1, -1)


def _apart(terms: Terms) -> tuple[Terms, Fraction]:
    """What varies, and the number beside it."""
    varying = dict(terms)
    number = Fraction(varying.pop(((), ()), 0))
    return varying, number


def _multiple(line: Terms, other: Terms) -> Fraction | None:
    """`other / line`, where that is a number."""
    if not line or line.keys() != other.keys():
        return None
    ratios = {Fraction(other[t]) / Fraction(c) for t, c in line.items()}
    return ratios.pop() if len(ratios) == 1 else None
