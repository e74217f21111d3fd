"""Explanations of a quantity that is right in one part and wrong in another: tails, rows, entries, triangles.

A *region* is a condition on the indices of an entry. An explanation is a region with what stands there:
zero, or the right value times a factor. It has to fit at every sample: wrong just there, right elsewhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import enclose
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.factors import Factor, recognise, simple_fraction
from gradcheck.diagnosis.explaining.ratios import atoms_of, factor_words
from gradcheck.diagnosis.explanation import Explanation, Sides
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.errors import Unsupported

__all__ = ["Region", "part_changes", "regions"]

Mask = NDArray[np.bool_]
_MOST = 10


@dataclass(frozen=True)
class Region:
    """``of`` gives the mask for a shape; ``kind`` is tail or entry."""

    kind: str
    text: str
    cost: float
    of: Callable[[tuple[int, ...]], Mask]


def part_changes(
    case: Case, quantity: str, wrong: Sequence[Sample], sound: Sequence[Sample]
) -> Iterator[Explanation]:
    """Explanations by a region, from the masks of what is wrong at all samples."""
    shown = [(s, m) for s in wrong if (m := s.wrong_or_none(quantity)) is not None]
    if len(shown) < len(wrong) or not shown or all(m.all() for _, m in shown):
        return
    for rank, region in enumerate(regions([m for _, m in shown])):
        if not _leaves_out(region, quantity, shown):
            continue
        yield from _with_content(case, quantity, replace(region, cost=1.25 + 0.05 * rank), shown)


def _leaves_out(region: Region, quantity: str, shown: list[tuple[Sample, Mask]]) -> bool:
    """Whether right entries lie outside that are not zero: a part of which the rest is zero is no part.

    Where an activation is saturated, a factor on all entries shows in some of them only.
    """
    for sample, mask in shown:
        size = np.abs(sample.right(quantity))
        if (size > _NOTHING * np.max(size, initial=0.0))[~region.of(mask.shape)].any():
            return True
    return False


_NOTHING = 1e-20
"""Part of the largest entry below which an entry says nothing about the others."""


def _with_content(
    case: Case, quantity: str, region: Region, shown: list[tuple[Sample, Mask]]
) -> Iterator[Explanation]:
    """The region with what stands in it."""
    zero = all(not s.mine(quantity)[region.of(m.shape)].any() for s, m in shown)
    if zero:
        yield Explanation(
            region.kind, f"{region.text} of {case.noun} are zero", region.cost, _sides(case, region, None)
        )
        return
    factor = _factor_in(case, quantity, region, shown)
    if factor is not None:
        _, words = factor_words(factor, None)
        text = f"{region.text} of {case.noun} {words.replace('it is', 'are')}"
        yield Explanation(region.kind, text, region.cost + 0.2, _sides(case, region, factor))


def _factor_in(case: Case, quantity: str, region: Region, shown: list[tuple[Sample, Mask]]) -> Factor | None:
    """The one factor by which everything wrong is off: a number, or a power of sizes and scalars."""
    excess, samples = [], []
    for sample, mask in shown:
        with np.errstate(all="ignore"):
            off = sample.residual(quantity)[mask] / sample.right(quantity)[mask]
        off = off[np.isfinite(off)]
        if off.size == 0:
            continue
        middle = float(np.median(off))
        if not np.all(np.abs(off - middle) <= 1e-6 * abs(middle) + 1e-15):
            return None
        excess.append(middle)
        samples.append(sample)
    if not excess:
        return None
    middle = float(np.median(excess))
    if abs(middle) < _SMALL:
        if any(abs(e - middle) > 1e-3 * abs(middle) for e in excess):
            return None
        small = simple_fraction(float(f"{middle:.3g}"), 1e-6)
        return None if small is None else Factor(Fraction(float(1 + small)), (), 0.2)
    if any(abs(1 + e) < 1e-12 for e in excess):
        return None
    return next(iter(recognise([1 + e for e in excess], atoms_of(case, samples))), None)


_SMALL = 1e-2


def _sides(case: Case, region: Region, factor: Factor | None) -> Sides:
    def sides(sample: Sample, quantity: str, how: How) -> tuple[Any, Any]:
        right = sample.right(quantity, how)
        if right.shape != sample.shapes[quantity]:
            raise Unsupported("another shape")
        mask = region.of(right.shape)
        if factor is None:
            other: Any = np.zeros(right.shape) if how is None else enclose(np.zeros(right.shape))
        else:
            values = {a.name: a.values[0] for a in atoms_of(case, [sample])} if factor.powers else {}
            other = right * (factor.at(values) if how is None else factor.exactly(values))
        return sample.mine(quantity, how), np.where(mask, other, right)

    return sides


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
        yield region("tail", f"entries from index {first} on{name}", 1.2, lambda i, n: i >= first)
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
    if len(back) == 1:
        from_end = back.pop()
        place = {0: "the last entries", 1: "the last but one entries"}.get(
            from_end, f"entries {from_end} from the end"
        )
        yield region("entry", f"{place}{name}", 1.2, lambda i, n: i == n - 1 - from_end)
    if first != last:
        yield region("entry", f"entries up to index {last}{name}", 1.5, lambda i, n: i <= last)
    yield region("entry", f"all but the first entries{name}", 1.4, lambda i, n: i > 0)
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
