"""Where the parser stands in its tokens, and the rules that all others rest on."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from gradcheck.notes.grammar.lexer import NotRead, Token, matching
from gradcheck.notes.grammar.syntax import Apply, Group, Matrix, Node, Raised

__all__ = ["ACCENTS", "DEEPEST", "GREEK", "OPENERS", "RELATIONS", "Cursor", "is_transpose"]

GREEK = {
    "\\" + name
    for name in [
        "alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta",
        "iota", "kappa", "lambda", "mu", "nu", "xi", "pi", "rho", "sigma", "varsigma", "tau", "upsilon",
        "phi", "varphi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma",
        "Upsilon", "Phi", "Psi", "Omega", "ell",
    ]
}  # fmt: skip
ACCENTS = {"\\hat", "\\bar", "\\tilde", "\\dot", "\\ddot"}
RELATIONS = {"=", "\\neq", "<", ">", "\\leq", "\\geq"}
OPENERS = {"(": ")", "[": "]", "\\{": "\\}"}
DEEPEST = 60


class Cursor:
    """Tokens and a place in them; ``functions`` are bases that are applied, ``symbols`` those declared."""

    # Rules that call each other: the parser brings them together.
    def expression(self) -> Node:
        raise NotImplementedError

    def product(self) -> Node:
        raise NotImplementedError

    def factor(self, *, signed: bool = False) -> Node:
        raise NotImplementedError

    def relation(self) -> Node:
        raise NotImplementedError

    def items(self, closer: str) -> list[Node]:
        raise NotImplementedError

    def indices(self, content: list[Token]) -> tuple[Node, ...]:
        raise NotImplementedError

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

    def starts(self) -> bool:
        """Whether a factor begins here."""
        token = self.here
        if token is None:
            return False
        if token.text in {"|", "\\|"}:
            return not (self.bars and self.bars[-1] == token.text)
        if token.text in OPENERS or token.kind in {"letter", "word", "number", "open", "begin"}:
            return True
        return token.kind == "command" and (
            token.text in GREEK
            or token.text in ACCENTS
            or token.text
            in {
                "\\frac", "\\sqrt", "\\sum", "\\prod", "\\partial", "\\nabla", "\\ones", "\\zeros",
                "\\indicator",
                "\\ldots", "\\infty", "\\langle",
            }
        )  # fmt: skip

    def inner(self, tokens: list[Token]) -> Self:
        parser = type(self)(tokens, self.functions, self.symbols)
        parser.depth = self.depth + 1
        if parser.depth > DEEPEST:
            raise NotRead("it is nested too deeply")
        return parser

    def whole(self, tokens: list[Token]) -> Node:
        parser = self.inner(tokens)
        node = parser.expression()
        if parser.here is not None:
            raise NotRead(f"what {parser.here.text!r} means here is not clear")
        return node

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

    def argument(self) -> list[Token]:
        if self.here is None:
            raise NotRead("\\frac has too few arguments")
        if self.here.kind == "number" and len(self.here.text) > 1:
            self.first_digit()
        if self.here.kind != "open":
            return [self.take()]
        end = matching(self.tokens, self.k)
        content = self.tokens[self.k + 1 : end]
        self.k = end + 1
        if not content:
            raise NotRead("\\frac has an empty argument")
        return content

    def first_digit(self) -> None:
        r"""TeX takes one digit where there are no braces: \\frac12 is a half."""
        whole = self.tokens[self.k]
        parts = [
            replace(whole, text=whole.text[0], end=whole.start + 1),
            replace(whole, text=whole.text[1:], start=whole.start + 1),
        ]
        self.tokens = [*self.tokens[: self.k], *parts, *self.tokens[self.k + 1 :]]

    def script(self) -> list[Token]:
        """The tokens of a sub- or superscript."""
        if self.here is None:
            raise NotRead("a sub- or superscript is missing")
        if self.here.kind == "open":
            end = matching(self.tokens, self.k)
            content = self.tokens[self.k + 1 : end]
            self.k = end + 1
            return content
        if self.text() == "\\frac":  # ^\frac{d}{2}, of which TeX takes the arguments too
            return [self.take(), *self.braced(), *self.braced()]
        return [self.take()]

    def braced(self) -> list[Token]:
        """The tokens of an argument with its braces."""
        start = self.k
        self.argument()
        return self.tokens[start : self.k]

    def postfix(self, node: Node) -> Node:
        while self.here is not None:
            if self.here.kind == "sup":
                self.take()
                content = self.script()
                texts = [t.text for t in content]
                if is_transpose(texts):
                    node = Raised(node, None, transposed=True)
                elif texts and texts[0] == "-" and is_transpose(texts[1:]):
                    node = Raised(node, None, transposed=True, inverse=True)
                elif texts == ["-", "1"]:
                    node = Raised(node, None, inverse=True)
                elif texts == ["'"]:
                    node = Raised(node, None, transposed=True, prime=True)
                else:
                    node = Raised(node, self.whole(content))
            elif self.here.kind == "sub" and isinstance(node, Group | Matrix | Apply):
                self.take()
                if isinstance(node, Matrix):
                    raise NotRead("an index of a written-out matrix is not read")
                node = Group(node if isinstance(node, Apply) else node.body, self.indices(self.script()))
            elif self.text() == "'" and isinstance(node, Group):
                self.take()
                if self.text() == "'":
                    raise NotRead("a second derivative of brackets is not read")
                node = Raised(node, None, transposed=True, prime=True)
            else:
                break
        if self.here is not None and self.here.kind == "sub":
            raise NotRead("what a subscript belongs to is not clear")
        return node


def is_transpose(texts: list[str]) -> bool:
    return texts in (["T"], ["\\top"], ["tr"])
