"""What a note leaves open, and what is known of an array."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.notes.arrays.terms import Dim, Place
from gradcheck.notes.arrays.values import (
    Value,
)

__all__ = ["LARGEST", "MOST_INDICES", "Info", "Operand", "Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """One way to read what a note leaves open."""

    layout: str = "numerator"  # numerator, denominator, gradient
    matrix: str = "own"  # own, transposed
    elementwise: bool = False  # two vectors side by side are multiplied entry by entry
    dot: bool = False  # so are two with a \cdot between them
    partial: bool = False  # other named quantities are held fixed
    sigmoid: bool = False  # \sigma is the logistic function
    rows: bool = False  # vectors are rows
    turned: bool = False  # a gradient written with \nabla is the transpose of its usual shape
    columns: bool = False  # the softmax of a matrix acts on its columns
    einstein: bool = False  # indices that stand twice are summed over, though no comment says so
    alias: tuple[tuple[str, str], ...] = ()  # sizes under a second name
    ranks: tuple[tuple[str, int], ...] = ()  # what undeclared symbols are taken for: axes of each


@dataclass(frozen=True, slots=True)
class Info:
    """An array's axes: the first ``family`` of them tell members of a family apart."""

    dims: tuple[Dim, ...]
    family: int = 0
    row: bool = False
    implied: tuple[str, ...] = ()  # indices that the note leaves out
    added: bool = False  # a vector because it is added to each example of a matrix, and for no other reason


@dataclass(slots=True)
class Operand:
    """What a derivative is taken by."""

    array: str
    places: tuple[Place, ...]
    value: Value


LARGEST = 30
"""Sizes that are written as numbers, beyond which a formula is not tried."""
MOST_INDICES = 6
"""Indices that an expression may have at once."""
