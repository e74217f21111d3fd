"""Parts of an array, as conditions on the indices of an entry."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.diagnosis.comparing import Mask

__all__ = ["Region", "regions"]


_MOST = 10


@dataclass(frozen=True)
class Region:
    """``of`` gives the mask for a shape; ``kind`` is tail or entry."""

    kind: str
    text: str
    cost: float
    of: Callable[[tuple[int, ...]], Mask]


def regions(masks: Sequence[Mask]) -> list[Region]:
    """The regions that hold everything wrong, the smallest and then the simplest first."""
    rank = masks[0].ndim
    if rank == 0 or any(m.ndim != rank for m in masks):
        return []
    single = [r for axis in range(rank) for r in _along(axis, rank, masks)]
    single += _diagonals(rank)
    fitting = [r for r in single if _covers(r, masks)]
    pairs = [_both(a, b) for a, b in itertools.combinations(fitting, 2)]
    found = [r for r in [*fitting, *pairs] if _covers(r, masks)]
    if rank > 2:
        corners = [_both(_both(a, b), c) for a, b, c in itertools.combinations(fitting[:_MOST], 3)]
        found += corners
        if rank > 3:
            found += [_both(c, d) for c in corners[:_MOST] for d in fitting[:_MOST]]
    # the smallest region that holds what is wrong is the sharpest statement
    return sorted(found, key=lambda r: (sum(int(r.of(m.shape).sum()) for m in masks), r.cost))[:_MOST]


def _covers(region: Region, masks: Sequence[Mask]) -> bool:
    return all(not (m & ~region.of(m.shape)).any() for m in masks)


def _along(axis: int, rank: int, masks: Sequence[Mask]) -> Iterator[Region]:
    """Conditions on the index along one axis, with the constants that the masks suggest."""
    name = f" along axis {axis}" if rank > 1 else ""
    rows = [np.unique(np.nonzero(m)[axis]) for m in masks]
    first, last = min(int(r.min()) for r in rows), max(int(r.max()) for r in rows)

    def region(kind: str, text: str, cost: float, test: Callable[[NDArray[np.int64], int], Any]) -> Region:
        def of(shape: tuple[int, ...]) -> Mask:
            n = shape[axis]
            index = np.arange(n).reshape([-1 if a == axis else 1 for a in range(rank)])
            return np.broadcast_to(np.asarray(test(index, n), dtype=bool), shape)

        return Region(kind, text, cost, of)

    if first > 0:
        yield region("tail", f"entries from index {first} on{name}", 1.22, lambda i, n: i >= first)
    for block in (8, 4, 2):
        yield region(
            "tail",
            f"entries behind the last whole block of {block}{name}",
            1.4,
            lambda i, n, block=block: (i >= n // block * block) & (n >= block),
        )
    if first == last:
        yield region("entry", f"entries with index {first}{name}", 1.3, lambda i, n: i == first)
    back = {m.shape[axis] - 1 - int(r) for m, row in zip(masks, rows, strict=True) for r in row}
    if back == {0}:
        yield region("entry", f"the last entries{name}", 1.2, lambda i, n: i == n - 1)
    if first != last:
        yield region("entry", f"entries up to index {last}{name}", 1.5, lambda i, n: i <= last)
    yield region("entry", f"all but the last entries{name}", 1.4, lambda i, n: i < n - 1)
    for odd in (0, 1):
        word = "odd" if odd else "even"
        yield region("entry", f"entries with {word} index{name}", 1.5, lambda i, n, odd=odd: i % 2 == odd)


def _diagonals(rank: int) -> Iterator[Region]:
    if rank != 2:
        return
    tests: dict[str, Callable[[Any, Any], Any]] = {
        "entries on the diagonal": lambda i, j: i == j,
        "entries off the diagonal": lambda i, j: i != j,
        "entries above the diagonal": lambda i, j: i < j,
        "entries below the diagonal": lambda i, j: i > j,
    }
    for text, test in tests.items():

        def of(shape: tuple[int, ...], test: Callable[[Any, Any], Any] = test) -> Mask:
            i, j = np.indices(shape)
            return np.asarray(test(i, j), dtype=bool)

        yield Region("entry", text, 1.3, of)


def _both(a: Region, b: Region) -> Region:
    kind = "tail" if "tail" in (a.kind, b.kind) else "entry"
    text = f"{a.text} and {b.text.removeprefix('entries ').removeprefix('the ')}"
    return Region(kind, text, a.cost + b.cost - 0.8, lambda shape: a.of(shape) & b.of(shape))
