"""The two sides of a claim, ready to be compared."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.notes.arrays.algebra import walk
from gradcheck.notes.arrays.graph import Graph
from gradcheck.notes.arrays.terms import Entry, Index, Multiple, Place, Sliding, Term

__all__ = ["Comparison", "Target"]


LONGEST = 10_000
"""Terms of both sides, each counted where it stands, beyond which no condition is looked for."""


@dataclass(frozen=True, slots=True)
class Target:
    """The left side as a derivative: of ``body`` (over ``axes``) by an entry of ``array``."""

    body: Term
    axes: tuple[Index, ...]
    array: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two terms over the same free indices. ``mask`` is 0 where nothing is claimed."""

    graph: Graph
    axes: tuple[Index, ...]
    left: Term
    right: Term
    mask: Term | None = None
    target: Target | None = None
    letters: tuple[tuple[str, Index], ...] = ()  # the free indices that the note writes

    def slides(self) -> bool:
        """Whether an index is shifted somewhere, or a product runs over one: no proof knows those."""
        return any(isinstance(t, Sliding | Multiple) for t in self.terms())

    def work(self) -> int:
        """How many terms both sides have, definitions included."""
        return sum(1 for _ in self.terms())

    def long(self) -> bool:
        """Whether it is written out at such length that it takes minutes to look for what it lacks."""
        every = itertools.chain(walk(self.left), walk(self.right))
        return next(itertools.islice(every, LONGEST, None), None) is not None

    def terms(self) -> Iterator[Term]:
        """All terms of both sides, definitions included."""
        seen = set[str]()
        stack = [self.left, self.right]
        while stack:
            for term in walk(stack.pop()):
                yield term
                if isinstance(term, Entry) and term.name not in seen:
                    seen.add(term.name)
                    body = self.graph.arrays[term.name].body
                    if body is not None:
                        stack.append(body)
