"""Total differentials: how a value moves with the symbols that move."""

from __future__ import annotations

from gradcheck.notes.arrays.algebra import add, multiply, total
from gradcheck.notes.arrays.terms import Entry, fresh
from gradcheck.notes.arrays.values import Value
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import Name, Node
from gradcheck.notes.reading.derivatives import Derivatives
from gradcheck.notes.statements.context import key_of
from gradcheck.notes.statements.differentials import is_power

__all__ = ["STILL", "Differentials"]


_VARIABLES = {*"xyzuvXYZUV"}
STILL = "is held fixed"


class Differentials(Derivatives):
    """Total differentials: how a value moves with the symbols that move."""

    def differential(self, of: Node) -> Value:
        """dX, any change of X where X moves; else the change of what is computed from what moves."""
        if isinstance(of, Name) and not is_power(of, self.context) and key_of(of) in self.moving:
            return self.change(of)
        value = self.value(of)
        for key in self.still(of, self.graph.leaves(value.body)):
            self.assume(f"{key} {STILL}")
        terms = []
        for key in sorted(self.moving):
            array, _, _ = self.array(Name(key))
            info = self.info(Name(key), array)
            if any(array in self.graph.reads(self.array(Name(o))[0]) for o in self.moving - {key}):
                raise NotRead("differentials of symbols that rest on each other are not read")
            places = tuple(fresh(d, "m") for d in info.dims)
            term = multiply((self.graph.derivative(value.body, array, places), Entry(f"d.{array}", places)))
            self.change(Name(key))
            for place in places:
                term = total(place, term)
            terms.append(term)
        return value.with_body(add(terms))

    def still(self, of: Node, leaves: list[str]) -> list[str]:
        """Symbols that could move too and have no differential: x beside y; A is a constant."""
        variables = _VARIABLES
        if isinstance(of, Name):
            known = self.context.definition(key_of(of), self.scope)
            variables = {key_of(p) for d in known for p in d.parameters if isinstance(p, Name)}
        return [x for x in leaves if x in variables - self.moving]

    def change(self, of: Name) -> Value:
        """An array of the shape of a symbol."""
        by = self.operand(of)
        array = f"d.{by.array}"
        if array not in self.graph.arrays:
            self.graph.given(array, self.graph.arrays[by.array].dims)
        return by.value.with_body(Entry(array, by.places))
