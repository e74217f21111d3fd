"""u_x and u_{xy} beside u(x, y): the derivatives of a function of several variables."""

from __future__ import annotations

from collections.abc import Iterable

from gradcheck.notes.grammar.syntax import Apply, Derivative, Name, Node, rebuilt
from gradcheck.notes.statements.context import Definition, key_of, letter_of, nodes

__all__ = ["spelt_out"]

_VARIABLES = {*"xyzrstuvw"}
"""Letters that are no index."""


def spelt_out(node: Node, definitions: Iterable[Definition], scope: int) -> Node:
    """A node with such symbols as derivatives, where the note defines the function before."""
    of = {
        key_of(d.name): {letter_of(p) for p in d.parameters}
        for d in definitions
        if d.scope == scope and len(d.parameters) > 1 and not (d.name.sub or d.name.sup)
    }
    if not of:
        return node
    functions = {id(n.function) for n in nodes(node) if isinstance(n, Apply)}

    def change(part: Node) -> Node | None:
        if not isinstance(part, Name) or id(part) in functions or part.sup or part.primes or part.text:
            return None
        letters = [letter_of(s) for s in part.sub]
        known = of.get(key_of(part), set()) & _VARIABLES
        if not 1 <= len(letters) <= 2 or not all(x in known for x in letters):
            return None
        plain = Name(part.base, accent=part.accent, bold=part.bold, at=part.at)
        return Derivative(plain, tuple(part.sub), total=False, at=part.at)

    return rebuilt(node, change)
