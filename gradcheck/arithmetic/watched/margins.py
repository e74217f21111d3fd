"""Margins of comparisons: the number that is above zero where a ufunc's answer is true."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["asks_what_is_given", "margin_of"]


def margin_of(name: str, method: str, inputs: Sequence[Any], plain: Sequence[Any], kwargs: Any) -> Any:
    """The number above zero where a ufunc's answer is true; None where it asks nothing."""
    with np.errstate(all="ignore"):
        if method == "reduce" and name in ("logical_and", "logical_or", "multiply"):
            own = getattr(inputs[0], "margin", None)
            if own is None:
                return None
            how = {k: v for k, v in kwargs.items() if k in ("axis", "keepdims")}
            return (
                (np.max if name == "logical_or" else np.min)(own, **{"axis": None, **how})
                if own.size
                else None
            )
        if method != "__call__" or "out" in kwargs or any(np.asarray(p).dtype == object for p in plain):
            return None
        if name in ("logical_not", "invert"):
            own = getattr(inputs[0], "margin", None)
            return None if own is None else -own
        if (join := _joining(name, plain)) is not None:
            left, right = map(_own_margin, inputs)
            return None if left is None or right is None else join(left, right)
        if name == "clip":
            return np.asarray(plain[0], dtype=np.float64)
        if any(np.iscomplexobj(p) for p in plain):
            if name not in ("equal", "not_equal"):
                return None
            gap = np.abs(np.subtract(*plain))
            return gap if name == "not_equal" else -gap
        if asks_what_is_given(name, inputs):
            return None
        rule = _MARGINS.get(name)
        return None if rule is None else rule(*(np.asarray(p, dtype=np.float64) for p in plain))


def asks_what_is_given(name: str, inputs: Sequence[Any]) -> bool:
    """Whether a ufunc asks if an argument is finite, which it is because it was drawn so."""
    return name in _OF_FINITENESS and bool(getattr(inputs[0], "given", False))


def _joining(name: str, plain: Sequence[Any]) -> Any:
    """How the margins of two truth values make that of both, or of either; None where nothing is joined."""
    if name in ("logical_and", "bitwise_and"):
        return np.minimum
    if name in ("logical_or", "bitwise_or"):
        return np.maximum
    if name in ("multiply", "add") and all(np.asarray(p).dtype == bool for p in plain):
        return np.minimum if name == "multiply" else np.maximum
    return None


def _own_margin(value: Any) -> Any:
    """The margin of truth values. Of those that sizes decide, and no value of an argument, it is infinite."""
    if isinstance(value, bool | np.bool_) or (type(value) is np.ndarray and value.dtype == bool):
        return np.where(value, np.inf, -np.inf)
    return getattr(value, "margin", None)


def _beyond(x: Any) -> Any:
    """Powers of two from the largest float64 on."""
    return np.where(np.isfinite(x), np.log2(np.maximum(np.abs(x), 2.0**-1074)) - 1024.0, 1.0)


_MARGINS: dict[str, Callable[..., Any]] = {
    "greater": lambda a, b: a - b,
    "greater_equal": lambda a, b: a - b,
    "less": lambda a, b: b - a,
    "less_equal": lambda a, b: b - a,
    "equal": lambda a, b: -np.abs(a - b),
    "not_equal": lambda a, b: np.abs(a - b),
    "maximum": lambda a, b: a - b,
    "fmax": lambda a, b: a - b,
    "minimum": lambda a, b: b - a,
    "fmin": lambda a, b: b - a,
    "sign": lambda x: x,
    "heaviside": lambda x, at_zero: x,
    "copysign": lambda x, sign: sign,
    "isinf": _beyond,
    "isnan": lambda x: np.where(np.isnan(x), 1.0, _beyond(x) - 1.0),
    "isfinite": lambda x: -_beyond(x),
    "signbit": lambda x: np.where(np.signbit(x), np.abs(x) + 2.0**-1074, -x),
}

_OF_FINITENESS = ("isinf", "isnan", "isfinite")
