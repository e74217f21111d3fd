"""Terms put in place of the arrays that they define."""

from __future__ import annotations

from gradcheck.notes.arrays.graph import Graph
from gradcheck.notes.arrays.terms import (
    Det,
    Entry,
    Function,
    Inverse,
    Largest,
    Positive,
    Term,
    add,
    fresh,
    multiply,
    power,
    substitute,
    total,
)

__all__ = ["inline", "put"]


def put(term: Term, array: str, x: Term) -> Term:
    """A term with the number ``array`` replaced."""
    graph = Graph()
    graph.computed(array, (), x)
    return inline(graph, term, {array})


def inline(graph: Graph, term: Term, which: set[str]) -> Term:
    """A term with entries of the arrays in ``which`` replaced by what defines them, once."""
    from gradcheck.notes.arrays.terms import Power, Product, Sum, Total

    def go(t: Term) -> Term:
        match t:
            case Entry(name, places) if name in which:
                return graph.entry(name, places)
            case Sum(parts):
                return add(go(p) for p in parts)
            case Product(parts):
                return multiply(go(p) for p in parts)
            case Power(base, exponent):
                return power(go(base), go(exponent))
            case Function(name, argument):
                return Function(name, go(argument))
            case Positive(argument):
                return Positive(go(argument))
            case Total(index, body):
                new = fresh(index.dim, index.name)
                return total(new, go(substitute(body, {index: new})))
            case Largest(index, body):
                new = fresh(index.dim, index.name)
                return Largest(new, go(substitute(body, {index: new})))
            case Inverse(row, column, body, i, j):
                a, b = fresh(row.dim), fresh(column.dim)
                return Inverse(a, b, go(substitute(body, {row: a, column: b})), i, j)
            case Det(row, column, body):
                a, b = fresh(row.dim), fresh(column.dim)
                return Det(a, b, go(substitute(body, {row: a, column: b})))
            case _:
                return t

    return go(term)
