"""Judging a claim over all its points and backends, and putting the outcome into records."""

from __future__ import annotations

import time
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from gradcheck.arithmetic.narrow import taken_as_exact
from gradcheck.arithmetic.precisions import SINGLE
from gradcheck.checking.battery import run_battery
from gradcheck.checking.beside_spaces import passed, sentences
from gradcheck.checking.counterexample import describe, right_values
from gradcheck.checking.first_call import wrong_form
from gradcheck.checking.further_points import (
    points_of_asked_sizes,
    points_of_large_sizes,
    points_of_long_sums,
    points_of_unproved_sizes,
)
from gradcheck.checking.low_precision import accuracy, low_precision_notes, way_to_judge
from gradcheck.checking.minimise import Minimal, minimise
from gradcheck.checking.rounding_bias import biased
from gradcheck.checking.rows import backend_row, claim_row, silent_row
from gradcheck.checking.settled import check_further
from gradcheck.checking.time_limit import Clock, TimeUp
from gradcheck.checking.training import Trained, train
from gradcheck.checking.verdict import MIN_ANSWERS, Ruling, rule
from gradcheck.checking.weighing import refuted, uncrowned, unweighed, weigh
from gradcheck.diagnosis import diagnosed
from gradcheck.errors import Escaped, FaultKind, UsageError, user_code
from gradcheck.formulas.calling.user_lines import named, user_line
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.complex_numbers.outputs import delta_in_parts, in_real_outputs, with_real_outputs
from gradcheck.formulas.kinds import Update
from gradcheck.formulas.values import Values
from gradcheck.judging.answers.backends import Found, choose
from gradcheck.judging.candidates.digits import in_float32, summary
from gradcheck.judging.large_points import check_large_point
from gradcheck.judging.opinions import PointResult, PointVerdict
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.allowed_sizes import checked_delta
from gradcheck.judging.points.generation import Generated, first_point, generate
from gradcheck.judging.points.point import ComplexOutputs, ForwardFault, Point
from gradcheck.judging.reasons import Fault
from gradcheck.judging.session import Session
from gradcheck.judging.steering import Steered, steer
from gradcheck.proofs import Memory, unproved_sizes
from gradcheck.records.types import BackendRow, BatteryRow, ClaimRow, Diagnosis, Precision
from gradcheck.records.verdicts import Strength, Verdict

__all__ = ["MIN_ANSWERS", "Outcome", "cannot_run", "check_claim", "stopped", "stopped_by"]


@dataclass
class Outcome:
    """A claim's records, and the failing point that minimisation ended at."""

    row: ClaimRow
    backends: list[BackendRow]
    battery: list[BatteryRow] = field(default_factory=list)
    minimal: Minimal | None = None
    results: list[PointResult] = field(default_factory=list)


def check_claim(
    claim: Claim,
    *,
    max_examples: int = 50,
    seed: int = 0,
    backends: Sequence[str] | None = None,
    delta: Values | None = None,
    session: Session | None = None,
    points: Generated | ForwardFault | None = None,
    found: Sequence[Found] | None = None,
    clock: Clock | None = None,
    strict: bool = False,
) -> Outcome:
    """Check one claim. ``session`` and ``points`` may be shared by the claims of a formula.

    ``clock`` is one that runs already, and gets the results at the points as they come. ``strict``: what no
    point tried and no proof covers makes a claim weak. Raises `UsageError` for an unknown backend and for
    declarations that leave nothing to try. Whatever else stops the check is an ``error`` of the claim.
    """
    clock = clock or Clock(None)
    started = time.perf_counter()
    delta = checked_delta(delta)
    session = session or Session(claim.formula, found or choose(backends))
    try:
        with user_code:
            return _judged(claim, session, points, max_examples, seed, delta, started, clock, strict)
    except UsageError:
        raise
    except Exception as error:
        return cannot_run(claim, session, stopped_by(error), started)


def stopped_by(error: Exception) -> str:
    """The reason of a claim whose check ended with an exception that nobody expected there."""
    if isinstance(error, UsageError):
        return str(error)
    if isinstance(error, Escaped):
        return f"user code raises {named(error)}{user_line(error)}"
    return f"gradcheck itself failed here, please report it: {named(error)}"


def _judged(
    claim: Claim,
    session: Session,
    points: Generated | ForwardFault | None,
    max_examples: int,
    seed: int,
    delta: Values | None,
    started: float,
    clock: Clock,
    strict: bool,
) -> Outcome:
    for usable in session.backends:
        usable.seconds = 0.0
    if points is None:
        try:
            first = first_point(claim.formula, seed=seed, delta=delta)
            if first is not None and (misused := wrong_form(claim, first)):
                return cannot_run(claim, session, misused, started)
            points = generate(claim.formula, max_examples=max_examples, seed=seed, delta=delta)
        except ForwardFault as fault:
            points = fault
    if isinstance(points, ComplexOutputs):
        formula = with_real_outputs(claim.formula, points.form)
        delta = delta_in_parts(delta, points.form, formula.complex_convention)
        return _judged(
            in_real_outputs(claim, formula, points.form),
            Session(formula, [usable.found for usable in session.backends]),
            None,
            max_examples,
            seed,
            delta,
            started,
            clock,
            strict,
        )
    if isinstance(points, ForwardFault):
        verdict = Verdict.INCONCLUSIVE if points.only_unknown else Verdict.ERROR
        return cannot_run(claim, session, str(points), started, verdict)
    if session.is_narrow(points.points):
        claim = replace(claim, bits=SINGLE)
        with taken_as_exact(
            min(claim.formula.dtype.bits, SINGLE)
        ):  # the forward rounds to float32, and so may the code: it is the formula
            return _tried(claim, session, points, seed, delta, started, clock, strict)
    return _tried(claim, session, points, seed, delta, started, clock, strict)


def _tried(
    claim: Claim,
    session: Session,
    points: Generated,
    seed: int,
    delta: Values | None,
    started: float,
    clock: Clock,
    strict: bool,
) -> Outcome:
    points = points.in_dtype(claim.formula, claim.dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        misread = session.misread(points.points)
    if misread is not None:
        return cannot_run(claim, session, misread, started)
    results = clock.found
    session.foresee(points.points)
    for point in points.points:
        clock.keep(_checked(claim, point, session, partial(check_further, before=results)))
        found = results[0].fault
        if found is not None and found.kind is FaultKind.FORM:
            return cannot_run(claim, session, str(found), started)
    trained: Trained | None = None
    if isinstance(claim.kind, Update) and claim.kind.descent and not _decided(results):
        trained = train(claim, session, seed)
        for result in trained.results:
            clock.keep(result)
    steered = Steered()
    if not _decided(results):
        for point in points_of_asked_sizes(claim, session, seed, delta):
            clock.keep(_checked(claim, point, session))
        if claim.formula.dtype.is_low and not _decided(results):
            for point in points_of_long_sums(claim, seed, delta):
                clock.keep(_checked(claim, point, session))
        steered = steer(
            claim,
            [r.point for r in results],
            free_delta=delta is None,
            beside=any(r.in_float64 is None for r in results),
            unchecked={u for r in results if r.stated for u in r.stated.unchecked},
        )
        for point in steered.points:
            clock.keep(_checked(claim, point, session))
        for point in steered.close:
            if (found_there := _checked(claim, point, session)).in_float64 is None:
                clock.keep(found_there)
    return _summarise(claim, session, points, clock, trained, steered, seed, delta, started, strict=strict)


def _decided(results: list[PointResult]) -> bool:
    """Whether some point has settled the claim already."""
    return any(r.verdict in (PointVerdict.FAIL, PointVerdict.ERROR) for r in results)


def stopped(claim: Claim, session: Session, clock: Clock) -> Outcome:
    """The outcome of a claim whose time was over: what was refuted by then stays refuted, and nothing else is
    known. ``session`` is a new one, for the old one was cut in the middle of its work.
    """
    results: list[PointResult] = clock.found
    when = f"stopped after {clock.seconds:g} s"
    ruling = rule(claim, session, results) if results else Ruling(Verdict.INCONCLUSIVE)
    if ruling.verdict not in (Verdict.FAIL, Verdict.ERROR):
        ruling = Ruling(Verdict.INCONCLUSIVE, when)
    first = next((r for r in results if r.verdict == ruling.verdict.value), None)
    counterexample = None
    if first is not None:
        minimal = Minimal(first, shape_minimal=False)
        with suppress(TimeUp), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            counterexample = Clock(clock.seconds).run(lambda: describe(claim, minimal, session))
    row = claim_row(
        claim,
        ruling.verdict,
        results,
        seconds=clock.seconds or 0.0,
        strength=None,
        discarded=0,
        reason=counterexample.message if counterexample else ruling.reason,
        notes=[f"{when}, with {len(results)} points judged"],
        counterexample=counterexample,
    )
    return Outcome(row, [backend_row(claim, usable, results) for usable in session.backends])


def _checked(
    claim: Claim, point: Point, session: Session, check: Callable[..., PointResult] = check_point
) -> PointResult:
    """`check_point`; a bug of ours at one point is an error of this claim, not the end of the run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the candidate's are recorded where it runs in float64
            with user_code:
                return check(claim, point, session)
    except Exception as error:
        return PointResult(point, PointVerdict.ERROR, fault=Fault(FaultKind.INTERNAL, stopped_by(error)))


def _summarise(
    claim: Claim,
    session: Session,
    points: Generated,
    clock: Clock,
    trained: Trained | None,
    steered: Steered,
    seed: int,
    delta: Values | None,
    started: float,
    *,
    strict: bool,
) -> Outcome:
    results: list[PointResult] = clock.found
    battery = run_battery(claim, results, session, free_delta=delta is None)
    for point in battery.suspects:
        clock.keep(_checked(claim, point, session))
    ruling = battery.overrule(rule(claim, session, results), deterministic=claim.formula.deterministic)
    if trained is not None and trained.stuck and ruling.verdict is Verdict.PASS:
        ruling = Ruling(Verdict.FAIL, trained.training.stopped)
    low = claim.formula.dtype.is_low
    one_way = biased(claim, results) if ruling.verdict is Verdict.PASS else []
    if one_way:
        ruling = Ruling(Verdict.FAIL, f"{one_way[0].quantity}: {one_way[0].text}")
    weighed = unweighed(ruling) if low else weigh(claim, session.shared(Memory), ruling, results)
    if weighed.proved or (weighed.ruling.verdict is Verdict.PASS and not low):
        # what runs is the code, not the symbols: at sizes far from those that were drawn
        for point in points_of_large_sizes(claim, session, seed, delta, crowning=weighed.proved):
            found = _checked(claim, point, session, _large)
            if found.verdict in (PointVerdict.FAIL, PointVerdict.ERROR):
                clock.keep(_of_the_code(found))
        if _decided(results):
            again = rule(claim, session, results)
            weighed = uncrowned(weighed, again) if weighed.proved else replace(weighed, ruling=again)
    if weighed.proof.status == "partly" and not _decided(results):  # the proof says at which sizes it fails
        left = unproved_sizes(claim, session.shared(Memory))
        for point in points_of_unproved_sizes(claim, left, seed, delta):
            clock.keep(_checked(claim, point, session))
        weighed = replace(weighed, ruling=rule(claim, session, results)) if _decided(results) else weighed
    untried = [] if weighed.proved else [u.record() for u in steered.untried]
    if strict and untried and weighed.ruling.verdict is Verdict.PASS:
        missing = f"not tried: {untried[0].what} ({untried[0].where})"
        weighed = replace(weighed, ruling=Ruling(Verdict.WEAK, missing))
    verdict, reason = weighed.ruling.verdict, weighed.ruling.reason
    minimal = None
    if verdict in (Verdict.FAIL, Verdict.ERROR):
        first = next((r for r in results if r.verdict == verdict.value), None)
        if first is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                minimal = minimise(claim, first, session, seed, delta)
            # smaller shapes were tried with usual values, which hardly get to where a steered point is
            if first.point.origin not in ("plan", "drawn"):
                minimal = replace(minimal, shape_minimal=False)
    strengths = [s for r in results if r.verdict == "pass" and (s := r.strength)]
    strength = Strength.weakest(strengths) if verdict is Verdict.PASS else None
    if weighed.proved:
        strength = Strength.PROVED
    measured = _precision(claim, results) if verdict is Verdict.PASS and not low else []
    counterexample = describe(claim, minimal, session) if minimal else None
    if counterexample is not None:
        reason = counterexample.message
    mistakes: list[Diagnosis] = []
    if verdict is Verdict.FAIL:
        mistakes = one_way or diagnosed(claim, results, session, seed=seed, delta=delta) or battery.mistakes()
    row = claim_row(
        claim,
        verdict,
        results,
        seconds=time.perf_counter() - started,
        strength=strength.value if strength else None,
        discarded=points.discarded,
        reason=reason,
        unchecked=sorted({str(u) for r in results if r.stated for u in r.stated.unchecked}),
        untried=untried,
        unstable=_unstable(results) if verdict is Verdict.PASS else None,
        notes=[
            *_notes(claim, session, points, results, measured),
            *low_precision_notes(claim, results),
            *way_to_judge(claim, mistakes),
            *_beside(claim, results, session, verdict),
        ],
        counterexample=counterexample,
        training=trained.training if trained is not None else None,
        precision=measured,
        accuracy=accuracy(claim, results),
        diagnosis=mistakes,
        proof=None if low else refuted(weighed.proof, counterexample),
    )
    rows = [backend_row(claim, usable, results) for usable in session.backends]
    return Outcome(row, rows, battery.rows, minimal, results)


def cannot_run(
    claim: Claim,
    session: Session,
    reason: str,
    started: float | None = None,
    verdict: Verdict = Verdict.ERROR,
) -> Outcome:
    """The outcome of a claim whose check cannot be made at all: an ``error`` with the reason, as a rule."""
    seconds = 0.0 if started is None else time.perf_counter() - started
    row = claim_row(claim, verdict, [], seconds=seconds, strength=None, discarded=0, reason=reason)
    return Outcome(row, [silent_row(claim, usable, reason) for usable in session.backends])


def _large(claim: Claim, point: Point, session: Session) -> PointResult:
    if claim.kind.costs_slopes and not point.large:
        cheap = (u.name for u in session.backends if u.traits.takes_differences)
        return check_point(claim, point, session, next(cheap, ""))
    return check_large_point(claim, point, session, session.backends)


def _of_the_code(result: PointResult) -> PointResult:
    """A failure behind a proof; a number that is not finite says nothing against the formula."""
    if result.fault is None or result.fault.kind is not FaultKind.NOT_FINITE:
        return result
    quantity = str(result.quantity or "a gradient")
    return replace(result, verdict=PointVerdict.NONE, unstable=f"{quantity} is not finite")


def _unstable(results: list[PointResult]) -> str | None:
    """What is not finite in float64 although the code is right in exact arithmetic, and where."""
    at = next((r for r in results if r.unstable), None)
    if at is None:
        return None
    sizes = ", ".join(f"{n} = {s}" for n, s in at.point.sizes.items())
    return f"{at.unstable} in float64{f' at {sizes}' if sizes else ''}; in exact arithmetic the code is right"


def _beside(claim: Claim, results: list[PointResult], session: Session, verdict: Verdict) -> list[str]:
    """What of a gradient that passed was not compared."""
    if verdict is not Verdict.PASS or not claim.formula.spaces:
        return []
    some = passed(results)
    return sentences(claim, some, [right_values(claim, r.point, session) for r in some])


def _notes(
    claim: Claim, session: Session, points: Generated, results: list[PointResult], measured: list[Precision]
) -> list[str]:
    notes = [*points.notes, *getattr(claim.candidate, "assumes", ())]
    notes += [note for note, _ in Counter(n for r in results for n in r.notes).most_common(5)]
    if any(o.rounded_constants for r in results for o in r.opinions.values()):
        notes.append(
            "at some points the difference is no more than float constants rounded in the last place"
        )
    narrow = session.is_narrow(points.points)
    if narrow and not claim.formula.dtype.is_low:
        notes.append(
            "the forward rounds to float32: judged is the formula, not its rounding; the digits lost say "
            "what float32 costs"
        )
    if not narrow and any(p.dtype == "float64" and p.typical >= _UNSTABLE for p in measured):
        notes.append(
            "right as a formula, unstable as code: float64 typically loses more than half its digits"
        )
    caught = {w for r in results if r.stated for w in r.stated.warnings}
    return notes + sorted(f"warning of the code: {w}" for w in caught)[:3]


_UNSTABLE = 8.0

_FLOAT32_POINTS = 8
"""Points at which the code is run in float32 too; the plan's, so that they are the same in every run."""


def _precision(claim: Claim, results: list[PointResult]) -> list[Precision]:
    double = summary("float64", [(r.point, r.lost) for r in results if r.lost is not None])
    planned = [
        r.point for r in results if r.verdict == "pass" and r.point.origin == "plan" and not r.point.large
    ]
    single = summary("float32", in_float32(claim, planned[:_FLOAT32_POINTS]))
    return [p for p in (double, single) if p is not None]
