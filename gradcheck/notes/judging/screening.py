"""Both sides at a few points of our own, which only choose between readings."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.notes.arrays.evaluating import Evaluation
from gradcheck.notes.arrays.graph import Array, Graph
from gradcheck.notes.arrays.terms import Dim, Index
from gradcheck.notes.judging.comparison import Comparison
from gradcheck.notes.judging.drawing import of_kind
from gradcheck.notes.judging.widths import least

__all__ = ["draw", "screen", "sizes_of"]


def screen(
    comparison: Comparison,
    *,
    points: int = 3,
    values: Mapping[str, str] | None = None,
    within: float = 1e-7,
) -> bool | None:
    """Whether both sides agree at a few points in float64; None where they cannot be evaluated."""
    graph = comparison.graph
    terms = [t for t in (comparison.left, comparison.right, comparison.mask) if t is not None]
    leaves = graph.leaves(*terms)
    room: dict[int, int] = {}
    for dim, size in least(graph, terms):
        room[id(dim.root())] = max(size, room.get(id(dim.root()), 0))
    agreed = 0
    for attempt in range(points * 4):
        rng = np.random.default_rng(attempt)
        sizes = sizes_of(graph, leaves, comparison.axes, attempt)
        sizes = {d: max(n, room.get(d, 0)) for d, n in sizes.items()}
        arrays = {
            n: draw(
                graph.arrays[n],
                sizes,
                rng,
                (values or {}).get(n),
                positive=attempt % 4 == 3 or attempt >= points * 2,
            )
            for n in leaves
        }
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                left, right, scale = _sides(comparison, arrays, sizes)
            except (
                ValueError,
                IndexError,
                KeyError,
                ZeroDivisionError,
                np.linalg.LinAlgError,
                OverflowError,
            ):
                continue
        if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
            continue
        if np.any(np.abs(left - right) > within * scale):
            return False
        agreed += 1
        if agreed >= points:
            return True
    return True if agreed else None


def _sides(comparison: Comparison, arrays: dict[str, Any], sizes: dict[int, int]) -> tuple[Any, Any, float]:
    evaluation = Evaluation(comparison.graph, arrays)
    evaluation.sizes.update(sizes)
    left = np.asarray(evaluation.array(comparison.left, comparison.axes), dtype=float)
    right = np.asarray(evaluation.array(comparison.right, comparison.axes), dtype=float)
    if comparison.mask is not None:
        mask = np.asarray(evaluation.array(comparison.mask, comparison.axes), dtype=float)
        left, right = left * mask, right * mask
    if left.shape != right.shape:
        raise ValueError("the sides have different axes")
    scale = float(max(np.max(np.abs(left), initial=0.0), np.max(np.abs(right), initial=0.0), 1e-3))
    return left, right, scale


def _dims(graph: Graph, leaves: list[str], axes: tuple[Index, ...]) -> list[Dim]:
    found: dict[int, Dim] = {}
    for array in graph.arrays.values():
        for dim in array.dims:
            found.setdefault(id(dim.root()), dim.root())
    for index in axes:
        found.setdefault(id(index.dim.root()), index.dim.root())
    return list(found.values())


def sizes_of(graph: Graph, leaves: list[str], axes: tuple[Index, ...], attempt: int) -> dict[int, int]:
    """Distinct sizes for distinct names, in another order at each attempt."""
    orders = ((2, 3, 4, 5), (4, 2, 5, 3), (3, 5, 2, 4))
    order = orders[attempt % 3]
    return {
        id(dim): dim.number if dim.number is not None else order[k % 4]
        for k, dim in enumerate(_dims(graph, leaves, axes))
    }


def draw(
    array: Array, sizes: dict[int, int], rng: np.random.Generator, values: str | None, *, positive: bool
) -> Any:
    shape = tuple(sizes[id(d.root())] for d in array.dims)
    kind = values or array.values
    drawn = rng.uniform(0.3, 1.7, shape) * (1 if positive else rng.choice([-1.0, 1.0], shape))
    return of_kind(kind, drawn, rng)
