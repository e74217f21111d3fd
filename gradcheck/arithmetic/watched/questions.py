"""Which functions of NumPy ask for values, and what is recorded of their answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.arithmetic.watched.watch import MOST_CONSTANTS, Ties, Watch

__all__ = ["record_function", "record_ufunc"]

_ASKS = {
    "greater": ">",
    "greater_equal": ">=",
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "not_equal": "!=",
    "isinf": "isinf",
    "isnan": "isnan",
    "isfinite": "isfinite",
    "signbit": "signbit",
    "sign": "sign",
    "heaviside": "heaviside",
    "copysign": "copysign",
    "maximum": "maximum",
    "minimum": "minimum",
    "fmax": "maximum",
    "fmin": "minimum",
    "logical_and": "and",
    "logical_or": "or",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "multiply": "and",
    "add": "or",
}
"""Ufuncs that ask for values -> what the report calls the question."""

_ORDERS = (">", ">=", "<", "<=")


def record_ufunc(
    watch: Watch,
    name: str,
    method: str,
    plain: Sequence[Any],
    constants: Sequence[Any],
    result: Any,
    margin: Any,
    is_decided: bool,
) -> None:
    """What a ufunc was asked, with its ``margin``; ``constants`` are the inputs that are not watched."""
    if name == "clip":
        _record_clip(watch, *plain)
        return
    if (asks := _ASKS.get(name)) is None:
        return
    if method == "reduce":
        asks = {"logical_and": "np.all", "multiply": "np.prod"}.get(name, "np.any")
    chooses = name in ("maximum", "minimum", "fmax", "fmin")
    if chooses or name in ("sign", "heaviside", "copysign"):
        result = np.asarray(margin) > 0
    ties: Ties = "are on no side" if chooses else "are beside nothing" if asks in _ORDERS else "count"
    watch.record(asks, result, margin, plain, constants, ties=ties, is_decided=is_decided)


def record_function(
    watch: Watch, func: Any, plain: Sequence[Any], kwargs: dict[str, Any], result: Any
) -> None:
    """What a function of NumPy that is no ufunc was asked, if it asks for values; all is plain."""
    if func in (np.isclose, np.allclose):
        _record_close(watch, func, plain, kwargs, result)
    elif func is np.clip:
        named = {**dict(zip(("a", "a_min", "a_max"), plain, strict=False)), **kwargs}
        _record_clip(
            watch, named["a"], named.get("a_min", named.get("min")), named.get("a_max", named.get("max"))
        )
    elif func in _SORTING_INTO:
        _record_bins(watch, func, plain, kwargs)


def _record_clip(watch: Watch, x: Any, low: Any, high: Any) -> None:
    with np.errstate(all="ignore"):
        for asks, above, below in (("clip from below", low, x), ("clip from above", x, high)):
            if above is not None and below is not None:
                margin = np.subtract(above, below, dtype=np.float64)
                watch.record(asks, margin > 0, margin, (above, below), (above, below), ties="are on no side")


_SORTING_INTO = {np.digitize: (0, 1, "bins"), np.searchsorted: (1, 0, "a"), np.histogram: (0, 1, "bins")}
"""Functions that put values between edges: where the values stand, and the edges."""


def _record_bins(watch: Watch, func: Any, plain: Sequence[Any], kwargs: dict[str, Any]) -> None:
    values, edges, name = _SORTING_INTO[func]
    given = plain[edges] if len(plain) > edges else kwargs.get(name)
    if len(plain) <= values or given is None or np.ndim(given) != 1:
        return
    for k, edge in enumerate(np.asarray(given, dtype=np.float64)[:MOST_CONSTANTS]):
        margin = np.asarray(plain[values], dtype=np.float64) - edge
        watch.record(f"np.{func.__name__}: edge {k}, {edge:g},", margin > 0, margin, (), (edge,))


def _record_close(watch: Watch, func: Any, plain: Sequence[Any], kwargs: dict[str, Any], result: Any) -> None:
    names = ("a", "b", "rtol", "atol")
    given = {"rtol": 1e-5, "atol": 1e-8, **dict(zip(names, plain, strict=False)), **kwargs}
    with np.errstate(all="ignore"):
        a, b = (np.asarray(given[k], dtype=np.float64) for k in ("a", "b"))
        margin: Any = given["atol"] + given["rtol"] * np.abs(b) - np.abs(a - b)
        apart = np.abs(a - b)
        if func is np.allclose:
            margin, apart = (np.min(margin), np.max(apart)) if margin.size else (None, apart)
    watch.record(f"np.{func.__name__}", result, margin, (apart, 1.0), (given["b"],))
