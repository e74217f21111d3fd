"""Arrays: defined, declared, or known by their use."""

from __future__ import annotations

from fractions import Fraction

from gradcheck.notes.arrays.graph import NotDifferentiable
from gradcheck.notes.arrays.terms import (
    Dim,
    Entry,
    Number,
    fresh,
    total,
)
from gradcheck.notes.arrays.values import (
    Mismatch,
    Slip,
    Undeclared,
    Value,
)
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Addition,
    Literal,
    Name,
    Node,
)
from gradcheck.notes.reading.options import Info
from gradcheck.notes.reading.symbols import Symbols
from gradcheck.notes.statements.context import LOSSES, Definition, key_of, letter_of, nodes
from gradcheck.notes.statements.declarations import Declared

__all__ = ["NUMBERS", "POSITIVE", "Arrays"]


_MINUS = Number(Fraction(-1))
_TWO = Number(Fraction(2))


NUMBERS = {
    "\\epsilon", "\\varepsilon", "\\lambda", "\\eta", "\\alpha", "\\gamma", "\\beta", "\\mu", "\\Delta",
    "\\tau", "\\rho",
}  # fmt: skip
POSITIVE = {"\\epsilon", "\\varepsilon"}


SCALAR = {"\\mathcal{L}", "\\ell", "\\mathcal{J}", "L", "J"}


class Arrays(Symbols):
    """Arrays: defined, declared, or known by their use."""

    def info(self, name: Name, array: str, written: int = 0) -> Info:
        """The axes of an array; it is defined, declared, or known by its use. Raises `Undeclared`."""
        if array in self.infos:
            self.used |= self.uses.get(array, frozenset())
            return self.infos[array]
        if array in self.broken and not self.elsewhere(array):
            raise self.unusable(array, self.broken[array])
        if len(self.making) > 40:
            raise NotRead("its definitions are nested too deeply")
        if array in self.making:
            raise NotRead(f"{key_of(name)} is defined by itself")
        definition = self.definition_of(name, array)
        if definition is not None and array not in self.broken:
            try:
                return self.make(array, *definition)
            except NotRead:
                if not self.elsewhere(array):
                    raise
        if array in self.broken:
            self.assume(f"{array} is not defined in this section, and read as an undefined loss")
            self.context.losses.add(array)
        if array in self.context.unread:
            raise NotRead(f"the definition of {array} is not read")
        if array in self.context.losses:
            return self.loss(array)
        return self.declare(name, array, written)

    def elsewhere(self, array: str) -> bool:
        """Whether a loss is defined in another section only, whose symbols mean something else here."""
        found = self.context.definition(array, self.scope)
        return array in LOSSES and all(d.scope != self.scope for d in found)

    def unusable(self, array: str, error: Exception) -> NotRead:
        text = f"the definition of {array.split('@', maxsplit=1)[0]} cannot be used: {error}"
        return NotRead(str(error) if str(error).startswith("the definition of") else text)

    def definition_of(self, name: Name, array: str) -> tuple[Definition, dict[str, int]] | None:
        key = array.split("@", maxsplit=1)[0]
        number = int(array.split("@")[1]) if "@" in array else None
        found = None
        for definition in self.context.definition(key, self.scope):
            statics = self.solve(definition, number)
            if statics is not None:
                found = definition, statics
        return found

    def solve(self, definition: Definition, number: int | None) -> dict[str, int] | None:
        """The values of the letters of a general definition at layer or step ``number``."""
        pattern: Node | None = None
        if definition.name.sup and self.superscript(definition.name, definition.name.sup[0]) == "layer":
            pattern = definition.name.sup[0]
        elif definition.key in self.context.stepped:
            pattern = next(
                (s for s in definition.name.sub if self.is_static(s) or isinstance(s, Literal)), None
            )
        if pattern is None or number is None:
            return dict(self.static) if pattern is None and number is None else None
        if isinstance(pattern, Literal):
            return dict(self.static) if int(pattern.value) == number else None
        letters = self.context.letters(pattern)
        if len(letters) != 1:
            return None
        letter = letters.pop()
        if letter.isupper() and len(letter) == 1:
            return dict(self.static) if self.static[letter] == number else None
        at_zero = self.with_static({letter: 0}, pattern)
        value = number - at_zero
        if value < self.first(definition):
            return None
        return {**self.static, letter: value}

    def first(self, definition: Definition) -> int:
        """The first layer or step that a general definition makes: what comes before is given."""
        lowest = 0
        for inner in nodes(definition.body):
            if isinstance(inner, Name):
                for mark in (*inner.sub, *inner.sup):
                    if isinstance(mark, Addition):
                        lowest = max(
                            lowest, *(-s * int(t.value) for s, t in mark.terms if isinstance(t, Literal)), 0
                        )
        return 1 + (1 if lowest and definition.name.sup else 0)

    def with_static(self, values: dict[str, int], node: Node) -> int:
        kept = self.static
        self.static = {**kept, **values}
        try:
            return self.static_value(node)
        finally:
            self.static = kept

    def make(self, array: str, definition: Definition, statics: dict[str, int]) -> Info:
        self.making.append(array)
        kept = self.static
        self.static = statics
        before, self.used = self.used, set()
        try:
            with self.apart():
                info = self.computed(array, definition)
        except (Mismatch, Slip, NotRead, Undeclared, NotDifferentiable) as error:
            self.broken[array] = error
            raise self.unusable(array, error) from error
        finally:
            self.static = kept
            self.making.pop()
            self.uses[array] = frozenset(self.used)
            self.used |= before
        return info

    def computed(self, array: str, definition: Definition) -> Info:
        name = definition.name
        subs: list[Node] = [
            s
            for s in name.sub
            if not (definition.key in self.context.stepped and (self.is_static(s) or isinstance(s, Literal)))
        ]
        if definition.name.sup and self.superscript(name, name.sup[0]) == "index":
            subs.insert(0, name.sup[0])
        if definition.parameters and not subs:
            inner = [s for p in definition.parameters if isinstance(p, Name) for s in p.sub]
            if inner and all(isinstance(p, Name) and p.sub for p in definition.parameters):
                subs = inner  # sigma(A_i) = ...: a function of the whole array, its entry i
        given = [self.letter(letter) for s in subs if (letter := letter_of(s)) is not None]
        if len(given) != len(subs):
            raise NotRead("an index on the left of a definition is no letter")
        before = set(self.free)
        value = self.right_side(definition.body, before)
        new = [x for x in self.free if x not in before]
        if self.context.declarations.einstein:
            for letter in new:
                self.letters.pop(letter, None)
                value = value.with_body(total(self.free.pop(letter), value.body))
            new = []
        if (
            array in SCALAR
            and value.open
            and not definition.derived
            and self.declared_for(name, array) is None
        ):
            raise NotRead(f"the loss {array} is {value.words()} as it is read, and no number")
        implied: tuple[str, ...] = ()
        if new:
            if given or value.open or not self.examples(definition.body, new):
                raise Slip(self.stray(new, before))
            implied = tuple(new)
            given = [self.free[x] for x in new]
            self.assume(f"{key_of(name)} stands for {key_of(name)}_{''.join(new)}")
        declared = self.declared_for(name, array)
        if declared is not None and self.inherited(declared, definition, len(given) + len(value.open)):
            declared = None
        rank = len(declared.sizes) if declared is not None and not declared.unsaid else None
        if implied and rank == 0:
            rank = None
        dims = (*(i.dim for i in given), *(i.dim for i in value.open))
        if definition.derived and value.vector:
            said = declared is not None and not declared.unsaid and bool(declared.sizes)
            turned = definition.row or (said and declared is not None and declared.row)
            if (turned and value.column is None) or (said and not turned and value.row is None):
                value = value.transposed()
        row = value.column is not None and value.row is None
        family = len(given) if value.open else 0
        if (
            declared is not None
            and declared.name.sub
            and not (set(map(letter_of, declared.name.sub)) <= self.static.keys())
        ):
            family = len([s for s in declared.name.sub if letter_of(s)])
            rank = None if rank is None else rank + family
        if rank is not None and rank != len(dims):
            raise Mismatch(
                f"{key_of(name)} is declared with {rank} axes, and its definition gives {value.words()}"
            )
        if declared is not None and rank is not None:
            sizes = self.declared_sizes(declared, array)
            for size, dim in zip(sizes, dims[len(dims) - len(sizes) :], strict=True):
                if not dim.unify(size):
                    raise Mismatch(
                        f"{key_of(name)} is declared with the size {size}, and its definition gives {dim}"
                    )
            if len(sizes) == 1:
                wanted = declared.row or (self.options.rows and not value.open)
                if value.vector and declared.row and not row:
                    raise Mismatch(f"{key_of(name)} is declared as a row, and its definition gives a column")
                row = wanted if not value.open else row
        info = Info(dims, family, row, implied)
        self.infos[array] = info
        self.graph.computed(array, (*given, *value.open), value.body)
        return info

    def inherited(self, declared: Declared, definition: Definition, axes: int) -> bool:
        """Whether a declaration is of another section, or of the symbol without a layer, and does not fit.

        A definition may begin anew with a symbol that was something else before.
        """
        if definition.name.sup and not declared.name.sup and not definition.squared:
            return True
        return declared.scope < definition.scope and len(declared.sizes) != axes

    def examples(self, body: Node, letters: list[str]) -> bool:
        """Whether the letters only count examples of quantities that are declared as numbers."""
        for node in nodes(body):
            if isinstance(node, Name) and any(letter_of(s) in letters for s in (*node.sub, *node.sup)):
                declared = self.context.declared(key_of(node))
                if declared is None or declared.sizes or declared.unsaid:
                    return False
        return True

    def right_side(self, body: Node, left: set[str]) -> Value:
        return self.value(body)

    def stray(self, new: list[str], known: set[str]) -> str:
        other = f"; the left side has {', '.join(sorted(known))}" if known else ""
        return f"the index {new[0]} is free on the right side only{other}"

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
        guessed = dict(self.options.ranks).get(key)
        if written == 1 and key in self.context.members:
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
        own = max(beside) if beside - {0} else 0 if self.context.declarations.scalars else guessed
        if own is None:
            raise Undeclared(key)
        self.assume(f"{key}^{{(i)}} is a {('number', 'vector', 'matrix')[own]}")
        dims = tuple(self.family_dim(array, k) for k in range(1 + own))
        self.infos[array] = Info(dims, 1 if own else 0)
        self.graph.given(array, dims, values)
        return self.infos[array]
