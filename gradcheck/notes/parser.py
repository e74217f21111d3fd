"""A grammar of formulas: tokens to `syntax` nodes. Every token is consumed, or the formula is not read."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gradcheck.notes.lexer import NotRead, Token, matching
from gradcheck.notes.normalising import FUNCTIONS
from gradcheck.notes.syntax import (
    Addition,
    Apply,
    Bars,
    BigSum,
    Cases,
    Derivative,
    Differential,
    Dots,
    Group,
    Indicator,
    Literal,
    Matrix,
    Multiplication,
    Nabla,
    Name,
    Node,
    Norm,
    Quotient,
    Raised,
    Relation,
    Root,
    Vectorised,
)

__all__ = ["Parser", "parse"]

_GREEK = {
    "\\" + name
    for name in [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "varepsilon",
        "zeta",
        "eta",
        "theta",
        "vartheta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
        "pi",
        "rho",
        "sigma",
        "tau",
        "upsilon",
        "phi",
        "varphi",
        "chi",
        "psi",
        "omega",
        "Gamma",
        "Delta",
        "Theta",
        "Lambda",
        "Xi",
        "Pi",
        "Sigma",
        "Upsilon",
        "Phi",
        "Psi",
        "Omega",
        "ell",
    ]
}
_ACCENTS = {"\\hat", "\\bar", "\\tilde", "\\dot"}
_PRODUCT = {"\\cdot", "\\times", "\\odot", "*", "\\circ", ".", "/"}
_RELATIONS = {"=", "\\neq", "<", ">", "\\leq", "\\geq"}
_OPENERS = {"(": ")", "[": "]", "\\{": "\\}"}
_DEEPEST = 60


def parse(tokens: list[Token], functions: frozenset[str], symbols: frozenset[str] = frozenset()) -> Node:
    """The whole of ``tokens`` as one node. ``functions`` are bases that are applied, not multiplied;
    ``symbols`` the bases that the note declares. Raises `NotRead`.
    """
    parser = Parser(tokens, functions, symbols)
    node = parser.expression()
    if parser.here is not None:
        raise NotRead(f"what {parser.here.text!r} means here is not clear")
    return node


class Parser:
    def __init__(self, tokens: list[Token], functions: frozenset[str], symbols: frozenset[str]) -> None:
        self.tokens, self.functions, self.symbols = tokens, functions, symbols
        self.k = 0
        self.depth = 0
        self.bars: list[str] = []

    @property
    def here(self) -> Token | None:
        return self.tokens[self.k] if self.k < len(self.tokens) else None

    def ahead(self, by: int = 1) -> Token | None:
        return self.tokens[self.k + by] if self.k + by < len(self.tokens) else None

    def text(self) -> str:
        return self.here.text if self.here is not None else ""

    def take(self, text: str | None = None) -> Token:
        token = self.here
        if token is None or (text is not None and token.text != text):
            found = "the end" if token is None else repr(token.text)
            raise NotRead(f"expected {text or 'something more'!r}, but there is {found}")
        self.k += 1
        return token

    def inner(self, tokens: list[Token]) -> Parser:
        parser = Parser(tokens, self.functions, self.symbols)
        parser.depth = self.depth + 1
        if parser.depth > _DEEPEST:
            raise NotRead("it is nested too deeply")
        return parser

    def whole(self, tokens: list[Token]) -> Node:
        parser = self.inner(tokens)
        node = parser.expression()
        if parser.here is not None:
            raise NotRead(f"what {parser.here.text!r} means here is not clear")
        return node

    # -- sums and products

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > _DEEPEST:
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
            if sign in _PRODUCT:
                self.take()
                if sign == "/":
                    sign, factors = "", [("", Quotient(_product(factors), self.factor()))]
                    after = self.here
                    if after is not None and self.starts():
                        raise NotRead("what stands below the '/' is not clear; use \\frac or brackets")
                    continue
                factors.append((sign, self.factor(signed=True)))
            elif self.starts():
                factors.append(("", self.factor()))
            else:
                break
        return _product(factors)

    def starts(self) -> bool:
        """Whether a factor begins here."""
        token = self.here
        if token is None:
            return False
        if token.text in {"|", "\\|"}:
            return not (self.bars and self.bars[-1] == token.text)
        if token.text in _OPENERS or token.kind in {"letter", "word", "number", "open", "begin"}:
            return True
        return token.kind == "command" and (
            token.text in _GREEK
            or token.text in _ACCENTS
            or token.text
            in {
                "\\frac", "\\sqrt", "\\sum", "\\prod", "\\partial", "\\nabla", "\\ones", "\\zeros",
                "\\indicator",
                "\\ldots", "\\infty",
            }
        )  # fmt: skip

    # -- factors

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
        if token.text in _OPENERS:
            return self.brackets()
        if token.text in {"|", "\\|"}:
            return self.barred()
        if token.kind == "begin":
            return self.postfix(self.environment())
        if token.kind == "letter" or token.text in _GREEK or token.text in _ACCENTS or token.kind == "word":
            return self.symbol()
        special = {
            "\\frac": self.fraction,
            "\\sqrt": self.root,
            "\\sum": self.big,
            "\\prod": self.big,
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

    def braces(self) -> Node:
        end = matching(self.tokens, self.k)
        content = self.tokens[self.k + 1 : end]
        self.k = end + 1
        if not content:
            return self.factor()
        node = self.whole(content)
        if isinstance(node, Addition | Multiplication | Quotient | BigSum):
            node = Group(node)
        return self.postfix(node)

    def brackets(self) -> Node:
        opener = self.take().text
        self.bars.append(opener)
        items = self.items(_OPENERS[opener])
        self.take(_OPENERS[opener])
        self.bars.pop()
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
        if self.text() in _RELATIONS:
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

    def constant(self) -> Node:
        token = self.take()
        if token.text == "\\ones" and self.text() in {"_", "("} and self.condition_ahead():
            self.k -= 1
            return self.indicator()
        return self.postfix(Name(token.text, at=token.start))

    def condition_ahead(self) -> bool:
        depth = 0
        for token in self.tokens[self.k : self.k + 40]:
            if token.kind == "open" or token.text == "(":
                depth += 1
            elif token.kind == "close" or token.text == ")":
                depth -= 1
                if depth <= 0:
                    return False
            elif token.text in _RELATIONS:
                return True
        return False

    def indicator(self) -> Node:
        token = self.take()
        if self.here is not None and self.here.kind == "sub":
            self.take()
            content = self.script()
            content = [t for t in content if t.text not in {"\\{", "\\}"}]
        elif self.text() in _OPENERS:
            opener = self.take().text
            content = self.until(_OPENERS[opener])
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

    def until(self, closer: str) -> list[Token]:
        depth = 0
        start = self.k
        while self.here is not None:
            if self.here.text == closer and depth == 0:
                self.k += 1
                return self.tokens[start : self.k - 1]
            depth += {"(": 1, "[": 1, "\\{": 1, ")": -1, "]": -1, "\\}": -1}.get(self.here.text, 0)
            self.k += 1
        raise NotRead(f"a bracket is opened and never closed with {closer!r}")

    def environment(self) -> Node:
        name = self.take().text
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

    # -- operators

    def fraction(self) -> Node:
        at = self.take().start
        above, below = self.argument(), self.argument()
        derivative = self.derivative(above, below, at)
        if derivative is not None:
            return derivative
        return self.postfix(Quotient(self.whole(above), self.whole(below)))

    def argument(self) -> list[Token]:
        if self.here is None:
            raise NotRead("\\frac has too few arguments")
        if self.here.kind != "open":
            return [self.take()]
        end = matching(self.tokens, self.k)
        content = self.tokens[self.k + 1 : end]
        self.k = end + 1
        if not content:
            raise NotRead("\\frac has an empty argument")
        return content

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
        by = self.differentials(below, sign)
        if len(by) != order:
            raise NotRead(f"the derivative is of order {order} above the line and {len(by)} below it")
        if rest:
            body = self.whole(rest)
            return self.postfix(Derivative(body, tuple(by), sign == "d", at))
        # the operator in front of what it differentiates
        grouped = (
            self.text() in _OPENERS
            or self.text() in {"|", "\\|"}
            or (self.here is not None and self.here.kind == "open")
        )
        if self.here is None or not self.starts():
            raise NotRead("a derivative has nothing to differentiate")
        if grouped:
            body = self.factor()
            if self.starts():
                raise NotRead("how far a derivative in front of brackets reaches is not clear")
        else:
            body = self.product()
            if self.text() in {"+", "-"}:
                raise NotRead("how far a derivative in front of a sum reaches is not clear; use brackets")
        return Derivative(body, tuple(by), sign == "d", at)

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

    def differentials(self, tokens: list[Token], sign: str) -> list[Node]:
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
            squared = (
                isinstance(factor, Name)
                and len(factor.sup) == 1
                and factor.sup[0] == Literal(Fraction(2), "2")
                and not factor.bracket
                and parser.here is None
                and not by
                and self.second
            )
            if squared:
                assert isinstance(factor, Name)
                by += [replace(factor, sup=())] * 2
            else:
                by.append(factor)
        return by

    second = False

    def partial(self) -> Node:
        r"""\\partial L / \\partial W in a line."""
        at = self.take().start
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
        return Nabla(self.factor(), by, order)

    def root(self) -> Node:
        self.take()
        if self.text() == "[":
            raise NotRead("a root of another order than 2 is not read")
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
        if kind == "prod":
            raise NotRead("products over an index are not read")
        body = self.product()
        if negative:
            body = Addition(((-1, body),))
        return BigSum(kind, index, start, high, condition, body, more)

    def limits(self, tokens: list[Token]) -> tuple[Node | None, tuple[Node, ...], Node | None, Node | None]:
        if not tokens:
            return None, (), None, None
        parser = self.inner(tokens)
        first = parser.factor()
        if not isinstance(first, Name):
            raise NotRead("the index of a sum is not clear")
        if parser.text() == "=":
            parser.take()
            start = parser.expression()
            if parser.here is not None:
                raise NotRead("the lower limit of a sum is not clear")
            return first, (), start, None
        if parser.text() == "\\neq":
            parser.take()
            other = parser.expression()
            if parser.here is not None:
                raise NotRead("the condition of a sum is not clear")
            return first, (), None, Relation(first, "\\neq", other)
        more: list[Node] = []
        while parser.here is not None:
            if parser.text() == ",":
                parser.take()
            if parser.here is None or parser.here.kind != "letter":
                raise NotRead("the index of a sum is not clear")
            more.append(parser.factor())
        return first, tuple(more), None, None

    # -- symbols

    def symbol(self) -> Node:
        token = self.take()
        if token.text in _ACCENTS:
            return self.accented(token)
        if token.text == "d" and token.kind == "letter" and self.differential_ahead(token):
            return self.slashed(token)
        name = Name(token.text, at=token.start, word=token.kind == "word")
        if token.kind == "word":
            known = FUNCTIONS.get(token.text)
            if known is not None and token.text not in self.symbols:
                return self.function(Name(known, at=token.start, word=True))
        if token.text == "\\mathcalL":
            name = Name("\\mathcal{L}", at=token.start)
        if token.text == "1" and token.kind == "letter":
            name = Name("\\ones", at=token.start)
        return self.named(name)

    def differential_ahead(self, token: Token) -> bool:
        following = self.here
        if following is None or "d" in self.symbols:
            return False
        joined = following.start == token.end or following.text in _ACCENTS
        return joined and (
            following.kind == "letter" or following.text in _GREEK or following.text in _ACCENTS
        )

    def slashed(self, token: Token) -> Node:
        """dX, the shorthand, or dL/dW in a line."""
        body = self.factor()
        if self.text() == "/" and (after := self.ahead()) is not None and after.text == "d":
            self.take()
            self.take()
            return Derivative(body, (self.factor(),), total=True, at=token.start)
        transposed = isinstance(body, Raised) and body.transposed and not body.inverse
        if isinstance(body, Raised) and transposed:
            return Raised(Differential(body.base), None, transposed=True)
        return Differential(body)

    def accented(self, token: Token) -> Node:
        accent = token.text[1:]
        if self.here is None:
            raise NotRead(f"{token.text} has nothing to stand on")
        content = self.argument()
        inner = self.whole(content)
        if not isinstance(inner, Name) or inner.accent:
            raise NotRead(f"{token.text} stands on more than a symbol")
        return self.named(replace(inner, accent=accent, at=token.start))

    def named(self, name: Name) -> Node:
        name, after = self.marks(name)
        base = name.base
        if self.text() == "(" and (base in self.functions or name.primes):
            if after:
                raise NotRead("a transposed function is not read")
            return self.applied(name)
        node: Node = name
        for raised in after:
            node = replace(raised, base=node)
        return self.postfix(node)

    def applied(self, name: Name) -> Node:
        self.take("(")
        self.bars.append("(")
        arguments = self.items(")")
        self.take(")")
        self.bars.pop()
        return self.postfix(Apply(name, tuple(arguments)))

    def marks(self, name: Name) -> tuple[Name, list[Raised]]:
        """Subscripts, superscripts and primes of a symbol; what is an operation comes back beside it."""
        raised: list[Raised] = []
        while self.here is not None:
            kind = self.here.kind
            if kind == "sub" and not name.sub and not name.text:
                self.take()
                content = self.script()
                name = self.subscripted(name, content)
            elif kind == "sup":
                self.take()
                content = self.script()
                name, more = self.superscripted(name, content)
                raised += more
            elif self.text() == "'":
                self.take()
                name = replace(name, primes=name.primes + 1)
            else:
                break
        return name, raised

    def script(self) -> list[Token]:
        """The tokens of a sub- or superscript."""
        if self.here is None:
            raise NotRead("a sub- or superscript is missing")
        if self.here.kind == "open":
            end = matching(self.tokens, self.k)
            content = self.tokens[self.k + 1 : end]
            self.k = end + 1
            return content
        return [self.take()]

    def subscripted(self, name: Name, content: list[Token]) -> Name:
        content = [t for t in content if t.kind != "space"]
        if not content:
            return name
        if len(content) == 1 and content[0].kind == "word":
            return replace(name, text=content[0].text)
        if any(t.kind in {"word", "remark"} or t.text == "|" for t in content):
            return replace(name, text="".join(t.text for t in content))
        letters = "".join(t.text for t in content)
        if len(content) >= 3 and all(t.kind == "letter" for t in content) and set(letters) - set("ijklmnpq"):
            return replace(name, text=letters)
        return replace(name, sub=self.indices(content))

    def indices(self, content: list[Token]) -> tuple[Node, ...]:
        parser = self.inner(content)
        items: list[Node] = []
        while parser.here is not None:
            if parser.text() == ",":
                parser.take()
                continue
            if parser.text() == "(":
                parser.take()
                items += self.indices(parser.until(")"))
                continue
            item = parser.factor()
            if parser.text() in {"+", "-"}:
                terms: list[tuple[int, Node]] = [(1, item)]
                while parser.text() in {"+", "-"}:
                    sign = 1 if parser.take().text == "+" else -1
                    terms.append((sign, parser.factor()))
                item = Addition(tuple(terms))
            items.append(item)
        return tuple(items)

    def superscripted(self, name: Name, content: list[Token]) -> tuple[Name, list[Raised]]:
        texts = [t.text for t in content]
        if texts and all(t == "'" for t in texts):
            return replace(name, primes=name.primes + len(texts)), []
        nothing = Name("")
        if _is_transpose(texts):
            return name, [Raised(nothing, None, transposed=True)]
        if texts and texts[0] == "-" and _is_transpose(texts[1:]):
            return name, [Raised(nothing, None, transposed=True, inverse=True)]
        if texts == ["-", "1"]:
            return name, [Raised(nothing, None, inverse=True)]
        bracket = texts[0] if texts and texts[0] in {"(", "["} else ""
        more: list[Raised] = []
        if len(content) > 1 and content[-1].text in {"T", "\\top"} and texts[-2] not in {"+", "-"}:
            content, texts = content[:-1], texts[:-1]
            more.append(Raised(nothing, None, transposed=True))
        if bracket and texts[-1] == _OPENERS[bracket]:
            content = content[1:-1]
        elif bracket:
            bracket = ""
        if name.sup:
            raise NotRead("a symbol has two superscripts")
        if not content:
            raise NotRead("a superscript is empty")
        if any(t.text in {"*", "\\dagger", "\\star", "+"} for t in content) and len(content) == 1:
            raise NotRead(f"what the superscript {content[0].text} means is not clear")
        return replace(name, sup=(self.whole(content),), bracket=bracket), more

    def postfix(self, node: Node) -> Node:
        while self.here is not None:
            if self.here.kind == "sup":
                self.take()
                content = self.script()
                texts = [t.text for t in content]
                if _is_transpose(texts):
                    node = Raised(node, None, transposed=True)
                elif texts and texts[0] == "-" and _is_transpose(texts[1:]):
                    node = Raised(node, None, transposed=True, inverse=True)
                elif texts == ["-", "1"]:
                    node = Raised(node, None, inverse=True)
                elif texts and all(t == "'" for t in texts):
                    node = Raised(node, None, transposed=True)
                else:
                    node = Raised(node, self.whole(content))
            elif self.here.kind == "sub" and isinstance(node, Group | Matrix):
                self.take()
                if isinstance(node, Matrix):
                    raise NotRead("an index of a written-out matrix is not read")
                node = Group(node.body, self.indices(self.script()))
            elif self.text() == "'" and isinstance(node, Group):
                self.take()
                node = Raised(node, None, transposed=True)
            else:
                break
        if self.here is not None and self.here.kind == "sub":
            raise NotRead("what a subscript belongs to is not clear")
        return node

    def function(self, name: Name) -> Node:
        """A function with a name of its own: in brackets, or bare before one factor."""
        name, raised = self.marks(name)
        if raised or name.text:
            if name.text and name.base in {"max", "min"}:
                raise NotRead(f"{name.base} over an index is not read")
            if any(r.transposed or r.inverse for r in raised):
                raise NotRead(f"a superscript of {name.base} is not read")
        exponent = name.sup[0] if name.sup else None
        plain = replace(name, sup=())
        if self.text() in _OPENERS:
            opener = self.take().text
            self.bars.append(opener)
            arguments = self.items(_OPENERS[opener])
            self.take(_OPENERS[opener])
            self.bars.pop()
            node: Node = Apply(plain, tuple(arguments))
        elif self.here is not None and self.starts():
            scale: Node | None = None
            if self.here.kind == "number":
                scale = self.factor()
            inner = self.factor() if scale is None or self.starts() else scale
            if scale is not None and inner is not scale:
                inner = Multiplication((("", scale), ("", inner)))
            bare = isinstance(inner, Group | Bars | Norm)
            node = Apply(plain, (inner,), bare=not bare)
            if not bare and self.here is not None and self.starts() and not self.next_is_function():
                raise NotRead(f"how far {name.base} reaches is not clear; use brackets")
        else:
            raise NotRead(f"{name.base} has no argument")
        node = Raised(node, exponent) if exponent is not None else node
        return self.postfix(node)

    def next_is_function(self) -> bool:
        return self.here is not None and self.here.kind == "word" and self.here.text in FUNCTIONS


def _is_transpose(texts: list[str]) -> bool:
    return texts in (["T"], ["\\top"], ["tr"])


def _connective(text: str) -> bool:
    return text.strip().strip(",").lower() in {"if", "for", "when", "otherwise", "else", "si", "if ", "其他"}


def _product(factors: list[tuple[str, Node]]) -> Node:
    return factors[0][1] if len(factors) == 1 else Multiplication(tuple(factors))
