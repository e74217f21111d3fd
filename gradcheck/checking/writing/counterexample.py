"""A failing point as a record: what is wrong there, the exact arrays, and how to run it again."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import ObjectArray, midpoints, precision
from gradcheck.arithmetic.precisions import BITS
from gradcheck.checking.beside_spaces import along
from gradcheck.checking.minimise import Minimal
from gradcheck.checking.writing.comparison import comparison
from gradcheck.checking.writing.step_curve import step_curve
from gradcheck.errors import Unsupported
from gradcheck.formulas.calling.in_place_writes import plain
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.complex_numbers.outputs import OutputForm
from gradcheck.formulas.quantity import Quantity, outputs
from gradcheck.formulas.spaces import Space, name_of
from gradcheck.judging.candidates.running import call_candidate, given
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session
from gradcheck.records.arrays import encode
from gradcheck.records.types import Comparison, Counterexample, StepCurve

__all__ = ["describe", "right_values"]


_MOST_SLOPES = 256
"""Entries that a backend is asked for which pays for each."""

_MOST_SHOWN = 4096


def describe(claim: Claim, minimal: Minimal, session: Session) -> Counterexample:
    """Everything about the smallest failure that a reader or a replay needs."""
    result = minimal.result
    point = result.point
    if point.large:
        return _without_arrays(claim, minimal)
    quantity = result.quantity
    comparisons = _comparisons(result)
    stated = result.stated.values if result.stated else {}
    truth: NDArray[np.float64] | None = None
    index: list[int] | None = None
    if quantity is None and claim.kind.is_backward and stated and result.fault is None:
        quantity = next(iter(stated))
    exact = right_values(claim, point, session)
    if quantity is None and len(exact) == 1:
        quantity = next(iter(exact))
    if claim.kind.states_outputs:
        apart = [q for q in exact if q in stated and not np.allclose(stated[q], exact[q], rtol=1e-12, atol=0)]
        quantity = apart[0] if apart else quantity  # the values say more than their gradients
    if quantity in exact:
        truth = exact[quantity]
    candidate = stated.get(quantity) if quantity else None
    if candidate is None and quantity and result.fault is not None:
        candidate = _as_returned(claim, point, quantity)
    space = claim.space(quantity) if quantity is not None else None
    if quantity is not None and space is not None and candidate is not None and truth is not None:
        candidate, truth = (along(claim, point, quantity, v) for v in (candidate, truth))
    if candidate is not None and truth is not None:
        index = _worst_entry(candidate, truth)
    names, parts = claim.formula.shapes.arguments, claim.formula.outputs
    return Counterexample(
        sizes=dict(point.sizes),
        message=_message(result, quantity, index, candidate, truth, space),
        inputs={n: encode(np.asarray(a)) for n, a in zip(names, point.args, strict=True)},
        delta=[encode(d) for d in _deltas(claim, point)],
        delta_parts=list(parts.names) if claim.kind.uses_delta and parts is not None else [],
        complex=[*claim.formula.shapes.nesting.complex_leaves, *(parts.complex_names if parts else ())],
        delta_name=claim.kind.delta_name,
        shape_minimal=minimal.shape_minimal,
        quantity=None if quantity is None else str(quantity),
        index=index,
        candidate=encode(candidate) if candidate is not None else None,
        truth=encode(truth) if truth is not None else None,
        rate=point.rate if "rate" in claim.leading else None,
        comparisons=comparisons,
        replay=f"gradcheck replay '{claim.uid}'",
        python=None,
        step_curve=_curve(claim, point, session, quantity, index, candidate),
    )


def _deltas(claim: Claim, point: Point) -> tuple[NDArray[np.float64], ...]:
    """Delta as the code gets it, the parts of a complex one apart."""
    if not claim.kind.uses_delta:
        return ()
    form: OutputForm | None = claim.formula.outputs
    if form is None:
        return point.delta
    return form.conjugated(point.delta, claim.formula.complex_convention)


def _without_arrays(claim: Claim, minimal: Minimal) -> Counterexample:
    """A failure among more numbers than a log should hold: the seed makes them again."""
    result = minimal.result
    matches = [
        (o.backend, result.quantity, m)
        for o in result.opinions.values()
        if result.quantity is not None and (m := o.matches.get(result.quantity)) is not None
    ]
    message = str(result.fault or "the code differs from the derivative")
    index: list[int] | None = None
    for backend, quantity, match in matches:
        index = None if match.slope else list(match.index)
        place = f"<{quantity}, u>" if index is None else f"{quantity}[{', '.join(map(str, index))}]"
        message = f"{place} is {match.candidate}, but {backend} says {match.truth}"
    return Counterexample(
        sizes=dict(result.point.sizes),
        message=message,
        inputs={},
        delta=[],
        shape_minimal=minimal.shape_minimal,
        quantity=None if result.quantity is None else str(result.quantity),
        index=index,
        comparisons=[
            comparison(backend, quantity, match, result.point) for backend, quantity, match in matches
        ],
        replay=f"gradcheck verify '{claim.uid}'",
    )


def _comparisons(result: PointResult) -> list[Comparison]:
    found = []
    for opinion in result.opinions.values():
        if opinion.says in ("agree", "differ") and opinion.worst is not None:
            quantity, match = opinion.worst
            found.append(comparison(opinion.backend, quantity, match, result.point))
    return found


def right_values(claim: Claim, point: Point, session: Session) -> dict[Quantity, NDArray[np.float64]]:
    """The right values, rounded to float64, from the first backend that has every entry."""
    if claim.kind.states_outputs:
        return {q: np.asarray(o) for q, o in zip(outputs(len(point.outputs)), point.outputs, strict=True)}
    entries = sum(a.size for a in point.args)
    slopes = claim.kind.slopes_of_outputs  # differences have those of all outputs at once
    for usable in sorted(session.backends, key=lambda u: u.traits.pays_per_slope is not slopes):
        if usable.traits.pays_per_slope and not slopes and entries > _MOST_SLOPES:
            continue  # a difference evaluates the forward four times for each
        try:
            program = session.program(usable, point)
            with precision(BITS):
                answers = claim.right_answers(point, program)
            values: dict[Quantity, ObjectArray] = {q: a.values for q, a in answers.items()}
            return {q: _shown(v) for q, v in values.items()}
        except Unsupported:
            continue
    return {}


def _shown(balls: ObjectArray) -> NDArray[np.float64]:
    """The midpoints; of what may be zero, zero, for what is beside it is rounding of the balls."""
    shown = midpoints(balls)
    shown.reshape(-1)[[b.is_finite() and b.contains(0) for b in balls.ravel().tolist()]] = 0.0
    return shown


def _as_returned(claim: Claim, point: Point, quantity: Quantity) -> NDArray[np.float64] | None:
    """What the code returns for a quantity of another shape than it must have, for a reader to see."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = call_candidate(claim, point, [plain(a) for a in point.args], given(claim, point, plain))
        array = np.asarray(result[quantity])
    except Exception:  # it raised where it was checked, too; there is nothing to show
        return None
    shown = array.dtype.kind in "fiub" and array.size <= _MOST_SHOWN
    return array.astype(np.float64) if shown else None


def _curve(
    claim: Claim,
    point: Point,
    session: Session,
    quantity: Quantity | None,
    index: list[int] | None,
    candidate: Any,
) -> StepCurve | None:
    """The step-size curve at the worst entry, held against the first backend whose value is exact."""
    if quantity is None or index is None or candidate is None or claim.kind.states_outputs:
        return None
    if claim.space(quantity) is not None:  # an entry is no slope along a tangent
        return None
    for usable in session.backends:
        try:
            program = session.program(usable, point)
            if not program.exact_answers:
                continue
            with precision(BITS):
                truth: Any = claim.right_answers(point, program)[quantity].values[tuple(index)]
            return step_curve(
                claim, point, quantity, index, float(candidate[tuple(index)]), truth, usable.name
            )
        except (Unsupported, KeyError):
            continue
    return None


def _worst_entry(candidate: NDArray[np.float64], truth: NDArray[np.float64]) -> list[int] | None:
    if candidate.shape != truth.shape or candidate.size == 0:
        return None
    with np.errstate(all="ignore"):
        difference = np.abs(candidate - truth)
    bad = ~np.isfinite(candidate)
    if bad.any():
        return [int(i) for i in np.argwhere(bad)[0]]
    return [int(i) for i in np.unravel_index(int(np.argmax(difference)), difference.shape)]


def _message(
    result: PointResult,
    quantity: Quantity | None,
    index: list[int] | None,
    candidate: Any,
    truth: Any,
    space: Space | None = None,
) -> str:
    if result.fault is not None:
        return str(result.fault)
    if quantity is None or index is None or candidate is None or truth is None:
        return f"the code differs from {_names(_against(result)) or 'the derivative'}"
    place = f"[{', '.join(map(str, index))}]" if index else ""
    yours, right = candidate[tuple(index)], truth[tuple(index)]
    sources = _against(result)
    say = "says" if len(sources) == 1 else "say"
    if space is not None:
        place += f" along {name_of(space)}"
    if np.array_equal(candidate, truth) and (formula := _as_formula(result, quantity)) is not None:
        return f"{formula}; rounded, the numbers are the same"
    return f"{quantity}{place} is {yours!s}, but {_names(sources)} {say} {right!s}"


def _as_formula(result: PointResult, quantity: Quantity) -> str | None:
    """What is wrong with a formula whose numbers are right once they are rounded."""
    for opinion in result.opinions.values():
        match = opinion.matches.get(quantity)
        if opinion.says == "differ" and match is not None and match.rigorous:
            place = f"[{', '.join(map(str, match.index))}]" if match.index else ""
            return (
                f"as a formula, {quantity}{place} is {match.candidate}, but {opinion.backend} says "
                f"{match.truth}"
            )
    return None


def _against(result: PointResult) -> list[str]:
    return [o.backend for o in result.opinions.values() if o.says == "differ" and not o.outvoted]


def _names(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
