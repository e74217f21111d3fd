"""Polynomials in dimension names, with whole coefficients: what a symbolic size is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

__all__ = [
    "Monomial",
    "Polynomial",
    "SymbolicSize",
    "added",
    "as_polynomial",
    "difference_of",
    "lower_bound",
    "product_of",
    "quotient_of",
    "words",
]

Monomial = tuple[str, ...]
"""Dimension names, sorted, repeated for powers; () is 1."""
Polynomial = tuple[tuple[Monomial, int], ...]


class SymbolicSize(Protocol):
    """A size that is not known, as far as expressions ask about it; see `arrays.size`."""

    @property
    def polynomial(self) -> Polynomial: ...


def as_polynomial(size: int | SymbolicSize) -> dict[Monomial, int]:
    """A size as its monomials and their coefficients."""
    polynomial: Polynomial | None = getattr(size, "polynomial", None)  # a symbolic size says it is an int
    if polynomial is not None:
        return dict(polynomial)
    assert isinstance(size, int)
    return {(): size} if size else {}


def lower_bound(terms: Mapping[Monomial, int]) -> int | None:
    """The least value for names from 1 up, or None where a name lowers the value."""
    if any(c < 0 for m, c in terms.items() if m):
        return None
    return sum(terms.values())


def words(polynomial: Polynomial) -> str:
    """`n + 1`, `2*d`, `n*m - 1`; the constant last."""
    parts = []
    for monomial, coefficient in sorted(polynomial, key=lambda item: (not item[0], item[0])):
        factors = ([] if abs(coefficient) == 1 and monomial else [str(abs(coefficient))]) + list(monomial)
        sign = "-" if coefficient < 0 else "+"
        parts.append(f"{sign} {'*'.join(factors)}")
    text = " ".join(parts) or "0"
    return text.removeprefix("+ ")


def added(a: dict[Monomial, int], b: dict[Monomial, int]) -> dict[Monomial, int]:
    result = dict(a)
    for monomial, coefficient in b.items():
        result[monomial] = result.get(monomial, 0) + coefficient
    return {m: c for m, c in result.items() if c}


def difference_of(a: dict[Monomial, int], b: dict[Monomial, int]) -> dict[Monomial, int]:
    return added(a, {m: -c for m, c in b.items()})


def product_of(a: dict[Monomial, int], b: dict[Monomial, int]) -> dict[Monomial, int]:
    result: dict[Monomial, int] = {}
    for m1, c1 in a.items():
        for m2, c2 in b.items():
            monomial = tuple(sorted(m1 + m2))
            result[monomial] = result.get(monomial, 0) + c1 * c2
    return {m: c for m, c in result.items() if c}


def quotient_of(dividend: Polynomial, divisor: Polynomial) -> dict[Monomial, int] | None:
    """The quotient where the division leaves no rest for any sizes; None otherwise."""
    if len(divisor) != 1 or not divisor[0][1]:
        return None
    names, factor = divisor[0]
    quotient: dict[Monomial, int] = {}
    for monomial, coefficient in dividend:
        rest = list(monomial)
        for name in names:
            if name not in rest:
                return None
            rest.remove(name)
        if coefficient % factor:
            return None
        quotient[tuple(rest)] = coefficient // factor
    return quotient
