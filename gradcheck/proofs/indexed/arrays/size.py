"""Sizes as polynomials in dimension names, which stand for integers from 1 up."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from gradcheck.errors import Unsupported
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
from gradcheck.proofs.indexed.algebra.questions import Question
from gradcheck.proofs.indexed.algebra.space import Space

__all__ = ["Size", "make_size", "polynomial_of"]


class Size:
    """A size that is not known: `n`, `n + 1`, `n m`. What is a plain number is an `int` instead.

    It computes like an int. Comparisons are decided where they hold for all names from 1 up, and
    otherwise asked of the space's questions. Mixed with floats or arrays it becomes an indexed array.
    """

    __array_priority__ = 1000
    array_of: ClassVar[Callable[[Space, Any], Any]]  # both put in by `array`, which knows sizes
    operate: ClassVar[Callable[[Space, str, Any, Any], Any]]

    def __init__(self, space: Space, polynomial: Polynomial) -> None:
        self.space = space
        self.polynomial = polynomial

    def __repr__(self) -> str:
        return words(self.polynomial)

    def __hash__(self) -> int:
        return hash(self.polynomial)

    def _combine(self, other: Any, combine: Callable[[Any, Any], Any], symbol: str, swap: bool) -> Any:
        right = polynomial_of(other)
        if right is None:
            return self._as_array(other, symbol, swap)
        left = dict(self.polynomial)
        pair = (dict(right), left) if swap else (left, dict(right))
        return make_size(self.space, combine(*pair))

    def _as_array(self, other: Any, symbol: str, swap: bool) -> Any:
        mine = Size.array_of(self.space, self)
        mine.kind = "f"  # Python's integers become floats here, NumPy's would not
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
        if isinstance(other, list | tuple):
            raise self._refused(f"a list repeated {self} times, a number that is not known")
        return self._combine(other, product_of, "multiply", swap=False)

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return make_size(self.space, {m: -c for m, c in self.polynomial})

    def __pos__(self) -> Size:
        return self

    def __truediv__(self, other: Any) -> Any:
        return self._as_array(other, "divide", swap=False)

    def __rtruediv__(self, other: Any) -> Any:
        return self._as_array(other, "divide", swap=True)

    def __pow__(self, other: Any) -> Any:
        if isinstance(other, int) and not isinstance(other, bool) and other >= 0:
            result: Any = 1
            for _ in range(other):
                result = self * result
            return result
        return self._as_array(other, "power", swap=False)

    def __rpow__(self, other: Any) -> Any:
        return self._as_array(other, "power", swap=True)

    def __floordiv__(self, other: Any) -> Any:
        quotient = self._exact(other)
        if quotient is None:
            raise self._refused(f"{self} // {other}: the quotient of sizes that need not divide")
        return quotient

    def __mod__(self, other: Any) -> Any:
        if self._exact(other) is None:
            raise self._refused(f"{self} % {other}: the remainder of sizes that need not divide")
        return 0

    def __rfloordiv__(self, other: Any) -> Any:
        raise self._refused(f"{other} // {self}: the quotient of sizes that need not divide")

    def _exact(self, other: Any) -> Any:
        divisor = polynomial_of(other)
        quotient = None if divisor is None else quotient_of(self.polynomial, divisor)
        return None if quotient is None else make_size(self.space, quotient)

    def __eq__(self, other: object) -> Any:
        return NotImplemented if polynomial_of(other) is None else self._ask("==", self, other)

    def __ne__(self, other: object) -> Any:
        return NotImplemented if polynomial_of(other) is None else not self._ask("==", self, other)

    def __lt__(self, other: Any) -> bool:
        return self._ask("<", self, other)

    def __ge__(self, other: Any) -> bool:
        return not self._ask("<", self, other)

    def __gt__(self, other: Any) -> bool:
        return self._ask("<", other, self)

    def __le__(self, other: Any) -> bool:
        return not self._ask("<", other, self)

    def __bool__(self) -> bool:
        return not self._ask("==", self, 0)

    def _ask(self, relation: str, left: Any, right: Any) -> bool:
        sides = polynomial_of(left), polynomial_of(right)
        if sides[0] is None or sides[1] is None:
            raise self._refused(f"the size {self} compared with {right if left is self else left!r}")
        difference = difference_of(dict(sides[0]), dict(sides[1]))
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
        question = Question(relation, str(left), str(right), tuple(sorted(difference.items())))
        # the general case is that of large sizes
        general = relation == "<" and all(c < 0 for m, c in difference.items() if m)
        return self.space.questions.ask(question, general)

    def _refused(self, text: str) -> Unsupported:
        return self.space.refused(Unsupported(text))

    def _number_of(self, what: str) -> Unsupported:
        return Unsupported(f"{what} needs the size {self} as a plain number")

    def __index__(self) -> int:
        raise self.space.refused(self._number_of("an index or a loop"))

    def __int__(self) -> int:
        raise self.space.refused(self._number_of("int()"))

    def __float__(self) -> float:
        raise self.space.refused(self._number_of("float() or a function of plain numbers"))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        given = [Size.array_of(self.space, i) if isinstance(i, Size) else i for i in inputs]
        first = next(i for i in given if hasattr(i, "entry"))
        return first.__array_ufunc__(ufunc, method, *given, **kwargs)


def polynomial_of(value: object) -> Polynomial | None:
    """A size, or an integer as one; None for anything else (a float that is an integer counts as one)."""
    if isinstance(value, Size):
        return value.polynomial
    if isinstance(value, float | np.floating) and math.isfinite(value) and value == int(value):
        value = int(value)
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        number = int(value)
        return (((), number),) if number else ()
    return None


def make_size(space: Space, terms: Mapping[Monomial, int]) -> Any:
    """A `Size`, or an int where no name is left."""
    kept = tuple(sorted((m, c) for m, c in terms.items() if c))
    if not kept:
        return 0
    if len(kept) == 1 and kept[0][0] == ():
        return kept[0][1]
    return Size(space, kept)
