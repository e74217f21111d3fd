"""A layer or cache used again must answer as a fresh one does.

Every other check makes the object anew for each call. A network does not: it runs two forwards before a
backward, other batches in between, the same layer twice. What is left over then (the cache of an earlier
forward, a buffer that two calls share) is wrong; gradients that pile up from call to call are a convention.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.checking.battery.finding import Finding, skipped
from gradcheck.checking.battery.second_calls import first_call, other_calls, updated, weighed_anew
from gradcheck.errors import CandidateFault, message, user_code
from gradcheck.formulas.calling.in_place_writes import plain
from gradcheck.formulas.calling.sequences import REPLACED, WRITTEN, Call, UsedAgain
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.outputs import as_float64
from gradcheck.judging.candidates.running import given, run_prepared
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.points.point import Point
from gradcheck.judging.points.repeats import within_rounding

__all__ = ["used_again"]

Values = Mapping[Quantity, NDArray[np.float64]]


class _Wrong(Exception):
    """What is wrong about a sequence, in words."""


class _Draws(Exception):
    """A backward that differs, and draws random numbers: what it keeps is not to blame."""


class _OtherForward(Exception):
    """The forward of a layer that is used again gives other values: random ones, or by a state of its own."""


@dataclass
class _Convention:
    """Which gradients of parameters were seen to pile up, and which to be written anew."""

    piled: set[Quantity] = field(default_factory=set)
    anew: set[Quantity] = field(default_factory=set)


def used_again(claim: Claim, basis: Sequence[Point], results: Sequence[PointResult]) -> Finding:
    """All programs of the pair, at calls of one shape and of two."""
    how: UsedAgain = claim.candidate.used_again  # type: ignore[attr-defined]
    point = first_call(basis, results, how.parameters)
    if point is None:
        return skipped("there is no second call to make")
    tried, seen = 0, _Convention()
    for other, words in other_calls(claim, point, results, how.parameters):
        programs = [*how.programs, *(["F0 B0 Z F1 B1"] if how.clears else [])]
        if not _serves(claim, how, point, other):
            programs = [p for p in programs if "F1" not in p]
        for program in programs:
            tried += 1
            try:
                _check(claim, how, program.split(), [point, other, weighed_anew(point)], seen)
            except _OtherForward:
                return Finding("note", tried, _OTHER_FORWARD, point)
            except _Draws:
                return Finding("fail", tried, _RANDOM, point)
            except _Wrong as wrong:
                return Finding("fail", tried, f"{_in_words(program, how.noun, words)} {wrong}", point)
    stepped = _after_a_step(claim, how, point)
    tried += len(stepped)
    if (written := stepped.get(WRITTEN)) is not None:  # as most code does it
        return Finding("fail", tried, written, point)
    if (replaced := stepped.get(REPLACED)) is not None:
        text = f"{replaced}, where they are replaced (`W = W - ...`)"
        return Finding("note", tried, text, point)
    if not tried:
        return skipped("there is no second call to make")
    return _of_convention(how, seen, tried)


def _after_a_step(claim: Claim, how: UsedAgain, point: Point) -> dict[str, str | None]:
    """What is wrong once the parameters were changed, by the way in which an optimiser does that; None for a
    way that is right. Ways that do not do for a fresh layer either, whose maker looked at the parameters,
    are left out.
    """
    other = updated(claim, point, how.parameters) if how.is_updated else None
    if other is None or not _serves(claim, how, point, other):
        return {}
    points = [point, other, point]
    ways = [way for way in (WRITTEN, REPLACED) if _wrong_in(claim, how, f"{way} F1 B1", points) is None]
    return {way: _wrong_in(claim, how, f"F0 B0 {way} F1 B1", points) for way in ways}


def _wrong_in(claim: Claim, how: UsedAgain, program: str, points: Sequence[Point]) -> str | None:
    try:
        _check(claim, how, program.split(), points, _Convention())
        return None
    except _OtherForward:  # it gave the same again where nothing was changed
        what = "its forward gives other values than a fresh one with these"
    except _Draws:
        return None  # as at every other call
    except _Wrong as wrong:
        what = str(wrong)
    return f"used again, the {how.noun} is wrong after its parameters were changed: {what}"


def _of_convention(how: UsedAgain, seen: _Convention, tried: int) -> Finding:
    piled, anew = _listed(seen.piled), _listed(seen.anew)
    if seen.piled and seen.anew:
        return Finding("fail", tried, f"{piled} piles up from call to call, and {anew} does not")
    if how.accumulates is True and not seen.piled:
        what = anew or "no gradient"
        return Finding(
            "fail", tried, f"accumulates=True, but {what} {'is written anew' if anew else 'piles up'}"
        )
    if how.accumulates is False and seen.piled:
        return Finding("fail", tried, f"accumulates=False, but {piled} piles up from call to call")
    if seen.piled:
        cleared = ", and zero_grad clears" if how.clears else ""
        return Finding("note", tried, f"{piled} piles up from call to call{cleared} (a convention)")
    return Finding("pass", tried)


def _serves(claim: Claim, how: UsedAgain, one: Point, other: Point) -> bool:
    """Whether one object is meant for both calls."""
    try:
        with user_code:
            return how.serves(_call(claim, one), _call(claim, other))
    except Exception:
        return False


def _call(claim: Claim, point: Point, copies: dict[int, Any] | None = None) -> Call:
    known = {} if copies is None else copies
    args = tuple(known.setdefault(id(a), plain(a)) for a in point.args)
    return Call(args, given(claim, point, plain).get("delta"))


def _check(
    claim: Claim, how: UsedAgain, program: Sequence[str], points: Sequence[Point], seen: _Convention
) -> None:
    """Run a program. Raises `_Wrong`."""
    try:
        fresh = [run_prepared(claim, p, plain).values for p in points]
    except CandidateFault:  # judged where it is a point of its own
        return
    copies: dict[int, Any] = {}  # of one array there is one: layers ask whether an input is the one before
    calls = [_call(claim, p, copies) for p in points]
    kept: list[tuple[str, NDArray[Any], NDArray[Any]]] = []
    sums: dict[Quantity, NDArray[np.float64]] = {}
    done, flushed, drawn = 0, "", _drawn()
    try:
        with np.errstate(all="ignore"), user_code:
            for step, gave in how.play(program, calls):
                done += 1
                at_first, drawn = drawn, _drawn()
                if step == "Z":
                    sums = {}
                    flushed = (
                        "" if "Z" in program else "; it was told to flush_gradients before its last forward"
                    )
                elif step.startswith(("P", "W")):
                    continue
                elif step.startswith("F"):
                    kept += [("an output of the forward", z, z.copy()) for z in _arrays(gave)]
                    _see_forward(points, int(step[1:]), _arrays(gave))
                else:
                    k = int(step[1:])
                    values = _named(claim, points[k], gave)
                    kept += _of_inputs(claim, gave, how.parameters)
                    stale = partial(_of_earlier, claim, points, k)
                    try:
                        sums = _compared(
                            claim, points[k], values, fresh, k, stale, sums, how.parameters, seen
                        )
                    except _Wrong:
                        if drawn != at_first:
                            raise _Draws from None
                        raise
    except CandidateFault as fault:
        raise _Wrong(str(fault)) from fault
    except (_Wrong, _OtherForward, _Draws):
        raise
    except Exception as error:
        if any(p.sizes != points[0].sizes for p in points):
            return  # a layer may be meant for the size that it met first, and this one says so
        if done == len(program) - 1 and program[-1] == "B2":
            return  # the first backward used up what it needs, and says so
        raise _Wrong(f"the code raises {type(error).__name__}: {message(error)}{flushed}") from error
    for what, array, before in kept:
        if not np.array_equal(array, before, equal_nan=array.dtype.kind == "f"):
            raise _Wrong(f"{what} is written over by a later call: both share a buffer")


def _drawn() -> tuple[Any, ...]:
    """Where NumPy's own random numbers are: each that is drawn moves them on."""
    state = np.random.get_state(legacy=False)["state"]  # noqa: NPY002
    return state["pos"], state["key"].tobytes()


def _see_forward(points: Sequence[Point], k: int, outputs: Sequence[NDArray[Any]]) -> None:
    """Raises `_Wrong` for a forward that gives what it gave for other arguments, and `_OtherForward` for one
    that gives other values than a fresh layer: there is nothing to hold its gradients against.
    """
    if _are(outputs, points[k]):
        return
    if any(_are(outputs, p) for p in points[:2]):
        raise _Wrong("the forward gives what it gave for the other call's arguments: a stale cache")
    raise _OtherForward


def _are(outputs: Sequence[NDArray[Any]], point: Point) -> bool:
    """Whether a forward gave what it gives at a point, within what float32 rounds."""
    pairs = zip(outputs, point.outputs, strict=False)
    return len(outputs) == len(point.outputs) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-5, atol=1e-6 * np.max(np.abs(b), initial=0.0))
        for a, b in pairs
    )


def _compared(
    claim: Claim,
    point: Point,
    values: Values,
    fresh: Sequence[Values],
    k: int,
    stale: Callable[[Quantity], NDArray[np.float64] | None],
    sums: Mapping[Quantity, NDArray[np.float64]],
    parameters: int,
    seen: _Convention,
) -> dict[Quantity, NDArray[np.float64]]:
    """What has piled up with these gradients. Raises `_Wrong` where they are no one's."""
    names = claim.formula.shapes.arguments
    of_parameters = {claim.quantity(n) for n in names[len(names) - parameters :]}
    totals = dict(sums)
    for quantity, right in fresh[k].items():
        found = values.get(quantity)
        if found is None:
            raise _Wrong(f"{quantity} is not given")
        piles = quantity in of_parameters
        totals[quantity] = right + sums.get(quantity, 0.0) if piles else right
        if within_rounding(right, found, point, claim.bits):
            if piles and not within_rounding(totals[quantity], found, point, claim.bits):
                seen.anew.add(quantity)
        elif piles and within_rounding(totals[quantity], found, point, claim.bits):
            seen.piled.add(quantity)
        else:
            raise _Wrong(_words(quantity, found, right, stale(quantity), second=k == 2))
    return totals


def _of_earlier(
    claim: Claim, points: Sequence[Point], k: int, quantity: Quantity
) -> NDArray[np.float64] | None:
    """The gradient at the other call's arguments, for this one's delta: what a stale cache gives."""
    at, other = points[k], points[0 if k == 1 else 1]
    if [d.shape for d in at.delta] != [d.shape for d in other.delta]:
        return None
    try:
        return run_prepared(claim, replace(other, delta=at.delta), plain).values.get(quantity)
    except CandidateFault:
        return None


def _words(
    quantity: Quantity,
    found: NDArray[np.float64],
    right: NDArray[np.float64],
    other: NDArray[np.float64] | None,
    *,
    second: bool,
) -> str:
    if other is not None and np.array_equal(found, other):
        return f"{quantity} is that of the other call's arguments: a stale cache"
    apart = np.nan_to_num(np.abs(found - right), nan=np.inf)
    worst = tuple(int(i) for i in np.unravel_index(int(np.argmax(apart)), apart.shape)) if apart.ndim else ()
    place = f"[{', '.join(map(str, worst))}]" if worst else ""
    why = (
        "the first backward changes what the layer keeps; work on a copy"
        if second
        else "it keeps something from an earlier call (a stale cache, or a buffer)"
    )
    return f"{quantity}{place} is {found[worst]}, and {right[worst]} of one used once: {why}"


def _named(claim: Claim, point: Point, gave: Any) -> Values:
    """The quantities in what a backward gave, as copies. Raises `CandidateFault`."""
    shapes = claim.shapes(point)
    found = claim.kind.divided(claim.formula, point, gave)
    return {q: as_float64(v, q, shapes[q]) for q, v in found.items() if v is not None}


def _of_inputs(claim: Claim, gave: Any, parameters: int) -> list[tuple[str, NDArray[Any], NDArray[Any]]]:
    """The gradients of the inputs, and copies of them; those of parameters may be buffers that pile up."""
    if not isinstance(gave, tuple | list):
        gave = [gave]
    inputs = len(claim.formula.shapes.arguments) - parameters
    return [("a gradient that was returned", g, g.copy()) for g in _arrays(list(gave)[:inputs])]


def _arrays(value: Any) -> list[NDArray[Any]]:
    if isinstance(value, tuple | list):
        return [array for part in value for array in _arrays(part)]
    given = np.asarray(value) if isinstance(value, np.generic | float | int) else value
    return [given] if isinstance(given, np.ndarray) and given.dtype.kind in "fiub" else []


_RANDOM = (
    "the backward pass draws random numbers of its own (np.random); should use those of its forward, such as "
    "the mask that it drew"
)

_OTHER_FORWARD = (
    "used again, the forward gives other values than that of a fresh layer (random numbers, or a state that "
    "it keeps): its gradients are not compared there"
)

_SAID = {
    "F0 F1 B1": "after two forwards",
    "F0 F1 B0": "after two forwards",
    "F0 F1 B1 B0": "after two forwards",
    "F0 B0 F0 B0": "in a second round",
    "F0 B0 B2": "in a second backward",
    "F0 B0 Z F1 B1": "after zero_grad",
}


def _in_words(program: str, noun: str, words: str) -> str:
    when = _SAID.get(program, f"with a call {words} in between")
    if "F1" in program and program in _SAID:
        when += f" (the second {words})"
    return f"used again, the {noun} is wrong {when}:"


def _listed(quantities: set[Quantity]) -> str:
    return ", ".join(sorted(map(str, quantities)))
