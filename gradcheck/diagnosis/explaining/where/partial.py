"""Findings that hold under a condition only: on sizes, on values, at kinks, where the code raises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case, with_ones
from gradcheck.diagnosis.explaining.values.elsewhere import at_point
from gradcheck.diagnosis.explaining.where.conditions import Condition, lengths_of, narrowed
from gradcheck.diagnosis.explaining.where.values_where import value_conditions
from gradcheck.diagnosis.explanation import NEAR, Explanation, near
from gradcheck.diagnosis.samples import Sample
from gradcheck.diagnosis.search import Finding, Scope, fits
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["at_kinks", "not_finite", "under_sizes", "under_values", "where_it_raises"]

_MOST_TRIED = 6


def under_sizes(case: Case, scope: Scope, explanations: Sequence[Explanation]) -> Finding | None:
    """An explanation that fits wherever the quantity is wrong, and the sizes at which it is."""
    for explanation in sorted(explanations, key=lambda e: e.cost)[:_MOST_TRIED]:
        if explanation.repair or not all(fits(explanation, s, scope.quantity) for s in scope.wrong):
            continue
        # where the mistake would make no difference, being right says nothing
        telling = [s for s in scope.sound if not fits(explanation, s, scope.quantity)]
        if not telling:
            continue

        otherwise = list(scope.raising)

        def is_wrong(
            sample: Sample, explanation: Explanation = explanation, otherwise: list[Sample] = otherwise
        ) -> bool | None:
            mask = sample.wrong_or_none(scope.quantity)
            if mask is None:
                if not case.is_comparable(sample, scope.quantity):
                    otherwise.append(sample)
                return None
            if mask.any():
                return True
            return None if fits(explanation, sample, scope.quantity) else False

        found = narrowed(case, scope.wrong, telling, is_wrong)
        if found is None:
            continue
        condition, wrong, _ = found
        if not all(fits(explanation, s, scope.quantity) for s in wrong):
            continue
        if any(condition.test(lengths_of(case, s)) for s in otherwise):
            continue
        text = f"wrong only where {condition.text}: there {explanation.text}"
        if otherwise:  # which is wrong too
            text = f"where {condition.text}, {explanation.text}; elsewhere it raises or has another shape"
        told = Explanation("condition", text, 1.5, explanation.sides)
        return Finding(told, len(wrong), len(wrong), None if explanation.rounds else 0.0)
    return None


def under_values(case: Case, scope: Scope) -> Finding | None:
    """The values at which entries are wrong, and what stands there if it is simple."""
    found = sorted(value_conditions(case, scope.quantity, scope.wrong, scope.sound), key=lambda c: c.cost)
    if not found:
        return None
    best = found[0]
    content = _content(case, scope)
    counts = f"({best.wrong} entries there, {best.right} right ones elsewhere)"
    text = f"wrong only where {best.text}{content} {counts}"
    told = Explanation("condition", text, 1.6, lambda s, q, how: (s.mine(q, how), s.mine(q, how)))
    return Finding(told, len(scope.wrong), len(scope.wrong), None)


def _content(case: Case, scope: Scope) -> str:
    """What stands in the wrong entries, if it is one simple thing."""
    zero, same_sign = True, True
    pairs = []
    for sample in scope.wrong:
        mask = sample.wrong_or_none(scope.quantity)
        if mask is None:
            return ""
        mine, right = sample.mine(scope.quantity)[mask], sample.right(scope.quantity)[mask]
        zero = zero and not mine.any()
        same_sign = same_sign and not right.any()
        pairs.append((mine, right))
    if zero:
        return ", where it is 0"
    if same_sign:
        return ", where it should be 0"
    if (factor := _factor(pairs)) is not None:
        return f", where it is about {factor:.4g} times the right one"
    return ", where delta is not used" if _is_for_ones(case, scope) else ""


def _factor(pairs: Sequence[tuple[Any, Any]]) -> float | None:
    """By which number all entries are off, at two samples and in four entries at the least."""
    ratios = [float(r) for mine, right in pairs for r in (mine / right).ravel()]
    if len(pairs) < _FEWEST_SAMPLES or len(ratios) < _FEWEST_ENTRIES:
        return None
    return ratios[0] if np.allclose(ratios, ratios[0], rtol=NEAR, atol=0.0) else None


_FEWEST_SAMPLES, _FEWEST_ENTRIES = 2, 4


def _is_for_ones(case: Case, scope: Scope) -> bool:
    """Whether the wrong entries are those that are right for a delta of ones."""
    if "delta" not in case.claim.leading:
        return False
    for_ones = at_point(lambda point: with_ones(case.claim, point))
    try:
        for sample in scope.wrong:
            mask = sample.wrong(scope.quantity)
            mine, ones = for_ones(sample, scope.quantity, None)
            if not near(mine[mask], ones[mask]):
                return False
    except (Unsupported, CandidateFault):
        return False
    return True


def not_finite(case: Case, quantity: Quantity) -> Finding | None:
    """Where a quantity is NaN or infinite although the derivative exists."""
    bad = [s for s in case.failed if _is_bad(s, quantity)]
    if not bad:
        return None
    sound = case.sound(quantity)
    kinds = {"NaN" if np.isnan(s.values[quantity]).any() else "infinite" for s in bad}
    what = " or ".join(sorted(kinds))
    whole = all(not np.isfinite(s.values[quantity]).any() for s in bad)
    if not whole or len(bad) == 1:
        by_value = sorted(value_conditions(case, quantity, bad, sound), key=lambda c: c.cost)
        if by_value:
            told = Explanation("condition", f"{case.noun} is {what} where {by_value[0].text}", 1.5, _nothing)
            return Finding(told, len(bad), len(bad), None)
    found = narrowed(case, bad, sound, lambda s: _bad_or_none(s, quantity))
    if found is not None:
        condition, wrong, _ = found
        told = Explanation("condition", f"{case.noun} is {what} only where {condition.text}", 1.5, _nothing)
        return Finding(told, len(wrong), len(wrong), None)
    told = Explanation("not-finite", f"{case.noun} is {what} although the derivative exists", 3.0, _nothing)
    return Finding(told, len(bad), len(bad), None)


def _is_bad(sample: Sample, quantity: Quantity) -> bool:
    value = sample.values.get(quantity)
    return value is not None and value.dtype.kind == "f" and not np.isfinite(value).all()


def _bad_or_none(sample: Sample, quantity: Quantity) -> bool | None:
    if not sample.values:
        return None
    return _is_bad(sample, quantity)


def _nothing(sample: Sample, quantity: Quantity, how: object) -> tuple[object, object]:
    raise AssertionError("nothing is compared")


def where_it_raises(case: Case) -> tuple[str, str] | None:
    """Kind and sentence for code that raises at some points; None where it never does."""
    raising = case.raising()
    if not raising:
        return None
    what = raising[0].raised or "raises"
    running = [s for s in case.samples if s.values]
    if not running:
        return "raises", f"the code raises at every point: {what}{case.claim.kind.called}"
    found = narrowed(case, raising, running, lambda s: not s.values)
    if found is None:
        return "raises", f"the code raises at some points: {what}"
    condition: Condition = found[0]
    kind = "does-not-conform" if " is not " in condition.text or "larger" in condition.text else "raises"
    shapes = (
        "the shapes in the code do not fit each other" if kind == "does-not-conform" else "the code raises"
    )
    return kind, f"{shapes} where {condition.text}: {what}"


def at_kinks(case: Case) -> Finding | None:
    """A gradient that is right wherever there is one, and no possible one at a kink."""
    if not case.kinks or len(case.kinks) < len(case.failed):
        return None
    text = (
        "right wherever the derivative exists; wrong only where the forward has a kink (a tie, or an "
        f"argument at its threshold): {case.kinks[0].fault}"
    )
    told = Explanation("condition", text, 1.5, _nothing)
    return Finding(told, len(case.kinks), len(case.kinks), None)
