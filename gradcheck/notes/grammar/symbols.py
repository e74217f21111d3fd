"""Symbols with their marks, differentials, and functions with a name."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.notes.grammar.cursor import ACCENTS, GREEK, OPENERS, Cursor, is_transpose
from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.lexer import NotRead, Token
from gradcheck.notes.grammar.normalising import FUNCTIONS
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    Bars,
    Derivative,
    Differential,
    Group,
    Literal,
    Multiplication,
    Name,
    Node,
    Norm,
    Quotient,
    Raised,
)

__all__ = ["Symbols"]


ABBREVIATIONS = {"KL", "JS", "CE", "NLL", "BCE", "MSE", "ML", "MLE", "MAP", "LS", "OLS", "SE", "RSS"}
"""Letters below the line that are no indices."""


_INDICES = {*"ijklmnpq"}


_OFTEN_FUNCTIONS = {"\\Gamma", "\\psi", "\\Phi"}
"""Letters of functions that most notes do not define: gamma, its kin, the normal one."""


def _is_place(item: list[Token]) -> bool:
    """Whether a token or two are an index: a letter, a number, or a label such as y_i."""
    texts = [t.text for t in item]
    if len(item) == 1:
        return texts[0] in _INDICES or (item[0].kind == "number" and texts[0].isdigit())
    inner = [t for t in texts[2:] if t not in "{}"]
    label = len(item) > 2 and texts[0] == "y" and item[1].kind == "sub"
    return label and len(inner) == 1 and inner[0] in _INDICES


_INVERSES = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "sinh": "arsinh", "cosh": "arcosh", "tanh": "artanh",
}  # fmt: skip
"""What a power of -1 makes of a function's name: its inverse, as everyone writes it."""


class Symbols(Cursor):
    """Symbols with their marks, differentials, and functions with a name."""

    def symbol(self) -> Node:
        token = self.take()
        if token.text in ACCENTS:
            return self.accented(token)
        if token.text == "d" and token.kind == "letter" and self.differential_ahead(token):
            return self.slashed(token)
        if token.text == "d" and token.kind == "letter" and self.text() == "(":
            turned = self.of_a_transpose(token)
            if turned is not None:
                return turned
        name = Name(token.text, bold=token.bold, at=token.start, word=token.kind == "word")
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
        joined = following.start == token.end or following.text in ACCENTS or following.bold
        return joined and (following.kind == "letter" or following.text in GREEK or following.text in ACCENTS)

    def of_a_transpose(self, token: Token) -> Node | None:
        r"""d(K^\top), the transpose of dK, also where d is a size: nobody puts a factor so in brackets."""
        start = self.k
        opener = self.take("(")
        inside = self.until(")")
        if opener.start == token.end and len(inside) > 2 and inside[0].kind == "letter":
            body = self.whole(inside)
            if isinstance(body, Raised) and body.transposed and isinstance(body.base, Name):
                return self.postfix(Raised(Differential(body.base), None, transposed=True))
        self.k = start
        return None

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
        number = name.sub[0] if len(name.sub) == 1 and isinstance(name.sub[0], Literal) else None
        places = self.places() if not (after or name.sup) and (number is not None or not name.sub) else ()
        if places:  # the number in W_1[i, j] tells matrices apart
            return self.postfix(replace(name, sub=places, text=number.text if number else name.text))
        if self.text() == "[" and base in self.functions and base not in self.symbols:
            raise NotRead(f"whether {base} is multiplied or applied is not clear")
        if self.text() == "(" and self.holds_itself(name):
            return name  # \sigma_n (1 - \sigma_n): nobody applies a function to itself
        if self.text() == "(" and (base in self.functions or name.primes):
            if after:
                raise NotRead("a transposed function is not read")
            return self.applied(name)
        if self.text() == "[" and base in {"E", "Var", "Cov", "Pr"} and base not in self.symbols:
            raise NotRead("an expectation is not read")
        unmarked = not after and not name.sup and name.base not in self.symbols
        if self.text() == "(" and unmarked and self.lone_arguments(alone=name.base in GREEK):
            return self.applied(name)
        if self.text() == "(" and name.base not in self.symbols and (name.word or base in _OFTEN_FUNCTIONS):
            raise NotRead(f"whether {base} is multiplied or applied is not clear")
        if self.text() == "!" and not after and not name.sup:
            self.take()
            name = replace(name, text=f"{name.text}!")  # a factorial is a number of its own
        node: Node = name
        for raised in after:
            node = replace(raised, base=node)
        return self.postfix(node)

    def holds_itself(self, name: Name) -> bool:
        """Whether the symbol before brackets stands in them too, with the same mark below and not applied."""
        if not name.sub or name.sup or name.primes:
            return False
        start = self.k
        self.take("(")
        try:
            inside = self.until(")")
        except NotRead:
            return False
        finally:
            self.k = start
        for k, token in enumerate(inside):
            if token.text == name.base and k + 1 < len(inside) and inside[k + 1].kind == "sub":
                own = self.inner(inside[k:])
                found, after = own.marks(Name(own.take().text, word=name.word))
                if not after and not found.sup and latex(found) == latex(name) and own.text() != "(":
                    return True
        return False

    def places(self) -> tuple[Node, ...]:
        """Indices in brackets, as programs write them: X[i, k], p[i, y_i]."""
        here, before = self.here, self.tokens[self.k - 1]
        if here is None or here.text != "[" or here.start != before.end:
            return ()
        start = self.k
        self.take()
        content = self.until("]")
        if self.k < len(self.tokens) and self.tokens[self.k].kind in {"sup", "sub"}:
            content = []
        items: list[list[Token]] = [[]]
        for token in content:
            if token.text == ",":
                items.append([])
            else:
                items[-1].append(token)
        if not all(_is_place(i) for i in items):
            self.k = start
            return ()
        return tuple(self.whole(i) for i in items)

    def lone_arguments(self, *, alone: bool = False) -> bool:
        r"""Whether brackets hold one symbol, or a list: nobody multiplies so, b_n(x_i) is a function.

        A Greek letter is one before a symbol without marks only: \\lambda(\\hat w) may be a product.
        """
        depth = 0
        plain = True
        for k in range(self.k + 1, len(self.tokens)):
            token = self.tokens[k]
            if token.text == ")" and not depth:
                after = self.tokens[k + 1] if k + 1 < len(self.tokens) else None
                marked = after is not None and (after.kind in {"sup", "sub"} or after.text == "'")
                return plain and k > self.k + 1 and not marked and (not alone or k == self.k + 2)
            inner = depth > 0
            depth += {"open": 1, "close": -1}.get(token.kind, 0) + {"(": 1, ")": -1}.get(token.text, 0)
            if token.text in {",", ";"} and not inner:
                return True
            if inner or depth or token.kind in {"sub", "sup", "close"}:
                continue
            if not (token.kind in {"letter", "word"} or token.text in GREEK or token.text in ACCENTS) or (
                k > self.k + 1
                and self.tokens[k - 1].kind not in {"sub", "sup"}
                and self.tokens[k - 1].text not in ACCENTS
            ):
                plain = False
        return False

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

    def subscripted(self, name: Name, content: list[Token]) -> Name:
        content = [t for t in content if t.kind != "space"]
        if not content:
            return name
        opened = next((k for k, t in enumerate(content) if t.text == "["), None)
        if opened is not None and content[-1].text == "]":  # W_{h[i,j]}, h_{[p]}: entries, as programs count
            label = "".join(t.text for t in content[:opened])
            return replace(name, text=label, sub=self.indices(content[opened + 1 : -1]))
        if len(content) == 1 and content[0].kind == "word":
            return replace(name, text=content[0].text)
        given = [t.text for t in content]
        if len(content) == 3 and given[1] in {"|", "\\mid"} and {given[0], given[2]} <= _INDICES | {"t", "s"}:
            return replace(name, text="|", sub=self.indices([content[0], content[2]]))  # p_{j|i}: no p_{ji}
        if any(t.kind in {"word", "remark"} or t.text in {"|", "\\mid"} for t in content):
            return replace(name, text="".join(t.text for t in content))
        letters = "".join(t.text for t in content)
        if letters in ABBREVIATIONS:
            return replace(name, text=letters)
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
        if is_transpose(texts):
            return name, [Raised(nothing, None, transposed=True)]
        if texts and texts[0] == "-" and is_transpose(texts[1:]):
            return name, [Raised(nothing, None, transposed=True, inverse=True)]
        if texts == ["-", "1"]:
            return name, [Raised(nothing, None, inverse=True)]
        if len(texts) > 2 and (texts[0], texts[-1]) in {("<", ">"), ("\\langle", "\\rangle")}:
            content, texts = content[1:-1], texts[1:-1]  # a step, a^{<t>}
            return replace(name, sup=(self.whole(content),), bracket="["), []
        bracket = texts[0] if texts and texts[0] in {"(", "["} else ""
        more: list[Raised] = []
        if len(content) > 2 and content[-2].kind == "sup" and content[-1].text in {"T", "\\top"}:
            content, texts = content[:-2], texts[:-2]  # W^{[l]^T}
            more.append(Raised(nothing, None, transposed=True))
        elif (
            len(content) > 1
            and content[-1].text in {"T", "\\top"}
            and texts[-2] not in {"+", "-", "/", "\\cdot"}
        ):
            content, texts = content[:-1], texts[:-1]
            more.append(Raised(nothing, None, transposed=True))
        if bracket and texts[-1] == OPENERS[bracket]:
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

    def function(self, name: Name) -> Node:
        """A function with a name of its own: in brackets, or bare before one factor."""
        name, raised = self.marks(name)
        if raised or name.text:
            if name.text and name.base in {"max", "min"}:
                raise NotRead(f"{name.base} over an index is not read")
            if any(r.transposed or r.inverse for r in raised):
                if len(raised) > 1 or raised[0].transposed or name.base not in _INVERSES:
                    raise NotRead(f"a superscript of {name.base} is not read")
                name = replace(name, base=_INVERSES[name.base])
        base: Node | None = None
        if name.sub or (name.text and name.base not in {"max", "min"}):
            base = name.sub[0] if len(name.sub) == 1 else None
            if name.base != "log" or not isinstance(base, Literal | Name):
                raise NotRead(f"what stands below {name.base} is not read")
            name = replace(name, sub=())
        exponent = name.sup[0] if name.sup else None
        plain = replace(name, sup=())
        if self.text() in OPENERS:
            opener = self.take().text
            self.bars.append(opener)
            arguments = self.items(OPENERS[opener])
            self.take(OPENERS[opener])
            self.bars.pop()
            node: Node = Apply(plain, tuple(arguments))
        elif self.here is not None and self.starts():
            scale: Node | None = None
            if self.here.kind == "number":
                scale = self.factor()
            inner = self.factor() if scale is None or self.starts() else scale
            if name.base == "tr" and not isinstance(inner, Group):
                inner = self.traced(inner)
            if scale is not None and inner is not scale:
                inner = Multiplication((("", scale), ("", inner)))
            bare = isinstance(inner, Group | Bars | Norm)
            node = Apply(plain, (inner,), bare=not bare)
            if not bare and self.here is not None and self.starts() and not self.next_is_function():
                raise NotRead(f"how far {name.base} reaches is not clear; use brackets")
        else:
            raise NotRead(f"{name.base} has no argument")
        if base is not None:
            node = Group(Quotient(node, Apply(plain, (base,))))
        node = Raised(node, exponent) if exponent is not None else node
        return self.postfix(node)

    def traced(self, first: Node) -> Node:
        """A trace without brackets is that of all factors that follow, up to the next function."""
        factors: list[tuple[str, Node]] = [("", first)]
        while self.here is not None and self.starts() and not self.next_is_function():
            factors.append(("", self.factor()))
        return first if len(factors) == 1 else Multiplication(tuple(factors))

    def next_is_function(self) -> bool:
        if self.text() == "d" and self.k + 1 < len(self.tokens) and "d" not in self.symbols:
            after = self.tokens[self.k + 1]
            joined = self.here is not None and self.here.end == after.start
            return joined and (after.kind == "letter" or after.text in GREEK)  # \sin\theta dr
        return self.here is not None and self.here.kind == "word" and self.here.text in FUNCTIONS
