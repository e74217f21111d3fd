"""Arrays whose entries are one expression in their axes' indices, with sizes that are symbols.

NumPy code runs on them through `__array_ufunc__` (NEP 13) and `__array_function__` (NEP 18). What they
cannot do raises `Unsupported` with the operation's name; nothing is done approximately.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr
from gradcheck.proofs.indexed.algebra.latex import plain_text
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.axes import Shape
from gradcheck.proofs.indexed.arrays.guarding import alike, guarded, leak, unavailable
from gradcheck.proofs.indexed.arrays.size import text_of
from gradcheck.proofs.indexed.arrays.widths import keeps_within_int64

__all__ = ["ACCESS", "CONVERSIONS", "FUNCTIONS", "METHODS", "UFUNCS", "IndexedArray"]

UFUNCS: dict[str, Callable[..., Any]] = {}
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
METHODS: dict[str, Callable[..., Any]] = {}
ACCESS: dict[str, Callable[..., Any]] = {}
"""``get`` and ``put``: what `a[key]` and `a[key] = value` are."""
CONVERSIONS: dict[type, Callable[[Any], IndexedArray]] = {}
"""Values of other kinds, as arrays."""

_OF_ARRAYS, _OF_SCALARS = frozenset(dir(np.ndarray)), frozenset(dir(np.float64))


class IndexedArray:
    """``entry`` is written in the axes' indices, `axis_codes(space, shape)`.

    ``kind`` is NumPy's: f (float64), i (int64), b (booleans). ``shared`` marks what shares memory with
    another array in NumPy, so that it must not be changed in place; ``part_of`` is the array that this
    one is a part of, with the key, and ``parts`` are those of this one; ``stale`` is a part of an array
    that changed. ``unset``: some entries are those that `np.empty` leaves; ``constant``:
    the code wrote the numbers down, and did not compute them; ``infinite``: entries may be minus infinity.

    It says of itself what NumPy would say of the array in its place. What an array of NumPy can do, and
    no table knows, is refused; what it cannot do is an AttributeError here as well.
    """

    __slots__ = (
        "_entry", "constant", "epoch", "infinite", "kind", "made", "part_of", "parts", "shape", "shared",
        "space", "stale", "unset",
    )  # fmt: skip
    __array_priority__ = 1001
    space: Space
    shape: Shape
    kind: str
    shared: bool
    stale: bool
    infinite: bool
    made: int
    epoch: int
    unset: bool
    constant: bool
    part_of: tuple[IndexedArray, Any] | None
    parts: list[IndexedArray]

    def __init__(
        self,
        space: Space,
        entry: Expr,
        shape: Shape,
        kind: str = "f",
        *,
        view: bool = False,
        constant: bool = False,
    ) -> None:
        put: Callable[[str, Any], None] = partial(object.__setattr__, self)
        put("space", space)
        put("shape", shape)
        put("part_of", None)
        put("parts", [])
        put("stale", False)
        put("infinite", False)
        put("epoch", space.epoch)
        put("kind", kind)
        put("shared", view)
        put("constant", constant)
        space.made += 1
        put("made", space.made)
        self.hold(entry)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in IndexedArray.__slots__ or name == "shape":
            if name in _OF_ARRAYS:
                raise self._refuse(f"setting the attribute .{name}")
            raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")
        object.__setattr__(self, name, value)

    @property  # type: ignore[misc]  # asked for by isinstance
    def __class__(self) -> Any:
        # NumPy itself asks this while it dispatches; code that asks is refused by `copies.built_in`, for
        # what has no axes may also be an array
        return np.ndarray if self.shape else self.dtype.type

    def __repr__(self) -> str:
        leak(self.space, "the code asks for the text of a value")
        return f"<indexed array {text_of(self.shape)}: {plain_text(self._entry)}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __hash__(self) -> int:
        if self.shape:
            raise alike(TypeError("unhashable type: 'numpy.ndarray'"))
        raise self._refuse("a dict, a set or a cache with a value as a key")

    @property
    def entry(self) -> Expr:
        """The expression of an entry."""
        if self.unset:
            raise self._refuse("an entry that np.empty leaves as it is")
        return self.held

    @property
    def held(self) -> Expr:
        """The same, where it does not matter that some entries are not set."""
        if self.infinite:
            raise self._refuse("an operation on values that may be -inf")
        return self.unbounded

    @property
    def unbounded(self) -> Expr:
        """The same, where entries may be minus infinity (see `minus_infinity`)."""
        if self.stale:
            raise self._refuse("a part of an array, read after the array was changed in place,")
        if self.epoch and self.epoch != self.space.epoch:
            raise self._refuse("an array that the code kept from an earlier run")
        return self._entry

    def hold(self, entry: Expr) -> None:
        """Take an entry, and see whether all of it is set, and fits into its type."""
        self._entry = entry
        left = self.space.keys.get(("unset",))
        self.unset = left is not None and any(h == left for fs, _ in entry.terms for h, _, _ in fs)
        if self.kind == "i" and not keeps_within_int64(entry):
            raise self._refuse(f"{plain_text(entry)} as an int64, which may wrap around,")

    def change(self, entry: Expr, by: IndexedArray | None = None) -> None:
        """Give the array other entries. Parts of it that were taken before are not followed."""
        for loop in self.space.loops:
            loop.touch(self)
        self.hold(entry)
        for child in self.parts:
            child.stale = child.stale or child is not by
        self.parts = [by] if by is not None else []

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> Any:
        total: Any = 1
        for size in self.shape:
            total = size * total
        return total

    @property
    def dtype(self) -> Any:
        return np.dtype({"f": np.float64, "i": np.int64, "b": np.bool_}[self.kind])

    @property
    def itemsize(self) -> int:
        return int(self.dtype.itemsize)

    @property
    def T(self) -> Any:
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        return np.swapaxes(self, -1, -2)

    @property
    def real(self) -> Any:
        return self

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        module = getattr(function, "__module__", "numpy").replace("numpy", "np")
        if function not in FUNCTIONS:
            raise self._refuse(f"{module}.{function.__name__}")
        return guarded(self.space, f"{module}.{function.__name__}", FUNCTIONS[function], *args, **kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._refuse("a float64 array made of it, or a buffer that it is stored into,")

    def __getattr__(self, name: str) -> Any:
        if name in METHODS:
            return partial(guarded, self.space, f".{name}()", METHODS[name], self)
        if name in _OF_ARRAYS or (not self.shape and name in _OF_SCALARS):
            raise self._refuse(f"the attribute .{name}")
        raise AttributeError(f"'numpy.ndarray' object has no attribute {name!r}")

    def _refuse(self, what: str) -> Unsupported:
        return unavailable(self.space, what)

    def __len__(self) -> int:
        if not self.shape:
            raise alike(TypeError("len() of unsized object"))
        size = self.shape[0]
        if type(size) is int:
            return size
        raise self._refuse(f"the length {text_of(size)} as a plain number")

    def __iter__(self) -> Any:
        if not self.shape:
            raise alike(TypeError("iteration over a 0-d array"))
        size = self.shape[0]
        if type(size) is not int:
            raise self._refuse(f"a loop over {text_of(size)} entries")
        return (self[k] for k in range(size))

    def __bool__(self) -> bool:
        known = self.constant or self.kind != "f"  # what is computed rounds, and cancels in mathematics alone
        if known and self.entry.number is not None and not self.shape:
            return bool(self.entry.number)
        raise self._refuse("a branch on values")

    def __index__(self) -> int:
        raise self._refuse("a value as an index or in a loop")

    def __float__(self) -> float:
        raise self._refuse("float() of a value, or a function of plain numbers,")

    __int__ = __complex__ = __index__

    def __copy__(self) -> Any:
        return METHODS["copy"](self)

    def __deepcopy__(self, memo: Any) -> Any:
        return METHODS["copy"](self)

    def __getitem__(self, key: Any) -> Any:
        return guarded(self.space, "indexing", ACCESS["get"], self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        guarded(self.space, "storing", ACCESS["put"], self, key, value)
