"""What stands between brackets, bars and the ends of environments; conditions."""

from __future__ import annotations

from gradcheck.notes.grammar.cursor import OPENERS, RELATIONS, Cursor
from gradcheck.notes.grammar.lexer import NotRead, Token, matching
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    Bars,
    BigSum,
    Cases,
    Dots,
    Group,
    Indicator,
    Matrix,
    Multiplication,
    Name,
    Node,
    Norm,
    Quotient,
    Raised,
    Relation,
    Vectorised,
)

__all__ = ["Brackets"]


class Brackets(Cursor):
    """What stands between brackets, bars and the ends of environments; conditions."""

    def braces(self) -> Node:
        opener, before = self.tokens[self.k], self.tokens[self.k - 1] if self.k else None
        end = matching(self.tokens, self.k)
        content = self.tokens[self.k + 1 : end]
        self.k = end + 1
        if not content:
            return self.factor()
        node = self.whole(content)
        if isinstance(node, Addition) and opener.text == "{" and self.parts_a_sum(before):
            raise NotRead("how far braces reach that are not printed is not clear; use brackets")
        if isinstance(node, Addition | Multiplication | Quotient | BigSum):
            node = Group(node)
        return self.postfix(node)

    def parts_a_sum(self, before: Token | None) -> bool:
        """Whether a sum in braces has factors or a power beside it: what is printed says another thing."""
        ends = {"letter", "number", "close", "word"}
        factor = before is not None and (
            before.kind in ends or before.text in {")", "]", "\\cdot", "\\times"}
        )
        after = self.here is not None and self.here.kind in {"sup", "sub"}
        return factor or after or self.starts() or self.text() in {"\\cdot", "\\times", "\\odot"}

    def brackets(self) -> Node:
        opener = self.take().text
        self.bars.append(opener)
        items = self.items(OPENERS[opener])
        self.take(OPENERS[opener])
        self.bars.pop()
        if opener == "\\{" and any(isinstance(i, Dots) for i in items):
            raise NotRead("a set is not read")
        node: Node = Group(items[0]) if len(items) == 1 else Vectorised(tuple(items))
        return self.postfix(node)

    def items(self, closer: str) -> list[Node]:
        items = [self.relation()]
        while self.text() in {",", ";"} and self.text() != closer:
            self.take()
            items.append(self.relation())
        return items

    def relation(self) -> Node:
        left = self.expression()
        if self.text() in RELATIONS:
            sign = self.take().text
            return Relation(left, sign, self.expression())
        return left

    def barred(self) -> Node:
        bar = self.take().text
        self.bars.append(bar)
        body = self.expression()
        self.take(bar)
        self.bars.pop()
        if bar == "|":
            return self.postfix(Bars(body))
        kind = ""
        node: Node
        sub, sup = None, None
        while self.here is not None and self.here.kind in {"sub", "sup"}:
            mark = self.take().kind
            content = self.script()
            if mark == "sub":
                sub = "".join(t.text for t in content)
            else:
                sup = content
        if sub is not None:
            kind = {"1": "1", "2": "2", "F": "F", "Fro": "F", "F,": "F"}.get(sub, "?")
            if kind == "?":
                raise NotRead(f"the norm with the index {sub!r} is not known")
        node = Norm(body, kind)
        return Raised(node, self.whole(sup)) if sup is not None else node

    def inner_product(self) -> Node:
        at = self.take("\\langle").start
        items = self.items("\\rangle")
        self.take("\\rangle")
        if len(items) != 2:
            raise NotRead("angle brackets around one value are not read")
        return self.postfix(Apply(Name("\\langle", at=at), tuple(items)))

    def constant(self) -> Node:
        token = self.take()
        if token.text == "\\ones" and self.text() in {"_", *OPENERS} and self.condition_ahead():
            self.k -= 1
            return self.indicator()
        return self.postfix(Name(token.text, at=token.start))

    def condition_ahead(self) -> bool:
        depth = 0
        for token in self.tokens[self.k : self.k + 40]:
            if token.kind == "open" or token.text in OPENERS:
                depth += 1
            elif token.kind == "close" or token.text in OPENERS.values():
                depth -= 1
                if depth <= 0:
                    return False
            elif token.text in RELATIONS:
                return True
        return False

    def indicator(self) -> Node:
        token = self.take()
        if self.here is not None and self.here.kind == "sub":
            self.take()
            content = self.script()
            content = [t for t in content if t.text not in {"\\{", "\\}"}]
        elif self.text() in OPENERS:
            opener = self.take().text
            content = self.until(OPENERS[opener])
        elif self.here is not None and self.here.kind == "open":
            end = matching(self.tokens, self.k)
            content = [t for t in self.tokens[self.k + 1 : end] if t.text not in {"\\{", "\\}"}]
            self.k = end + 1
        else:
            return self.postfix(Name("\\ones", at=token.start))
        inner = self.inner(content)
        node = inner.relation()
        if inner.here is not None or not isinstance(node, Relation):
            raise NotRead("the condition of an indicator is not clear")
        return Indicator(node)

    def environment(self) -> Node:
        name = self.take().text.removesuffix("*")
        if name.endswith("matrix") and self.text() == "[":  # how its columns are set
            self.take()
            self.until("]")
        rows: list[list[list[Token]]] = [[[]]]
        depth = 0
        while True:
            token = self.here
            if token is None:
                raise NotRead(f"the environment {name} has no end")
            self.k += 1
            if token.kind == "end" and not depth:
                break
            depth += {"begin": 1, "end": -1, "open": 1, "close": -1}.get(token.kind, 0)
            if token.kind == "newline" and not depth:
                rows.append([[]])
            elif token.kind == "amp" and not depth:
                rows[-1].append([])
            else:
                rows[-1][-1].append(token)
        rows = [r for r in rows if any(r)]
        if name in {"bmatrix", "pmatrix", "matrix", "array", "smallmatrix"}:
            return Matrix(tuple(tuple(self.whole(cell) for cell in row) for row in rows))
        if name in {"cases", "dcases", "rcases"}:
            return Cases(tuple(self.case(row) for row in rows))
        raise NotRead(f"the environment {name} is not known")

    def case(self, row: list[list[Token]]) -> tuple[Node, Node | None]:
        if len(row) > 2:
            raise NotRead("a row of cases has more than two columns")
        cells = [[t for t in c if not (t.kind in {"word", "remark"} and _connective(t.text))] for c in row]
        value = list(cells[0])
        while value and value[-1].text in {",", ";"}:
            value.pop()
        if len(cells) == 1:
            return self.whole(value), None
        condition = [t for t in cells[1] if t.text not in {",", ";"}]
        while condition and condition[-1].text == ".":
            condition.pop()
        if not condition:
            return self.whole(value), None
        inner = self.inner(condition)
        node = inner.relation()
        if inner.here is not None or not isinstance(node, Relation):
            raise NotRead("the condition of a case is not clear")
        return self.whole(value), node


def _connective(text: str) -> bool:
    return text.strip().strip(",").lower() in {"if", "for", "when", "otherwise", "else", "si", "if ", "其他"}
