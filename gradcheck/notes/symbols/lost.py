"""Symbols whose definitions are not read: nothing that rests on them is called wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gradcheck.notes.grammar.lexer import NotRead, tokens
from gradcheck.notes.grammar.normalising import normalise
from gradcheck.notes.grammar.parser import parse
from gradcheck.notes.grammar.syntax import Apply, Name
from gradcheck.notes.statements.context import Context, base_of, key_of
from gradcheck.notes.statements.defining import numbered

__all__ = ["lose"]

_EQUAL = re.compile(r":?=|\\(?:triangleq|equiv|coloneqq|doteq)(?![A-Za-z])")
_BREAK = re.compile(r"\\\\|&|,|;|\\q?quad(?![A-Za-z])|\\Rightarrow(?![A-Za-z])|\\begin\{\w+\*?\}|\n")
_LETTER = re.compile(r"\\?[A-Za-z]+")
MOST = 40
"""Equality signs of one formula before which a symbol is looked for."""


def lose(text: str, scope: int, context: Context) -> None:
    """Put down what a formula that is not read would define."""
    letters = frozenset(_LETTER.findall(text))
    for key in _heads(text):
        context.lost.setdefault(key, set()).add(scope)
        context.opaque[key] = context.opaque.get(key, frozenset()) | letters - {base_of(key)}


def _heads(text: str) -> Iterator[str]:
    """The symbols and functions that stand alone before an equality sign."""
    end = 0
    for count, sign in enumerate(_EQUAL.finditer(text)):
        if count >= MOST:
            return
        before = text[max(end, sign.start() - 80) : sign.start()].rstrip().removesuffix("&")
        end = sign.end()
        head = _BREAK.split(before)[-1]
        try:
            node = parse(normalise(tokens(head)), frozenset())
        except (NotRead, RecursionError):
            continue
        name = node.function if isinstance(node, Apply) else node
        if isinstance(name, Name) and not name.primes:
            yield from {key_of(name), key_of(numbered(name))}
