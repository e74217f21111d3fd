"""Indices of an entry claim: any integers within their axes, which code may compare with each other."""

from __future__ import annotations

from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import constant, delta
from gradcheck.proofs.indexed.algebra.questions import Question
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import CONVERSIONS, IndexedArray

__all__ = ["IndexEquality", "SymbolicIndex"]


class SymbolicIndex:
    """An index of an entry claim: any integer within its axis. It indexes arrays, and compares."""

    def __init__(self, space: Space, code: int, name: str) -> None:
        self.space = space
        self.code = code
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __hash__(self) -> int:
        return hash(self.code)

    def __eq__(self, other: object) -> Any:
        if isinstance(other, SymbolicIndex):
            return IndexEquality(self.space, self.code, other.code, f"{self.name} = {other.name}")
        if isinstance(other, int) and not isinstance(other, bool):
            return IndexEquality(self.space, self.code, other, f"{self.name} = {other}")
        return NotImplemented

    def __ne__(self, other: object) -> Any:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else ~equal

    def _refuse(self, what: str) -> Unsupported:
        return self.space.refused(Unsupported(f"{what} of the index {self.name}"))

    def __index__(self) -> int:
        raise self._refuse("the value, as a plain number,")

    __int__ = __index__

    def __float__(self) -> float:
        raise self._refuse("the value, as a plain number,")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise self._refuse(f"the attribute .{name}")

    def _arithmetic(self, *_: Any) -> Any:
        raise self._refuse("arithmetic or order")

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __lt__ = __le__ = __gt__ = __ge__ = (
        _arithmetic
    )
    __truediv__ = __rtruediv__ = __floordiv__ = __mod__ = __pow__ = __rpow__ = __neg__ = _arithmetic


class IndexEquality:
    """`i == k`: a Kronecker delta in arithmetic, a question where the code branches on it."""

    __array_priority__ = 1002

    def __init__(self, space: Space, left: int, right: int, text: str, *, negated: bool = False) -> None:
        self.space, self.left, self.right, self.text, self.negated = space, left, right, text, negated

    def __bool__(self) -> bool:
        if self.left == self.right:
            return not self.negated
        i, k = self.text.split(" = ")
        question = Question("is", i, k, tuple(sorted((self.left, self.right))))
        return self.space.questions.ask(question) != self.negated

    def __invert__(self) -> IndexEquality:
        return IndexEquality(self.space, self.left, self.right, self.text, negated=not self.negated)

    def array(self) -> IndexedArray:
        """1 where it holds, 0 elsewhere."""
        one = constant(self.space, 1)
        equal = delta(self.space, self.left, self.right)
        return IndexedArray(self.space, one - equal if self.negated else equal, (), "b")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        given = [i.array() if isinstance(i, IndexEquality) else i for i in inputs]
        return self.array().__array_ufunc__(ufunc, method, *given, **kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        given = [a.array() if isinstance(a, IndexEquality) else a for a in args]
        return self.array().__array_function__(function, types, given, kwargs)

    def __int__(self) -> int:
        return int(bool(self))

    def __float__(self) -> float:
        return float(bool(self))

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

    def _number(self) -> IndexedArray:
        """As Python counts: True is 1."""
        made = self.array()
        made.kind = "i"
        return made


CONVERSIONS[IndexEquality] = IndexEquality.array
