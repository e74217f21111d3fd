"""Einstein's convention: an index that stands twice in a product is summed over."""

from __future__ import annotations

from gradcheck.notes.grammar.syntax import BigSum, Multiplication, Name, Node
from gradcheck.notes.statements.context import letter_of, nodes

__all__ = ["repeated"]


def _sum_letters(node: BigSum) -> set[str | None]:
    return {letter_of(n) for n in (node.index, *node.more) if n is not None}


def repeated(node: Node, letter: str) -> bool:
    """Whether an index stands twice in one product, as in Einstein's convention."""
    own = {
        id(n)
        for b in nodes(node)
        if isinstance(b, BigSum) and b.index is not None and letter in _sum_letters(b)
        for n in nodes(b)
    }
    for inner in nodes(node):
        if isinstance(inner, Multiplication) and id(inner) not in own:
            count = sum(
                1
                for _, f in inner.factors
                if isinstance(f, Name) and any(letter_of(s) == letter for s in f.sub)
            )
            if count >= 2:
                return True
    return False
