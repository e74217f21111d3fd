"""Sums, products and quotients."""

from __future__ import annotations

from gradcheck.notes.grammar.cursor import DEEPEST, Cursor
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import Addition, Multiplication, Node, Quotient

__all__ = ["Sums"]

PRODUCT = {"\\cdot", "\\times", "\\otimes", "\\odot", "*", "\\circ", ".", "/"}


class Sums(Cursor):
    """Sums, products and quotients."""

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotRead("it is nested too deeply")
        terms: list[tuple[int, Node]] = []
        sign = 1
        while self.text() in {"+", "-"}:
            sign *= -1 if self.take().text == "-" else 1
        terms.append((sign, self.product()))
        while self.text() in {"+", "-"}:
            sign = 1
            while self.text() in {"+", "-"}:
                sign *= -1 if self.take().text == "-" else 1
            terms.append((sign, self.product()))
        self.depth -= 1
        return terms[0][1] if len(terms) == 1 and terms[0][0] == 1 else Addition(tuple(terms))

    def product(self) -> Node:
        factors: list[tuple[str, Node]] = [("", self.factor())]
        while self.here is not None:
            sign = self.text()
            if sign in PRODUCT:
                self.take()
                if sign == "/":
                    below = self.factor()
                    loose = self.here is not None and self.starts()
                    factors = [("", Quotient(_product(factors), below, loose))]
                    continue
                factors.append((sign, self.factor(signed=True)))
            elif self.starts():
                factors.append(("", self.factor()))
            else:
                break
        return _product(factors)


def _product(factors: list[tuple[str, Node]]) -> Node:
    return factors[0][1] if len(factors) == 1 else Multiplication(tuple(factors))
