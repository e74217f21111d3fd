"""Sums, conditions and cases."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gradcheck.notes.arrays.algebra import add, multiply, negative, substitute, total
from gradcheck.notes.arrays.terms import ONE, ZERO, Delta, Dim, Index, Multiple, Number, Positive, Term, fresh
from gradcheck.notes.arrays.values import (
    Value,
    plus,
)
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Addition,
    BigSum,
    Literal,
    Multiplication,
    Name,
    Node,
    Quotient,
    Relation,
)
from gradcheck.notes.reading.products import Products
from gradcheck.notes.statements.context import key_of, letter_of, nodes

__all__ = ["Sums"]


_MINUS = Number(Fraction(-1))
_TWO = Number(Fraction(2))


def _factors(node: Node) -> list[Node]:
    if isinstance(node, Multiplication):
        return [f for _, factor in node.factors for f in _factors(factor)]
    return [*_factors(node.above), *_factors(node.below)] if isinstance(node, Quotient) else [node]


def _has(node: Node, letter: str) -> bool:
    return any(isinstance(n, Name) and letter_of(n) == letter for n in nodes(node))


def _one_more(high: Node | None) -> Node | None:
    """The number of terms from 0 up to a limit: n for n - 1."""
    if high is None:
        return None
    if isinstance(high, Addition) and len(high.terms) == 2:
        (first, size), (sign, one) = high.terms
        if first > 0 and sign < 0 and isinstance(one, Literal) and one.value == 1:
            return size
    if isinstance(high, Literal):
        return Literal(high.value + 1, str(high.value + 1))
    raise NotRead("a sum from 0 that does not end at a size less 1 is not read")


class Sums(Products):
    """Sums, conditions and cases."""

    def sum(self, node: BigSum) -> Value:
        if node.index is None:
            return self.bare_sum(node.body)
        letter = letter_of(node.index)
        if letter is None:
            raise NotRead("the index of a sum is more than a letter")
        if node.kind == "prod":
            return self.multiple(node, letter)
        if (
            letter in self.static
            or (node.low is not None and self.is_static(node.low))
            or (node.high is not None and self.is_static(node.high))
        ):
            return self.unrolled(node, letter)
        letters = [letter, *(x for m in node.more if (x := letter_of(m)))]
        if len(letters) != 1 + len(node.more):
            raise NotRead("the index of a sum is more than a letter")
        dim = self.range(node)
        index = fresh(dim, letter)
        with self.bound(letter, index):
            if len(letters) == 1:
                return self.summed(node, index)
            rest = replace(node, index=node.more[0], more=node.more[1:], low=None, condition=None)
            inner = self.sum(rest)
            return inner.with_body(total(index, inner.body))

    def summed(self, node: BigSum, index: Index) -> Value:
        inner = self.value(node.body)
        body = inner.body
        if node.condition is not None:
            body = multiply((self.condition(node.condition).body, body))
        return inner.with_body(total(index, body))

    def multiple(self, node: BigSum, letter: str) -> Value:
        """The product of numbers over an index."""
        if node.more or node.condition is not None or letter in self.static:
            raise NotRead("a product over several indices, under a condition or over steps is not read")
        if not all(_has(f, letter) for f in _factors(node.body)):
            raise NotRead("how far a product over an index reaches is not clear; use brackets")
        index = fresh(self.range(node), letter)
        with self.bound(letter, index):
            inner = self.value(node.body)
        if not inner.scalar:
            raise NotRead("a product of matrices over an index is not read")
        return inner.with_body(Multiple(index, inner.body))

    def range(self, node: BigSum) -> Dim:
        low, high = node.low, node.high
        begins = low.value if isinstance(low, Literal) else None
        if begins == 0:
            return self.range(replace(node, low=None, high=_one_more(high)))
        if low is not None and begins != 1:
            raise NotRead("a sum that does not begin at 1 is not read")
        if high is None:
            return Dim()
        if isinstance(high, Literal):
            return self.dim(high.text)
        if isinstance(high, Name):
            key = key_of(high).replace("{", "").replace("}", "")
            for sub in high.sub:
                key += (
                    "_" + "".join(sorted(self.context.letters(sub)))
                    if not isinstance(sub, Literal)
                    else f"_{sub.text}"
                )
            return self.limit(key)
        raise NotRead("the upper limit of a sum is not clear")

    def unrolled(self, node: BigSum, letter: str) -> Value:
        low = self.static_value(node.low) if node.low is not None else 1
        if node.high is not None:
            high = self.static_value(node.high)
        elif letter.upper() in self.static:
            high = self.static[letter.upper()]
        else:
            raise NotRead("a sum over steps has no upper limit")
        if node.condition is not None or node.more:
            raise NotRead("a sum over steps with a condition is not read")
        if high - low > 12:
            raise NotRead("a sum over steps is too long")
        kept = self.static
        values: list[Value] = []
        try:
            for number in range(low, high + 1):
                self.static = {**kept, letter: number}
                values.append(self.value(node.body))
        finally:
            self.static = kept
        if not values:
            return Value(None, None, ZERO)
        return plus(values)

    def bare_sum(self, body: Node) -> Value:
        """A sum without an index runs over the one index that its body leaves open, or over all entries."""
        before = set(self.letters)
        self.entrywise += 1
        try:
            inner = self.value(body)
        finally:
            self.entrywise -= 1
        new = [x for x in self.letters if x not in before]
        if len(new) > 1 or (new and inner.open):
            raise NotRead("over which index a sum runs is not clear")
        result = inner.body
        if not new and not inner.open:
            raise NotRead("over which index a sum runs is not clear")
        for letter in new:
            index = self.letters.pop(letter)
            self.guess_range(index)
            self.free.pop(letter, None)
            result = total(index, result)
        for index in inner.open:
            result = total(index, result)
        return Value(None, None, result)

    def guess_range(self, index: Index) -> None:
        """A sum without limits beside a 1/n, where n is the only size that the note counts with."""
        counts = [s for s in self.context.sizes if s in {"n", "N", "m", "M"}]
        if not index.dim.known and len(counts) == 1 and not dict(self.options.alias):
            index.dim.unify(self.dim(counts[0]))

    def condition(self, node: Node) -> Value:
        """1 where a condition holds, else 0."""
        if not isinstance(node, Relation):
            raise NotRead("a condition is not clear")
        if node.sign in {"=", "\\neq"}:
            term = self.same_index(node.left, node.right)
            return Value(None, None, term if node.sign == "=" else add((ONE, negative(term))))
        left, right = self.value(node.left), self.value(node.right)
        if node.sign in {"<", "\\leq"}:
            left, right = right, left
        difference = self.plus([left, right.with_body(negative(right.body))])
        return difference.with_body(Positive(difference.body))

    def same_index(self, left: Node, right: Node) -> Term:
        for a, b in ((left, right), (right, left)):
            if isinstance(a, Name) and self.is_label(a):
                k, hot = self.labelled(a)
                place = self.place(b)
                if isinstance(place, Index):
                    place.dim.unify(k.dim)
                return substitute(hot, {k: place})
        places = []
        for node in (left, right):
            letter = letter_of(node)
            if letter is None or (self.context.declared(letter) is not None):
                raise NotRead("an equality of values as a condition is not read")
            places.append(self.place(node))
        first, second = places
        if isinstance(first, Index) and isinstance(second, Index):
            first.dim.unify(second.dim)
        return ONE if first == second else Delta(first, second)

    def cases(self, rows: tuple[tuple[Node, Node | None], ...]) -> Value:
        masks: list[Term] = []
        values: list[Value] = []
        for k, (node, condition) in enumerate(rows):
            if condition is None:
                if k != len(rows) - 1:
                    raise NotRead("a case has no condition")
                masks.append(add((ONE, *(negative(m) for m in masks))))
            else:
                mask = self.condition(condition)
                if not mask.scalar:
                    raise NotRead("a case of a vector is not read")
                masks.append(mask.body)
            values.append(self.value(node))
        return self.plus([v.with_body(multiply((m, v.body))) for m, v in zip(masks, values, strict=True)])
