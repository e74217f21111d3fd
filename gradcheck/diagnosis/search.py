"""Trying explanations: at one telling sample first, then wherever the quantity is wrong, or right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.values.ratios import common_ratio
from gradcheck.diagnosis.explanation import Explanation, exact_gap, holds, near, near_in_floats
from gradcheck.diagnosis.samples import Sample
from gradcheck.diagnosis.tracing.budget import spend
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["BONUS", "Finding", "Scope", "confirmed", "evidence", "settle"]

MOST_EXACT = 12
_A_COMPARISON = 3
"""What it counts for to compare two arrays in float64, in operations."""
_MOST_SOUND_EXACT = 6


@dataclass
class Scope:
    """One quantity and the samples that an explanation of it has to answer for.

    ``wrong``: the value is wrong, or has another shape; ``sound``: it is right; ``raising``: the code raises;
    ``shown``: the counterexample that a reader sees, where a repair has to do too. ``tried`` are explanations
    that fit at the pilot but not everywhere, ``multiples`` those that fit there but for a factor.
    """

    quantity: Quantity
    wrong: list[Sample]
    sound: list[Sample]
    raising: list[Sample]
    pilot: Sample
    tried: list[Explanation] = field(default_factory=list)
    multiples: list[Explanation] = field(default_factory=list)
    shown: Sample | None = None


@dataclass(frozen=True)
class Finding:
    """An explanation that fits everywhere, with the evidence for it."""

    explanation: Explanation
    points: int
    of: int
    gap: float | None  # None: in float64 only


def telling(sample: Sample, quantity: Quantity) -> tuple[bool, bool, bool, bool, int, int]:
    """How well a sample tells things apart: values that float64 holds, a mistake that shows in its leading
    digits, dense values, no axis of one, several entries, distinct sizes.
    """
    sizes = [n for a in sample.point.args for n in a.shape]
    entries = int(np.prod(np.shape(sample.values.get(quantity, 0.0)), dtype=int))
    total = sum(a.size for a in sample.point.args)
    return (
        quantity not in sample.values or sample.is_healthy(quantity),
        quantity not in sample.values or _shows(sample, quantity),
        sample.point.origin == "plan",
        min(sizes, default=2) >= 2,
        min(entries, 12) + len(set(sizes)),
        -total,
    )


def _shows(sample: Sample, quantity: Quantity) -> bool:
    """Whether the mistake is large enough there for float64 to tell explanations apart: not all of one side
    is lost behind something saturated.
    """
    try:
        mine, right = sample.mine(quantity), sample.right(quantity)
    except Unsupported:
        return False
    sizes = sorted(float(np.max(np.abs(side), initial=0.0)) for side in (mine, right))
    return not near(mine, right) and sizes[0] > _LOST * sizes[1]


_LOST = 1e-6


def settle(
    case: Case, scopes: Sequence[Scope], explanations: Iterable[Explanation]
) -> dict[Quantity, list[Finding]]:
    """For each quantity the explanations that fit at every sample of its scope, the simplest first.

    They are tried in the order of their costs, but for those that are put off; a quantity for which one was
    found is asked about as long as another could still be preferred.
    """
    found: dict[Quantity, list[Finding]] = {s.quantity: [] for s in scopes}
    for explanation in sorted(_offered(explanations), key=lambda e: e.cost + e.later):
        waiting = [s for s in scopes if _is_waiting(found, s, explanation)]
        if case.is_spent:
            break
        for scope in waiting:
            if explanation.may is not None and not explanation.may(scope.pilot, scope.quantity):
                continue
            spend(_A_COMPARISON)
            if not holds(explanation, scope.pilot, scope.quantity):
                if not explanation.repair and _is_multiple(explanation, scope):
                    scope.multiples.append(explanation)
                continue
            finding = confirmed(scope, explanation)
            if finding is None or not _fits_elsewhere(case, scope, explanation):
                scope.tried.append(explanation)
            else:
                found[scope.quantity].append(finding)
    return found


def _offered(explanations: Iterable[Explanation]) -> Iterator[Explanation]:
    """All that can be made: what is right at the pilot may be unknown to one way of explaining."""
    remaining = iter(explanations)
    while True:
        try:
            yield next(remaining)
        except StopIteration:
            return
        except (Unsupported, CandidateFault):
            continue  # of a chain the next one goes on


def _is_multiple(explanation: Explanation, scope: Scope) -> bool:
    """Whether the value is a multiple of what the explanation predicts: a second mistake, a factor."""
    try:
        a, b = explanation.sides(scope.pilot, scope.quantity, None)
    except (Unsupported, CandidateFault):
        return False
    except Exception:
        return False
    if np.size(a) < _FEWEST_ENTRIES:
        return False
    ratio = common_ratio(a, b)
    return ratio is not None and abs(ratio) > _TINY


_FEWEST_ENTRIES = 3
_TINY = 1e-12


def _is_waiting(found: dict[Quantity, list[Finding]], scope: Scope, explanation: Explanation) -> bool:
    """Whether the explanation could still be preferred to what was found: it may say at once what others say
    of one quantity each.
    """
    mine = found[scope.quantity]
    if not mine:
        return True
    if all(explanation.cost < f.explanation.cost for f in mine):
        return True  # it was put off, and is simpler
    told = [{id(f.explanation) for f in findings} for findings in found.values()]
    if any(id(f.explanation) in set.intersection(*told) for f in mine):
        return False
    return len(mine) < _MOST_FOUND and all(explanation.cost < f.explanation.cost + BONUS for f in mine)


_MOST_FOUND = 4

BONUS = 0.6
"""How much costlier an explanation may be that explains all quantities at once."""


def confirmed(scope: Scope, explanation: Explanation) -> Finding | None:
    """The finding, if the explanation fits wherever the quantity is wrong, and says nothing wrong where it
    is right.
    """
    asked = [*scope.wrong, *scope.sound]
    if explanation.repair and _may_only_move_it(explanation, scope):
        return None
    if explanation.repair:
        asked = [*scope.raising[:6], *([scope.shown] if scope.shown is not None else []), *asked]
    if not all(fits(explanation, s, scope.quantity) for s in asked):
        return None
    if explanation.repair and not all(_breaks_nothing(explanation, s) for s in scope.wrong[:MOST_EXACT]):
        return None
    if explanation.also_at is not None and not all(
        fits(explanation, s, scope.quantity) for s in explanation.also_at(asked)
    ):
        return None
    if explanation.reaches_all is not None and not explanation.reaches_all(asked):
        return None
    return evidence(scope, explanation)


def _fits_elsewhere(case: Case, scope: Scope, explanation: Explanation) -> bool:
    """Whether the explanation does at further shapes too, where few are known: `H` for `W` shows at none of
    points that are square, and a tail that is one entry long may be all but the first. A repair has to do at
    values of other sizes and signs: it may change what the code asks of them.
    """
    if case.is_spent:
        return True
    samples: list[Sample] = []
    known = {tuple(s.sizes.values()) for s in (*scope.wrong, *scope.sound)}
    if sum(min(sizes, default=0) > 1 and len(set(sizes)) == len(sizes) for sizes in known) < _ENOUGH_SHAPES:
        samples += case.at_sizes(_other_shapes(list(scope.pilot.sizes)))
    if explanation.repair and explanation.also_at is None and not explanation.removes:
        samples += case.moved(scope.pilot)
    told = [s for s in samples if s.wrong_or_none(scope.quantity) is not None]
    # what fails because all effort is spent says nothing
    return all(fits(explanation, sample, scope.quantity) or case.is_spent for sample in told)


_ENOUGH_SHAPES = 4


def _other_shapes(names: Sequence[str]) -> list[dict[str, int]]:
    """Two shapes of distinct sizes, growing and shrinking from the first to the last."""
    growing = {name: 3 + k for k, name in enumerate(names)}
    shrinking = {name: 2 + k for k, name in enumerate(reversed(names))} if len(names) > 1 else {}
    return [growing, shrinking or dict.fromkeys(names, 5)] if names else []


def _may_only_move_it(explanation: Explanation, scope: Scope) -> bool:
    """Whether a repair may put the wrong case off to values that nobody tried: the code is wrong at values
    alone that were looked for, and the repair changes what it asks of them.
    """
    looked_for = all(s.point.origin == "steered" for s in scope.wrong)
    return looked_for and explanation.also_at is None and not explanation.removes


def _breaks_nothing(explanation: Explanation, sample: Sample) -> bool:
    """Whether a repair leaves right what was right: the code's other quantities."""
    others = [q for q in sample.values if (mask := sample.wrong_or_none(q)) is not None and not mask.any()]
    return all(fits(explanation, sample, q) for q in others)


def fits(explanation: Explanation, sample: Sample, quantity: Quantity) -> bool:
    """In float64, or in balls where float64 has lost too many digits to tell (a saturated activation)."""
    if holds(explanation, sample, quantity):
        return True
    return not explanation.rounds and exact_gap(explanation, sample, quantity) is not None


def evidence(scope: Scope, explanation: Explanation) -> Finding | None:
    """How exactly the explanation fits in balls; None where it does not."""
    quantity, count = scope.quantity, len(scope.wrong)
    if explanation.rounds:
        fits = all(near_in_floats(explanation, s, quantity) for s in [*scope.wrong, *scope.sound])
        return Finding(explanation, count, count, None) if fits else None
    gaps: list[float] = []
    in_floats = False
    for sample in scope.wrong[:MOST_EXACT]:
        gap = exact_gap(explanation, sample, quantity)
        if gap is None:
            return None
        gaps.append(gap)
        in_floats = in_floats or sample.in_floats
    for sample in scope.sound[:_MOST_SOUND_EXACT]:
        if exact_gap(explanation, sample, quantity) is None:
            return None
    return Finding(explanation, count, count, None if in_floats else max(gaps, default=0.0))
