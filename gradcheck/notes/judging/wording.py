"""A corrected formula as its author would write it: simplified, and in the note's own letters."""

from __future__ import annotations

import re

from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.syntax import Addition, Literal, Multiplication, Name, Node, Quotient, rebuilt

__all__ = ["simplified", "written_like"]

_DRESS = r"\\(mathbf|boldsymbol|bm|vec|pmb|mathrm)\s*\{?\s*"


def written_like(node: Node, text: str) -> str:
    r"""The node as LaTeX with the bold letters, and the sign of a transpose, of the formula ``text``."""

    def dressed(part: Node) -> Node | None:
        if not isinstance(part, Name) or part.word:
            return None
        found = re.search(_DRESS + re.escape(part.base) + r"(?![A-Za-z])", text)
        if found is None:
            return None
        inner = tuple(rebuilt(s, dressed) for s in part.sub), tuple(rebuilt(s, dressed) for s in part.sup)
        return Name(
            rf"\{found[1]}{{{part.base}}}", *inner, part.primes, part.accent, bracket=part.bracket,
            transposed=part.transposed, inverse=part.inverse, text=part.text,
        )  # fmt: skip

    written = latex(rebuilt(node, dressed))
    if "\\top" not in text and re.search(r"\^\s*\{?\s*T", text):
        written = written.replace(r"^\top", "^T").replace(r"^{-\top}", "^{-T}")
    return written


def simplified(node: Node) -> Node:
    """Without factors of 1, quotients by 1, signs that cancel; numbers in front multiplied."""
    previous = None
    while node != previous:
        previous, node = node, rebuilt(node, _simpler)
    return node


def _simpler(node: Node) -> Node | None:
    match node:
        case Quotient(above, Literal(value, _)) if value == 1:
            return above
        case Multiplication(factors):
            return _fewer(factors)
        case Addition(((sign, Addition(((inner, term),))),)):
            return term if sign * inner > 0 else Addition(((-1, term),))
        case Addition(((1, term),)):
            return term
    return None


def _fewer(factors: tuple[tuple[str, Node], ...]) -> Node | None:
    numbers = [f for _, f in factors if isinstance(f, Literal)]
    one = len(numbers) == 1 and numbers[0].value == 1
    if not one and len(numbers) < 2:
        return None
    value = numbers[0].value
    for n in numbers[1:]:
        value *= n.value
    if value.denominator != 1:
        return None
    rest: list[tuple[str, Node]] = [(s, f) for s, f in factors if not isinstance(f, Literal)]
    if value != 1 or not rest:
        rest = [("", Literal(value, str(value))), *rest]
    return rest[0][1] if len(rest) == 1 else Multiplication((("", rest[0][1]), *rest[1:]))
