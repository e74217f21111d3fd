"""Sums and products of SymPy symbols that SymPy is not asked to simplify.

`sympy.Add` sorts and collects its terms each time one is added, and `sympy.Mul` its factors, which was more
than half of what the symbolic backend cost. Terms are differentiated one by one anyway, and each kind of
term once (`_partials`).
"""

from __future__ import annotations

from typing import Any

import sympy

__all__ = ["Product", "Sum", "single", "terms_of"]


class Sum:
    """Terms that are added; each is a SymPy expression other than a sum of many."""

    __slots__ = ("terms",)
    _op_priority = 1000.0  # SymPy's own `+` then hands over to ours
    is_Atom = False

    def __init__(self, terms: tuple[Any, ...]) -> None:
        self.terms = terms

    def __add__(self, other: Any) -> Any:
        return _sum(self.terms + terms_of(other))

    def __radd__(self, other: Any) -> Any:
        return _sum(terms_of(other) + self.terms)

    def __neg__(self) -> Any:
        return Sum(tuple(-t for t in self.terms))

    def __sub__(self, other: Any) -> Any:
        return _sum(self.terms + tuple(-t for t in terms_of(other)))

    def __rsub__(self, other: Any) -> Any:
        return _sum(terms_of(other) + tuple(-t for t in self.terms))


class Product:
    """Two symbols multiplied, as a term of a sum; ``negative`` with a minus before it."""

    __slots__ = ("factors", "negative")
    is_Atom = is_Number = is_Add = is_Symbol = False

    def __init__(self, left: Any, right: Any, *, negative: bool = False) -> None:
        self.factors = (left, right)
        self.negative = negative

    def __neg__(self) -> Product:
        return Product(*self.factors, negative=not self.negative)

    def __eq__(self, other: object) -> bool:
        return type(other) is Product and (self.factors, self.negative) == (other.factors, other.negative)

    def __hash__(self) -> int:
        return hash((self.factors, self.negative))

    @property
    def free_symbols(self) -> set[Any]:
        return set(self.factors)

    def expression(self) -> Any:
        """The same for SymPy."""
        product = self.factors[0] * self.factors[1]
        return -product if self.negative else product


def terms_of(value: Any) -> tuple[Any, ...]:
    """The terms of a sum; none of zero, one of any other number or atom."""
    if isinstance(value, Sum):
        return value.terms
    if isinstance(value, int) or value.is_Number:
        return (sympy.sympify(value),) if value else ()
    return tuple(value.args) if value.is_Add else (value,)


def single(term: Any) -> Any:
    """A product, ready to be added to others; atoms stay as they are."""
    return term if term.is_Atom else Sum((term,))


def _sum(terms: tuple[Any, ...]) -> Any:
    if not terms:
        return sympy.S.Zero
    if len(terms) == 1 and terms[0].is_Atom:
        return terms[0]
    return Sum(terms)
