r"""The variable of a function that is given by itself, beside one of the same letter: \sigma(z), z^l."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from gradcheck.notes.grammar.syntax import (
    Apply,
    Derivative,
    Matrix,
    Nabla,
    Name,
    Node,
    Norm,
    Raised,
    Vectorised,
    rebuilt,
)
from gradcheck.notes.statements.context import LAYERS, key_of, letter_of, nodes
from gradcheck.notes.statements.letters import PLAIN, marks

__all__ = ["Variables", "variables"]

Variables = Callable[[list[Node]], list[Node]]

_CONSTANTS = {"e", "\\pi"}


def variables(statements: Sequence[tuple[int, list[Node]]], declared: set[str]) -> Variables:
    r"""What makes z a number of its own in \sigma(z) = 1 / (1 + e^{-z}), where all other z have marks.

    Only where the function and its variable are all that the statement holds: it is then true of numbers,
    and says nothing of the quantity with that letter.
    """
    marked: set[str] = set()
    bare: set[str] = set()
    layered: set[str] = set()
    for _, sides in statements:
        own = _variable(sides)
        inner = {id(n) for n in marks(sides)}
        for n in nodes(tuple(sides)):
            if isinstance(n, Name) and id(n) not in inner:
                if n.sub or n.sup:
                    marked.add(key_of(n))
                    if n.sup and (n.bracket or letter_of(n.sup[0]) in LAYERS):
                        layered.add(key_of(n))
                elif key_of(n) != own:
                    bare.add(key_of(n))
    wanted = (marked - bare - declared) | layered

    def change(part: Node) -> Node | None:
        return replace(part, accent=PLAIN) if isinstance(part, Name) else None

    def alone(sides: list[Node]) -> list[Node]:
        own = _variable(sides)
        if own is None or own not in wanted:
            return sides
        return [
            rebuilt(s, lambda n: change(n) if isinstance(n, Name) and key_of(n) == own else None)
            for s in sides
        ]

    return alone


def _variable(sides: list[Node]) -> str | None:
    """The one symbol of a statement about a function of a number, or None where it is about more."""
    head: Node = sides[0]
    by: Node | None = None
    if isinstance(head, Derivative) and len(head.by) == 1 and letter_of(head.by[0]) is not None:
        by = head.by[0]
        head = head.body
    applied = [n for n in nodes(tuple(sides)) if isinstance(n, Apply)]
    if by is not None and isinstance(head, Name):  # d\\sigma / dx = \\sigma(x) ...
        head = next((n for n in applied if n.function.base == head.base and _at(n) == letter_of(by)), head)
    if not isinstance(head, Apply) or len(head.arguments) != 1 or head.function.sub or head.function.sup:
        return None
    letter = letter_of(head.arguments[0])
    if letter is None:
        return None
    functions = {key_of(n.function) for n in applied}
    for n in nodes(tuple(sides)):
        match n:
            case Name():
                known = key_of(n) in functions - {letter} and not n.sub and not n.sup
                power = letter_of(replace(n, sup=())) == letter and not n.bracket and _is_power(n)
                if not (known or power or letter_of(replace(n, sup=())) in _CONSTANTS):
                    return None
            case Raised():
                if (n.transposed and not n.prime) or n.inverse:
                    return None
            case Norm() | Nabla() | Matrix() | Vectorised():
                return None
    return letter


def _at(node: Apply) -> str | None:
    return letter_of(node.arguments[0]) if len(node.arguments) == 1 else None


def _is_power(name: Name) -> bool:
    return all(not any(isinstance(n, Name) for n in nodes(s)) for s in name.sup)
