"""Entries of arrays as terms in indices: what a formula means once its matrices are written out.

A term is one number for each value of its free indices. Matrix products are sums over an index, a
transpose only renames indices, the identity is Kronecker's delta; so every reading of a formula ends
here, whatever notation it came in, and is differentiated by the rules of one variable.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
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
    "add",
    "delta",
    "fresh",
    "multiply",
    "names",
    "power",
    "rebuilt",
    "sliding",
    "substitute",
    "total",
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


def add(terms: Iterable[Term]) -> Term:
    """The sum, flat and without zeros."""
    flat: list[Term] = []
    constant = Fraction(0)
    for term in terms:
        for part in term.terms if isinstance(term, Sum) else (term,):
            if isinstance(part, Number):
                constant += part.value
            else:
                flat.append(part)
    if constant:
        flat.append(Number(constant))
    if not flat:
        return ZERO
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def multiply(factors: Iterable[Term]) -> Term:
    """The product, flat, with one coefficient in front."""
    flat: list[Term] = []
    coefficient = Fraction(1)
    for factor in factors:
        for part in factor.factors if isinstance(factor, Product) else (factor,):
            if isinstance(part, Number):
                coefficient *= part.value
            else:
                flat.append(part)
    if not coefficient:
        return ZERO
    if coefficient != 1:
        flat.insert(0, Number(coefficient))
    if not flat:
        return ONE
    return flat[0] if len(flat) == 1 else Product(tuple(flat))


def negative(term: Term) -> Term:
    return multiply((Number(Fraction(-1)), term))


def delta(a: Place, b: Place) -> Term:
    if a == b:
        return ONE
    return ZERO if isinstance(a, int) and isinstance(b, int) else Delta(a, b)


def sliding(at: Place, steps: Iterable[tuple[Place, int]], offset: int) -> Term:
    """The condition at = steps + offset, with numbers added up and an index once."""
    counts: dict[Index, int] = {}
    for place, times in steps:
        if isinstance(place, int):
            offset += place * times
        else:
            counts[place] = counts.get(place, 0) + times
    left = tuple((index, times) for index, times in counts.items() if times)
    if not left and isinstance(at, int):
        return ONE if at == offset else ZERO
    return Sliding(at, left, offset)


def power(base: Term, exponent: Term) -> Term:
    if isinstance(exponent, Number):
        if exponent.value == 1:
            return base
        if exponent.value == 0:
            return ONE
        whole = exponent.value.denominator == 1 and abs(exponent.value) <= 64
        if isinstance(base, Number) and whole and base.value:
            return Number(base.value ** int(exponent.value))
    return Power(base, exponent)


def total(index: Index, body: Term) -> Term:
    """The sum over an index; a delta that pins the index is contracted."""
    if body == ZERO:
        return ZERO
    factors = body.factors if isinstance(body, Product) else (body,)
    for k, factor in enumerate(factors):
        if isinstance(factor, Delta) and index in (factor.a, factor.b) and factor.a != factor.b:
            other = factor.b if factor.a == index else factor.a
            rest = factors[:k] + factors[k + 1 :]
            return substitute(multiply(rest), {index: other})
    if isinstance(body, Sum):
        return add(total(index, term) for term in body.terms)
    return Total(index, body)


def substitute(term: Term, to: Mapping[Index, Place]) -> Term:
    """The term with free indices replaced."""
    return rebuilt(term, lambda entry: None, to) if to else term


def rebuilt(term: Term, change: Callable[[Entry], Term | None], to: Mapping[Index, Place]) -> Term:
    """The term with free indices replaced, then each entry for which ``change`` gives something.

    A bound index gets a new name, so that what is put in is never captured.
    """

    def go(part: Term) -> Term:
        return rebuilt(part, change, to)

    def place(p: Place) -> Place:
        return to.get(p, p) if isinstance(p, Index) else p

    def bound(index: Index) -> tuple[Index, Callable[[Term], Term]]:
        new = fresh(index.dim, index.name)
        return new, lambda body: rebuilt(body, change, {**to, index: new})

    match term:
        case Number() | Size():
            return term
        case Entry(name, places):
            entry = Entry(name, tuple(place(p) for p in places))
            changed = change(entry)
            return entry if changed is None else changed
        case Sum(terms):
            return add(go(t) for t in terms)
        case Product(factors):
            return multiply(go(f) for f in factors)
        case Power(base, exponent):
            return power(go(base), go(exponent))
        case Function(name, argument):
            return Function(name, go(argument))
        case Positive(argument):
            return Positive(go(argument))
        case Delta(a, b):
            return delta(place(a), place(b))
        case Sliding(at, steps, offset):
            return sliding(place(at), [(place(p), n) for p, n in steps], offset)
        case Total(index, body):
            new, inner = bound(index)
            return total(new, inner(body))
        case Multiple(index, body):
            new, inner = bound(index)
            return Multiple(new, inner(body))
        case Largest(index, body):
            new, inner = bound(index)
            return Largest(new, inner(body))
        case Inverse(row, column, body, i, j):
            a, b = fresh(row.dim, row.name), fresh(column.dim, column.name)
            body = rebuilt(body, change, {**to, row: a, column: b})
            return Inverse(a, b, body, place(i), place(j))
        case Det(row, column, body):
            a, b = fresh(row.dim, row.name), fresh(column.dim, column.name)
            return Det(a, b, rebuilt(body, change, {**to, row: a, column: b}))


def names(term: Term) -> set[str]:
    """The arrays that a term reads."""
    return {t.name for t in walk(term) if isinstance(t, Entry)}


def walk(term: Term) -> Iterable[Term]:
    """The term and every term inside it."""
    stack = [term]
    while stack:
        t = stack.pop()
        yield t
        stack.extend(parts(t))


def parts(term: Term) -> tuple[Term, ...]:
    """The terms that a term is made of."""
    match term:
        case Sum(inner) | Product(inner):
            return inner
        case Power(base, exponent):
            return base, exponent
        case Function(_, argument) | Positive(argument):
            return (argument,)
        case Total(_, body) | Multiple(_, body) | Largest(_, body) | Inverse(_, _, body) | Det(_, _, body):
            return (body,)
    return ()


def free(term: Term) -> set[Index]:
    """The indices of a term that nothing in it binds."""
    inside = set[Index]().union(*(free(p) for p in parts(term)))
    places: tuple[Place, ...] = ()
    match term:
        case Entry(_, places):
            pass
        case Delta(a, b):
            places = a, b
        case Sliding(at, steps):
            places = at, *(p for p, _ in steps)
        case Total(index) | Multiple(index) | Largest(index):
            inside -= {index}
        case Det(row, column):
            inside -= {row, column}
        case Inverse(row, column, _, i, j):
            inside -= {row, column}
            places = i, j
    return inside | {p for p in places if isinstance(p, Index)}
