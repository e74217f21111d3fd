"""A grammar of formulas: tokens to `syntax` nodes. Every token is consumed, or the formula is not read."""

from __future__ import annotations

from fractions import Fraction

from gradcheck.notes.grammar.brackets import Brackets
from gradcheck.notes.grammar.cursor import ACCENTS, GREEK, OPENERS
from gradcheck.notes.grammar.lexer import NotRead, Token
from gradcheck.notes.grammar.operators import Operators
from gradcheck.notes.grammar.sums import Sums
from gradcheck.notes.grammar.symbols import Symbols
from gradcheck.notes.grammar.syntax import Addition, Dots, Literal, Node

__all__ = ["Parser", "parse"]


class Parser(Sums, Brackets, Operators, Symbols):
    """The whole grammar; which rule a factor follows."""

    def factor(self, *, signed: bool = False) -> Node:
        token = self.here
        if token is None:
            raise NotRead("it ends where something has to follow")
        if signed and token.text == "-":
            self.take()
            return Addition(((-1, self.factor()),))
        if token.kind == "number":
            after = self.ahead()
            if token.text == "1" and after is not None and after.kind == "sub":
                return self.indicator()
            self.take()
            return self.postfix(Literal(Fraction(token.text), token.text))
        if token.kind == "open":
            return self.braces()
        if token.text in OPENERS:
            return self.brackets()
        if token.text in {"|", "\\|"}:
            return self.barred()
        if token.kind == "begin":
            return self.postfix(self.environment())
        if token.kind == "letter" or token.text in GREEK or token.text in ACCENTS or token.kind == "word":
            return self.symbol()
        special = {
            "\\frac": self.fraction,
            "\\sqrt": self.root,
            "\\sum": self.big,
            "\\prod": self.big,
            "\\langle": self.inner_product,
            "\\nabla": self.nabla,
            "\\partial": self.partial,
            "\\indicator": self.indicator,
            "\\ones": self.constant,
            "\\zeros": self.constant,
        }.get(token.text)
        if special is not None:
            return special()
        if token.text == "\\ldots":
            self.take()
            return Dots()
        if token.kind == "command":
            raise NotRead(f"the macro {token.text} is not known")
        if token.kind == "remark":
            raise NotRead(f"the words {token.text!r} stand in the middle of it")
        raise NotRead(f"what {token.text!r} means here is not clear")


def parse(tokens: list[Token], functions: frozenset[str], symbols: frozenset[str] = frozenset()) -> Node:
    """The whole of ``tokens`` as one node. ``functions`` are bases that are applied, not multiplied;
    ``symbols`` the bases that the note declares. Raises `NotRead`.
    """
    parser = Parser(tokens, functions, symbols)
    node = parser.expression()
    if parser.here is not None:
        raise NotRead(f"what {parser.here.text!r} means here is not clear")
    return node
