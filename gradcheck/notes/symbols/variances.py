r"""Squares by which a note differentiates, as \partial \ell / \partial \sigma^2: symbols of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from fractions import Fraction

from gradcheck.notes.grammar.syntax import (
    Apply,
    Derivative,
    Group,
    Literal,
    Nabla,
    Name,
    Node,
    Raised,
    Root,
    rebuilt,
)
from gradcheck.notes.statements.context import key_of, nodes

__all__ = ["Squares", "squares"]

Squares = Callable[[Node], Node]


def is_square(node: object) -> bool:
    r"""Whether a node is a symbol to the power of two, as \sigma^2."""
    return isinstance(node, Name) and _power(node) == 2


def _power(name: Name) -> int | None:
    plain = len(name.sup) == 1 and not name.bracket and isinstance(name.sup[0], Literal)
    value = name.sup[0].value if plain and isinstance(name.sup[0], Literal) else Fraction(1, 2)
    return int(value) if value.denominator == 1 else None


def squares(statements: Iterable[list[Node]], declared: set[str]) -> tuple[set[str], Squares]:
    r"""The keys of such symbols, and what writes \sigma and \sigma^4 by means of \sigma^2.

    Where a note says itself what \sigma or \sigma^2 is, or applies \sigma, that holds.
    """
    statements = list(statements)
    everything = [n for sides in statements for n in nodes(tuple(sides))]
    by = [b for n in everything if isinstance(n, Derivative) for b in n.by]
    by += [n.by for n in everything if isinstance(n, Nabla) and n.by is not None]
    found = {key_of(b) for b in by if isinstance(b, Name) and is_square(b)}
    heads = {key_of(sides[0]) for sides in statements if isinstance(sides[0], Name) and len(sides) > 1}
    applied = {key_of(n.function) for n in everything if isinstance(n, Apply)}
    alone = {key_of(b) for b in by if isinstance(b, Name) and not is_square(b)}
    found -= heads | applied | alone | declared
    if not found:
        return found, lambda node: node

    def change(part: Node) -> Node | None:
        if not isinstance(part, Name) or key_of(part) not in found or part.primes or is_square(part):
            return None
        square = replace(part, sup=(Literal(Fraction(2), "2"),))
        power = _power(part)
        if not part.sup:
            return Root(square)
        if power is None or power % 2:
            return None if power is None else Raised(Group(Root(square)), part.sup[0])
        return Raised(Group(square), Literal(Fraction(power // 2), str(power // 2)))

    return found, lambda node: rebuilt(node, change)
