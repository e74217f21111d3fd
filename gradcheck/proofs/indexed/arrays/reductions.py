"""Sums, means, variances and maxima over axes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.conditions.requirements import needs_nonzero
from gradcheck.proofs.indexed.algebra.expression import Expr, size_expression
from gradcheck.proofs.indexed.algebra.functions import maximum
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.powers import power
from gradcheck.proofs.indexed.arrays.array import FUNCTIONS, METHODS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes
from gradcheck.proofs.indexed.arrays.conditions.minus_infinity import finite_somewhere
from gradcheck.proofs.indexed.arrays.contraction import find_space
from gradcheck.proofs.indexed.arrays.converting import from_entry
from gradcheck.proofs.indexed.arrays.guarding import is_a
from gradcheck.proofs.indexed.arrays.rearranging.shaping import normal_axes
from gradcheck.proofs.indexed.arrays.size import text_of

__all__: list[str] = []

_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "out": (None,),
    "where": (True, np._NoValue),  # noqa: SLF001  (NumPy's own default)
    "initial": (np._NoValue,),  # noqa: SLF001
    "mean": (np._NoValue,),  # noqa: SLF001
    "correction": (np._NoValue,),  # noqa: SLF001
}


def _reduction(
    function: Callable[[Expr, list[int], Any], Expr], *names: str, floating: bool, counted: str = "i"
) -> None:
    """A reduction over axes, as NumPy functions of these names and as methods."""

    def reduce(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        *args: Any,
        keepdims: Any = False,
        ddof: Any = 0,
        **kwargs: Any,
    ) -> Any:
        space = find_space([a])
        if type(a) is not IndexedArray:
            a = np.stack(a)
        for name, value in kwargs.items():
            harmless = any(value is v for v in _DEFAULTS.get(name, ()))
            if not harmless:
                raise space.refused(Unsupported(f"np.{names[0]} with {name}="))
        if args or (dtype is not None and np.dtype(dtype) != np.float64):
            raise space.refused(Unsupported(f"np.{names[0]} with more than an axis"))
        axes = normal_axes(axis, a.ndim)
        codes = axis_codes(space, a.shape)
        over = [codes[k] for k in axes if not is_constant(codes[k])]
        count: Any = 1
        for k in axes:
            count = a.shape[k] * count
        given = finite_somewhere(a, over) if a.infinite and "max" in names else a.entry
        counted_entries = count - ddof if ddof else count
        with space.algebra():
            entry = function(given, over, counted_entries)
        kept = [0 if k in axes else c for k, c in enumerate(codes)]
        shape = tuple(1 if k in axes else s for k, s in enumerate(a.shape))
        fresh = {c: space.fresh(space.size_of(c)) for c in kept if not is_constant(c)}
        entry = entry.renamed(fresh)
        kept = [fresh.get(c, 0) for c in kept]
        if keepdims is np._NoValue or not keepdims:  # noqa: SLF001
            kept = [c for k, c in enumerate(kept) if k not in axes]
            shape = tuple(s for k, s in enumerate(shape) if k not in axes)
        kind = "f" if floating or dtype is not None else {"b": counted}.get(a.kind, a.kind)
        return from_entry(space, entry, kept, shape, kind)

    for name in names:
        FUNCTIONS[getattr(np, name)] = reduce
        METHODS[name] = reduce


def _sum(entry: Expr, over: list[int], count: Any) -> Expr:
    for code in over:
        entry = entry.summed(code)
    return entry


def _mean(entry: Expr, over: list[int], count: Any) -> Expr:
    number = size_expression(entry.space, count)
    needs_nonzero(number)
    return _sum(entry, over, count) * power(number, -1)


def _var(entry: Expr, over: list[int], count: Any) -> Expr:
    everything: Any = 1
    for code in over:
        everything = entry.space.size_list[entry.space.size_of(code)] * everything
    centred = entry - _mean(entry, over, everything)
    return _mean(power(centred, 2), over, count)


def _std(entry: Expr, over: list[int], count: Any) -> Expr:
    return power(_var(entry, over, count), Fraction(1, 2))


def _max(entry: Expr, over: list[int], count: Any) -> Expr:
    return maximum(entry, over)


def _min(entry: Expr, over: list[int], count: Any) -> Expr:
    return -maximum(-entry, over)


_reduction(_sum, "sum", floating=False)
_reduction(_mean, "mean", floating=True)
_reduction(_var, "var", floating=True)
_reduction(_std, "std", floating=True)
_reduction(_max, "max", "amax", floating=False, counted="b")
_reduction(_min, "min", "amin", floating=False, counted="b")


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    axes = x.ndim if axis is None else (1 if is_a(axis, int, np.integer) else len(axis))
    if not (
        ord is None
        or (type(ord) is int and ord == 2 and axes == 1)
        or (type(ord) is str and ord == "fro" and axes == 2)
    ):
        raise x.space.refused(Unsupported(f"np.linalg.norm with ord={text_of(ord)}"))
    x = x.astype(float)
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


FUNCTIONS[np.linalg.norm] = _norm
