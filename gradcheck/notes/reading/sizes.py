"""Sizes and indices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

from gradcheck.notes.arrays.terms import Dim, Index, Number, fresh
from gradcheck.notes.arrays.values import (
    Slip,
)
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Addition,
    Group,
    Literal,
    Name,
    Node,
)
from gradcheck.notes.reading.options import LARGEST, MOST_INDICES
from gradcheck.notes.reading.state import State
from gradcheck.notes.statements.context import key_of, letter_of
from gradcheck.notes.statements.declarations import node_of

__all__ = ["Sizes"]


_MINUS = Number(Fraction(-1))
_TWO = Number(Fraction(2))


class Sizes(State):
    """Sizes and indices."""

    def dim(self, text: str) -> Dim:
        """The size that a text names; `n_l` of a layer, `N_{out}`, `3`."""
        text = text.strip().strip("$").strip()
        text = dict(self.options.alias).get(text, text)
        if text.isdigit():
            if int(text) > LARGEST:
                raise NotRead(f"a size of {text} is more than is tried")
            return self.dims.setdefault(text, Dim(number=int(text)))
        name = self.dim_name(text)
        return self.dims.setdefault(name, Dim(name))

    def limit(self, text: str) -> Dim:
        """The size that a sum runs to; a letter that no declaration uses may stand for any size."""
        name = self.dim_name(dict(self.options.alias).get(text, text))
        if name in self.context.sizes_here() or "@" in name or name in self.context.size_names:
            return self.dim(text)
        known = self.dims.setdefault(name, Dim())
        return Dim() if known.known and self.static else known

    def dim_name(self, text: str) -> str:
        node = node_of(text)
        if isinstance(node, Name):
            layer = node.sub[0] if len(node.sub) == 1 else node.sup[0] if len(node.sup) == 1 else None
            if layer is not None and self.context.letters(layer) & self.static.keys():
                return f"{key_of(node)}@{self.static_value(layer)}"
            return text.replace("{", "").replace("}", "").replace(" ", "")
        return text.replace(" ", "")

    def static_value(self, node: Node) -> int:
        match node:
            case Literal(value) if value.denominator == 1:
                return int(value)
            case Name() if (letter := letter_of(node)) in self.static and letter is not None:
                return self.static[letter]
            case Addition(terms):
                return sum(sign * self.static_value(t) for sign, t in terms)
            case Group(body):
                return self.static_value(body)
        raise NotRead("an index that is shifted is not clear")

    def with_static(self, values: dict[str, int], node: Node) -> int:
        kept = self.static
        self.static = {**kept, **values}
        try:
            return self.static_value(node)
        finally:
            self.static = kept

    def is_static(self, node: Node) -> bool:
        letters = self.context.letters(node)
        return bool(letters) and letters <= self.static.keys()

    def letter(self, name: str) -> Index:
        index = self.letters.get(name)
        if index is None:
            self.counted()
            index = self.letters[name] = self.free[name] = fresh(Dim(), name)
        return index

    @contextmanager
    def bound(self, letter: str, index: Index) -> Iterator[None]:
        if letter in self.letters:
            raise Slip(
                f"the index {letter} is bound by a sum although it already stands for something outside of it"
            )
        self.counted()
        self.letters[letter] = index
        try:
            yield
        finally:
            del self.letters[letter]

    def counted(self) -> None:
        if len(self.letters) >= MOST_INDICES:
            raise NotRead(f"it has more than {MOST_INDICES} indices at once")

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A definition is read with indices of its own."""
        kept = self.letters, self.free, self.entrywise
        self.letters, self.free, self.entrywise = {}, {}, 0
        try:
            yield
        finally:
            self.letters, self.free, self.entrywise = kept
