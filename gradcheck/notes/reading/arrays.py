"""Arrays: defined by the note, or given."""

from __future__ import annotations

from gradcheck.notes.arrays.algebra import total
from gradcheck.notes.arrays.graph import NotDifferentiable
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
from gradcheck.notes.reading.given import Given
from gradcheck.notes.reading.options import Info
from gradcheck.notes.statements.context import LOSSES, Definition, key_of, letter_of, nodes
from gradcheck.notes.statements.declarations import Declared

__all__ = ["Arrays"]


SCALAR = {"\\mathcal{L}", "\\ell", "\\mathcal{J}", "L", "J"}


class Arrays(Given):
    """Arrays: defined by the note, or given."""

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
        if array.split("@", maxsplit=1)[0] in self.context.unread:
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
            if inner:
                subs = inner  # sigma(A_i) = ...: a function of the whole array, its entry i
        given = [self.letter(letter) for s in subs if (letter := letter_of(s)) is not None]
        if len(given) != len(subs):
            raise NotRead("an index on the left of a definition is no letter")
        before = set(self.free)
        value = self.right_side(definition.body, before)
        new = [x for x in self.free if x not in before]
        if self.einstein:
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
