"""Indices of an entry claim: any integers within their axes, which code may compare with each other."""

from __future__ import annotations

from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.conditions.questions import Question
from gradcheck.proofs.indexed.algebra.expression import constant, delta
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import CONVERSIONS, IndexedArray
from gradcheck.proofs.indexed.arrays.guarding import is_a
from gradcheck.proofs.indexed.arrays.indices.whole_number import WholeNumber

__all__ = ["IndexEquality", "SymbolicIndex"]


class SymbolicIndex(WholeNumber):
    """An index of an entry claim: any integer within its axis. It indexes arrays, and compares."""

    __slots__ = ("code", "name")
    noun = "index"

    def __init__(self, space: Space, code: int, name: str) -> None:
        super().__init__(space)
        self.code = code
        self.name = name

    def words(self) -> str:
        return self.name

    __hash__ = WholeNumber.__hash__

    def __eq__(self, other: object) -> Any:
        if type(other) is SymbolicIndex:
            return IndexEquality(self.space, self.code, other.code, f"{self.name} = {other.name}")
        if is_a(other, int):
            number = int(other)  # type: ignore[call-overload]
            return number >= 0 and IndexEquality(self.space, self.code, number, f"{self.name} = {number}")
        if other is None or type(other) is str:
            return False
        raise self._refuse("a comparison")

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal.opposite() if type(equal) is IndexEquality else not equal

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        raise self._refuse(f"np.{ufunc.__name__}")


class IndexEquality:
    """`i == k`: a Kronecker delta in arithmetic, a question where the code branches on it.

    Whatever is not arithmetic asks the question, and goes on with True or False.
    """

    __slots__ = ("left", "negated", "right", "space", "text")
    __array_priority__ = 1002

    def __init__(self, space: Space, left: int, right: int, text: str, *, negated: bool = False) -> None:
        self.space, self.left, self.right, self.text, self.negated = space, left, right, text, negated

    @property  # type: ignore[misc]  # asked for by isinstance
    def __class__(self) -> Any:
        return bool

    def __bool__(self) -> bool:
        if self.left == self.right:
            return not self.negated
        i, k = self.text.split(" = ")
        question = Question("is", i, k, tuple(sorted((self.left, self.right))))
        return self.space.ask(question) != self.negated

    def opposite(self) -> IndexEquality:
        """`i != k`."""
        return IndexEquality(self.space, self.left, self.right, self.text, negated=not self.negated)

    def array(self) -> IndexedArray:
        """1 where it holds, 0 elsewhere."""
        one = constant(self.space, 1)
        equal = delta(self.space, self.left, self.right)
        return IndexedArray(self.space, one - equal if self.negated else equal, (), "b")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        given = [i.array() if type(i) is IndexEquality else i for i in inputs]
        first: Any = self.array()
        return first.__array_ufunc__(ufunc, method, *given, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        given = [a.array() if type(a) is IndexEquality else a for a in args]
        return self.array().__array_function__(function, types, given, kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self.space.refused(Unsupported(f"an array that NumPy makes of {self.text}"))

    def __getattr__(self, name: str) -> Any:
        return getattr(bool(self), name)

    def __add__(self, other: Any) -> Any:
        return self._number() + other

    def __mul__(self, other: Any) -> Any:
        return self._number() * other

    def __sub__(self, other: Any) -> Any:
        return self._number() - other

    def __rsub__(self, other: Any) -> Any:
        return other - self._number()

    def __neg__(self) -> Any:
        return -self._number()

    __radd__ = __add__
    __rmul__ = __mul__

    def _number(self) -> Any:
        """As Python counts: True is 1."""
        made = self.array()
        made.kind = "i"
        return made


def _asking(name: str) -> Any:
    def method(self: IndexEquality, *args: Any) -> Any:
        known = [bool(a) if type(a) is IndexEquality else a for a in args]
        return getattr(bool(self), name)(*known)

    return method


_LEFT = {"__new__", "__init__", "__init_subclass__", "__subclasshook__", "__getattribute__", "__setattr__",
         "__delattr__", "__doc__", "__class__"}  # fmt: skip
for _name in set(dir(bool)) - _LEFT:
    if _name.startswith("__") and _name not in vars(IndexEquality):
        setattr(IndexEquality, _name, _asking(_name))
CONVERSIONS[IndexEquality] = IndexEquality.array


def _no_array(index: SymbolicIndex) -> IndexedArray:
    raise index.space.refused(Unsupported(f"the index {index.words()} as a number to compute with"))


CONVERSIONS[SymbolicIndex] = _no_array
