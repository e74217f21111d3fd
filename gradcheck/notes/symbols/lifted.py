r"""What a note defines for one example and writes for each: \hat{y} = \sigma(w^T x), \sum_i \hat{y}^{(i)}."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.notes.grammar.syntax import Name, Node, rebuilt
from gradcheck.notes.statements.context import LAYERS, Context, Definition, key_of, letter_of, nodes
from gradcheck.notes.statements.letters import marks
from gradcheck.notes.statements.pieces import Piece

__all__ = ["lift"]

EACH = "(i)"
"""The mark of the symbol of each example, beside the one that is defined for one of them."""


def lift(pieces: list[Piece], context: Context) -> None:
    r"""Define \hat{y}^{(i)} as \hat{y} is, of x^{(i)}, where the note writes it and defines \hat{y} alone."""
    every = [n for p in pieces for n in nodes(tuple(p.sides)) if isinstance(n, Name)]
    written = {key_of(n) for n in every if _example(n) is not None}
    own = {d.key: d for d in context.definitions if _is_plain(d)}
    marked = {(d.key, d.scope) for d in context.definitions if d.name.sup or d.name.sub}
    varying = set(written)
    grown = True
    while grown:
        more = {k for k, d in own.items() if k not in varying and _keys(d.body) & varying}
        varying |= more
        grown = bool(more)
    wanted = {
        k for k in written & own.keys() if _keys(own[k].body) & varying and (k, own[k].scope) not in marked
    }
    grown = bool(wanted)
    while grown:
        more = {x for k in wanted for x in _keys(own[k].body) & varying & own.keys()} - wanted
        wanted |= more
        grown = bool(more)
    if not wanted:
        return
    made = [_lifted(own[k], wanted, varying) for k in sorted(wanted)]
    if any(m is None for m in made):
        return

    def each(node: Node, scope: int) -> Node:
        def change(part: Node) -> Node | None:
            letter = _example(part)
            if letter is None or not isinstance(part, Name) or key_of(part) not in wanted:
                return None
            if (key_of(part), scope) in marked:
                return None  # this section says itself what it is
            return replace(part, sup=(), bracket="", text=EACH, sub=(Name(letter), *part.sub))

        return rebuilt(node, change)

    for piece in pieces:
        piece.sides = [each(s, piece.formula.scope) for s in piece.sides]
    for k, d in enumerate(context.definitions):
        new = replace(d, body=each(d.body, d.scope), rest=tuple(each(r, d.scope) for r in d.rest))
        if new != d:
            context.definitions[k] = new
            for piece in pieces:
                if piece.definition is d:
                    piece.definition = new
    context.definitions += [m for m in made if m is not None]


def _is_plain(definition: Definition) -> bool:
    """Whether a symbol is defined by itself, without marks, and by no derivative."""
    name = definition.name
    marked = name.sup or name.sub or name.text or name.primes or definition.derived or definition.squared
    return not marked and not definition.parameters


def _lifted(definition: Definition, wanted: set[str], varying: set[str]) -> Definition | None:
    inner = {id(n) for n in marks([definition.body])}
    names = [n for n in nodes(definition.body) if isinstance(n, Name) and id(n) not in inner]
    if any(key_of(n) in varying and (n.sub or n.sup) for n in names):
        return None
    index = Name("i")

    def change(part: Node) -> Node | None:
        if not isinstance(part, Name) or key_of(part) not in varying:
            return None
        if key_of(part) in wanted:
            return replace(part, text=EACH, sub=(index,))
        return replace(part, sup=(index,), bracket="(")

    if any(isinstance(n, Name) and n.base == "i" for n in nodes(definition.body)):
        return None
    name = replace(definition.name, text=EACH, sub=(index,))
    return replace(definition, name=name, body=rebuilt(definition.body, change), rest=())


def _example(node: Node) -> str | None:
    """The letter of the example in x^{(i)}."""
    if not isinstance(node, Name) or node.bracket != "(" or node.text or node.primes:
        return None
    letter = letter_of(node.sup[0])
    return None if letter in LAYERS or letter == "t" else letter


def _keys(node: Node) -> set[str]:
    return {key_of(n) for n in nodes(node) if isinstance(n, Name)}
