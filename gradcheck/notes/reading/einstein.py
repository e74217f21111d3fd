"""Einstein's convention: an index that stands twice in a product is summed over."""

from __future__ import annotations

from gradcheck.notes.grammar.syntax import BigSum, Multiplication, Name, Node
from gradcheck.notes.statements.context import letter_of, nodes

__all__ = ["repeated"]


def _sum_letters(node: BigSum) -> set[str | None]:
    return {letter_of(n) for n in (node.index, *node.more) if n is not None}


def repeated(node: Node, letter: str) -> bool:
    """Whether an index stands twice in one product or at one symbol, as in Einstein's convention."""
    own = {
        id(n)
        for b in nodes(node)
        if isinstance(b, BigSum) and b.index is not None and letter in _sum_letters(b)
        for n in nodes(b)
    }
    for inner in nodes(node):
        if id(inner) in own:
            continue
        if isinstance(inner, Name) and inner.base != "\\delta" and _times(inner, letter) >= 2:
            return True
        if isinstance(inner, Multiplication) and sum(_written(f, letter) for _, f in inner.factors) >= 2:
            return True
    return False


def _times(name: Name, letter: str) -> int:
    return sum(letter_of(s) == letter for s in name.sub)


def _written(factor: Node, letter: str) -> bool:
    """Whether a factor is written with an index, transposed and differentiated ones too."""
    return any(isinstance(n, Name) and _times(n, letter) for n in nodes(factor))
