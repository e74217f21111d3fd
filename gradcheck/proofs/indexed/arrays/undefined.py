"""Functions of which nothing is known: what is proved with them holds for every differentiable function."""

from __future__ import annotations

from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import factor
from gradcheck.proofs.indexed.algebra.functions import apply
from gradcheck.proofs.indexed.algebra.interning import intern, slot_codes
from gradcheck.proofs.indexed.arrays.array import IndexedArray

__all__ = ["Undefined"]


class Undefined:
    """An elementwise function f; `f.slope(z)` is f', and `f.slope_from_value(f(z))` is f' at the same z.

    It runs on indexed arrays only.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.__name__ = name

    def __call__(self, z: Any) -> IndexedArray:
        return self._applied(z, 0)

    def slope(self, z: Any) -> IndexedArray:
        """f'(z)."""
        return self._applied(z, 1)

    def slope_from_value(self, a: Any) -> IndexedArray:
        """f'(z), given a = f(z) itself: what code that keeps activations only can compute."""
        terms = list(a.entry.terms.items())
        if len(terms) == 1 and terms[0][1] == 1:
            (factors, bounds), _ = terms[0]
            head = a.space.heads[factors[0][0]] if len(factors) == 1 and not bounds else None
            if head is not None and (head.kind, head.name, head.order) == ("apply", self.name, 0):
                assert head.argument is not None
                sloped, order = intern("apply", head.argument, name=self.name, order=1)
                slots = slot_codes(a.space, head)
                places = tuple(factors[0][1][slots.index(code)] for code in order)
                return IndexedArray(a.space, factor(a.space, sloped.number, places), a.shape)
        raise a.space.refused(Unsupported(f"the slope of {self.name} from something that is no value of it"))

    def _applied(self, z: Any, order: int) -> IndexedArray:
        if not isinstance(z, IndexedArray):
            raise Unsupported(f"{self.name} is not defined: it has no values")
        return IndexedArray(z.space, apply(self.name, z.entry, order), z.shape)
