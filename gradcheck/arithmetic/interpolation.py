"""Searching in sorted numbers, and what is interpolated between them."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradcheck.arithmetic.array import wrap
from gradcheck.arithmetic.dispatch import find_domain, implements, lift
from gradcheck.errors import Unsupported

__all__: list[str] = []


@implements(np.searchsorted)
def _searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    """How many of ``a`` lie before each of ``v``; raises `Undecided` where that cannot be told."""
    domain = find_domain((a, v))
    if not domain.decides:
        raise Unsupported(f"np.searchsorted is not available in {domain.name}")
    table = wrap(lift(a, domain), domain)
    if sorter is not None:
        table = table[sorter]
    if not np.all(np.asarray(table[1:] >= table[:-1])):
        raise Unsupported("np.searchsorted of numbers that are not sorted")
    sought = wrap(lift(v, domain), domain)[..., np.newaxis]
    before = table < sought if side == "left" else table <= sought
    return np.sum(np.asarray(before), axis=-1)


@implements(np.digitize)
def _digitize(x: Any, bins: Any, right: bool = False) -> Any:
    side: Any = "left" if right else "right"
    if len(bins) < 2 or not np.asarray(bins[-1] < bins[0]).item():
        return np.searchsorted(bins, x, side)
    return len(bins) - np.searchsorted(bins[::-1], x, side)


@implements(np.interp)
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    domain = find_domain((x, xp, fp))
    knots: Any
    values: Any
    if period is not None:
        raise Unsupported(f"np.interp(period=...) is not available in {domain.name}")
    at, knots, values = (wrap(lift(a, domain), domain) for a in (x, xp, fp))
    if len(knots) == 1:
        knots, values = np.concatenate([knots, knots + 1]), np.concatenate([values, values])
    k = np.clip(np.searchsorted(knots, at, "right") - 1, 0, len(knots) - 2)
    slope = (values[k + 1] - values[k]) / (knots[k + 1] - knots[k])
    between = slope * (at - knots[k]) + values[k]
    below, above = (v if v is not None else values[i] for v, i in ((left, 0), (right, -1)))
    inside = np.where(np.asarray(at < knots[0]), below, between)
    beyond = np.asarray(at > knots[-1])
    return np.where(beyond, above, np.where(np.asarray(at == knots[-1]), values[-1], inside))
