"""Numbers of each kind that a note can declare: one-hot, symmetric, positive, ..."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["filler", "of_kind"]


def of_kind(kind: str, drawn: Any, rng: np.random.Generator) -> Any:
    shape = np.shape(drawn)
    match kind:
        case "positive":
            return np.abs(drawn)
        case "unit":
            return np.abs(drawn) / 2.0
        case "one-hot" | "label":
            hot = np.zeros(shape)
            if shape:
                flat = hot.reshape(-1, shape[-1])
                flat[np.arange(len(flat)), rng.integers(0, shape[-1], len(flat))] = 1.0
            return hot
        case "simplex":
            return _shares(drawn)
        case "sum of 1":
            return drawn + (1.0 - np.sum(drawn, axis=-1, keepdims=True)) / max(np.shape(drawn)[-1:] or (1,))
        case "symmetric" | "spd" | "diagonal" if len(shape) >= 2 and shape[-1] != shape[-2]:
            return drawn  # of another item of a list: here it cannot be meant
        case "symmetric" if len(shape) >= 2:
            return drawn + np.swapaxes(drawn, -1, -2)
        case "spd" if len(shape) >= 2:
            return drawn @ np.swapaxes(drawn, -1, -2) + np.eye(shape[-1])
        case "diagonal" if len(shape) >= 2:
            return drawn * np.eye(shape[-1])
        case "signs":
            return np.where(drawn < 0, -1.0, 1.0)
        case "ones":
            return np.ones(shape)
    return drawn


def _shares(drawn: Any) -> Any:
    """Positive numbers that add up to 1 along the last axis exactly: parts of a power of two."""
    if not np.ndim(drawn):
        return np.ones(())
    whole = 1024
    sizes = np.floor(np.abs(drawn) / np.sum(np.abs(drawn), axis=-1, keepdims=True) * (whole - 64)) + 1
    sizes[..., 0] += whole - np.sum(sizes, axis=-1)
    return sizes / whole


def filler(kind: str) -> Any:
    import gradcheck

    simple = {
        "positive": gradcheck.positive,
        "unit": gradcheck.unit_interval,
        "one-hot": gradcheck.one_hot,
        "label": gradcheck.one_hot,
        "spd": gradcheck.spd,
    }
    if kind in simple:
        return simple[kind]
    if kind in {"symmetric", "simplex", "diagonal", "ones"}:
        return lambda shape, rng: np.asarray(of_kind(kind, np.round(rng.uniform(0.3, 1.7, shape), 3), rng))
    if kind == "signs":
        return lambda shape, rng: rng.choice(np.array([-1.0, 1.0]), shape)
    if kind == "mild":
        return lambda shape, rng: np.asarray(np.round(rng.uniform(-1.7, 1.7, shape), 3))
    if kind == "zeros":
        return lambda shape, rng: np.zeros(shape)
    return None
