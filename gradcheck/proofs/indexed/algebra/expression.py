"""Expressions: sums of products of indexed factors, in normal form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.constants import irrational, meant
from gradcheck.proofs.indexed.algebra.indices.codes import BOUND, is_bound, is_constant
from gradcheck.proofs.indexed.algebra.polynomials import Polynomial
from gradcheck.proofs.indexed.algebra.products import Terms, normal_product
from gradcheck.proofs.indexed.algebra.space import DELTA, Factor, Number, Space, Term, plain

__all__ = ["Expr", "constant", "delta", "factor", "size_expression"]


class Expr:
    """A sum of terms. Equal expressions have equal ``terms``, as far as sums, products and deltas go;
    functions are made equal by `gradcheck.proofs.indexed.algebra.reduction`.
    """

    __slots__ = ("_free", "space", "terms")

    def __init__(self, space: Space, terms: Terms) -> None:
        self.space = space
        self.terms = terms
        self._free: frozenset[int] | None = None

    def __bool__(self) -> bool:
        """Whether there is any term."""
        return bool(self.terms)

    @property
    def free(self) -> frozenset[int]:
        """The named indices that occur."""
        if self._free is None:
            self._free = frozenset(
                i
                for factors, _ in self.terms
                for _, indices, _ in factors
                for i in indices
                if not is_bound(i) and not is_constant(i)
            )
        return self._free

    @property
    def number(self) -> Number | None:
        """The value of an expression that is a plain number."""
        if not self.terms:
            return 0
        if len(self.terms) == 1 and ((), ()) in self.terms:
            return self.terms[(), ()]
        return None

    def __add__(self, other: Expr) -> Expr:
        terms = dict(self.terms)
        for term, coefficient in other.terms.items():
            _put(terms, term, coefficient)
        return Expr(self.space, terms)

    def __neg__(self) -> Expr:
        return self.scaled(-1)

    def __sub__(self, other: Expr) -> Expr:
        return self + other.scaled(-1)

    def scaled(self, number: Number) -> Expr:
        """Times a plain number."""
        if number == 1:
            return self
        if number == 0:
            return Expr(self.space, {})
        return Expr(self.space, {t: plain(c * number) for t, c in self.terms.items()})

    def __mul__(self, other: Expr) -> Expr:
        if (number := other.number) is not None:
            return self.scaled(number)
        if (number := self.number) is not None:
            return other.scaled(number)
        if self.space.uses.halves:
            self.space.note_bent(self.terms, other.terms)
        if len(self.terms) > 1 and self.terms == other.terms:
            from gradcheck.proofs.indexed.algebra.powers import power

            return power(self, 2)  # a square that a root or a division may undo
        terms: Terms = {}
        for (factors, bounds), c in self.terms.items():
            shift = len(bounds)
            for (more, more_bounds), d in other.terms.items():
                shifted = _shifted(more, shift) if shift and more_bounds else more
                product = normal_product(self.space, (*factors, *shifted), (*bounds, *more_bounds))
                for term, e in product.items():
                    _put(terms, term, c * d * e)
        return Expr(self.space, terms)

    def summed(self, *codes: int) -> Expr:
        """The sum over named indices."""
        space = self.space
        codes = space.flat(codes)
        if space.expand:
            for k, code in enumerate(codes):
                size = space.size_list[space.size_of(code)]
                if type(size) is int:
                    return self._written_out(code, size).summed(*codes[:k], *codes[k + 1 :])
        if not codes:
            return self
        sizes = tuple([space.size_of(code) for code in codes])
        terms: Terms = {}
        for (factors, bounds), c in self.terms.items():
            first = BOUND + len(bounds)
            names = {code: first + k for k, code in enumerate(codes)}
            product = normal_product(space, _replaced(factors, names), (*bounds, *sizes))
            for term, d in product.items():
                _put(terms, term, c * d)
        return Expr(space, terms)

    def _written_out(self, code: int, size: int) -> Expr:
        self.space.spend(size)
        result = Expr(self.space, {})
        for k in range(size):
            result = result + self.renamed({code: k})
        return result

    def renamed(self, names: Mapping[int, int]) -> Expr:
        """With other indices, all at once; constants are indices too."""
        if self.space.digits:
            names = self.space.flat_names(names)
        names = {old: new for old, new in names.items() if old != new and old in self.free}
        if not names:
            return self
        terms: Terms = {}
        with self.space.algebra():
            for (factors, bounds), c in self.terms.items():
                for term, d in normal_product(self.space, _replaced(factors, names), bounds).items():
                    _put(terms, term, c * d)
        return Expr(self.space, terms)

    def term_expressions(self) -> Iterable[tuple[Number, Expr]]:
        """The terms as expressions with coefficient 1, beside their coefficients."""
        for term, coefficient in self.terms.items():
            yield coefficient, Expr(self.space, {term: 1})


def _put(terms: Terms, term: Term, coefficient: Number) -> None:
    total = plain(terms.get(term, 0) + coefficient)
    if total:
        terms[term] = total
    else:
        terms.pop(term, None)


def _shifted(factors: tuple[Factor, ...], shift: int) -> tuple[Factor, ...]:
    return tuple((h, tuple([k + shift if is_bound(k) else k for k in i]), p) for h, i, p in factors)


def _replaced(factors: tuple[Factor, ...], names: Mapping[int, int]) -> tuple[Factor, ...]:
    return tuple([(h, tuple([names.get(k, k) for k in i]), p) for h, i, p in factors])


def constant(space: Space, number: object) -> Expr:
    """A plain number, exactly: a float is the number that it stands for. Raises `Unsupported` for NaN."""
    if isinstance(number, int | Fraction):
        exact: Number = number
    else:
        try:
            value = float(number)  # type: ignore[arg-type]
            exact = meant(value)
        except (ValueError, OverflowError):
            raise space.refused(Unsupported(f"the constant {number} in a formula")) from None
        if exact.denominator > _SIMPLE and (found := irrational(value)) is not None:
            return _root(space, *found).scaled(-1 if value < 0 else 1)
    return Expr(space, {((), ()): plain(exact)} if exact else {})


_SIMPLE = 10**6


def _root(space: Space, square: Fraction, k: int) -> Expr:
    """A root of a fraction times a power of pi."""
    from gradcheck.proofs.indexed.algebra.powers import root_of_number

    root = root_of_number(space, square, Fraction(1, 2))
    if not k:
        return root
    pi = space.head(("pi",), "pi", "pi", positive=True)
    return root * factor(space, pi.number, (), plain(Fraction(k, 2)))


def factor(space: Space, head: int, indices: tuple[int, ...], power: Number = 1) -> Expr:
    """One factor as an expression."""
    return Expr(space, normal_product(space, ((head, indices, power),), ()))


def delta(space: Space, i: int, j: int) -> Expr:
    """The Kronecker delta of two indices."""
    if i in space.digits or j in space.digits:
        i, j = (i, j) if i in space.digits else (j, i)
        result = constant(space, 1)
        pairs = space.flat_names({i: j}).items()
        for a, b in pairs:
            result = result * factor(space, DELTA, (a, b))
        return result
    return factor(space, DELTA, (i, j))


def size_expression(space: Space, size: Any) -> Expr:
    """A size as a number to compute with: an int, a `SymbolicSize`, or its polynomial."""
    if type(size) is int:
        return constant(space, size)
    polynomial: Polynomial = getattr(size, "polynomial", None) or size
    terms: Terms = {}
    for names, coefficient in polynomial:
        factors = tuple((space.head(("size", n), "size", n, positive=True).number, (), 1) for n in names)
        for term, c in normal_product(space, factors, ()).items():
            _put(terms, term, coefficient * c)
    return Expr(space, terms)
