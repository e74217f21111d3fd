"""Formulas given a meaning: `syntax` nodes to values, under one set of conventions.

What is not certain raises `NotRead`.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gradcheck.notes.arrays.algebra import negative, substitute, total
from gradcheck.notes.arrays.terms import ZERO, Entry, Function, Index, Number, Size
from gradcheck.notes.arrays.values import (
    Mismatch,
    Undeclared,
    Value,
    plus,
)
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
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
from gradcheck.notes.reading.differentials import Differentials
from gradcheck.notes.reading.einstein import repeated
from gradcheck.notes.reading.given import POSITIVE
from gradcheck.notes.reading.options import Info, Options
from gradcheck.notes.statements.context import LOSSES, key_of, letter_of, nodes

__all__ = ["Info", "Options", "Reader"]


class Reader(Differentials):
    """Gives every expression of a note its value."""

    def value(self, node: Node) -> Value:
        self.deep += 1
        if self.deep > 200:
            raise NotRead("it is nested too deeply")
        try:
            return self._value(node)
        finally:
            self.deep -= 1

    def _value(self, node: Node) -> Value:
        match node:
            case Literal(value):
                return Value(None, None, Number(value))
            case Name():
                return self.size(node) or self.named(node)
            case Group(body, sub):
                if sub:
                    return self.indexed(body, sub)
                return self.value(body)
            case Addition(terms):
                return self.addition(terms)
            case Multiplication(factors):
                return self.product(factors)
            case Quotient(above, below):
                return self.quotient(self.value(above), self.value(below))
            case Raised():
                return self.raising(node)
            case Root(body):
                inner = self.value(body)
                return inner.with_body(Function("sqrt", inner.body))
            case Norm(body, kind):
                return self.norm(self.value(body), kind)
            case Bars(body):
                inner = self.value(body)
                if inner.matrix:
                    return Value(None, None, self.determinant(inner))
                if not inner.scalar:
                    raise NotRead("what bars around a vector mean is not clear")
                return inner.with_body(Function("abs", inner.body))
            case Apply():
                return self.applied(node)
            case BigSum():
                return self.sum(node)
            case Derivative():
                return self.derivative(node)
            case Nabla():
                return self.nabla(node)
            case Differential(of):
                return self.differential(of) if self.moving else self.shorthand(of)
            case Indicator(condition):
                return self.condition(condition)
            case Relation():
                return self.condition(node)
            case Matrix(rows):
                return self.matrix(rows)
            case Vectorised(items):
                if any(isinstance(i, Dots) for i in items):
                    return self.dotted(node)
                column = self.matrix(tuple((i,) for i in items))
                return replace(column, listed=True)
            case Cases(rows):
                return self.cases(rows)
            case Dots():
                raise NotRead("dots stand for something that is not written out")
        raise NotRead("a part of it is not known")

    def size(self, node: Name) -> Value | None:
        """A size used as a number, as in 1/m."""
        letter = letter_of(node)
        if letter is None and not (node.text or node.sub):
            return None
        if letter is not None and letter in self.static and letter not in self.context.used_as_symbol:
            if letter in self.letters:
                return None
            return Value(None, None, Number(Fraction(self.static[letter])))
        key = key_of(node)
        if self.context.declared(key) is not None and self.context.declared(key).values != "integer":  # type: ignore[union-attr]
            return None
        if self.context.is_defined(key) or node.primes or node.sup:
            return None
        text = letter or key.replace("{", "").replace("}", "")
        if node.sub:
            text += "_" + "".join(letter_of(s) or str(getattr(s, "text", "?")) for s in node.sub)
        text = dict(self.options.alias).get(text, text)
        if text in self.context.sizes:
            return Value(None, None, Size(self.limit(text)))
        return None

    def indexed(self, body: Node, sub: tuple[Node, ...]) -> Value:
        inner = self.value(body)
        places = [self.place(s) for s in sub]
        if len(places) != len(inner.open):
            raise NotRead(f"{inner.words()} is written with {len(places)} indices")
        for place, index in zip(places, inner.open, strict=True):
            if isinstance(place, Index):
                place.dim.unify(index.dim)
        return Value(None, None, substitute(inner.body, dict(zip(inner.open, places, strict=True))))

    def addition(self, terms: tuple[tuple[int, Node], ...]) -> Value:
        terms = self.reaching(terms)
        values: list[Value] = []
        waiting: list[tuple[int, int, Node, Undeclared]] = []
        for k, (sign, term) in enumerate(terms):
            known = set(self.free)
            try:
                value = self.value(term)
                if self.einstein:
                    value = self.contracted(term, value, known)
            except Undeclared as error:
                waiting.append((k, sign, term, error))
                values.append(Value(None, None, ZERO))
                continue
            values.append(value if sign > 0 else value.with_body(negative(value.body)))
        for k, sign, term, unknown in waiting:
            others = [v for j, v in enumerate(values) if all(j != w[0] for w in waiting)]
            scalar = bool(others) and all(v.scalar for v in others)
            if not others or not isinstance(term, Name) or not (self.making or scalar):
                raise unknown
            other = plus(others) if len(others) > 1 else others[0]
            value = self.bias(term, other, terms) or self.like(term, other, unknown)
            values[k] = value if sign > 0 else value.with_body(negative(value.body))
        if any(v.matrix for v in values):
            values = [self.to_each(t, v, terms, values) for (_, t), v in zip(terms, values, strict=True)]
        return self.plus(values)

    def contracted(self, term: Node, value: Value, known: set[str]) -> Value:
        """Einstein's convention in one term of a sum: the indices that stand in it twice are summed over."""
        for letter in [x for x in self.free if x not in known and repeated(term, x)]:
            index = self.free.pop(letter)
            self.letters.pop(letter, None)
            value = value.with_body(total(index, value.body))
        return value

    def reaching(self, terms: tuple[tuple[int, Node], ...]) -> tuple[tuple[int, Node], ...]:
        r"""\\sum_i a_i + b_i: the sum reaches as far as its index is written, where that is nothing else."""
        for k, (sign, term) in enumerate(terms):
            inner = term.factors[-1][1] if isinstance(term, Multiplication) else term
            letter = letter_of(inner.index) if isinstance(inner, BigSum) and inner.index is not None else None
            if letter is None or letter in self.letters or letter in self.static:
                continue
            last = max((j for j in range(k + 1, len(terms)) if _writes(terms[j][1], letter)), default=k)
            making = self.making[-1].split("@")[0] if self.making else ""
            if last == k or (making not in LOSSES and not _example(terms[last][1], letter)):
                continue  # in z_j = \\sum_k w_{jk} a_k + b_k the index is the slip
            assert isinstance(inner, BigSum)
            inside = Addition(((1, inner.body), *terms[k + 1 : last + 1]))
            whole: Node = replace(inner, body=inside)
            if isinstance(term, Multiplication):
                whole = replace(term, factors=(*term.factors[:-1], (term.factors[-1][0], whole)))
            self.assume(f"the sum over {letter} reaches over all terms that are written with it")
            return (*terms[:k], (sign, whole), *self.reaching(terms[last + 1 :]))
        return terms

    def plus(self, values: list[Value]) -> Value:
        shaped = [v for v in values if not v.scalar]
        if shaped and len(shaped) < len(values):
            numbers = [v for v in values if v.scalar]
            if any(not isinstance(v.body, Number) for v in numbers) and not self.entrywise:
                raise Mismatch(f"a sum of a number and {shaped[0].words()} does not conform")
            first = shaped[0]
            values = [v if not v.scalar else first.with_body(v.body) for v in values]
        return plus(values)

    def is_open(self, term: Node) -> bool:
        """Whether a term is a symbol of which the note says nothing."""
        if not isinstance(term, Name) or not term.base.islower() or term.sub or term.sup or term.primes:
            return False
        declared, key = self.context.declared(key_of(term)), key_of(term)
        return (declared is None or declared.unsaid) and not self.context.is_defined(key)

    def beside_weights(self, terms: tuple[tuple[int, Node], ...]) -> bool | None:
        """Whether a sum begins with W X, or (False) with X W; None where nothing is called W."""
        product = terms[0][1]
        factors = [f for _, f in product.factors] if isinstance(product, Multiplication) else []
        weights = (
            [isinstance(f, Name) and f.base in {"W", "\\Theta"} for f in (factors[0], factors[-1])]
            if factors
            else []
        )
        return weights[0] if weights and weights[0] != weights[1] else None

    def bias(self, name: Name, other: Value, terms: tuple[tuple[int, Node], ...]) -> Value | None:
        """b in X W + b or W X + b: a vector that is added to each example, where W is called so."""
        first = self.beside_weights(terms)
        if not other.matrix or first is None or not self.is_open(name):
            return None
        along = other.row if first else other.column
        assert along is not None
        array, _, _ = self.array(name)
        self.infos[array] = Info((along.dim,), added=True)
        self.graph.given(array, (along.dim,), "normal")
        return other.with_body(Entry(array, (along,)))

    def to_each(
        self, term: Node, value: Value, terms: tuple[tuple[int, Node], ...], values: list[Value]
    ) -> Value:
        """A vector that is added to a matrix and declared nowhere: is it added to rows or to columns?"""
        if not value.vector or not self.is_open(term):
            return value
        assert isinstance(term, Name)
        found = self.bias(term, next(v for v in values if v.matrix), terms)
        array, _, _ = self.array(term)
        self.infos[array] = replace(self.infos[array], added=True)
        return value if found is None else found

    def like(self, name: Name, other: Value, error: Undeclared) -> Value:
        """A symbol of which only a sum tells the shape, as the bias in W x + b."""
        array, subs, exponent = self.array(name)
        if subs or exponent is not None:
            raise error
        dims = tuple(i.dim for i in other.open)
        self.infos[array] = Info(dims, 0, other.row is None)
        self.graph.given(array, dims, "positive" if array in POSITIVE else "normal")
        self.assume(f"{key_of(name)} is {other.words()}")
        return Value(other.row, other.column, Entry(array, other.open))


def _example(node: Node, letter: str) -> bool:
    """Whether an index is the number of an example, as in y^{(i)}."""
    return any(
        isinstance(n, Name) and n.bracket == "(" and any(letter_of(s) == letter for s in n.sup)
        for n in nodes(node)
    )


def _writes(node: Node, letter: str) -> bool:
    """Whether an index is written in a term, outside of sums of its own."""
    if isinstance(node, BigSum) and node.index is not None and letter_of(node.index) == letter:
        return False
    own = {
        id(n)
        for b in nodes(node)
        if isinstance(b, BigSum) and b.index is not None and letter_of(b.index) == letter
        for n in nodes(b)
    }
    return any(
        isinstance(n, Name) and id(n) not in own and any(letter_of(s) == letter for s in (*n.sub, *n.sup))
        for n in nodes(node)
    )
