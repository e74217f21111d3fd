"""Explanations of a quantity that is right in one part and wrong in another: tails, rows, entries, triangles.

A *region* is a condition on the indices of an entry. An explanation is a region with what stands there:
zero, or the right value times a factor. It has to fit at every sample: wrong just there, right elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.arithmetic import enclose
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.comparing import Mask
from gradcheck.diagnosis.explaining.values.factors import Factor, recognise, simple_fraction
from gradcheck.diagnosis.explaining.values.ratios import atoms_of, factor_at, factor_words
from gradcheck.diagnosis.explaining.where.regions import Region, regions
from gradcheck.diagnosis.explanation import Explanation, Sides
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.errors import Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["part_changes"]


def part_changes(
    case: Case, quantity: Quantity, wrong: Sequence[Sample], sound: Sequence[Sample]
) -> Iterator[Explanation]:
    """Explanations by a region, from the masks of what is wrong at all samples."""
    shown = [(s, m) for s in wrong if (m := s.wrong_or_none(quantity)) is not None]
    if len(shown) < len(wrong) or not shown or all(m.all() for _, m in shown):
        return
    for rank, region in enumerate(regions([m for _, m in shown])):
        if not _leaves_out(region, quantity, shown):
            continue
        yield from _with_content(case, quantity, replace(region, cost=1.25 + 0.05 * rank), shown)


def _leaves_out(region: Region, quantity: Quantity, shown: list[tuple[Sample, Mask]]) -> bool:
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
    case: Case, quantity: Quantity, region: Region, shown: list[tuple[Sample, Mask]]
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


def _factor_in(
    case: Case, quantity: Quantity, region: Region, shown: list[tuple[Sample, Mask]]
) -> Factor | None:
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
    def sides(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        right = sample.right(quantity, how)
        if right.shape != sample.shapes[quantity]:
            raise Unsupported("another shape")
        mask = region.of(right.shape)
        if factor is None:
            other: Any = np.zeros(right.shape) if how is None else enclose(np.zeros(right.shape))
        else:
            other = right * factor_at(case, factor, sample, how)
        return sample.mine(quantity, how), np.where(mask, other, right)

    return sides
