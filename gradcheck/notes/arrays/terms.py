"""Entries of arrays as terms in indices: what a formula means once its matrices are written out.

A term is one number for each value of its free indices. Matrix products are sums over an index, a
transpose only renames indices, the identity is Kronecker's delta; so every reading of a formula ends
here, whatever notation it came in, and is differentiated by the rules of one variable.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction

__all__ = [
    "ONE",
    "ZERO",
    "Delta",
    "Det",
    "Dim",
    "Entry",
    "Function",
    "Index",
    "Inverse",
    "Largest",
    "Multiple",
    "Number",
    "Positive",
    "Power",
    "Product",
    "Size",
    "Sliding",
    "Sum",
    "Term",
    "Total",
    "fresh",
]


class Dim:
    """A size: a number, a name, or not known yet. Two that are unified stay one."""

    __slots__ = ("_same", "name", "number")

    def __init__(self, name: str | None = None, number: int | None = None) -> None:
        self.name, self.number = name, number
        self._same: Dim | None = None

    def root(self) -> Dim:
        dim = self
        while dim._same is not None:
            dim = dim._same
        return dim

    def unify(self, other: Dim) -> bool:
        """Make the two one. False where they are known to differ: two names, or two numbers."""
        a, b = self.root(), other.root()
        if a is b:
            return True
        if a.known and b.known:
            return (a.name, a.number) == (b.name, b.number)
        if a.known:
            a, b = b, a
        a._same = b  # noqa: SLF001
        return True

    @property
    def known(self) -> bool:
        root = self.root()
        return root.name is not None or root.number is not None

    def __repr__(self) -> str:
        root = self.root()
        if root.number is not None:
            return str(root.number)
        return root.name or f"size{id(root) % 9973}"


@dataclass(frozen=True, slots=True)
class Index:
    """An index; ``name`` is unique, so that renaming never captures."""

    name: str
    dim: Dim

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Index) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name


_numbers = itertools.count()


def fresh(dim: Dim | None = None, name: str = "k") -> Index:
    """A new index over ``dim``, distinct from every other."""
    return Index(f"{name.split('#', maxsplit=1)[0]}#{next(_numbers)}", dim or Dim())


Place = Index | int
"""Where an entry stands on one axis: at an index, or at a fixed place counted from 0."""


@dataclass(frozen=True, slots=True)
class Number:
    value: Fraction


@dataclass(frozen=True, slots=True)
class Size:
    """A size used as a number, as in 1/m."""

    dim: Dim


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the array ``name``."""

    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    terms: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Product:
    factors: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Power:
    base: Term
    exponent: Term


@dataclass(frozen=True, slots=True)
class Function:
    """A known function of one number: exp, log, tanh, sigmoid, abs, sign, ..."""

    name: str
    argument: Term


@dataclass(frozen=True, slots=True)
class Positive:
    """1 where the argument is above 0, else 0."""

    argument: Term


@dataclass(frozen=True, slots=True)
class Delta:
    """1 where two places are one, else 0."""

    a: Place
    b: Place


@dataclass(frozen=True, slots=True)
class Sliding:
    """1 where the place ``at`` is the sum of other places, each so many times, and a number; else 0.

    So is x_{i+k} read: beyond the ends of x there is nothing.
    """

    at: Place
    steps: tuple[tuple[Place, int], ...]
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of ``body`` over an index."""

    index: Index
    body: Term


@dataclass(frozen=True, slots=True)
class Multiple:
    """The product of ``body`` over an index."""

    index: Index
    body: Term


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest ``body`` over an index."""

    index: Index
    body: Term


@dataclass(frozen=True, slots=True)
class Inverse:
    """Entry (i, j) of the inverse of the matrix whose entry (row, column) is ``body``."""

    row: Index
    column: Index
    body: Term
    i: Place
    j: Place


@dataclass(frozen=True, slots=True)
class Det:
    """The determinant of the matrix whose entry (row, column) is ``body``."""

    row: Index
    column: Index
    body: Term


Term = (
    Number
    | Size
    | Entry
    | Sum
    | Product
    | Power
    | Function
    | Positive
    | Delta
    | Sliding
    | Total
    | Multiple
    | Largest
    | Inverse
    | Det
)

ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))
