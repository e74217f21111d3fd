"""Terms put in place of the arrays that they define."""

from __future__ import annotations

from gradcheck.notes.arrays.algebra import rebuilt
from gradcheck.notes.arrays.graph import Graph
from gradcheck.notes.arrays.terms import Entry, Term

__all__ = ["inline", "put"]


def put(term: Term, array: str, x: Term) -> Term:
    """A term with the number ``array`` replaced."""
    graph = Graph()
    graph.computed(array, (), x)
    return inline(graph, term, {array})


def inline(graph: Graph, term: Term, which: set[str]) -> Term:
    """A term with entries of the arrays in ``which`` replaced by what defines them, once."""

    def defined(entry: Entry) -> Term | None:
        return graph.entry(entry.name, entry.places) if entry.name in which else None

    return rebuilt(term, defined, {})
