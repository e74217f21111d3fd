r"""Total differentials: d(XY) = dX Y + X dY, df = 2x dx, beside dX as short for the loss's derivative."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from gradcheck.notes.grammar.cursor import ACCENTS, GREEK
from gradcheck.notes.grammar.lexer import Token
from gradcheck.notes.grammar.syntax import Differential, Literal, Multiplication, Name, Node, rebuilt
from gradcheck.notes.statements.context import Context, key_of, nodes

__all__ = ["is_power", "moving", "of_an_expression", "rests", "varied", "with_differentials"]


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
        for a, b in itertools.pairwise(side)
    )


def _is_d(token: Token) -> bool:
    return token.kind == "letter" and token.text == "d"


def _is_letter(token: Token) -> bool:
    return token.kind == "letter" or token.text in GREEK or token.text in ACCENTS


def varied(statements: Iterable[list[Node]]) -> bool:
    r"""Whether a note writes \delta h = ..., where \delta stands before a quantity and nowhere by itself."""
    heads, plain = False, 0
    for sides in statements:
        heads = heads or (len(sides) > 1 and _pair(sides[0]) is not None)
        for n in nodes(tuple(sides)):
            plain += isinstance(n, Name) and n.base == "\\delta"
            if isinstance(n, Multiplication):
                plain -= sum(_is_varied(a, b) for a, b in itertools.pairwise(n.factors))
    return heads and not plain


def with_differentials(node: Node) -> Node:
    """A node with such products as differentials."""

    def change(part: Node) -> Node | None:
        if not isinstance(part, Multiplication):
            return None
        out: list[tuple[str, Node]] = []
        for k, (sign, factor) in enumerate(part.factors):
            if k and _is_varied(part.factors[k - 1], (sign, factor)):
                out[-1] = (out[-1][0], Differential(factor))
            else:
                out.append((sign, with_differentials(factor)))
        return out[0][1] if len(out) == 1 else Multiplication(tuple(out))

    return rebuilt(node, change)


def _pair(node: Node) -> Node | None:
    both = node.factors if isinstance(node, Multiplication) and len(node.factors) == 2 else ()
    return both[1][1] if both and _is_varied(*both) else None


def _is_varied(first: tuple[str, Node], second: tuple[str, Node]) -> bool:
    left, right = first[1], second[1]
    delta = isinstance(left, Name) and left.base == "\\delta" and not (left.sub or left.sup or left.accent)
    return delta and not second[0] and isinstance(right, Name) and right.base != "\\delta"


def moving(sides: list[Node], context: Context) -> frozenset[str]:
    """The symbols of whose differentials a total differential is made; none where a statement is no such.

    Of df = ... dx what is said is that f is computed from x; the loss's derivatives go the other way.
    """
    left = sides[0]
    if not isinstance(left, Differential) or any(_is_an_element(n) for n in nodes(tuple(sides))):
        return frozenset()
    found = frozenset(
        key_of(n.of)
        for n in nodes(tuple(sides[1:]))
        if isinstance(n, Differential) and isinstance(n.of, Name)
    )
    if not isinstance(left.of, Name) or is_power(left.of, context):
        return found
    own = key_of(left.of)
    if left.of.sup or own in context.stepped:
        return frozenset()  # of a layer or a step: the loss's derivative
    below = rests(context, (left.of,)) - {own}
    away = not any(own in rests(context, (Name(k),)) for k in found)
    return found if context.is_defined(own) and found <= below and away else frozenset()


def _is_an_element(node: Node) -> bool:
    """Whether a product holds several differentials, as dV = dx dy dz of a volume."""
    if not isinstance(node, Multiplication):
        return False
    return sum(isinstance(f, Differential) for _, f in node.factors) > 1


def is_power(name: Name, context: Context) -> bool:
    """Whether a symbol is raised to a number, and has no layer and no example."""
    return (
        bool(name.sup)
        and not name.bracket
        and isinstance(name.sup[0], Literal)
        and key_of(name) not in context.layered
    )


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
