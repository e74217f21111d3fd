"""Arrays whose entries are one expression in their axes' indices, with sizes that are symbols.

NumPy code runs on them through `__array_ufunc__` (NEP 13) and `__array_function__` (NEP 18). What they
cannot do raises `Unsupported` with the operation's name; nothing is done approximately.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.codes import is_constant
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, delta, size_expression
from gradcheck.proofs.indexed.algebra.latex import plain_text
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.axes import Shape, axis_codes
from gradcheck.proofs.indexed.arrays.size import Size, polynomial_of

__all__ = [
    "ACCESS",
    "CONVERSIONS",
    "FUNCTIONS",
    "METHODS",
    "UFUNCS",
    "IndexedArray",
    "as_array",
    "from_entry",
    "operate",
]

UFUNCS: dict[str, Callable[..., Any]] = {}
FUNCTIONS: dict[Any, Callable[..., Any]] = {}
METHODS: dict[str, Callable[..., Any]] = {}
ACCESS: dict[str, Callable[..., Any]] = {}
"""``get`` and ``put``: what `a[key]` and `a[key] = value` are."""
CONVERSIONS: dict[type, Callable[[Any], IndexedArray]] = {}
"""Values of other kinds, as arrays."""
_MOST_LITERALS = 64


class IndexedArray:
    """``entry`` is written in the axes' indices, `axis_codes(space, shape)`.

    ``kind`` is NumPy's: f (float64), i (integers), b (booleans). ``view`` marks what shares memory with
    another array in NumPy, so that it must not be changed in place.
    """

    __array_priority__ = 1001

    def __init__(
        self, space: Space, entry: Expr, shape: Shape, kind: str = "f", *, view: bool = False
    ) -> None:
        self.space = space
        self._entry = entry
        self.shape = shape
        self.parent: tuple[IndexedArray, Any] | None = None
        self.children: list[IndexedArray] = []
        self.stale = False
        self.epoch = space.epoch
        self.kind = kind
        self.view = view

    def __repr__(self) -> str:
        return f"<indexed array ({', '.join(map(str, self.shape))}): {plain_text(self.entry)}>"

    __hash__ = None  # type: ignore[assignment]

    @property
    def entry(self) -> Expr:
        """The expression of an entry."""
        if self.stale:
            raise self._refuse("a part of an array, read after the array was changed in place,")
        if self.epoch and self.epoch != self.space.epoch:
            raise self._refuse("an array that the code kept from an earlier run")
        return self._entry

    def change(self, entry: Expr, by: IndexedArray | None = None) -> None:
        """Give the array other entries. Parts of it that were taken before are not followed."""
        self._entry = entry
        for child in self.children:
            child.stale = child.stale or child is not by
        self.children = [by] if by is not None else []

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
    def T(self) -> Any:
        return np.transpose(self)

    @property
    def mT(self) -> Any:
        return np.swapaxes(self, -1, -2)

    @property
    def real(self) -> Any:
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        name = ufunc.__name__
        out = kwargs.pop("out", None)
        kwargs = {k: v for k, v in kwargs.items() if not (k == "where" and v is True) and k != "casting"}
        dtype = kwargs.get("dtype")
        if out is not None or (dtype is not None and np.dtype(dtype) != np.float64):
            raise self._refuse(f"np.{name} with out= or dtype=")
        kwargs.pop("dtype", None)
        if method == "reduce" and name in _REDUCTIONS:
            return FUNCTIONS[_REDUCTIONS[name]](*inputs, **({"axis": 0} | kwargs))
        if method == "outer" and name == "multiply":
            return np.tensordot(inputs[0], inputs[1], axes=0)
        if method != "__call__" or kwargs or name not in UFUNCS:
            raise self._refuse(f"np.{name}" + (f".{method}" if method != "__call__" else ""))
        return UFUNCS[name](*(as_array(self.space, i) for i in inputs))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in FUNCTIONS:
            module = getattr(function, "__module__", "numpy").replace("numpy", "np")
            raise self._refuse(f"{module}.{function.__name__}")
        return FUNCTIONS[function](*args, **kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise self._refuse("a float64 array made of it, or a buffer that it is stored into,")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in METHODS:
            raise self._refuse(f"the attribute .{name}")
        return functools.partial(METHODS[name], self)

    def _refuse(self, what: str) -> Unsupported:
        return self.space.refused(Unsupported(f"{what} is not available on symbols for all shapes"))

    def __len__(self) -> int:
        size = self.shape[0]
        if isinstance(size, int):
            return size
        raise self._refuse(f"the length {size} as a plain number")

    def __iter__(self) -> Any:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        size = self.shape[0]
        if not isinstance(size, int):
            raise self._refuse(f"a loop over {size} entries")
        return (self[k] for k in range(size))

    def __bool__(self) -> bool:
        if self.entry.number is not None and not self.shape:
            return bool(self.entry.number)
        raise self._refuse("a branch on values")

    def __index__(self) -> int:
        raise self._refuse("a value as an index or in a loop")

    def __float__(self) -> float:
        raise self._refuse("float() of a value, or a function of plain numbers,")

    __int__ = __complex__ = __index__

    def __getitem__(self, key: Any) -> Any:
        return ACCESS["get"](self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        ACCESS["put"](self, key, value)

    def _in_place(self, name: str, other: Any) -> Any:
        """`a += b`: the same array, other entries; not where other names share its memory."""
        if not self.shape:
            return operate(self.space, name, self, other)  # NumPy's scalars do not change either
        if self.view and self.parent is None:
            raise self._refuse("a change in place of an argument, a view or an array that has views")
        result = operate(self.space, name, self, other)
        if _words(result.shape) != _words(self.shape) or (self.kind != result.kind):
            raise self._refuse("a change in place of shape or type")
        self.change(result.entry)
        if self.parent is not None:
            whole, key = self.parent
            ACCESS["put"](whole, key, result, by=self)
        return self

    def __neg__(self) -> Any:
        return UFUNCS["negative"](self)

    def __pos__(self) -> Any:
        return UFUNCS["positive"](self)

    def __abs__(self) -> Any:
        return UFUNCS["absolute"](self)

    def __invert__(self) -> Any:
        return UFUNCS["invert"](self)


_REDUCTIONS = {"add": np.sum, "maximum": np.max, "minimum": np.min}
_OPERATORS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power",
    "matmul": "matmul", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
    "eq": "equal", "ne": "not_equal", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
    "floordiv": "floor_divide", "mod": "remainder",
}  # fmt: skip


def _install(symbol: str, name: str) -> None:
    def forward(self: IndexedArray, other: Any) -> Any:
        return operate(self.space, name, self, other)

    def reflected(self: IndexedArray, other: Any) -> Any:
        return operate(self.space, name, other, self)

    def in_place(self: IndexedArray, other: Any) -> Any:
        return self._in_place(name, other)

    setattr(IndexedArray, f"__{symbol}__", forward)
    if symbol not in ("lt", "le", "gt", "ge", "eq", "ne"):
        setattr(IndexedArray, f"__r{symbol}__", reflected)
        setattr(IndexedArray, f"__i{symbol}__", in_place)


for _symbol, _name in _OPERATORS.items():
    _install(_symbol, _name)


def operate(space: Space, name: str, a: Any, b: Any) -> Any:
    """A ufunc of two operands by its name."""
    if name not in UFUNCS:
        raise space.refused(Unsupported(f"np.{name} is not available on symbols for all shapes"))
    return UFUNCS[name](as_array(space, a), as_array(space, b))


def from_entry(
    space: Space, entry: Expr, codes: Sequence[int], shape: Shape, kind: str = "f", *, view: bool = False
) -> IndexedArray:
    """An array from an entry that is written in other indices, one per axis."""
    wanted = axis_codes(space, shape)
    names = {c: w for c, w in zip(codes, wanted, strict=True) if not is_constant(c)}
    return IndexedArray(space, entry.renamed(names), shape, kind, view=view)


def as_array(space: Space, value: Any) -> IndexedArray:
    """Anything that NumPy would take as an array. Raises `Unsupported`."""
    if isinstance(value, IndexedArray):
        if value.space is not space:
            raise space.refused(Unsupported("an array that the code kept from an earlier run"))
        return value
    if isinstance(value, Size):
        return IndexedArray(space, size_expression(space, value), (), "i")
    if type(value) in CONVERSIONS:
        return CONVERSIONS[type(value)](value)
    if isinstance(value, bool | np.bool_):
        return IndexedArray(space, constant(space, int(value)), (), "b")
    if isinstance(value, int | np.integer):
        return IndexedArray(space, constant(space, int(value)), (), "i")
    if isinstance(value, float | np.floating):
        return IndexedArray(space, constant(space, value), (), "f")
    if isinstance(value, list | tuple) and any(
        isinstance(v, IndexedArray | Size | list | tuple) for v in value
    ):
        stack: Any = np.stack
        return stack([as_array(space, v) for v in value])  # type: ignore[no-any-return]
    try:
        array = np.asarray(value)
    except Exception as error:
        raise space.refused(Unsupported(f"{type(value).__name__} as an array")) from error
    return _literal(space, array)


Size.array_of, Size.operate = as_array, operate


def _literal(space: Space, array: Any) -> IndexedArray:
    """An array of plain numbers: a constant, or its few entries picked by deltas."""
    if array.dtype.kind not in "fiub" or array.size > _MOST_LITERALS:
        raise space.refused(Unsupported(f"an array of {array.size} plain numbers of dtype {array.dtype}"))
    kind = {"u": "i"}.get(array.dtype.kind, array.dtype.kind)
    codes = axis_codes(space, array.shape)
    flat = array.reshape(-1)
    if array.size and all(v == flat[0] for v in flat):
        return IndexedArray(space, constant(space, flat[0].item()), array.shape, kind)
    entry = Expr(space, {})
    for place in np.ndindex(array.shape):
        picked = constant(space, array[place].item())
        for code, k in zip(codes, place, strict=True):
            picked = picked * delta(space, code, k)
        entry = entry + picked
    return IndexedArray(space, entry, array.shape, kind)


def _words(shape: Shape) -> tuple[Any, ...]:
    return tuple(polynomial_of(s) for s in shape)
