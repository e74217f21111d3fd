"""The sides of a statement as nodes, before its symbols are told apart."""

from __future__ import annotations

import itertools

from gradcheck.notes.grammar.dotted import listed
from gradcheck.notes.grammar.lexer import NotRead, Token
from gradcheck.notes.grammar.parser import parse
from gradcheck.notes.grammar.syntax import (
    Apply,
    Derivative,
    Differential,
    Dots,
    Group,
    Matrix,
    Multiplication,
    Name,
    Node,
    Vectorised,
)
from gradcheck.notes.statements.context import Context, key_of, nodes
from gradcheck.notes.statements.differentials import of_an_expression, with_differentials
from gradcheck.notes.statements.partials import spelt_out
from gradcheck.notes.statements.pieces import Piece, excerpt
from gradcheck.notes.statements.splitting import Statement

__all__ = ["applied_and_multiplied", "as_differentials", "only_named", "parsed_side", "read_sides"]


def parsed_side(side: list[Token], statement: Statement, context: Context) -> Node:
    """A side of a statement; d(X Y) before differentials is one, too."""
    if side is statement.sides[0] and of_an_expression(statement.sides):
        return Differential(parse(side[1:], context.applied, context.symbols))
    return parse(side, context.applied, context.symbols)


def read_sides(piece: Piece, statement: Statement, context: Context) -> None:
    """Bring the sides of a statement into its piece; in a chain, those that are not read are skipped."""
    formula = piece.formula
    for k, side in enumerate(statement.sides):
        text = excerpt(formula.text, side[0].start, side[-1].end) if side else ""
        try:
            node = spelt_out(parsed_side(side, statement, context), context.definitions, formula.scope)
            if k and len(statement.sides) > 2 and _dotted(node):
                raise NotRead("dots stand for something that is not written out")
        except NotRead as error:
            if not k or len(statement.sides) < 3:
                raise
            piece.skipped.append((text, str(error)))
            continue
        piece.sides.append(node)
        piece.latex.append(text)
    if piece.skipped and len(piece.sides) < 2:
        raise NotRead(piece.skipped[0][1])


def _dotted(node: Node) -> bool:
    """Whether dots stand in an expression, but for a matrix that is written for its entry."""
    inside = {
        id(d)
        for n in nodes(node)
        if isinstance(n, Matrix | Vectorised) and listed(n) is not None
        for d in nodes(n)
    }
    return any(isinstance(n, Dots) and id(n) not in inside for n in nodes(node))


def only_named(sides: list[Node], statement: Statement, context: Context) -> bool:
    r"""Whether the first side is but a name for the derivative after it: MPK, D_j S_i."""
    head = sides[0]
    if len(sides) < 3 or not isinstance(sides[1], Derivative) or not isinstance(head, Multiplication):
        return False
    tokens_ = statement.sides[0]
    joined = all(a.end == b.start and a.text.isupper() for a, b in itertools.pairwise(tokens_))
    first = head.factors[0][1]
    operator = isinstance(first, Name) and first.base == "D" and len(first.sub) == 1
    if not isinstance(first, Name) or not (operator or (joined and len(tokens_) > 1)):
        return False
    return not context.is_defined(key_of(first)) and context.declared(key_of(first)) is None


def as_differentials(sides: list[Node], context: Context) -> list[Node]:
    return [with_differentials(s) for s in sides] if context.varied else sides


def applied_and_multiplied(sides: list[Node]) -> str | None:
    """A symbol that stands before brackets as a function here and as a factor there."""
    everything = list(nodes(tuple(sides)))
    applied = {key_of(n.function) for n in everything if isinstance(n, Apply) and not n.function.word}
    for n in everything:
        if isinstance(n, Multiplication):
            for (_, a), (sign, b) in itertools.pairwise(n.factors):
                if isinstance(a, Name) and isinstance(b, Group) and not sign and key_of(a) in applied:
                    return key_of(a)
    return None
