"""Points too large for ball arithmetic: one slope in float64, along one random direction.

A layer with ten million parameters has no time for more than a few passes. The candidate's gradients
are contracted with a direction, and the forward is differenced along it with two steps. The bound has
three parts: the leading truncation, which the two steps show, the rounding of the forward's values,
and what kinks that the steps run into can do. Nobody is refuted along one direction alone.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic.stochastic import ULPS
from gradcheck.errors import CandidateFault, FaultKind, Unsupported, user_code
from gradcheck.formulas.calling.in_place_writes import writes
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import JOINT, Quantity
from gradcheck.judging.candidates.outputs import as_float64
from gradcheck.judging.candidates.own_rounding import moved_runs
from gradcheck.judging.candidates.running import Stated, call_candidate, given
from gradcheck.judging.candidates.same_code import MORE_ROUNDING
from gradcheck.judging.comparing import Match, Outcome
from gradcheck.judging.opinions import Opinion, PointResult, PointVerdict, Says
from gradcheck.judging.points.long_directions import Direction
from gradcheck.judging.points.point import Point
from gradcheck.judging.reasons import Fault, Reason, ReasonKind
from gradcheck.judging.session import Session, Usable
from gradcheck.records.verdicts import Strength

__all__ = ["BEHIND_A_PROOF", "METHOD", "check_large_point", "difference"]

METHOD = "central difference in float64 along one random direction, two steps"

_STEPS = (2.0**-16, 2.0**-20)
"""The smallest step, as a part of each argument's size: near the optimum eps^(1/5) to eps^(1/3) of
extrapolated and plain differences; and where kinks lie within that, one that runs into fewer."""

_ROUNDINGS = 32.0
"""Half units in the last place granted to each value of the forward, on its own magnitude: errors of
a sum of k products grow like sqrt(k), and so does the sum. They add up over the outputs as if all had
the same sign."""

_COARSEST = 2.0**-12
"""A bound wider than this part of the scale would pass too much and is no answer."""

_KINKS = 8.0
"""How many times the second difference's kink part is granted: a few kinks may cancel in it in part."""

_DIRECTIONS = 3
"""Independent directions along which a candidate must differ before it fails."""

_CONTRACTION = 2.0**-45
"""The part of its own terms by which a contraction of millions of terms may be off (pairwise sums)."""


def check_large_point(claim: Claim, point: Point, session: Session, usable: list[Usable]) -> PointResult:
    """One slope of all stated gradients together; argument by argument and entry by entry on a failure."""
    too_large = Reason(ReasonKind.TOO_LARGE, f"{point.entries:,}")
    opinions = {one.name: Opinion(one.name, reason=too_large) for one in usable}
    if claim.formula.spaces:
        note = "too large for an argument that lives in a space"
        return PointResult(point, PointVerdict.NONE, opinions, notes=(note,))
    if claim.formula.accuracy:
        note = f"too large for a forward that is right to {claim.formula.accuracy:g} only"
        return PointResult(point, PointVerdict.NONE, opinions, notes=(note,))
    if not claim.kind.is_backward:
        note = f"too large for a {claim.kind.name} claim: {point.entries:,} numbers at a point"
        return PointResult(point, PointVerdict.NONE, opinions, notes=(note,))
    directions = {i: Direction(point.args[i], seed=i) for i in point.wrt}
    try:
        stated, slopes, spare = _contracted(claim, point, directions)
    except CandidateFault as fault:
        verdict = PointVerdict(fault.verdict)
        return PointResult(point, verdict, opinions, Fault.of(fault), fault.quantity)
    asked = next((one.name for one in usable if one.traits.takes_differences), None)
    if asked is None:
        return PointResult(point, PointVerdict.NONE, opinions, stated=stated)
    checked = {i: d for i, d in directions.items() if i in slopes}
    match = _match(claim, point, slopes, checked, spare)
    for seed in range(1, _DIRECTIONS):
        if match.outcome != "differ":
            break
        other = {i: Direction(point.args[i], seed=i + 1000 * seed) for i in checked}
        moved = {i: d.dot(_gradient(claim, stated, i)) for i, d in other.items()}
        match = _match(claim, point, moved, other, spare)
    if match.outcome == "differ" and (
        _is_beyond_steps(point, match) or _is_rounding(claim, point, stated, checked, match)
    ):
        match = replace(match, outcome="unclear", reason=Reason(ReasonKind.CANCELLATION))
    matches, verdict, quantity = {JOINT: match}, PointVerdict.NONE, None
    opinion = Opinion(asked, reason=match.reason, method=METHOD)
    if match.outcome == "agree":
        verdict = PointVerdict.PASS
        opinion = replace(opinion, says=Says.AGREE, strength=Strength.AGREED)
        matches |= {_quantity(claim, i): match for i in slopes}
    elif match.outcome == "differ":
        verdict = PointVerdict.FAIL
        opinion = replace(opinion, says=Says.DIFFER)
        found, quantity = _localised(claim, point, stated, checked)
        matches |= found
    opinions[asked] = replace(opinion, matches=matches)
    return PointResult(point, verdict, opinions, quantity=quantity, stated=stated)


def _is_beyond_steps(point: Point, match: Match) -> bool:
    """Whether the forward would change by more than its own size within the smallest step, as `sin(x)` does
    at 1e15: no difference can tell then. Asked behind a proof only, where other evidence speaks for the code.
    """
    magnitude = match.scale - abs(float(match.true))
    return point.origin == BEHIND_A_PROOF and abs(float(match.stated)) * _STEPS[-1] > magnitude


BEHIND_A_PROOF = "large sizes"
"""The origin of points at which proved code is run as it is."""


def _is_rounding(
    claim: Claim, point: Point, stated: Stated, directions: Mapping[int, Direction], match: Match
) -> bool:
    """Whether the code's own rounding may make the difference, where its terms cancel (`a - 1` near 1)."""

    def slope(found: Mapping[Quantity, Any]) -> float:
        gradients = {i: np.asarray(found[_quantity(claim, i)]) for i in directions}
        return sum(float(d.dot(gradients[i].view(np.ndarray))) for i, d in directions.items())

    try:
        slopes, _ = moved_runs(claim, point, slope, matrices=True)
    except CandidateFault:
        return False
    own = sum(d.dot(_gradient(claim, stated, i)) for i, d in directions.items())
    spread = max(abs(s - own) for s in slopes)
    if spread >= abs(own):
        return True  # no digit of it is known
    allowed = match.bound * match.scale + MORE_ROUNDING / ULPS * spread
    return bool(abs(float(match.stated - match.true)) <= allowed)


def _quantity(claim: Claim, position: int) -> Quantity:
    return claim.quantity(claim.formula.shapes.arguments[position])


def _gradient(claim: Claim, stated: Stated, position: int) -> NDArray[Any]:
    return np.asarray(stated.values[_quantity(claim, position)])


def _contracted(
    claim: Claim, point: Point, directions: Mapping[int, Direction]
) -> tuple[Stated, dict[int, float], dict[int, NDArray[Any]]]:
    """The candidate's gradients and their slopes. Run twice; what is kept of the second is its slopes, and
    its memory: arrays that nobody else holds, as buffers.

    At sizes beyond those that were drawn, arguments are copies, as at drawn points: some compiled code takes
    nothing that is read-only. Elsewhere they are handed over as they are: a copy costs as much as a pass.
    """
    first = _run(claim, point)
    slopes = {
        i: d.dot(_gradient(claim, first, i))
        for i, d in directions.items()
        if _quantity(claim, i) in first.values
    }
    again = _run(claim, point)
    spare = {}
    for i, slope in slopes.items():
        quantity = _quantity(claim, i)
        other = directions[i].dot(again.values[quantity]) if quantity in again.values else np.nan
        if claim.formula.deterministic and not np.array_equal(slope, other, equal_nan=True):
            raise CandidateFault(
                "error",
                f"{quantity} differs between two calls with the same arguments",
                quantity,
                FaultKind.NOT_DETERMINISTIC,
            )
        if not np.isfinite(slope):
            text = f"{quantity} is not finite, though the forward is"
            raise CandidateFault("fail", text, quantity, FaultKind.NOT_FINITE)
        # fresh memory of this size costs as much as a pass through it
        array = again.values.pop(quantity, None)
        if array is not None and sys.getrefcount(array) == _ONLY_HERE and _is_plain(array):
            spare[i] = array
    return first, slopes, spare


_ONLY_HERE = 2
"""What `sys.getrefcount` says of an object that a single local name holds: that, and its own argument."""


def _is_plain(array: NDArray[Any]) -> bool:
    flags = array.flags
    return flags.owndata and flags.writeable and flags.c_contiguous and array.ndim > 0


def _run(claim: Claim, point: Point) -> Stated:
    as_array = np.copy if point.origin == BEHIND_A_PROOF else _as_it_is

    def hand(value: NDArray[Any]) -> Any:
        return as_array(value) if value.ndim else value[()]

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = call_candidate(claim, point, [hand(a) for a in point.args], given(claim, point, hand))
        except CandidateFault as fault:
            if writes(fault):
                text = f"{fault}. Arguments of this size are handed over without a copy, read-only"
                raise CandidateFault("error", text, fault.quantity, FaultKind.WRITES) from fault
            raise
    shapes = claim.shapes(point)
    values = {q: as_float64(v, q, shapes[q], copy=False) for q, v in found.items() if v is not None}
    if not values:
        raise CandidateFault("error", "the code returned None for every argument: there is nothing to check")
    unchecked = tuple(q for q, v in found.items() if v is None)
    return Stated(values, unchecked, sorted({str(w.message) for w in caught}))


def _as_it_is(array: NDArray[Any]) -> NDArray[Any]:
    return array


def _match(
    claim: Claim,
    point: Point,
    slopes: Mapping[int, float],
    moved: Mapping[int, Direction],
    spare: Mapping[int, NDArray[Any]] | None = None,
) -> Match:
    slope = sum(slopes.values())
    true, bound, scale = difference(claim.formula.function, point, moved, spare)
    bound += _CONTRACTION * sum(abs(s) for s in slopes.values())
    gap = abs(slope - true)
    outcome: Outcome = "differ" if gap > bound else "unclear" if bound > _COARSEST * scale else "agree"
    why = Reason(ReasonKind.TOO_ROUGH) if outcome == "unclear" else None
    whole = scale or 1.0  # all is zero, the forward too: a hinge that nothing has reached
    return Match(
        outcome, False, (), arb(slope), arb(true), gap / whole, bound / whole, scale,
        slope=True,
        reason=why,
        resolved=abs(slope) > bound,
        zero=slope == 0.0 == true,
    )  # fmt: skip


def difference(
    function: Callable[..., Any],
    point: Point,
    moved: Mapping[int, Direction],
    spare: Mapping[int, NDArray[Any]] | None = None,
) -> tuple[float, float, float]:
    """The slope of `sum(delta * output)` along directions of some arguments, its bound, and its scale.

    With D(h) = (f(h) - f(-h)) / 2h, D(2h) - D(h) is three times the truncation of D(h), and
    (4 D(h) - D(2h)) / 3 has a smaller one. Where that is not below the rounding, a third step gives
    another extrapolation, and how far the two are apart counts. With C(h) = f(h) - 2 f(0) + f(-h), the
    part (4 C(h) - C(2h)) / 2h is next to nothing where f is smooth, and the sum of the slopes' jumps
    where it has kinks. ``spare`` are arrays of the arguments' shapes that may be written over. Raises
    `Unsupported` where the forward fails beside the point. Values are rounded as in their own type.
    """
    given = spare or {}
    buffers = {i: given[i] if i in given else np.empty_like(point.args[i]) for i in moved}
    magnitude = 0.0
    unit = 2.0**-53

    def value(t: float) -> float:
        nonlocal magnitude, unit
        args: list[Any] = list(point.args)
        for i, direction in moved.items():
            args[i] = direction.shifted(point.args[i], t, buffers[i])
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(), user_code:
                warnings.simplefilter("ignore")
                result = function(*(a if a.ndim else a.dtype.type(a) for a in args))
        except Exception as error:
            raise Unsupported(
                f"beside this point the forward raises {type(error).__name__}: {error}"
            ) from error
        parts = result if isinstance(result, tuple | list) else [result]
        total = 0.0
        for delta, part in zip(point.delta, parts, strict=True):
            kept = np.asarray(part).dtype
            unit = max(unit, float(np.finfo(kept).eps) / 2 if kept.kind == "f" else 0.0)
            terms = np.asarray(part, dtype=np.float64) * delta
            total += float(np.sum(terms))
            magnitude = max(magnitude, float(np.sum(np.abs(terms, out=terms if terms.ndim else None))))
        return total

    centre = sum(float(np.sum(d * o)) for d, o in zip(point.delta, point.outputs, strict=True))
    found: tuple[float, float] | None = None
    for h in _STEPS:
        ends = [(value(k * h), value(-k * h)) for k in (1, 2)]
        fine, coarse = (_central(ends[k], (k + 1) * h) for k in (0, 1))
        bends = abs(4 * (sum(ends[0]) - 2 * centre) - (sum(ends[1]) - 2 * centre)) / (2 * h)
        noise = _ROUNDINGS * unit * magnitude / h
        slope, truncation = (4 * fine - coarse) / 3, abs(fine - coarse)
        if truncation > noise:
            ends.append((value(4 * h), value(-4 * h)))
            truncation = abs(slope - (4 * coarse - _central(ends[2], 4 * h)) / 3)
        bound = truncation + noise + _KINKS * bends
        if found is None or bound < found[1]:
            found = slope, bound
        if bends <= noise:
            break
    assert found is not None
    return found[0], found[1], magnitude + abs(found[0])


def _central(ends: tuple[float, float], h: float) -> float:
    return (ends[0] - ends[1]) / (2 * h)


def _localised(
    claim: Claim, point: Point, stated: Stated, directions: Mapping[int, Direction]
) -> tuple[dict[Quantity, Match], Quantity | None]:
    """The match of each argument, and the first that differs; by halving its direction again and again,
    the entry that does.
    """
    matches: dict[Quantity, Match] = {}
    first: Quantity | None = None
    for i, direction in directions.items():
        quantity, gradient = _quantity(claim, i), _gradient(claim, stated, i)
        match = _match(claim, point, {i: direction.dot(gradient)}, {i: direction})
        matches[quantity] = match
        if match.outcome != "differ" or first is not None:
            continue
        first = quantity
        part, gap = direction, float(match.stated - match.true)
        while part.size > 1:
            half, other = part.halves()
            true, _, _ = difference(claim.formula.function, point, {i: half})
            ahead = half.dot(gradient) - true
            part, gap = (half, ahead) if abs(ahead) >= abs(gap - ahead) else (other, gap - ahead)
        index = part.index()
        alone = Direction.unit(point.args[i], index)
        unit = _match(claim, point, {i: float(gradient[index])}, {i: alone})
        if unit.outcome == "differ":
            matches[quantity] = replace(unit, index=index, slope=False)
    return matches, first
