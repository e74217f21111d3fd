"""The index of a loop over a symbolic size: it indexes arrays, alone or as `i + j` and `i + 1`."""

from __future__ import annotations

from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, size_expression
from gradcheck.proofs.indexed.algebra.indices.neighbours import add, place, position
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import CONVERSIONS, IndexedArray
from gradcheck.proofs.indexed.arrays.guarding import is_a
from gradcheck.proofs.indexed.arrays.indices.whole_number import WholeNumber
from gradcheck.proofs.indexed.arrays.rearranging.parts import Part
from gradcheck.proofs.indexed.arrays.size import Size, polynomial_of

__all__ = ["LoopIndex"]


class LoopIndex(WholeNumber):
    """``codes``: the indices that it is the sum of; ``offset``: an int or a size beside them."""

    __slots__ = ("codes", "offset")
    __array_priority__ = 1001
    noun = "index"

    def __init__(self, space: Space, codes: tuple[int, ...], offset: Any) -> None:
        super().__init__(space)
        self.codes, self.offset = codes, offset

    def words(self) -> str:
        return "of a loop"

    __hash__ = WholeNumber.__hash__

    def __add__(self, other: Any) -> Any:
        if type(other) is LoopIndex:
            return LoopIndex(self.space, self.codes + other.codes, self.offset + other.offset)
        if type(other) in (int, Size):
            return LoopIndex(self.space, self.codes, self.offset + other)
        return self._computed("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self + other if type(other) in (int, Size) else self._computed("add", other, self)

    def __sub__(self, other: Any) -> Any:
        if type(other) is LoopIndex and sorted(other.codes) == sorted(self.codes):
            return self.offset - other.offset
        if type(other) in (int, Size):
            return LoopIndex(self.space, self.codes, self.offset - other)
        return self._computed("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._computed("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._computed("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._computed("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._computed("divide", self, other)

    def __neg__(self) -> Any:
        return Size.operate(self.space, "multiply", self.array(), -1)

    def _computed(self, name: str, a: Any, b: Any) -> Any:
        given = [x.array() if type(x) is LoopIndex else x for x in (a, b)]
        others = [x for x in (a, b) if type(x) is not LoopIndex]
        if len(others) == 1 and is_a(others[0], int, float, IndexedArray) and type(others[0]) is not Size:
            return Size.operate(self.space, name, *given)
        raise self._refuse("arithmetic with it")

    def __eq__(self, other: object) -> Any:
        raise self._refuse("a comparison")

    __ne__ = __eq__
    __lt__ = __le__ = __gt__ = __ge__ = __eq__

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        given = [i.array() if type(i) is LoopIndex else i for i in inputs]
        return self.array().__array_ufunc__(ufunc, method, *given, **kwargs)

    def array(self) -> IndexedArray:
        """As a number to compute with."""
        entry = size_expression(self.space, self.offset) if type(self.offset) is Size else None
        total = constant(self.space, self.offset) if entry is None else entry
        for code in self.codes:
            total = total + position(self.space, code, self.space.size_of(code))
        return IndexedArray(self.space, total, (), "i")

    def at(self, code: int, size: int) -> Expr:
        """Whether it is the index ``code`` of an axis (its size by number)."""
        space = self.space
        offset = polynomial_of(self.offset)
        assert offset is not None
        if len(self.codes) == 1:
            return place(space, self.codes[0], code, (space.size_of(self.codes[0]), size), offset)
        if len(self.codes) == 2 and not offset:
            sizes = (*map(space.size_of, self.codes), size)
            return add(space, *self.codes, code, sizes)  # type: ignore[arg-type]
        raise space.refused(Unsupported("an index that is such a sum"))

    def point(self, size: Any) -> Part:
        """The entry of an axis at this index."""
        number = self.space.size_number(size)
        return Part(1, lambda _, code: self.at(code, number))

    def window(self, stop: Any, size: Any) -> Part:
        """The entries of an axis from this index on, before ``stop``."""
        space = self.space
        count: Any = stop - self if type(stop) is LoopIndex else None
        plain = len(self.codes) == 1 and type(self.offset) is int and self.offset == 0
        if not plain or type(count) not in (int, Size) or count < 1:
            raise space.refused(Unsupported("a slice that begins at the index of a loop"))
        sizes = (space.size_of(self.codes[0]), space.size_number(count), space.size_number(size))
        return Part(count, lambda i, code: add(space, self.codes[0], i, code, sizes))


CONVERSIONS[LoopIndex] = LoopIndex.array
