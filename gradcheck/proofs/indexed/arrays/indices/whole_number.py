"""What Python code takes for an int, and whose value is not known: a size, an index.

`x.shape[0]` and an index of an entry claim are ints where the code runs on numbers, so they say so when
they are asked for their class. Whatever else an int can do is refused, unless a subclass says how it is
done for all values.
"""

from __future__ import annotations

from typing import Any

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.guarding import leak, refuse_all

__all__ = ["WholeNumber"]

_OF_INTS = frozenset(dir(int))


class WholeNumber:
    """An int that is not known. Subclasses define ``noun``, ``words`` and what they can do."""

    __slots__ = ("space",)
    noun = "number"

    def __init__(self, space: Space) -> None:
        self.space = space

    @property  # type: ignore[misc]  # asked for by isinstance
    def __class__(self) -> Any:
        return int

    def words(self) -> str:
        """What it is called in messages."""
        raise NotImplementedError

    def __repr__(self) -> str:
        leak(self.space, f"the code asks for the text of the {self.noun} {self.words()}")
        return self.words()

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: Any) -> Any:
        return self

    @property
    def real(self) -> Any:
        return self

    @property
    def numerator(self) -> Any:
        return self

    @property
    def denominator(self) -> int:
        return 1

    @property
    def imag(self) -> int:
        return 0

    def conjugate(self) -> Any:
        return self

    def __pos__(self) -> Any:
        return self

    def __trunc__(self) -> Any:
        return self

    __floor__ = __ceil__ = __trunc__

    def __round__(self, digits: Any = None) -> Any:
        if digits is None or (type(digits) is int and digits >= 0):
            return self
        raise self._refuse("round() to tens")

    def __getattr__(self, name: str) -> Any:
        if name in _OF_INTS:
            raise self._refuse(f".{name}")
        raise AttributeError(f"'int' object has no attribute {name!r}")

    def _refuse(self, what: str) -> Unsupported:
        text = f"{_NEEDS.get(what, what)} needs the {self.noun} {self.words()} as a plain number"
        return self.space.refused(Unsupported(text))


_NEEDS = {
    "__index__": "an index or a loop",
    "__int__": "int()",
    "__float__": "float() or a function of plain numbers",
    "__hash__": "a dict, a set or a cache with it as a key",
    "__array__": "an array that NumPy makes of it",
    "__and__": "&", "__rand__": "&", "__or__": "|", "__ror__": "|", "__xor__": "^", "__rxor__": "^",
    "__lshift__": "<<", "__rlshift__": "<<", "__rshift__": ">>", "__rrshift__": ">>", "__invert__": "~",
    "__divmod__": "divmod()", "__rdivmod__": "divmod()", "__reduce_ex__": "pickling",
}  # fmt: skip
refuse_all(WholeNumber, [*_OF_INTS, "__array__"], data=frozenset({"__array__"}))
