"""Explanations by a multiple of an argument that is added or missing: the term of a regularisation."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.arithmetic import enclose
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.chain_rule.places import Place, nothing, places_of, through, with_step
from gradcheck.diagnosis.explaining.values.factors import Factor, recognise
from gradcheck.diagnosis.explaining.values.ratios import atoms_of, common_ratio, factor_at
from gradcheck.diagnosis.explanation import Explanation, Sides, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.kinds import Vjp
from gradcheck.formulas.quantity import Quantity

__all__ = ["added_multiples"]

_MOST_SAMPLES = 12


def added_multiples(case: Case, quantity: Quantity, pilot: Sample) -> Iterator[Explanation]:
    """Explanations by an argument of the quantity's shape, times a number or a power of sizes."""
    if not isinstance(case.claim.kind, Vjp) or np.shape(pilot.mine(quantity)) != pilot.shapes[quantity]:
        return
    for k in pilot.point.wrt:
        argument = pilot.point.args[k]
        if argument.shape != pilot.shapes[quantity] or argument.size < 2 or _off(pilot, quantity, k) is None:
            continue
        wrong = [s for s in case.wrong(quantity)[:_MOST_SAMPLES] if s is not pilot]
        asked = [(s, _off(s, quantity, k)) for s in [pilot, *wrong]]
        used = [(s, off) for s, off in asked if off is not None and np.isfinite(off)]
        if len(used) < 2 or any(off is None for _, off in asked):
            continue
        factors = recognise([off for _, off in used], atoms_of(case, [s for s, _ in used]))
        for factor in (factors or _one_time([off for _, off in used]))[:1]:
            yield _explanation(case, quantity, pilot, k, factor)


def _one_time(ratios: list[float]) -> list[Factor]:
    """Once the argument itself, which is no factor."""
    return [Factor(Fraction(1), (), 0.0)] if np.allclose(ratios, 1.0, rtol=1e-9) else []


def _off(sample: Sample, quantity: Quantity, k: int) -> float | None:
    """What number times the argument the quantity is off by; None for no number, nan where that is zero."""
    try:
        return common_ratio(sample.residual(quantity), _term(sample, k, None))
    except (Unsupported, CandidateFault):
        return None


def _explanation(case: Case, quantity: Quantity, pilot: Sample, k: int, factor: Factor) -> Explanation:
    name = case.names[k]
    size = Factor(abs(factor.ratio), factor.powers, factor.cost)
    number = size.text if size.powers else f"{float(size.ratio):.15g}"
    term = name if number == "1" else f"{number} {name}"
    if _has_delta(pilot) and not case.ones and getattr(case.claim.candidate, "takes_delta", True):
        term = f"{case.claim.kind.delta_name} * {term}"
    about = f" ({factor.about})" if factor.about else ""
    missing = factor.ratio < 0
    word = "small" if missing else "large"
    why = _half_of(quantity, pilot, k) if missing else ""
    text = f"{case.noun} is too {word} by {term}{about}{why}"
    cost = (1.4 if why else 1.9) + 0.2 * len(factor.powers)  # a line of the code is told first
    return Explanation("missing-term" if missing else "extra-term", text, cost, _sides(case, k, factor))


def _half_of(quantity: Quantity, pilot: Sample, k: int) -> str:
    """Where a part of the forward counts half, as a square that is differentiated without its factor 2. The
    step nearest to the argument says most: `np.sum(W * W)` of all that the sum goes through.
    """
    short = -(_off(pilot, quantity, k) or 0.0)
    parts = [(p, c, _part_of(pilot, quantity, p, k)) for p, c in places_of(pilot)]
    for times, words in (
        (2, "the factor 2 of the part that comes {}"),
        (1, "the part that comes {} is missing"),
    ):
        for place, call, part in reversed(parts):
            if part is not None and abs(part - times * short) <= 1e-9 * abs(short):
                return f": {words.format(through(call, place))}"
    return ""


def _part_of(pilot: Sample, quantity: Quantity, place: Place, k: int) -> float | None:
    """What number times the argument comes through a place."""
    without = predicting(with_step(place, nothing), ("without", place))
    try:
        _, rest = without(pilot, quantity, None)
        return common_ratio(pilot.right(quantity) - rest, _term(pilot, k, None))
    except (Unsupported, CandidateFault):
        return None
    except Exception:  # the changed way back does not fit the shapes
        return None


def _sides(case: Case, k: int, factor: Factor) -> Sides:
    def sides(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        term = _term(sample, k, how) * factor_at(case, factor, sample, how)
        return sample.mine(quantity, how), sample.right(quantity, how) + term

    return sides


def _has_delta(sample: Sample) -> bool:
    """Whether there is one number for the whole cost, by which every gradient is multiplied."""
    delta = sample.point.delta
    return isinstance(sample.claim.kind, Vjp) and len(delta) == 1 and not delta[0].shape


def _term(sample: Sample, k: int, how: How) -> Any:
    """The argument, times delta where there is one number for the whole cost."""
    point = sample.point
    parts: list[Any] = [point.args[k], *(point.delta if _has_delta(sample) else ())]
    term = np.ones(()) if how is None else enclose(np.ones(()))
    for part in parts:
        term = term * (part if how is None else enclose(part))
    return term
