"""`np.where(mask, s, -np.inf)` in front of a softmax: a value that only `exp` and `max` may see.

Where the mask does not hold the entry is a symbol for minus infinity; its exponential is 0. Such an array can
have finite numbers added or subtracted, its maximum taken where some entry is known to be finite, and `exp`.
All else, such as a product with 0, would be NaN on numbers and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, factor
from gradcheck.proofs.indexed.algebra.functions import exp
from gradcheck.proofs.indexed.algebra.indices.codes import FREE, is_constant
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import IndexedArray
from gradcheck.proofs.indexed.arrays.axes import broadcast

__all__ = ["finite_somewhere", "infinity", "is_minus_infinity", "of_extended"]


def is_minus_infinity(value: Any) -> bool:
    """Whether it is the float."""
    return type(value) is float and value == float("-inf")


def infinity(space: Space) -> Expr:
    """The symbol."""
    return factor(space, space.head(("infinity",), "infinity", "-inf").number, ())


def of_extended(space: Space, name: str, arrays: Sequence[IndexedArray]) -> IndexedArray:
    """A ufunc of arrays some of which may be minus infinity."""
    shape = broadcast(space, *(a.shape for a in arrays))
    extended = [a.infinite for a in arrays]
    if name == "exp" and arrays[0].infinite:
        return IndexedArray(space, exp(arrays[0].unbounded), shape)
    alone = sum(extended) == 1
    if name == "subtract" and alone and extended[0]:
        return _marked(IndexedArray(space, arrays[0].unbounded - arrays[1].entry, shape))
    if name == "add" and alone:
        return _marked(IndexedArray(space, arrays[0].unbounded + arrays[1].unbounded, shape))
    raise space.refused(Unsupported(f"np.{name} of values that may be -inf"))


def _marked(array: IndexedArray) -> IndexedArray:
    array.infinite = True
    return array


def finite_somewhere(array: IndexedArray, over: Sequence[int]) -> Expr:
    """The entry, where for all other indices it is finite at one of those that a maximum is taken over."""
    space, entry = array.space, array.unbounded
    number = space.keys["infinity",]
    if len(over) == 1 and not is_constant(over[0]):
        size = space.size_of(over[0])
        same = [c for c in entry.free if c != over[0] and c >= FREE and space.size_of(c) == size]
        for place in [0, *same]:
            there = entry.renamed({over[0]: place})
            if not any(h == number for factors, _ in there.terms for h, _, _ in factors):
                return entry
    raise space.refused(Unsupported("a maximum of values all of which may be -inf"))
