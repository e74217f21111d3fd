r"""Equalities that say what a symbol is and claim nothing: Q = Q^T, \\sum_i y_i = 1."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.notes.grammar.syntax import BigSum, Literal, Name, Node, Raised
from gradcheck.notes.statements.context import Context, is_number, key_of, letter_of
from gradcheck.notes.statements.declarations import Declared
from gradcheck.notes.statements.letters import INDICES

__all__ = ["is_at_a_label", "is_set", "remark"]


def remark(sides: list[Node], scope: int, context: Context) -> bool:
    """Whether a statement is such a remark, which is then a declaration."""
    if _is_symmetric(sides):
        assert isinstance(sides[0], Name)
        _declare(sides[0], "symmetric", scope, context)
        return True
    shares = _sums_to_one(sides)
    if shares is not None:
        _declare(replace(shares, sub=()), "simplex", scope, context)
    return shares is not None


def is_at_a_label(sides: list[Node]) -> bool:
    """Whether an index is set to a label, as in "if k = y_i", which defines nothing."""
    label = sides[1] if len(sides) == 2 and letter_of(sides[0]) in INDICES else None
    return isinstance(label, Name) and label.base == "y" and len(label.sub) == 1 and not label.sup


def is_set(sides: list[Node]) -> bool:
    """Whether several symbols are set to one value."""
    symbols = all(isinstance(s, Name) for s in sides[:-1])
    last = sides[-1]
    value = is_number(last) or (isinstance(last, Name) and last.base in {"\\ones", "\\zeros"})
    return len(sides) > 2 and symbols and value


def _declare(name: Name, values: str, scope: int, context: Context) -> None:
    """Say what values a symbol has, beside the shape that the text gives it."""
    shapes, key = context.declarations.shapes, key_of(name)
    known = [k for k, d in enumerate(shapes) if d.scope == scope and key_of(d.name) == key]
    for k in known:
        if shapes[k].values == "normal" and not shapes[k].name.sup:
            shapes[k] = replace(shapes[k], values=values)
    if not any(key_of(d.name) == key for d in shapes) and not context.is_defined(key):
        shapes.append(Declared(name, (), values=values, scope=scope, unsaid=True, prose=True))
    context.forget()


def _is_symmetric(sides: list[Node]) -> bool:
    """Q = Q^T."""
    left, right = (sides[0], sides[1]) if len(sides) == 2 else (None, None)
    turned = isinstance(right, Raised) and right.transposed and not right.inverse and right.exponent is None
    if not (turned and isinstance(right, Raised) and isinstance(left, Name) and isinstance(right.base, Name)):
        return False
    return key_of(right.base) == key_of(left) and not (left.sub or left.sup)


def _sums_to_one(sides: list[Node]) -> Name | None:
    r"""y in a remark such as \sum_i y_i = 1."""
    if len(sides) != 2 or not isinstance(sides[0], BigSum) or not isinstance(sides[0].body, Name):
        return None
    body, one = sides[0].body, isinstance(sides[1], Literal) and sides[1].value == 1
    return body if one and len(body.sub) == 1 and not (body.sup or body.primes) else None
