"""What an arithmetic has to offer so that NumPy code can run in it.

A domain says how scalars of one arithmetic (balls, symbols) are made from numbers and what each
NumPy ufunc does to them. `gradcheck.arithmetic.array.ElementArray` does the rest: shapes, axes,
indexing, and the functions that NumPy does not define as ufuncs.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import Unsupported

__all__ = [
    "PREDICATES",
    "Domain",
    "ObjectArray",
    "elementwise",
    "of_entries",
    "on_circle",
    "zero_dimensional",
]

ObjectArray = NDArray[np.object_]

PREDICATES = frozenset(
    [
        "less",
        "less_equal",
        "greater",
        "greater_equal",
        "equal",
        "not_equal",
        "isnan",
        "isfinite",
        "isinf",
        "signbit",
    ]
)
"""Ufuncs whose answer is true or false."""


class Domain(ABC):
    """One arithmetic on scalars.

    ``ufuncs`` maps the name of a NumPy ufunc to a function of object arrays of scalars (broadcasting,
    returning an object array or one scalar). ``decides`` tells whether the predicates give booleans;
    where they do not (symbols), their answers are scalars of the domain, and only `np.where` and
    friends can use them.
    """

    name: str
    ufuncs: Mapping[str, Callable[..., Any]]
    decides: bool = True
    doubts_constants: bool = False  # whether floats of the code stand for numbers near by
    differentiates: Callable[..., tuple[Any, ...]] | None = None  # see `gradient`; a method put in later

    @abstractmethod
    def lift(self, number: Any) -> Any:
        """A scalar from a Python or NumPy number. Integers and floats are exact."""

    @abstractmethod
    def select(self, condition: Any, yes: Any, no: Any) -> Any:
        """One entry of `np.where`; only called where ``decides`` is False."""

    def whole(self, number: Any) -> int:
        """A scalar without its fraction, as a cast to an integer gives it. Raises `Unsupported`."""
        raise Unsupported(f"a cast to an integer is not available in {self.name}")

    def matmul(self, left: ObjectArray, right: ObjectArray) -> Any:
        """Matrix product of object arrays, as `np.matmul`."""
        if left.shape[-1] == 0:  # NumPy's object loop would give the int 0
            left, right = self._one_zero(left, -1), self._one_zero(right, 0 if right.ndim == 1 else -2)
        return np.matmul(left, right)

    def _one_zero(self, array: ObjectArray, axis: int) -> ObjectArray:
        shape = list(array.shape)
        shape[axis] = 1
        zeros = np.empty(shape, dtype=object)
        zeros[...] = self.lift(0)
        return zeros

    def rounded(self, value: Any) -> Any:
        """What an operation gives: an arithmetic may let it be rounded."""
        return value

    def doubted(self, values: ObjectArray, width: float) -> ObjectArray:
        """The numbers with so much doubt, relatively, about each that is not whole."""
        return values.copy()

    def summed(self, compute: Callable[..., Any], *arrays: Any) -> Any:
        """`compute(*arrays)`, a sum or a product of arrays: an arithmetic may let each addition be
        rounded.
        """
        return compute(*arrays)

    def linalg(self, name: str, *args: ObjectArray) -> Any:
        """`np.linalg.<name>` for one matrix (no leading axes). Raises `Unsupported`."""
        raise Unsupported(f"np.linalg.{name} is not available in {self.name}")

    def on_circle(self, k: int, n: int) -> tuple[Any, Any]:
        """Cosine and sine of `2 pi k / n`, as scalars."""
        return tuple(self.lift(x) for x in on_circle(k, n))

    def gradient(
        self, function: Callable[..., Any], args: Sequence[Any], deltas: Sequence[Any]
    ) -> tuple[Any, ...]:
        """The gradients of `sum(delta * output)` by the arguments that are arrays of this arithmetic, in
        order; see `gradcheck.arithmetic.gradients`. Raises `Unsupported`.
        """
        if self.differentiates is None:
            raise Unsupported(f"second derivatives are not available in {self.name}")
        found: tuple[Any, ...] = self.differentiates(function, args, deltas)
        return found

    def lift_array(self, value: Any) -> Any:
        """An object array of scalars from anything array-like; a scalar for a scalar."""
        if type(value) is float or type(value) is int:
            return self.lift(value)
        if isinstance(value, np.ndarray):
            if value.dtype.kind in "fiub":
                return self._lift_all(value)
            if value.dtype == object:
                return self._lift_all(value)
            raise Unsupported(f"an array of dtype {value.dtype} cannot enter {self.name}")
        if isinstance(value, list | tuple):
            return self.lift_array(np.array(value, dtype=object if _holds_arrays(value) else None))
        return self._lift_one(value)

    def _lift_one(self, value: Any) -> Any:
        try:
            return self.lift(value)
        except TypeError:
            raise Unsupported(f"a {type(value).__name__} cannot enter {self.name}") from None

    def _lift_all(self, values: NDArray[Any]) -> ObjectArray:
        values = np.asarray(values)  # a numpy.matrix stays 2-d whatever is done to it
        lift = self._lift_one if values.dtype == object else self.lift
        return of_entries([lift(v) for v in values.ravel().tolist()], values.shape)


def on_circle(k: int, n: int) -> tuple[float, float]:
    """Cosine and sine of `2 pi k / n`, where they are 0 or 1 exactly."""
    if not 4 * k % n:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[4 * k // n % 4]
    return math.cos(2 * math.pi * k / n), math.sin(2 * math.pi * k / n)


def _holds_arrays(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(_holds_arrays(v) for v in value)
    return hasattr(value, "__array_ufunc__") and not isinstance(value, np.ndarray | np.generic)


def of_entries(entries: Sequence[Any], shape: tuple[int, ...]) -> ObjectArray:
    """Scalars in C order as an object array. `array[:] = entries` looks at each for what NumPy could make of
    it, which takes four times as long.
    """
    return np.fromiter(entries, object, len(entries)).reshape(shape)


def zero_dimensional(value: Any) -> ObjectArray:
    """One scalar as a 0-d object array. NumPy would unpack or convert it on the way, or, as an operand, look
    at it for longer than a small product takes.
    """
    result = np.empty((), dtype=object)
    result[()] = value
    return result


def elementwise(function: Callable[..., Any], arguments: int = 1) -> Callable[..., Any]:
    """A scalar function as one on object arrays (a NumPy ufunc, with `reduce` where binary)."""
    made: Callable[..., Any] = np.frompyfunc(function, arguments, 1)
    return made
