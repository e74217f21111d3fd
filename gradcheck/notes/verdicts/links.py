"""The chain rule by itself: products of derivatives in which each goes on where the one before it ends."""

from __future__ import annotations

import itertools
from dataclasses import replace

from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    BigSum,
    Derivative,
    Group,
    Multiplication,
    Name,
    Node,
    rebuilt,
)
from gradcheck.notes.statements.context import letter_of, nodes
from gradcheck.notes.statements.pieces import Piece

__all__ = ["chain_rule_of_any", "term_by_term", "without_placeholders"]

Link = tuple[Name, Name]
"""What is differentiated, and by what."""


def chain_rule_of_any(piece: Piece) -> str | None:
    """Under what a claim is right that is the chain rule, whatever the functions are.

    The left side is one derivative; the right side adds up paths, each a product of derivatives of one
    symbol by one other that leads from the same to the same. An index between them that stands on neither
    end has to be summed over. None for anything else: it then has to be read.
    """
    whole = _link(piece.sides[0]) if len(piece.sides) == 2 else None
    if whole is None or piece.conditions or piece.unclear:
        return None
    right = piece.sides[1]
    terms = right.terms if isinstance(right, Addition) else ((1, right),)
    through: list[str] = []
    for sign, term in terms:
        path = _path(term, whole) if sign > 0 else None
        if path is None or set(path) & set(through):
            return None
        through += path
    first, last = map(_written, whole)
    arrays = any(n.base.isupper() or n.bold for n in whole[1:])
    order = ", the factors in the order that their shapes ask for" if arrays else ""
    return f"{first} depends on {last} through {', '.join(through)} alone{order}"


def without_placeholders(piece: Piece) -> Piece:
    """A chain of equalities without the sides that only say the chain rule; the same where it has none.

    Such a side is a product of derivatives from what is differentiated to by what, of which arrays by
    arrays are no matrices: it says the way, and the sides beside it are what is claimed.
    """
    if len(piece.sides) < 3 or len(piece.latex) != len(piece.sides):
        return piece
    first = piece.sides[0]
    kept = [k for k, s in enumerate(piece.sides) if not k or not _is_placeholder(first, s)]
    if len(kept) == len(piece.sides) or len(kept) < 2:
        return piece
    latex_ = [piece.latex[k] for k in kept]
    formula = replace(piece.formula, text=" = ".join(latex_))
    return replace(piece, formula=formula, start=0, sides=[piece.sides[k] for k in kept], latex=latex_)


def _is_placeholder(first: Node, side: Node) -> bool:
    whole = _link(first)
    side = rebuilt(side, _as_product)
    terms = side.terms if isinstance(side, Addition) else ((1, side),)
    return whole is not None and all(sign > 0 and _path(t, whole) is not None for sign, t in terms)


def _as_product(node: Node) -> Node | None:
    """prod(a, b), which stands for the product in whichever order conforms."""
    if isinstance(node, Apply) and node.function.word and node.function.base == "prod":
        return Multiplication(tuple(("", a) for a in node.arguments))
    return None


def term_by_term(piece: Piece, body: Node) -> bool:
    """Whether a claim is the derivative of a sum as the sum of derivatives: dC/dw of C = (1/n) sum C_x."""
    left = piece.sides[0]
    if len(piece.sides) != 2 or not isinstance(left, Derivative) or len(left.by) != 1:
        return False
    of = _symbol(left.body)
    by = _symbol(left.by[0])
    if of is None or by is None:
        return False

    def change(part: Node) -> Node | None:
        loss = isinstance(part, Name) and part.base == of.base and part.sub and not part.primes
        return Derivative(part, left.by, left.total) if loss else None

    parts = [n for n in nodes(body) if isinstance(n, Name) and n.base == of.base]
    others = {n.base for n in nodes(body) if isinstance(n, Name)} - {of.base}
    linear = len(parts) == 1 and by.base not in others and _adds_up(body, of.base)
    return linear and latex(rebuilt(body, change)) == latex(piece.sides[1])


def _adds_up(body: Node, base: str) -> bool:
    """Whether a symbol stands in sums and products with numbers only."""
    if isinstance(body, BigSum):
        return body.kind == "sum" and _adds_up(body.body, base)
    if isinstance(body, Group):
        return not body.sub and _adds_up(body.body, base)
    if isinstance(body, Multiplication):
        inside = [f for _, f in body.factors if any(isinstance(n, Name) and n.base == base for n in nodes(f))]
        return len(inside) == 1 and _adds_up(inside[0], base)
    return isinstance(body, Name)


def _path(term: Node, whole: Link) -> list[str] | None:
    """The symbols between the ends of a path, or None where it is not one from end to end."""
    summed: set[str] = set()
    while isinstance(term, BigSum | Group):
        if isinstance(term, BigSum):
            if term.kind != "sum" or term.index is None or term.condition is not None:
                return None
            summed |= {letter_of(i) or "" for i in (term.index, *term.more)}
        elif term.sub:
            return None
        term = term.body
    links = _links(term)
    if links is None or len(links) < 2:
        return None
    if _written(links[0][0]) != _written(whole[0]):
        links = links[::-1]  # denominator layout
    ends = [(_written(a), _written(b)) for a, b in links]
    joined = all(a[1] == b[0] for a, b in itertools.pairwise(ends))
    if not joined or (ends[0][0], ends[-1][1]) != (_written(whole[0]), _written(whole[1])):
        return None
    between = [by for _, by in links[:-1]]
    known = _indices(whole[0]) | _indices(whole[1])
    indices = {x for n in between for x in _indices(n)}
    places = [ends[0][0], *(b for _, b in ends)]
    if indices - known != summed - known or summed & known or len(set(places)) != len(places):
        return None
    return [_written(n) for n in between]


def _links(node: Node) -> list[Link] | None:
    """The derivatives of a product."""
    body = node.body if isinstance(node, Group) and not node.sub else node
    if not isinstance(body, Multiplication):
        link = _link(body)
        return None if link is None else [link]
    found: list[Link] = []
    for sign, factor in body.factors:
        inner = _links(factor)
        if inner is None or sign in {"\\odot", "\\circ", "\\otimes"}:
            return None
        found += inner
    return found


def _link(node: Node) -> Link | None:
    inner = node.body if isinstance(node, Group) and not node.sub else node
    if not isinstance(inner, Derivative) or len(inner.by) != 1:
        return None
    of, by = _symbol(inner.body), _symbol(inner.by[0])
    return None if of is None or by is None or _written(of) == _written(by) else (of, by)


def _symbol(node: Node) -> Name | None:
    """A symbol; a function of symbols counts as its value, f of f(x)."""
    name = node.function if isinstance(node, Apply) and not node.bare else node
    return replace(name, bold=False) if isinstance(name, Name) and not name.primes else None


def _written(name: Name) -> str:
    return latex(name)


def _indices(name: Name) -> set[str]:
    """The letters that count entries."""
    return {n.base for s in name.sub for n in nodes(s) if isinstance(n, Name)}
