r"""What a note names after it has used it: a = \sigma(wx + b), "call the thing inside z = wx + b"."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.syntax import Addition, Derivative, Group, Multiplication, Name, Node, rebuilt
from gradcheck.notes.statements.context import Context, Definition, key_of, nodes
from gradcheck.notes.statements.pieces import Piece, nodes_of

__all__ = ["name_intermediates"]


def name_intermediates(pieces: list[Piece], context: Context) -> None:
    """Put the name where a definition writes out what another defines, if a claim differentiates by it.

    The values stay what they are; only then does one depend on the other.
    """
    for scope in sorted({d.scope for d in context.definitions}):
        by = {
            key_of(b)
            for n in nodes_of(pieces, scope)
            if isinstance(n, Derivative)
            for b in n.by
            if isinstance(b, Name)
        }
        own = [d for d in context.definitions if d.scope == scope and d.key in by and _is_plain(d)]
        for named in own:
            _replace(named, scope, context, pieces)


def _is_plain(definition: Definition) -> bool:
    """Whether a definition is one expression of several symbols, without indices and layers."""
    body = definition.body
    plain = not (definition.parameters or definition.derived or definition.squared)
    marked = definition.name.sub or definition.name.sup
    return plain and not marked and isinstance(body, Addition | Multiplication)


def _replace(named: Definition, scope: int, context: Context, pieces: list[Piece]) -> None:
    text, used = latex(named.body), {key_of(n) for n in nodes(named.body) if isinstance(n, Name)}
    others = [d.key for d in context.definitions if d.scope == scope and d is not named]
    if {named.key, *used} & {*others}:
        return  # it, or what it is made of, is defined too: the one may rest on the other

    def change(part: Node) -> Node | None:
        inner = part.body if isinstance(part, Group) else part
        return named.name if isinstance(inner, type(named.body)) and latex(inner) == text else None

    for k, other in enumerate(context.definitions):
        if other is named or other.scope != scope or other.derived or named.key in _keys(other.body):
            continue
        body = rebuilt(other.body, change)
        if named.key in _keys(body):
            context.definitions[k] = replace(other, body=body)
            for piece in pieces:
                if piece.definition is other:
                    piece.definition = context.definitions[k]


def _keys(node: Node) -> set[str]:
    return {key_of(n) for n in nodes(node) if isinstance(n, Name)}
