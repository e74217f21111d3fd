"""Sizes as polynomials in dimension names, which stand for integers from 1 up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.conditions.questions import Question
from gradcheck.proofs.indexed.algebra.polynomials import (
    Monomial,
    Polynomial,
    added,
    difference_of,
    lower_bound,
    product_of,
    quotient_of,
    words,
)
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.guarding import is_a
from gradcheck.proofs.indexed.arrays.indices.whole_number import WholeNumber

__all__ = ["HIGHEST_POWER", "Size", "make_size", "polynomial_of", "text_of"]

HIGHEST_POWER = 32
"""Of a size, so that it fits into a float64: `LARGEST**32` is below 1e308."""
_NEVER_A_NUMBER = (type(None), str, bytes, tuple, list, dict, set, frozenset, type, slice, type(Ellipsis))


class Size(WholeNumber):
    """A size that is not known: `n`, `n + 1`, `n m`. What is a plain number is an `int` instead.

    It computes like an int. Comparisons are decided where they hold for all names from 1 up, and
    otherwise asked of the space's questions. Mixed with floats or arrays it becomes an indexed array.
    """

    __slots__ = ("polynomial",)
    __array_priority__ = 1000
    noun = "size"
    array_of: ClassVar[Callable[[Space, Any], Any]]  # both put in by `converting`, which knows sizes
    operate: ClassVar[Callable[[Space, str, Any, Any], Any]]

    def __init__(self, space: Space, polynomial: Polynomial) -> None:
        super().__init__(space)
        self.polynomial = polynomial

    def words(self) -> str:
        return words(self.polynomial)

    __hash__ = WholeNumber.__hash__

    def _combine(self, other: Any, combine: Callable[[Any, Any], Any], symbol: str, swap: bool) -> Any:
        right = self._whole(other)
        if right is None:
            return self._as_array(other, symbol, swap)
        left = dict(self.polynomial)
        pair = (dict(right), left) if swap else (left, dict(right))
        return make_size(self.space, combine(*pair))

    def _whole(self, other: Any) -> Polynomial | None:
        """What Python's own integers and other sizes are; None for NumPy's, which wrap, and all else."""
        if type(other) is Size and other.space is not self.space:
            raise self.space.refused(Unsupported("a size that the code kept from an earlier run"))
        return polynomial_of(other) if type(other) in (int, bool, Size) else None

    def _as_array(self, other: Any, symbol: str, swap: bool) -> Any:
        mine = Size.array_of(self.space, self)
        if type(other) in (int, bool, float, Size):
            mine.kind = "f"  # Python's integers become floats here, or larger than NumPy's
        return Size.operate(self.space, symbol, *((other, mine) if swap else (mine, other)))

    def __add__(self, other: Any) -> Any:
        return self._combine(other, added, "add", swap=False)

    def __radd__(self, other: Any) -> Any:
        return self._combine(other, added, "add", swap=True)

    def __sub__(self, other: Any) -> Any:
        return self._combine(other, difference_of, "subtract", swap=False)

    def __rsub__(self, other: Any) -> Any:
        return self._combine(other, difference_of, "subtract", swap=True)

    def __mul__(self, other: Any) -> Any:
        if type(other) in (list, tuple, str, bytes):
            raise self._refuse("a list that is repeated so often")
        return self._combine(other, product_of, "multiply", swap=False)

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return make_size(self.space, {m: -c for m, c in self.polynomial})

    def __abs__(self) -> Any:
        return -self if self < 0 else self

    def __truediv__(self, other: Any) -> Any:
        return self._as_array(other, "divide", swap=False)

    def __rtruediv__(self, other: Any) -> Any:
        return self._as_array(other, "divide", swap=True)

    def __pow__(self, other: Any, modulus: Any = None) -> Any:
        if modulus is not None:
            raise self._refuse("pow() with a modulus")
        if type(other) is int and 0 <= other <= HIGHEST_POWER:
            result: Any = 1
            for _ in range(other):
                result = self * result
            return result
        if not (type(other) in (int, float) and abs(other) <= HIGHEST_POWER):
            raise self._refuse("a power that may be too large for a float")
        return self._as_array(other, "power", swap=False)

    def __rpow__(self, other: Any, modulus: Any = None) -> Any:
        if modulus is not None:
            raise self._refuse("pow() with a modulus")
        if not (type(other) in (int, float, bool) and abs(other) <= 1):
            raise self._refuse("a power that may be too large for a float")
        return self._as_array(other, "power", swap=True)

    def __floordiv__(self, other: Any) -> Any:
        quotient = self._exact(other)
        if quotient is None:
            raise self._rest(self, "//", other, "quotient")
        return quotient

    def __mod__(self, other: Any) -> Any:
        if self._exact(other) is None:
            raise self._rest(self, "%", other, "remainder")
        return 0

    def __rfloordiv__(self, other: Any) -> Any:
        raise self._rest(other, "//", self, "quotient")

    def __rmod__(self, other: Any) -> Any:
        raise self._rest(other, "%", self, "remainder")

    def _rest(self, left: Any, symbol: str, right: Any, what: str) -> Unsupported:
        text = f"{text_of(left)} {symbol} {text_of(right)}: the {what} of sizes that need not divide"
        return self.space.refused(Unsupported(text))

    def _exact(self, other: Any) -> Any:
        divisor = self._whole(other)
        quotient = None if divisor is None else quotient_of(self.polynomial, divisor)
        return None if quotient is None else make_size(self.space, quotient)

    def __eq__(self, other: object) -> Any:
        return self._compared(other, "equal", lambda p: self._ask("==", self.polynomial, p), unequal=False)

    def __ne__(self, other: object) -> Any:
        return self._compared(other, "not_equal", lambda p: not self._ask("==", self.polynomial, p), True)

    def __lt__(self, other: Any) -> Any:
        return self._compared(other, "less", lambda p: self._ask("<", self.polynomial, p))

    def __ge__(self, other: Any) -> Any:
        return self._compared(other, "greater_equal", lambda p: not self._ask("<", self.polynomial, p))

    def __gt__(self, other: Any) -> Any:
        return self._compared(other, "greater", lambda p: self._ask("<", p, self.polynomial))

    def __le__(self, other: Any) -> Any:
        return self._compared(other, "less_equal", lambda p: not self._ask("<", p, self.polynomial))

    def __bool__(self) -> bool:
        return not self._ask("==", self.polynomial, ())

    def _compared(
        self, other: Any, symbol: str, ask: Callable[[Polynomial], bool], unequal: bool | None = None
    ) -> Any:
        """The answer of ``ask`` to a whole number; ``unequal`` to what no size can be equal to."""
        self._whole(other)
        whole = polynomial_of(other)
        if whole is not None:
            return ask(whole)
        if unequal is not None and (type(other) in _NEVER_A_NUMBER or _between(other)):
            return unequal
        if hasattr(type(other), "__array_ufunc__") and not is_a(other, np.generic):
            return self._as_array(other, symbol, swap=False)
        what = text_of(other)
        raise self.space.refused(Unsupported(f"the size {self.words()} compared with {what}"))

    def _ask(self, relation: str, left: Polynomial, right: Polynomial) -> bool:
        difference = difference_of(dict(left), dict(right))
        low, high = lower_bound(difference), lower_bound({m: -c for m, c in difference.items()})
        if relation == "==":
            if not difference:
                return True
            if (low is not None and low > 0) or (high is not None and high > 0):
                return False
        else:
            if high is not None and high > 0:
                return True
            if low is not None and low >= 0:
                return False
        if relation == "==" and next(c for _, c in sorted(difference.items(), reverse=True)) < 0:
            difference = {m: -c for m, c in difference.items()}  # n = m is m = n
        question = Question(relation, words(left), words(right), tuple(sorted(difference.items())))
        # the general case is that of large sizes
        general = relation == "<" and all(c < 0 for m, c in difference.items() if m)
        return self.space.ask(question, general)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        given = [Size.array_of(self.space, i) if type(i) is Size else i for i in inputs]
        first = next((i for i in given if hasattr(type(i), "entry")), None)
        if first is None:
            raise self._refuse(f"np.{ufunc.__name__}")
        return first.__array_ufunc__(ufunc, method, *given, **kwargs)


def _integral(value: Any) -> bool:
    return math.isfinite(value) and bool(value == int(value))


def _between(value: object) -> bool:
    """Whether it is a real number that is no integer."""
    if is_a(value, float, np.floating):
        return not _integral(value)
    return type(value) is Fraction and value.denominator != 1


def polynomial_of(value: Any) -> Polynomial | None:
    """A size, or a number that is an integer as one; None for anything else."""
    if type(value) is Size:
        return value.polynomial
    if type(value) is Fraction and value.denominator == 1:
        value = value.numerator
    if is_a(value, float, np.floating) and _integral(value):
        value = int(value)
    if type(value) in (int, bool) or is_a(value, np.integer):
        number = int(value)
        return (((), number),) if number else ()
    return None


def text_of(value: object) -> str:
    """A size, or what else stands beside one, in a message: Python's own `str` is the code's question."""
    if type(value) is Size:
        return value.words()
    if type(value) is tuple:
        return f"({', '.join(map(text_of, value))}{',' if len(value) == 1 else ''})"
    return repr(value) if type(value) in (int, float, str, bool) else type(value).__name__


def make_size(space: Space, terms: Mapping[Monomial, int]) -> Any:
    """A `Size`, or an int where no name is left."""
    kept = tuple(sorted((m, c) for m, c in terms.items() if c))
    if not kept:
        return 0
    if len(kept) == 1 and kept[0][0] == ():
        return kept[0][1]
    return Size(space, kept)


def _of_polynomial(space: Space, polynomial: Polynomial) -> Any:
    return make_size(space, dict(polynomial))


Space.sizes_of = _of_polynomial
