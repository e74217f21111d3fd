"""Explanations by one step of the chain rule: left out, off by a factor, or handed on unchanged.

The forward is gone through backwards with one step changed. A gradient is a sum over the ways back
from the output to an argument, linear in every step, so one run that leaves a step out tells whether
the code's gradient is the right one with that step taken 0 times, -1 times, or n times.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.chain_rule.foreseen import FIRST, at_step, foreseen
from gradcheck.diagnosis.explaining.chain_rule.places import (
    Changed,
    Place,
    is_gathered,
    nothing,
    place_text,
    places_of,
    through,
    with_step,
)
from gradcheck.diagnosis.explaining.values.factors import Factor, recognise
from gradcheck.diagnosis.explaining.values.ratios import atoms_of, common_ratio, factor_at, factor_words
from gradcheck.diagnosis.explanation import Explanation, Sides, near, predicting
from gradcheck.diagnosis.quiet import MAXIMA
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import tape_of
from gradcheck.diagnosis.tracing.backwards import Step, steps
from gradcheck.diagnosis.tracing.calling import unlifted
from gradcheck.diagnosis.tracing.calls import Call, Value, mapped
from gradcheck.diagnosis.tracing.pullbacks import PULLBACKS
from gradcheck.diagnosis.words import is_written_out, operand
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["pairs_of_paths", "part_multiples", "path_changes"]


def _unchanged(step: Step) -> Any:
    return step.g


def _unsummed(step: Step) -> Any:
    return step.value if step.unsummed is None else step.unsummed


def _negative(step: Step) -> Any:
    return -step.value


def _twice(step: Step) -> Any:
    return step.value + step.value


def path_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Explanations by a step that is left out or handed on unchanged, for the steps at the pilot sample."""
    found = places_of(pilot)
    summed = _summed_places(pilot)
    for place, call in found:
        extra = 0.1 * (place.turn is not None) + 0.02 * (not place.everywhere and place.turn is None)
        extra += 0.4 * is_gathered(call)  # an entry of delta is simpler
        if case.claim.kind.is_backward:
            yield from _of_maximum(place, call, extra)
            yield from _of_late_factor(case, place, call, extra)
        unchanged = _words_for_unchanged(place, call, f"on {case.claim.kind.way}")
        if unchanged is not None:
            kind, text = unchanged
            handed = predicting(with_step(place, _unchanged))
            may = foreseen(at_step(place, _unchanged))
            yield Explanation(kind, text, 1.52 + extra, handed, joint=call.is_step, later=FIRST, may=may)
        if place in summed and not is_written_out(call.name):
            yield Explanation(
                "missing-sum",
                _words_for_unsummed(call, place),
                1.62 + extra,
                predicting(with_step(place, _unsummed)),
                joint=call.is_step,
            )
        without = predicting(with_step(place, nothing), ("without", place))
        part = f"the part that comes {through(call, place)}"
        joint = call.is_step
        missing = _words_for_missing(call, place)
        may = foreseen(at_step(place, nothing))
        yield Explanation("missing-term", missing, 1.45 + extra, without, joint=joint, later=FIRST, may=may)
        minus, alone = _times(case, without, _MINUS), _times(case, without, None)
        may = foreseen(at_step(place, _negative))
        yield Explanation(
            "sign", f"{part} has the wrong sign", 1.65 + extra, minus, joint=joint, later=FIRST, may=may
        )
        may = foreseen(at_step(place, _twice), alone=True)
        yield Explanation(
            "missing-term", f"only {part} is there", 1.75 + extra, alone, joint=joint, later=FIRST, may=may
        )


def _of_maximum(place: Place, call: Call, extra: float) -> Iterator[Explanation]:
    """What belongs to the largest entry alone, as in pooling, is given to all it is taken of."""
    if call.function not in MAXIMA or place.position != (0,) or call.kwargs.keys() - {"axis", "keepdims"}:
        return
    at = place_text(call, place)
    for reduction, said in (
        (np.sum, f"every entry that {at} is taken of gets all that comes back, not the largest alone"),
        (np.mean, f"what comes back to {at} is shared out evenly; it belongs to the largest entry alone"),
    ):
        action = _as_through(reduction)
        sides, may = predicting(with_step(place, action)), foreseen(at_step(place, action))
        yield Explanation("mask", said, 1.48 + extra, sides, later=FIRST, may=may)


def _as_through(reduction: Any) -> Any:
    """The way back of another reduction along the same axes."""

    def action(step: Step) -> Any:
        array, *rest = step.call.args
        kwargs = {k: mapped(v, lambda value: value.value) for k, v in step.call.kwargs.items()}
        return next(iter(PULLBACKS[reduction](step.g, step.call.output.value, array.value, *rest, **kwargs)))

    return action


def _of_late_factor(case: Case, place: Place, call: Call, extra: float) -> Iterator[Explanation]:
    """The scale of a normalisation, a parameter, that the gradient is multiplied by, and not delta."""
    if call.function is not np.multiply or len(place.position) != 1:
        return
    factor = call.args[1 - place.position[0]]
    parameters = {q.argument for q in case.quantities()}
    if not isinstance(factor, Value) or factor.name is None or factor.name not in parameters:
        return
    text = (
        f"on the way back {through(call, place)}, the factor {factor.name} is left out; "
        "the gradient is multiplied by it instead"
    )
    cost = 1.85 + extra  # a factor too many in one line of the code is simpler
    yield Explanation("derivative-point", text, cost, predicting(_late(place, factor.name)))


def _late(place: Place, name: str) -> Any:
    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        found = with_step(place, _unchanged)(sample, how)
        factor = unlifted(tape_of(sample, how).run.arguments[name])
        shapes = {q: np.shape(v) for q, v in found.items()}
        fitting = (q for q, s in shapes.items() if s[len(s) - len(factor.shape) :] == factor.shape)
        if how is None:  # what does not come through that product has no factor of it to lose
            fitting = (q for q in fitting if not near(found[q], sample.right(q)))
        return {q: found[q] * factor for q in fitting}

    return values


def _words_for_unsummed(call: Call, place: Place) -> str:
    """Of a row over its sum, as a softmax is, it is the diagonal of the Jacobian that is left."""
    if place.position in ((0,), (1,)) and len(call.args) == 2:
        k = place.position[0]
        total, other = call.args[k], call.args[1 - k]
        made = total.call if isinstance(total, Value) else None
        if made is not None and made.function is np.sum and _are_same(made.args[0], other):
            return (
                f"each entry of {place_text(call, place)} is taken to depend on its own input alone: what "
                f"comes back through {operand(call, k)} is not summed over the axes that were broadcast"
            )
    return f"what comes back {through(call, place)} is not summed over the axes that were broadcast"


def _are_same(one: Any, other: Any) -> bool:
    if not isinstance(one, Value) or not isinstance(other, Value):
        return False
    return one.call is other.call and one.name == other.name


def _words_for_missing(call: Call, place: Place) -> str:
    of_vectors = call.function in (np.matmul, np.dot) and len(np.shape(call.args[0])) == 1
    if (call.function is np.multiply or of_vectors) and _are_same(*call.args[:2]):
        at = place_text(call, place)
        return f"only one of the two equal factors of {at} is differentiated: a factor 2 is missing"
    return f"the part that comes {through(call, place)} is missing"


def _words_for_unchanged(place: Place, call: Call, way: str) -> tuple[str, str] | None:
    """Kind and sentence for a gradient that a step hands on as it is; None where that is right."""
    if len(place.position) != 1 or call.function in (np.add, np.positive):
        return None
    at, k = place_text(call, place), place.position[0]
    back = f"{way} {through(call, place)}"
    if call.function in (np.subtract, np.negative):
        return None if k == 0 and call.function is np.subtract else ("sign", f"{back}, the sign is wrong")
    if call.function is np.multiply:
        return "derivative-missing", f"{back}, the factor {operand(call, 1 - k)} is left out"
    if call.function is np.true_divide and k == 0:
        counts = is_written_out(call.name) and not isinstance(call.args[1], Value)
        by = "the count" if counts else operand(call, 1)
        return "derivative-missing", f"{back}, the division by {by} is left out"
    if call.function in (np.maximum, np.minimum) and not isinstance(call.args[1 - k], Value):
        bound = f"the {'lower' if call.function is np.maximum else 'upper'} bound {operand(call, 1 - k)}"
        whole = at.removeprefix(f"np.{call.function.__name__} in ")
        return "mask", f"{bound} of {whole} is forgotten {way}: what lies beyond it should get 0"
    if call.function is np.mean:
        return "size-factor", f"{back}, the division by the number of entries is left out: a sum, not a mean"
    text = f"the derivative of {at} is left out: what arrives there is handed on as it is"
    return "derivative-missing", text


def _times(case: Case, without: Sides, factor: Factor | None) -> Sides:
    """The right value with one part of it, which ``without`` leaves out, taken that often (None: alone)."""

    def sides(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        mine, rest = without(sample, quantity, how)
        part = sample.right(quantity, how) - rest
        return mine, part if factor is None else rest + part * factor_at(case, factor, sample, how)

    return sides


def part_multiples(case: Case, quantity: Quantity, pilot: Sample) -> Iterator[Explanation]:
    """A part of one quantity that is off by a factor, the same everywhere or a power of sizes."""
    for place, call in places_of(pilot):
        if case.is_spent:
            return
        without = predicting(with_step(place, nothing), ("without", place))
        if _taken(pilot, quantity, without) in (None, 0.0, 1.0, -1.0):
            continue
        wrong = [s for s in case.wrong(quantity)[:_MOST_SAMPLES] if s is not pilot]
        asked = [(s, _taken(s, quantity, without)) for s in [pilot, *wrong]]
        used = [(s, ratio) for s, ratio in asked if ratio is not None]
        if len(used) < max(2, len(asked) - 1):
            continue
        part = f"the part that comes {through(call, place)}"
        cost = 1.65 + 0.1 * (place.turn is not None) + 0.02 * (not place.everywhere)
        for factor in recognise([r for _, r in used], atoms_of(case, [s for s, _ in used]))[:2]:
            kind, words = factor_words(factor, part)
            taken = _times(case, without, factor)
            yield Explanation(kind, words, cost + 0.05 + factor.cost, taken, joint=call.is_step)


_MINUS = Factor(Fraction(-1), (), 0.0)

_MOST_SAMPLES = 6


def _taken(sample: Sample, quantity: Quantity, without: Sides) -> float | None:
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
    ratio = common_ratio(mine - rest, right - rest)
    return ratio if ratio is not None and np.isfinite(ratio) else None


def pairs_of_paths(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Explanations by two steps that are left out."""
    found = [(p, c) for p, c in places_of(pilot) if p.turn is None and not p.everywhere]
    for (one, a), (two, b) in itertools.combinations(found[:_MOST_IN_PAIRS], 2):
        yield Explanation(
            "missing-term",
            f"the parts that come {through(a, one)} and {through(b, two)} are missing",
            2.4,
            predicting(_without(one, two)),
            joint=a.is_step or b.is_step,
        )


_MOST_IN_PAIRS = 24


def _without(one: Place, two: Place) -> Any:
    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        tape = tape_of(sample, how)
        return tape.quantities(_Twice(Changed(one, nothing, tape), Changed(two, nothing, tape)))

    return values


class _Twice:
    """Two detours, both of which leave steps out."""

    def __init__(self, one: Changed, two: Changed) -> None:
        self.one, self.two = one, two

    def take(self, step: Step) -> Any:
        return None if self.one.take(step) is None else self.two.take(step)

    def arrived(self, at: Call | str, g: Any) -> Any:
        return g

    def jump(self, call: Call, g: Any) -> None:
        return None


def _summed_places(pilot: Sample) -> set[Place]:
    """Steps that sum over axes along which their input was broadcast."""
    try:
        tape = tape_of(pilot)
        passing: dict[Call, Any] = {}
        tape.gradients(None, passing)
        return {
            Place(c.key, s.position)
            for c, g in passing.items()
            for s in steps(c, g)
            if s.unsummed is not None
        }
    except (Unsupported, CandidateFault):
        return set()
