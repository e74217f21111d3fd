"""What all formulas of a note together tell of a symbol: function, size, number, word."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from gradcheck.notes.grammar.lexer import Token
from gradcheck.notes.grammar.syntax import (
    Apply,
    Bars,
    BigSum,
    Derivative,
    Differential,
    Literal,
    Matrix,
    Multiplication,
    Nabla,
    Name,
    Node,
    Norm,
    Quotient,
    Raised,
    Vectorised,
    rebuilt,
)
from gradcheck.notes.statements.context import LOSSES, Context, key_of, letter_of, nodes
from gradcheck.notes.statements.declarations import Declarations
from gradcheck.notes.statements.differentials import of_an_expression
from gradcheck.notes.statements.letters import PLAIN
from gradcheck.notes.statements.pieces import Formula, Piece
from gradcheck.notes.statements.splitting import Statement

__all__ = [
    "D_IS_A_SIZE",
    "MEANS",
    "SHORTHAND",
    "applied_bases",
    "bold_letters",
    "counts_from_zero",
    "join_words",
    "limits",
    "means",
    "plain_numbers",
    "plain_size",
    "symbols_beside_steps",
    "twice_derived",
]

D_IS_A_SIZE = re.compile(r"\\sum[^^]{0,30}\^\{?d\b|\\frac\{1\}\{d\}|\\times\s*d\b|\bd\s*\\times")

SHORTHAND = re.compile(r"[\s&]*d(?:[A-Z]|\\(?:mathbf|boldsymbol|bm)\b)[^=+]{0,20}=")
"""dX = ...: the loss's derivative by X, also where d is a size."""


def join_words(declarations: Declarations, everything: list[Node]) -> None:
    r"""W_{hx} in a declaration is one symbol where the note writes W_{\\text{hx}}."""
    texts = {n.text for side in everything for n in nodes(side) if isinstance(n, Name) and n.text}
    for k, declared in enumerate(declarations.shapes):
        together = "".join(letter_of(s) or "?" for s in declared.name.sub)
        if together in texts:
            declarations.shapes[k] = replace(declared, name=replace(declared.name, sub=(), text=together))


_BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|vec|bf|pmb)\b\s*\{?\s*(\\?[A-Za-z]+)")


def bold_letters(formulas: list[Formula]) -> frozenset[str]:
    """The letters that a note prints bold somewhere."""
    return frozenset(m.group(1) for f in formulas for m in _BOLD.finditer(f.text))


def plain_numbers(context: Context, pieces: list[Piece], formulas: list[Formula]) -> set[str]:
    """Symbols that stand in formulas of numbers only: nothing is bold, transposed, a norm or an array."""
    bold = bold_letters(formulas)
    seen: set[str] = set()
    arrays: set[str] = set()
    for piece in pieces:
        context.enter(piece.formula.scope)
        names = [n for n in nodes(tuple(piece.sides)) if isinstance(n, Name)]
        found = {key_of(n) for n in names}
        seen |= found
        if piece.definition is not None and piece.definition.parameters:
            found |= {piece.definition.key}
        if any(_shaped(n, context) for n in nodes(tuple(piece.sides))) or any(
            n.base in bold and n.accent != PLAIN for n in names
        ):
            arrays |= found
    context.enter(0)
    return {k for k in seen - arrays if k not in context.functions and len(k.strip("\\")) < 9}


def _shaped(node: Node, context: Context) -> bool:
    """Whether a node has a meaning for arrays only, or stands for one."""
    match node:
        case Raised():
            return (node.transposed and not node.prime) or node.inverse
        case Norm() | Bars() | Nabla() | Matrix() | Vectorised() | Differential():
            return True
        case Name():
            declared = context.declared(key_of(node))
            return (
                bool(node.sub)
                or node.base in {"\\ones", "I"}
                or (declared is not None and bool(declared.sizes))
            )
        case Multiplication(factors):
            return any(sign in {"\\odot", "\\circ"} for sign, _ in factors)
        case Apply(function, _, _):
            return function.base in {"softmax", "tr", "det", "diag", "max"}
    return False


def twice_derived(node: Node) -> bool:
    """Whether a second derivative is written."""
    if isinstance(node, Derivative):
        return len(node.by) > 1 or any(isinstance(n, Derivative) for n in nodes(node.body))
    return (isinstance(node, Nabla) and node.order > 1) or (isinstance(node, Name) and node.primes > 1)


def plain_size(size: str) -> str:
    return size.replace("{", "").replace("}", "").replace(" ", "")


def limits(everything: list[Node]) -> set[str]:
    found: set[str] = set()
    for side in everything:
        for node in nodes(side):
            if isinstance(node, BigSum) and isinstance(node.high, Name) and letter_of(node.high):
                found.add(node.high.base)
    return found


MEANS = {"n", "N", "m", "M"}
"""Letters that count what a mean adds up, where a note says nothing else of them."""


def means(node: Node, counted: set[str]) -> Node:
    r"""1/n \\sum_i x_i: the sum has n terms."""

    def limited(part: Node, count: Node) -> Node | None:
        plain = isinstance(part, BigSum) and part.kind == "sum" and part.high is None and part.low is None
        if not plain or not isinstance(part, BigSum) or part.index is None or part.more or part.condition:
            return None
        return replace(part, low=Literal(Fraction(1), "1"), high=count, body=means(part.body, counted))

    def change(part: Node) -> Node | None:
        match part:
            case Multiplication((first, (sign, last))) if isinstance(first[1], Quotient):
                count = first[1].below
                new = limited(last, count) if letter_of(count) in counted else None
                return Multiplication((first, (sign, new))) if new is not None else None
            case Quotient(above, below) if letter_of(below) in counted:
                new = limited(above, below)
                return Quotient(new, below) if new is not None else None
        return None

    return rebuilt(node, change)


def counts_from_zero(everything: list[Node], context: Context) -> bool:
    """Whether a sum over entries begins at 0."""
    return any(
        isinstance(n, BigSum)
        and getattr(n.low, "text", "") == "0"
        and n.index is not None
        and letter_of(n.index) not in context.static
        for n in nodes(tuple(everything))
    )


def symbols_beside_steps(context: Context, everything: list[Node]) -> None:
    """Letters that count layers or steps and are declared or defined as something else too."""
    for letter in context.static:
        declared = context.declared(letter)
        if (
            context.is_defined(letter)
            or letter in context.losses
            or (declared is not None and declared.values != "integer")
        ):
            context.used_as_symbol.add(letter)


def applied_bases(
    statements: list[tuple[Formula, Statement | str]], declarations: Declarations
) -> frozenset[str]:
    """Bases that are applied where brackets follow: declared, defined as f(x) = ..., or known by custom."""
    found = set(declarations.elementwise) | {"\\sigma", "\\phi", "\\varphi", "f", "g"}
    declared = {d.name.base for d in declarations.shapes if not d.name.sup}
    found -= declared - set(declarations.elementwise)
    for _, statement in statements:
        if isinstance(statement, str) or not statement.signs:
            continue
        head = [t for t in statement.sides[0] if t.kind != "space"]
        if of_an_expression(statement.sides):
            continue
        if len(head) >= 4 and head[1].text == "(" and head[-1].text == ")" and _is_symbol(head[0]):
            found.add(head[0].text)
        for side in statement.sides[1:]:
            if len(side) >= 4 and side[1].text == "(" and _is_symbol(side[0]) and side[-1].text == ")":
                inner = [t.text for t in side]
                if ("," in inner and (side[0].text in {"l", "\\ell"} or side[0].text in LOSSES)) or side[
                    0
                ].kind == "word":
                    found.add(side[0].text)
    for name in LOSSES | {"l"}:
        if any(_called_somewhere(name, s) for _, s in statements if not isinstance(s, str)):
            found.add(name)
    return frozenset(found)


def _is_symbol(token: Token) -> bool:
    return token.kind in {"letter", "word"} or (token.kind == "command" and token.text[1:].isalpha())


def _called_somewhere(name: str, statement: Statement) -> bool:
    for side in statement.sides:
        for a, b, c in zip(side, side[1:], side[2:], strict=False):
            if a.text == name and b.text == "(" and c.text not in {"-", "+"}:
                closing = [t.text for t in side[side.index(b) :]]
                depth, items = 0, 0
                for text in closing:
                    depth += {"(": 1, ")": -1}.get(text, 0)
                    items += text == "," and depth == 1
                    if not depth:
                        break
                if items:
                    return True
    return False
