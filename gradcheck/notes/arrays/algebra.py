"""Terms made of terms: sums, products, what is put in place of indices and entries, what is inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from gradcheck.notes.arrays.terms import (
    ONE,
    ZERO,
    Delta,
    Det,
    Entry,
    Function,
    Index,
    Inverse,
    Largest,
    Multiple,
    Number,
    Place,
    Positive,
    Power,
    Product,
    Size,
    Sliding,
    Sum,
    Term,
    Total,
    fresh,
)

__all__ = [
    "add",
    "delta",
    "free",
    "multiply",
    "names",
    "negative",
    "parts",
    "power",
    "rebuilt",
    "sliding",
    "substitute",
    "total",
    "walk",
]


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
