"""Sizes up to which a term is evaluated: beyond them its largest array would fill the memory."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from math import prod

from gradcheck.notes.arrays.algebra import free, parts
from gradcheck.notes.arrays.graph import Graph
from gradcheck.notes.arrays.terms import Dim, Entry, Product, Term, Total

__all__ = ["bounded"]

MOST_HELD = 2_000_000
"""Entries of an array that is made on the way."""
MOST_ADDED = 20_000_000
"""Products that one sum over indices adds up, with nothing held."""
HARMLESS = 3
"""Axes of an array beyond which it is asked how large it becomes."""


def bounded(graph: Graph, terms: Iterable[Term], sizes: Mapping[int, str]) -> Callable[..., bool] | None:
    """The relation between ``sizes`` (names by the identity of a dimension) that keeps arrays small.

    None where no array has more than a few axes.
    """
    loops = {(limit, axes) for limit, axes in _loops(graph, terms) if len(axes) > HARMLESS}
    if not loops:
        return None
    known = [(limit, [i.root().number or sizes.get(id(i.root()), "") for i in axes]) for limit, axes in loops]
    names = sorted({n for _, axes in known for n in axes if isinstance(n, str) and n})

    def fits(**given: int) -> bool:
        return all(prod(given.get(a, 1) if isinstance(a, str) else a for a in axes) <= m for m, axes in known)

    named = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY) for n in names]
    fits.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    return fits if names else None


def _loops(graph: Graph, terms: Iterable[Term]) -> Iterable[tuple[int, tuple[Dim, ...]]]:
    """Of each part of the terms and of their definitions, the dimensions that it runs over at once."""
    stack, seen = list(terms), set[str]()
    while stack:
        term = stack.pop()
        inner: Term = term
        while isinstance(inner, Total):
            inner = inner.body
        added = isinstance(term, Total)
        axes = sorted(free(inner), key=lambda i: i.name)
        yield (MOST_ADDED if added else MOST_HELD), tuple(i.dim for i in axes)
        if isinstance(term, Entry) and term.name not in seen:
            seen.add(term.name)
            body = graph.arrays[term.name].body
            stack += [body] if body is not None else []
        if not added:
            stack += parts(term)
        else:  # factors under a sum are multiplied and added in one go
            stack += parts(inner) if isinstance(inner, Product) else [inner]
