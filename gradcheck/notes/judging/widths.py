"""Sizes up to which a term is evaluated: beyond them its largest array would fill the memory."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from math import prod

from gradcheck.notes.arrays.algebra import free, parts, walk
from gradcheck.notes.arrays.graph import Graph
from gradcheck.notes.arrays.terms import Dim, Entry, Product, Term, Total

__all__ = ["bounded", "least"]

MOST_HELD = 2_000_000
"""Entries of an array that is made on the way."""
MOST_ADDED = 20_000_000
"""Products that one sum over indices adds up, with nothing held."""
HARMLESS = 3
"""Axes of an array beyond which it is asked how large it becomes."""


def bounded(graph: Graph, terms: Iterable[Term], sizes: Mapping[int, str]) -> Callable[..., bool] | None:
    """The relation between ``sizes`` (names by the identity of a dimension) that keeps arrays small, and long
    enough for the entries that are written with their numbers.

    None where no array has more than a few axes, and no entry a number.
    """
    loops = {(limit, axes) for limit, axes in _loops(graph, terms) if len(axes) > HARMLESS}
    lowest = {(id(d.root()), n) for d, n in least(graph, terms) if d.root().number is None}
    room = [(sizes[i], n) for i, n in sorted(lowest) if i in sizes]
    if not loops and not room:
        return None
    known = [(limit, [i.root().number or sizes.get(id(i.root()), "") for i in axes]) for limit, axes in loops]
    names = sorted({n for _, axes in known for n in axes if isinstance(n, str) and n} | {n for n, _ in room})

    def fits(**given: int) -> bool:
        small = all(
            prod(given.get(a, 1) if isinstance(a, str) else a for a in axes) <= m for m, axes in known
        )
        return small and all(given.get(name, n) >= n for name, n in room)

    named = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY) for n in names]
    fits.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    return fits if names else None


def least(graph: Graph, terms: Iterable[Term]) -> Iterable[tuple[Dim, int]]:
    """Dimensions in which an entry is written with its number, as in x_3, and how long they are at least."""
    stack, seen = list(terms), set[str]()
    while stack:
        for term in walk(stack.pop()):
            if not isinstance(term, Entry):
                continue
            dims = graph.arrays[term.name].dims
            for dim, place in zip(dims, term.places, strict=False):
                if isinstance(place, int):
                    yield dim, place + 1
            if term.name not in seen:
                seen.add(term.name)
                body = graph.arrays[term.name].body
                stack += [body] if body is not None else []


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
