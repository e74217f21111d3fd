"""The chain rule of symbols that a note does not define: dy/dx = dy/du du/dx, of any y(u) and u(x)."""

from __future__ import annotations

import itertools

from gradcheck.notes.grammar.syntax import Apply, Derivative, Multiplication, Name, Node
from gradcheck.notes.statements.context import Context, Definition, key_of, letter_of
from gradcheck.notes.statements.pieces import Piece

__all__ = ["assume_chains"]


def assume_chains(pieces: list[Piece], context: Context) -> None:
    """Make each link of such a chain an undefined function of the next, of numbers.

    Nothing is called wrong on that ground: the functions are those that the author has in mind.
    """
    for piece in pieces:
        links = _links(piece.sides)
        keys = [key_of(n) for n in links]
        used = {key_of(n) for n in links if context.is_defined(key_of(n)) or context.declared(key_of(n))}
        if (
            not links
            or used
            or len(set(keys)) < len(keys)
            or set(keys) & (context.lost.keys() | context.unread)
        ):
            continue
        for outer, inner in itertools.pairwise(links):
            body = Apply(Name("f", text=key_of(outer)), (inner,))
            context.definitions.append(Definition(outer, body, (), piece.formula.scope))
            context.lost.setdefault(key_of(outer), set()).add(piece.formula.scope)


def _links(sides: list[Node]) -> list[Name]:
    """y, u, x of dy/dx = dy/du du/dx, where the derivatives of the right side fit together."""
    if len(sides) != 2 or not isinstance(sides[1], Multiplication):
        return []
    first, factors = _ends(sides[0]), [_ends(f) for _, f in sides[1].factors]
    plain = [f for f in factors if f is not None]
    if first is None or len(plain) < len(factors) or len(plain) < 2:
        return []
    links = [plain[0][0], *(by for _, by in plain)]
    fits = all(key_of(a[1]) == key_of(b[0]) for a, b in itertools.pairwise(plain))
    ends = [key_of(n) for n in first] == [key_of(links[0]), key_of(links[-1])]
    return links if fits and ends else []


def _ends(node: Node) -> tuple[Name, Name] | None:
    if not isinstance(node, Derivative) or len(node.by) != 1:
        return None
    body, by = node.body, node.by[0]
    if isinstance(body, Name) and isinstance(by, Name) and letter_of(body) and letter_of(by):
        return body, by
    return None
