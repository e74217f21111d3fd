"""Where the entries of `lax.gather` come from, and those of `lax.scatter` go to, as positions.

The semantics are those of the XLA operations: every index vector starts a window in the operand;
``offset_dims`` of the output run through the window, the other dimensions through the index vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jax import lax
from numpy.typing import NDArray

__all__ = ["gather_positions", "scatter_positions"]

OUTSIDE = -1


def gather_positions(
    shape: tuple[int, ...], indices: NDArray[Any], numbers: Any, sizes: tuple[int, ...], mode: Any
) -> NDArray[np.int64]:
    """For each entry of the output, its flat position in an operand of ``shape``, or -1 (filled)."""
    batch = indices.shape[:-1]
    count = int(np.prod(batch, dtype=int))
    vectors = np.asarray(indices, dtype=np.int64).reshape(count, indices.shape[-1])
    starts = np.zeros((len(vectors), len(shape)), dtype=np.int64)
    starts[:, list(numbers.start_index_map)] = vectors
    place = np.indices(batch).reshape(len(batch), count)
    for operand_dim, batch_dim in zip(
        numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True
    ):
        starts[:, operand_dim] = place[batch_dim]
    last = np.array(shape) - np.array(sizes)
    inside = np.ones(len(starts), dtype=bool)
    if lax.GatherScatterMode.from_any(mode) == lax.GatherScatterMode.CLIP:
        starts = np.clip(starts, 0, last)
    else:
        inside = np.all((starts >= 0) & (starts <= last), axis=1)
    window = np.indices(sizes).reshape(len(sizes), int(np.prod(sizes, dtype=int)))
    coordinates = np.where(inside[:, None], starts, 0)[:, :, None] + window
    flat = (
        np.ravel_multi_index(tuple(np.moveaxis(coordinates, 1, 0)), shape)
        if shape
        else coordinates.sum(axis=1)
    )
    flat = np.where(inside[:, None], flat, OUTSIDE)
    gone = {*numbers.collapsed_slice_dims, *numbers.operand_batching_dims}
    kept = [n for d, n in enumerate(sizes) if d not in gone]
    result = flat.reshape((*batch, *kept))
    others = [d for d in range(result.ndim) if d not in numbers.offset_dims]
    return np.moveaxis(result, range(result.ndim), [*others, *numbers.offset_dims])


def scatter_positions(
    shape: tuple[int, ...], indices: NDArray[Any], updates: tuple[int, ...], numbers: Any, mode: Any
) -> NDArray[np.int64]:
    """For each entry of the updates, the flat position in the operand that it goes to, or -1."""
    gone = {*numbers.inserted_window_dims, *numbers.operand_batching_dims}
    windows = iter(updates[d] for d in numbers.update_window_dims)
    sizes = tuple(1 if d in gone else next(windows) for d in range(len(shape)))
    as_gather = lax.GatherDimensionNumbers(
        offset_dims=numbers.update_window_dims,
        collapsed_slice_dims=numbers.inserted_window_dims,
        start_index_map=numbers.scatter_dims_to_operand_dims,
        operand_batching_dims=numbers.operand_batching_dims,
        start_indices_batching_dims=numbers.scatter_indices_batching_dims,
    )
    return gather_positions(shape, indices, as_gather, sizes, mode)
