"""Undefined losses and functions: anything that has a derivative."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from gradcheck.notes.arrays.algebra import add, multiply, negative, power, total
from gradcheck.notes.arrays.graph import NotDifferentiable, unused
from gradcheck.notes.arrays.terms import ONE, ZERO, Entry, Function, Index, Number, Term, fresh
from gradcheck.notes.arrays.values import (
    Mismatch,
    Slip,
    Undeclared,
    Value,
)
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Name,
)
from gradcheck.notes.reading.arrays import Arrays
from gradcheck.notes.reading.options import Info
from gradcheck.notes.statements.context import Definition

__all__ = ["Unknowns"]


_MINUS = Number(Fraction(-1))
_TWO = Number(Fraction(2))


class Unknowns(Arrays):
    """Undefined losses and functions: anything that has a derivative."""

    def loss(self, array: str) -> Info:
        """An undefined loss: a function with a derivative of everything that nothing else reads."""
        self.infos[array] = Info(())
        self.graph.computed(array, (), ZERO)
        before, self.used = self.used, set()
        terms = [
            self.some_function(f"{array}.{sink}", [self.whole(sink)], curved=self.curved)
            for sink in self.sinks(array)
        ]
        self.graph.computed(array, (), add(terms))
        self.uses[array] = frozenset(self.used)
        self.used |= before
        return self.infos[array]

    def whole(self, array: str) -> Value:
        dims = self.graph.arrays[array].dims
        places = tuple(fresh(d) for d in dims)
        body: Term = Entry(array, places)
        return Value(None, None, body) if not places else _Spread(places, body)

    def sinks(self, loss: str) -> list[str]:
        """What an undefined loss is a function of: not of what is made of it, as L + w^T w."""
        if self.only_sinks is not None:
            for array in self.only_sinks:
                self.info(Name(array.split("@")[0]), array)
            return list(self.only_sinks)
        self.define_all()
        for array in self.extra_sinks:
            self.info(Name(array.split("@")[0]), array)
        arrays = {n: a for n, a in self.graph.arrays.items() if n == loss or loss not in self.graph.reads(n)}
        free = [n for n in unused(arrays) if not self.is_loss_like(n)]
        extra = [s for s in self.extra_sinks if s not in free]
        others = [*free, *extra]
        return [*free, *(s for s in extra if not any(s in self.graph.reads(o) for o in others if o != s))]

    def is_loss_like(self, array: str) -> bool:
        base = array.split("@", maxsplit=1)[0]
        return base in self.context.losses or any(
            d.derived for d in self.context.definitions if d.key == base
        )

    def define_all(self) -> None:
        """Bring every definition of the scope into the graph; a broken one is passed over."""
        scopes = {d.scope for d in self.context.definitions if d.scope <= self.scope and not d.derived}
        here = max(scopes) if scopes else None
        wanted = [
            d
            for d in self.context.definitions
            if not d.derived and (d.scope == self.scope or (self.scope not in scopes and d.scope == here))
        ]
        for definition in wanted or [d for d in self.context.definitions if not d.derived]:
            if definition.key in self.context.losses:
                continue
            try:
                for array, name in self.instances(definition):
                    if array not in self.infos and array not in self.making:
                        self.info(name, array)
            except (Mismatch, Slip, NotRead, Undeclared, NotDifferentiable):
                continue

    def instances(self, definition: Definition) -> Iterator[tuple[str, Name]]:
        name = definition.name
        array, _, _ = self.array(name)
        if "@" not in array:
            yield array, name
            return
        marks = [m for m in (*name.sup, *name.sub) if self.is_static(m)]
        if not marks:
            yield array, name
            return
        key = array.split("@")[0]
        top = max(self.static.values())
        yield f"{key}@{top}", name
        if definition.key in self.context.stepped:
            for number in range(top - 1, 0, -1):
                yield f"{key}@{number}", name

    def some_function(self, label: str, arguments: list[Value], *, curved: bool = True) -> Term:
        """A function of all entries of its arguments with a derivative of its own everywhere.

        At one point a linear function has every first derivative; where the function is used at several
        points, or differentiated twice, it is curved.
        """
        terms: list[Term] = []
        for k, argument in enumerate(arguments):
            places = argument.open
            dims = tuple(p.dim for p in places)
            first, second = f"{label}.a{k}", f"{label}.b{k}"
            for coefficient in (first, second) if curved else (first,):
                known = self.graph.arrays.get(coefficient)
                if known is None:
                    self.graph.given(coefficient, dims)
                elif len(known.dims) != len(dims):
                    raise NotRead(f"{label} is a function of a number here and of an array there")
                else:
                    for a, b in zip(known.dims, dims, strict=True):
                        a.unify(b)
            x = argument.body
            body = multiply((Entry(first, places), x))
            if curved:
                half = Number(Fraction(1, 2))
                body = add((body, multiply((half, Entry(second, places), power(x, _TWO)))))
            for place in places:
                body = total(place, body)
            terms.append(body)
        return add(terms)

    def some_activation(self, key: str, order: int, x: Term) -> Term:
        """An undefined function of one number, or its derivative.

        It is c0 + c1 tanh(x): at any point its value and its slope may be any numbers. Where the note
        differentiates twice it is a cubic, whose value and first three derivatives may be.
        """
        if order > 3:
            raise NotRead("a fourth derivative of an undefined function is not read")
        if not self.context.twice:
            first, second = (self.coefficient(f"{key}.c{k}") for k in range(2))
            t = Function("tanh", x)
            if order == 0:
                return add((first, multiply((second, t))))
            return multiply((second, add((ONE, negative(power(t, _TWO))))))
        terms: list[Term] = []
        factorial = 1
        for exponent, k in enumerate(range(order, 4)):
            factorial *= max(exponent, 1)
            scale = Number(Fraction(1, factorial))
            terms.append(
                multiply((scale, self.coefficient(f"{key}.c{k}"), power(x, Number(Fraction(exponent)))))
            )
        return add(terms)

    def coefficient(self, array: str) -> Term:
        if array not in self.graph.arrays:
            self.graph.given(array, ())
            self.infos[array] = Info(())
        return Entry(array, ())


class _Spread(Value):
    """All entries of an array of any number of axes."""

    __slots__ = ("places",)
    places: tuple[Index, ...]

    def __init__(self, places: tuple[Index, ...], body: Term) -> None:
        object.__setattr__(self, "places", places)
        super().__init__(None, None, body)

    @property
    def open(self) -> tuple[Index, ...]:
        return self.places
