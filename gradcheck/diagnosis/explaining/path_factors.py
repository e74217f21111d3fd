"""Explanations by one step of the chain rule that is off by a factor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.factors import Factor, recognise
from gradcheck.diagnosis.explaining.places import nothing, places_of, through, with_step
from gradcheck.diagnosis.explaining.ratios import atoms_of, common_ratio, factor_words
from gradcheck.diagnosis.explanation import Explanation, Sides, near, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["path_factors"]


def path_factors(
    case: Case, quantity: Quantity, pilot: Sample, wrong: Sequence[Sample]
) -> Iterator[Explanation]:
    """Explanations by a step that is off by a factor, the same everywhere or a power of sizes."""
    if np.shape(np.asarray(pilot.values.get(quantity))) != pilot.shapes[quantity]:
        return
    for place, call in places_of(pilot):
        if case.out_of_time:
            return
        without = predicting(with_step(place, nothing), ("without", place))
        ratios, used = [], []
        for sample in [pilot, *(s for s in wrong[:_MOST_SAMPLES] if s is not pilot)]:
            ratio = _times(sample, quantity, without)
            if ratio is None:
                break
            if not np.isnan(ratio):
                ratios.append(ratio)
                used.append(sample)
        else:
            if len(used) < 2:
                continue
            for factor in recognise(ratios, atoms_of(case, used))[:2]:
                kind, words = factor_words(factor, None)
                if factor.ratio == -1 and not factor.powers:
                    kind, words = "sign", "the sign is wrong"
                extra = 0.1 * (place.turn is not None) + 0.02 * (not place.everywhere)
                yield Explanation(
                    kind,
                    f"in the part that comes {through(call, place)}, {words}",
                    1.7 + extra + factor.cost,
                    _scaled(case, factor, without),
                )


_MOST_SAMPLES = 12


def _times(sample: Sample, quantity: Quantity, without: Sides) -> float | None:
    """How many times the code takes the part that ``without`` leaves out; None where it is no multiple."""
    try:
        mine, rest = without(sample, quantity, None)
        right = sample.right(quantity)
    except (Unsupported, CandidateFault):
        return None
    except Exception:
        return None
    if mine.shape != right.shape or rest.shape != right.shape or near(rest, right):
        return None
    return common_ratio(mine - rest, right - rest)


def _scaled(case: Case, factor: Factor, without: Sides) -> Sides:
    def sides(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        mine, rest = without(sample, quantity, how)
        values = {a.name: a.values[0] for a in atoms_of(case, [sample])}
        times = factor.at(values) if how is None else factor.exactly(values)
        return mine, rest + (sample.right(quantity, how) - rest) * times

    return sides
