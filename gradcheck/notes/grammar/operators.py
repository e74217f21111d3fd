"""Fractions, derivatives, gradients, roots, and sums over an index."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gradcheck.notes.grammar.cursor import OPENERS, Cursor
from gradcheck.notes.grammar.lexer import NotRead, Token
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    BigSum,
    Derivative,
    Group,
    Literal,
    Multiplication,
    Nabla,
    Name,
    Node,
    Quotient,
    Raised,
    Relation,
    Root,
)

__all__ = ["Operators"]


class Operators(Cursor):
    """Fractions, derivatives, gradients, roots, and sums over an index."""

    def fraction(self) -> Node:
        at = self.take().start
        above, below = self.argument(), self.argument()
        derivative = self.derivative(above, below, at)
        if derivative is not None:
            return derivative
        return self.postfix(Quotient(self.whole(above), self.whole(below)))

    def derivative(self, above: list[Token], below: list[Token], at: int) -> Node | None:
        """A fraction of differentials, or None where it is an ordinary one."""
        sign = above[0].text
        if sign not in {"\\partial", "d"}:
            if below[0].text == "\\partial":
                raise NotRead("there is a \\partial below the line and none above it")
            return None
        if below[0].text != sign or len(below) < 2:
            if sign == "\\partial" or below[0].text == "\\partial":
                raise NotRead("a derivative needs the same sign, \\partial or d, above and below the line")
            return None
        order, rest = self.order(above[1:])
        by = self.differentials(below, sign, order)
        if len(by) != order:
            raise NotRead(f"the derivative is of order {order} above the line and {len(by)} below it")
        if rest:
            body = self.whole(rest)
            self.own_argument(by)
            return self.postfix(Derivative(body, tuple(by), sign == "d", at))
        # the operator in front of what it differentiates
        grouped = (
            self.text() in OPENERS
            or self.text() in {"|", "\\|"}
            or (self.here is not None and self.here.kind == "open")
        )
        if self.here is None or not self.starts():
            raise NotRead("a derivative has nothing to differentiate")
        if grouped:
            body = self.factor()
            if self.starts():
                body = self.quadratic(body, by)
        else:
            body = self.product()
            dotted = body.factors[1:] if isinstance(body, Multiplication) else ()
            if any(sign in {"\\cdot", "\\times"} and any(_holds(f, b) for b in by) for sign, f in dotted):
                raise NotRead("how far a derivative in front of a product reaches is not clear; use brackets")
            if self.text() in {"+", "-"} and not self.term_has_its_own():
                raise NotRead("how far a derivative in front of a sum reaches is not clear; use brackets")
        return Derivative(body, tuple(by), sign == "d", at)

    def quadratic(self, first: Node, by: list[Node]) -> Node:
        """(x - s)^T W (x - s) below a derivative: a product that ends with what it begins with."""
        factors: list[tuple[str, Node]] = [("", first)]
        while self.starts():
            factors.append(("", self.factor()))
        turned = isinstance(first, Raised) and first.transposed and first.exponent is None
        if not turned or self.here is not None or not all(_holds(factors[-1][1], b) for b in by):
            raise NotRead("how far a derivative in front of brackets reaches is not clear")
        return Multiplication(tuple(factors))

    def term_has_its_own(self) -> bool:
        """Whether a derivative stands in the next term of a sum too, so that each reaches over its own."""
        depth = 0
        for k in range(self.k + 1, len(self.tokens)):
            token = self.tokens[k]
            depth += {"open": 1, "close": -1}.get(token.kind, 0) + {"(": 1, ")": -1}.get(token.text, 0)
            if depth < 0 or (not depth and token.text in {"+", "-"}):
                return False
            above = self.tokens[k + 2] if k + 2 < len(self.tokens) else None
            if (
                not depth
                and token.text == "\\frac"
                and above is not None
                and above.text in {"d", "\\partial"}
            ):
                return True
        return False

    def own_argument(self, by: list[Node]) -> None:
        """dg/dx (x): at its own argument, which says nothing more; elsewhere it is not read."""
        if self.text() != "(":
            return
        start = self.k
        self.take()
        inside = self.until(")")
        if [t.text for t in inside] == [x.base for x in by if isinstance(x, Name) and not (x.sub or x.sup)]:
            return
        if len(inside) == 1 and inside[0].kind in {"letter", "number"}:
            raise NotRead("a derivative at another argument is not read")
        self.k = start

    def order(self, tokens: list[Token]) -> tuple[int, list[Token]]:
        if tokens and tokens[0].kind == "sup":
            inner = self.inner(tokens[1:])
            content = inner.script()
            rest = inner.tokens[inner.k :]
            text = "".join(t.text for t in content)
            if text not in {"1", "2"}:
                raise NotRead(f"a derivative of order {text} is not read")
            return int(text), rest
        return 1, tokens

    def differentials(self, tokens: list[Token], sign: str, order: int) -> list[Node]:
        parser = self.inner(tokens)
        by: list[Node] = []
        while parser.here is not None:
            if parser.take().text != sign:
                raise NotRead("below the line of a derivative something is not a differential")
            if parser.here is None:
                raise NotRead("a differential has no variable")
            if parser.here.kind == "sup":
                raise NotRead("a power of a differential sign is not read")
            factor = parser.factor()
            power = factor.sup[0] if isinstance(factor, Name) and factor.sup and not factor.bracket else None
            if order == 2 and not by and parser.here is None and getattr(power, "text", "") == "2":
                assert isinstance(factor, Name)
                return [replace(factor, sup=())] * 2  # \partial^2 f / \partial x^2
            if order == 2 and not by and parser.here is None and _is_twice(factor):
                assert isinstance(factor, Raised) and isinstance(factor.base, Group)
                return [factor.base.body] * 2  # \partial^2 f / \partial (\sigma^2)^2
            if order == 2 and not by and parser.here is None and getattr(power, "text", "") == "4":
                assert isinstance(factor, Name)
                return [replace(factor, sup=(Literal(Fraction(2), "2"),))] * 2
            if by and isinstance(factor, Raised) and factor.transposed and not factor.inverse:
                factor = factor.base  # \partial^2 f / \partial x \partial x^T
            by.append(factor)
        return by

    def partial(self) -> Node:
        r"""\\partial L / \\partial W in a line."""
        at = self.take().start
        if self.here is not None and self.here.kind == "sub":  # \\partial_W L
            self.take()
            by = self.whole(self.script())
            return Derivative(self.factor(), (by,), total=False, at=at)
        if self.here is None:
            raise NotRead("a \\partial stands alone")
        body = self.factor()
        if self.text() != "/":
            raise NotRead("a \\partial stands alone")
        self.take()
        self.take("\\partial")
        return Derivative(body, (self.factor(),), total=False, at=at)

    def nabla(self) -> Node:
        self.take()
        by: Node | None = None
        order = 1
        while self.here is not None and self.here.kind in {"sub", "sup"}:
            mark = self.take().kind
            content = self.script()
            if mark == "sub":
                by = self.whole(content)
            else:
                text = "".join(t.text for t in content)
                if text != "2":
                    raise NotRead(f"\\nabla^{text} is not read")
                order = 2
        if self.text() in {"\\cdot", "\\times"}:
            raise NotRead("divergence and curl are not read")
        return Nabla(self.factor() if by is None else self.below_nabla(by), by, order)

    def below_nabla(self, by: Node) -> Node:
        r"""What a gradient reaches: a symbol or a function alone, else a product such as a^T x."""
        first = self.factor()
        if isinstance(first, Name | Apply) and not (isinstance(first, Apply) and first.bare):
            return first
        factors: list[tuple[str, Node]] = [("", first)]
        while self.starts():
            factors.append(("", self.factor()))
        if len(factors) > 1 and not any(_holds(f, by) for _, f in factors[1:]):
            raise NotRead("how far a gradient in front of a product reaches is not clear; use brackets")
        if self.text() in {"+", "-"} and not (len(factors) == 1 and isinstance(first, Group)):
            raise NotRead("how far a gradient in front of a sum reaches is not clear; use brackets")
        return first if len(factors) == 1 else Multiplication(tuple(factors))

    def root(self) -> Node:
        self.take()
        if self.text() == "[":
            self.take()
            order = self.until("]")
            if len(order) != 1 or order[0].kind != "number" or "." in order[0].text:
                raise NotRead("a root whose order is no number is not read")
            whole = Literal(Fraction(order[0].text), order[0].text)
            body = Group(self.whole(self.argument()))
            return self.postfix(Group(Raised(body, Quotient(Literal(Fraction(1), "1"), whole))))
        return self.postfix(Root(self.whole(self.argument())))

    def big(self) -> Node:
        kind = self.take().text[1:]
        low: list[Token] = []
        high: Node | None = None
        while self.here is not None and self.here.kind in {"sub", "sup"}:
            mark = self.take().kind
            content = self.script()
            if mark == "sub":
                low = content
            else:
                high = self.whole(content)
        index, more, start, condition = self.limits(low)
        negative = self.text() == "-"
        if negative:
            self.take()
        if self.here is None or not self.starts():
            raise NotRead("a sum has nothing to add up")
        body, rest = _up_to_the_next(self.product(), index)
        if negative:
            body = Addition(((-1, body),))
        whole = BigSum(kind, index, start, high, condition, body, more)
        return Multiplication((("", whole), *rest)) if rest else whole

    def limits(self, tokens: list[Token]) -> tuple[Node | None, tuple[Node, ...], Node | None, Node | None]:
        if not tokens:
            return None, (), None, None
        parser = self.inner(tokens[1:] if tokens[0].text == "\\forall" else tokens)
        first = parser.factor()
        if not isinstance(first, Name):
            raise NotRead("the index of a sum is not clear")
        if parser.text() == "=":
            parser.take()
            start = parser.expression()
            if parser.text() == "," and parser.ahead() is not None:  # j = 1, j \neq i
                parser.take()
                again = parser.factor()
                same = isinstance(again, Name) and (again.base, again.sub) == (first.base, first.sub)
                if not same or parser.text() != "\\neq":
                    raise NotRead("the lower limit of a sum is not clear")
                return first, (), start, self.all_but(first, parser)
            if parser.here is not None:
                raise NotRead("the lower limit of a sum is not clear")
            return first, (), start, None
        if parser.text() == "\\neq":
            return first, (), None, self.all_but(first, parser)
        more: list[Node] = []
        while parser.here is not None:
            if parser.text() == ",":
                parser.take()
            if parser.here is None or parser.here.kind != "letter":
                raise NotRead("the index of a sum is not clear")
            more.append(parser.factor())
        return first, tuple(more), None, None

    def all_but(self, index: Name, parser: Cursor) -> Relation:
        parser.take()
        other = parser.expression()
        if parser.here is not None:
            raise NotRead("the condition of a sum is not clear")
        return Relation(index, "\\neq", other)


def _up_to_the_next(body: Node, index: Node | None) -> tuple[Node, tuple[tuple[str, Node], ...]]:
    r"""The terms of a sum, and what follows it from a sum over the same index on: \sum_l a_l \sum_l b_l."""
    factors = body.factors if isinstance(body, Multiplication) and isinstance(index, Name) else ()
    own = index.base if isinstance(index, Name) else ""
    for k, (_, factor) in enumerate(factors):
        other = factor.index if isinstance(factor, BigSum) else None
        if k and isinstance(other, Name) and other.base == own:
            first = factors[:k]
            return (first[0][1] if k == 1 else Multiplication(first)), factors[k:]
    return body, ()


def _is_twice(node: Node) -> bool:
    r"""Whether a node is a symbol in brackets to the power of two, as (\sigma^2)^2."""
    squared = isinstance(node, Raised) and isinstance(node.base, Group) and isinstance(node.base.body, Name)
    return squared and getattr(getattr(node, "exponent", None), "text", "") == "2"


def _holds(node: Node, by: Node) -> bool:
    """Whether the symbol of ``by`` stands in a node."""
    stack: list[object] = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, tuple):
            stack += one
        elif hasattr(one, "__dataclass_fields__"):
            if isinstance(one, Name) and isinstance(by, Name) and one.base == by.base:
                return True
            stack += [getattr(one, f) for f in one.__dataclass_fields__]
    return False
