r"""Total differentials: d(XY) = dX Y + X dY, df = 2x dx, beside dX as short for the loss's derivative."""

from __future__ import annotations

from gradcheck.notes.grammar.cursor import ACCENTS, GREEK
from gradcheck.notes.grammar.lexer import Token
from gradcheck.notes.grammar.syntax import Differential, Multiplication, Name, Node
from gradcheck.notes.statements.context import Context, key_of, nodes

__all__ = ["moving", "of_an_expression", "rests"]


def of_an_expression(sides: list[list[Token]]) -> bool:
    """Whether the first side is the differential of an expression in brackets or of a function with a name.

    Only where the other sides hold differentials too: d(x) may be a function.
    """
    head = sides[0]
    if len(head) < 3 or len(sides) < 2 or not _is_d(head[0]):
        return False
    opens = head[1].text in {"(", "[", "|", "\\|"} or head[1].kind == "word" or head[1].text == "\\frac"
    return opens and any(
        _is_d(a) and (b.start == a.end or b.bold) and _is_letter(b)
        for side in sides[1:]
        for a, b in zip(side, side[1:], strict=False)
    )


def _is_d(token: Token) -> bool:
    return token.kind == "letter" and token.text == "d"


def _is_letter(token: Token) -> bool:
    return token.kind == "letter" or token.text in GREEK or token.text in ACCENTS


def moving(sides: list[Node], context: Context) -> frozenset[str]:
    """The symbols of whose differentials a total differential is made; none where a statement is no such.

    Of df = ... dx what is said is that f is computed from x; the loss's derivatives go the other way.
    """
    left = sides[0]
    if not isinstance(left, Differential) or any(_is_an_element(n) for n in nodes(tuple(sides))):
        return frozenset()
    found = frozenset(
        key_of(n.of) for n in nodes(tuple(sides[1:])) if isinstance(n, Differential) and isinstance(n.of, Name)
    )
    if not isinstance(left.of, Name) or left.of.sup:
        return found
    own = key_of(left.of)
    below = rests(context, (left.of,)) - {own}
    away = not any(own in rests(context, (Name(k),)) for k in found)
    return found if context.is_defined(own) and found <= below and away else frozenset()


def _is_an_element(node: Node) -> bool:
    """Whether a product holds several differentials, as dV = dx dy dz of a volume."""
    if not isinstance(node, Multiplication):
        return False
    return sum(isinstance(f, Differential) for _, f in node.factors) > 1


def rests(context: Context, sides: tuple[Node, ...]) -> set[str]:
    """The symbols of a formula, and of what defines them."""
    found: set[str] = set()
    stack = [key_of(n) for n in nodes(sides) if isinstance(n, Name)]
    while stack:
        key = stack.pop()
        if key in found:
            continue
        found.add(key)
        for d in context.definitions:
            if d.key == key:
                stack += [key_of(n) for n in nodes(d.body) if isinstance(n, Name)]
    return found
