"""Sums, means, variances and maxima over axes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.codes import is_constant
from gradcheck.proofs.indexed.algebra.expression import Expr, size_expression
from gradcheck.proofs.indexed.algebra.functions import maximum
from gradcheck.proofs.indexed.algebra.powers import power
from gradcheck.proofs.indexed.algebra.requirements import needs_nonzero
from gradcheck.proofs.indexed.arrays.array import FUNCTIONS, METHODS, IndexedArray, from_entry
from gradcheck.proofs.indexed.arrays.axes import axis_codes
from gradcheck.proofs.indexed.arrays.contraction import find_space
from gradcheck.proofs.indexed.arrays.shaping import normal_axes

__all__: list[str] = []

_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "dtype": (None,),
    "out": (None,),
    "where": (True, np._NoValue),  # noqa: SLF001  (NumPy's own default)
    "initial": (np._NoValue,),  # noqa: SLF001
    "mean": (np._NoValue,),  # noqa: SLF001
    "correction": (np._NoValue,),  # noqa: SLF001
}


def _reduction(function: Callable[[Expr, list[int], Any], Expr], *names: str, floating: bool) -> None:
    """A reduction over axes, as NumPy functions of these names and as methods."""

    def reduce(
        a: Any, axis: Any = None, *args: Any, keepdims: Any = False, ddof: Any = 0, **kwargs: Any
    ) -> Any:
        space = find_space([a])
        if not isinstance(a, IndexedArray):
            a = np.stack(a)
        for name, value in kwargs.items():
            harmless = any(value is v for v in _DEFAULTS.get(name, ()))
            if not harmless and not (name == "dtype" and np.dtype(value) == np.float64):
                raise space.refused(Unsupported(f"np.{names[0]} with {name}="))
        if any(x is not None for x in args):
            raise space.refused(Unsupported(f"np.{names[0]} with more than an axis"))
        axes = normal_axes(axis, a.ndim)
        codes = axis_codes(space, a.shape)
        over = [codes[k] for k in axes if not is_constant(codes[k])]
        count: Any = 1
        for k in axes:
            count = a.shape[k] * count
        entry = function(a.entry, over, count - ddof if ddof else count)
        kept = [0 if k in axes else c for k, c in enumerate(codes)]
        shape = tuple(1 if k in axes else s for k, s in enumerate(a.shape))
        fresh = {c: space.fresh(space.size_of(c)) for c in kept if not is_constant(c)}
        entry = entry.renamed(fresh)
        kept = [fresh.get(c, 0) for c in kept]
        if keepdims is not True:
            kept = [c for k, c in enumerate(kept) if k not in axes]
            shape = tuple(s for k, s in enumerate(shape) if k not in axes)
        kind = "f" if floating else {"b": "i"}.get(a.kind, a.kind)
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
_reduction(_max, "max", "amax", floating=False)
_reduction(_min, "min", "amin", floating=False)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord not in (None, 2, "fro") or (ord == 2 and axis is None and x.ndim > 1):
        raise x.space.refused(Unsupported(f"np.linalg.norm with ord={ord!r}"))
    return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))


FUNCTIONS[np.linalg.norm] = _norm
