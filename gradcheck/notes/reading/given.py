"""Given arrays: declared, or known by their use."""

from __future__ import annotations

from gradcheck.notes.arrays.terms import Dim, Entry, fresh
from gradcheck.notes.arrays.values import Undeclared
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import Literal, Name
from gradcheck.notes.reading.options import Info
from gradcheck.notes.reading.symbols import Symbols
from gradcheck.notes.statements.context import key_of, letter_of
from gradcheck.notes.statements.declarations import Declared
from gradcheck.notes.statements.letters import PLAIN

__all__ = ["NUMBERS", "POSITIVE", "Given"]


NUMBERS = {
    "\\epsilon", "\\varepsilon", "\\lambda", "\\eta", "\\alpha", "\\gamma", "\\beta", "\\mu", "\\Delta",
    "\\tau", "\\rho", "\\pi",
}  # fmt: skip
POSITIVE = {"\\epsilon", "\\varepsilon", "\\pi"}


class Given(Symbols):
    """Given arrays: declared, or known by their use."""

    def declared_for(self, name: Name, array: str) -> Declared | None:
        """The declaration that holds for an array: its own, else that of its plain symbol."""
        context = self.context
        for key in dict.fromkeys((array.split("@", maxsplit=1)[0], key_of(name))):
            own = [
                d
                for d in context.declarations_of(key.removesuffix("^2"))
                if key.endswith("^2") == bool(d.name.sup and key.removesuffix("^2") in context.squared)
            ]
            layered = [d for d in own if "@" in array and self.matches(d.name, array)]
            if layered:
                return layered[-1]
            plain = [d for d in own if not d.name.sup or key.endswith("^2")]
            if plain:
                return plain[-1]
        bare = Name(name.base)
        own = context.declarations_of(key_of(bare))
        if name.accent == PLAIN:
            return None
        if name.text.isdigit():  # \\mu_1 and \\mu_2, beside the \\mu of another page
            own = [d for d in own if not d.prose or d.scope == self.scope]
        if (name.accent or name.text) and own:
            return next((d for d in own if not d.name.sup), own[-1])
        # entries declared under another mark: W^{(1)} for W^{(2)} is not the same symbol
        return None

    def matches(self, pattern: Name, array: str) -> bool:
        number = int(array.split("@")[1])
        marks = [*pattern.sup, *(s for s in pattern.sub if self.is_static(s) or isinstance(s, Literal))]
        if not marks:
            return False
        mark = marks[0]
        if isinstance(mark, Literal):
            return int(mark.value) == number
        return bool(self.context.letters(mark) & self.static.keys())

    def declare(self, name: Name, array: str, written: int) -> Info:
        context = self.context
        declared = self.declared_for(name, array)
        if declared is not None and declared.each and array.endswith("^{(i)}"):
            dims = (self.family_dim(array, 0), *self.declared_sizes(declared, array))
            self.infos[array] = Info(dims, 1 if declared.sizes else 0, declared.row)
            self.graph.given(array, dims, declared.values)
            return self.infos[array]
        if declared is None or declared.unsaid:
            return self.by_use(name, array, written, declared.values if declared else "normal")
        sizes = self.declared_sizes(declared, array)
        letters = [
            s
            for s in declared.name.sub
            if letter_of(s) and not (key_of(name) in context.stepped and self.is_static(s))
        ]
        extra = len(letters)
        if not extra and written == len(sizes) + 1 and written not in {1} | set():
            raise NotRead(f"{key_of(name)} has {len(sizes)} indices, here it has {written}")
        if not extra and not sizes and written:
            extra = written  # M_k for a number M: a family of numbers
        if not extra and len(sizes) == 2 and written == 1:
            if context.counts(key_of(name)) - {1}:
                raise NotRead(f"what one index of the matrix {key_of(name)} means is not clear")
            extra = 1  # M_k for a matrix M: a family of matrices
        tied = self.tied(name, declared.sizes, extra)
        if tied is not None:
            return self.alias_rows(array, *tied)
        family = tuple(self.family_dim(array, k) for k in range(extra))
        dims = (*family, *sizes)
        info = Info(dims, extra, declared.row or (self.options.rows and len(sizes) == 1))
        if len(sizes) == 1 and not declared.row:
            self.used.add("rows")
        self.infos[array] = info
        self.graph.given(array, dims, declared.values)
        return info

    def tied(self, name: Name, sizes: tuple[str, ...], extra: int) -> tuple[str, Info, int] | None:
        """x_i with X declared too: row (or column) i of X."""
        upper = name.base.upper()
        declared = self.context.declared(upper)
        if extra != 1 or upper == name.base or declared is None or len(declared.sizes) != 2 or name.accent:
            return None
        info = self.info(Name(upper), upper)
        axes = [k for k, s in enumerate(declared.sizes) if s == sizes[0]] if len(sizes) == 1 else []
        if len(axes) != 1:
            raise NotRead(f"how {name.base} and {upper} belong together is not clear")
        return upper, info, axes[0]

    def alias_rows(self, array: str, matrix: str, info: Info, axis: int) -> Info:
        member, entry = fresh(info.dims[1 - axis], "i"), fresh(info.dims[axis], "r")
        places = (member, entry) if axis == 1 else (entry, member)
        self.graph.computed(array, (member, entry), Entry(matrix, places))
        self.infos[array] = Info((member.dim, entry.dim), 1)
        side = "row" if axis == 1 else "column"
        self.assume(f"{array}_i is {side} i of {matrix}, as a column")
        return self.infos[array]

    def declared_sizes(self, declared: Declared, array: str) -> tuple[Dim, ...]:
        kept, self.static = self.static, self.pattern_statics(declared.name, array)
        try:
            return tuple(Dim() if s.startswith("size_") else self.dim(s) for s in declared.sizes)
        finally:
            self.static = kept

    def pattern_statics(self, pattern: Name, array: str) -> dict[str, int]:
        if "@" not in array:
            return self.static
        number = int(array.split("@")[1])
        marks = [*pattern.sup, *(s for s in pattern.sub if self.is_static(s))]
        for mark in marks:
            letters = self.context.letters(mark) & self.static.keys()
            if len(letters) == 1:
                letter = letters.pop()
                return {**self.static, letter: number - self.with_static({letter: 0}, mark)}
        return self.static

    def by_use(self, name: Name, array: str, written: int, values: str) -> Info:
        """A symbol that is not declared: entries x_i, W_{ij}; a number by convention."""
        key = key_of(name)
        counts = self.context.counts(key)
        if (
            key in self.context.stepped and "@" in array and max(counts, default=0) > 1
        ):  # y_t and y_{t,k}: t is a step and no index
            counts = {max(c - 1, 0) for c in counts}
        guessed = dict(self.options.ranks).get(key)
        if written in {1, 2} and key in self.context.members:
            self.assume(f"{key} with an index is a vector")
            dims = tuple(self.family_dim(array, k) for k in range(2))
            self.infos[array] = Info(dims, 1)
            self.graph.given(array, dims, values)
            return self.infos[array]
        if array.endswith("^{(i)}") and written:
            return self.example(key, array, guessed, values)
        if guessed is not None and not written:
            rank = guessed
            self.assume(f"{key} is a {('number', 'vector', 'matrix')[rank]}")
        elif not written and key in self.context.numbers and "@" not in array:
            rank = 0
            self.assume(f"{key} is a number")
        elif self.context.declarations.scalars or (not written and key in NUMBERS and not name.bold):
            rank = written
            if not self.context.declarations.scalars:
                self.assume(f"{key} is a number")
        elif not written and len(counts - {0}) == 1:
            (rank,) = counts - {0}
        elif written and counts - {0} == {written}:
            rank = written
        else:
            raise Undeclared(key)
        dims = tuple(self.family_dim(array, k) for k in range(rank))
        self.infos[array] = Info(dims, row=rank == 1 and not written and self.options.rows)
        self.graph.given(array, dims, "positive" if key in POSITIVE else values)
        return self.infos[array]

    def example(self, key: str, array: str, guessed: int | None, values: str) -> Info:
        """x^{(i)}: a number or a vector for each example."""
        beside = self.context.examples.get(key, set())
        guessed = dict(self.options.ranks).get(array, guessed)
        own = max(beside) if beside - {0} else 0 if self.context.declarations.scalars else guessed
        if own is None:
            raise Undeclared(key)
        self.assume(f"{key}^{{(i)}} is a {('number', 'vector', 'matrix')[own]}")
        dims = tuple(self.family_dim(array, k) for k in range(1 + own))
        self.infos[array] = Info(dims, 1 if own else 0)
        self.graph.given(array, dims, values)
        return self.infos[array]
