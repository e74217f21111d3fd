"""One claim over all its points and backends, from its declaration to its records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.arithmetic.narrow import taken_as_exact
from gradcheck.arithmetic.precisions import SINGLE
from gradcheck.checking.first_call import wrong_form
from gradcheck.checking.settling import settle
from gradcheck.checking.task import Task, stopped_by
from gradcheck.checking.time_limit import Clock
from gradcheck.checking.trying import Misread, try_points
from gradcheck.checking.verdict import MIN_ANSWERS
from gradcheck.checking.writing.outcome import Outcome, cannot_run, outcome, stopped
from gradcheck.diagnosis.tape import back_through_forward
from gradcheck.errors import UsageError, user_code
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.complex_numbers.claims import in_real_outputs
from gradcheck.formulas.complex_numbers.outputs import delta_in_parts, with_real_outputs
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.values import Values
from gradcheck.judging.answers.backends import Found, choose
from gradcheck.judging.points.allowed_sizes import checked_delta
from gradcheck.judging.points.generation import Generated, first_point, generate
from gradcheck.judging.points.point import ComplexOutputs, ForwardFault
from gradcheck.judging.session import Session
from gradcheck.records.verdicts import Verdict

__all__ = ["MIN_ANSWERS", "Outcome", "cannot_run", "check_claim", "session_of", "stopped", "stopped_by"]


def session_of(formula: Declaration, found: Sequence[Found]) -> Session:
    """A formula under check, with all that may be known of it."""
    return Session(formula, found, back_through_forward)


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
    delta = checked_delta(delta)
    session = session or session_of(claim.formula, found or choose(backends))
    task = Task(claim, session, clock or Clock(None), seed, delta, strict)
    try:
        with user_code:
            return _judged(task, points, max_examples)
    except UsageError:
        raise
    except Misread as misread:
        return cannot_run(claim, session, str(misread), task.started)
    except Exception as error:
        return cannot_run(claim, session, stopped_by(error), task.started)


def _judged(task: Task, points: Generated | ForwardFault | None, max_examples: int) -> Outcome:
    for usable in task.session.backends:
        usable.seconds = 0.0
    if points is None:
        points = _generated(task, max_examples)
    if isinstance(points, ComplexOutputs):
        return _judged(_with_real_outputs(task, points), None, max_examples)
    if isinstance(points, ForwardFault):
        verdict = Verdict.INCONCLUSIVE if points.only_unknown else Verdict.ERROR
        return cannot_run(task.claim, task.session, str(points), task.started, verdict)
    if task.session.is_narrow(points.points):
        narrow = replace(task, claim=replace(task.claim, bits=SINGLE))
        # the forward rounds to float32, and so may the code: it is the formula
        with taken_as_exact(min(task.claim.formula.dtype.bits, SINGLE)):
            return _tried(narrow, points)
    return _tried(task, points)


def _tried(task: Task, points: Generated) -> Outcome:
    tried = try_points(task, points)
    return outcome(task, tried, settle(task, tried))


def _generated(task: Task, max_examples: int) -> Generated | ForwardFault:
    """The points that are drawn, once the code has shown that it returns what it must."""
    formula = task.claim.formula
    try:
        first = first_point(formula, seed=task.seed, delta=task.delta)
        if first is not None and (misused := wrong_form(task.claim, first)):
            raise Misread(misused)
        return generate(formula, max_examples=max_examples, seed=task.seed, delta=task.delta)
    except ForwardFault as fault:
        return fault


def _with_real_outputs(task: Task, found: ComplexOutputs) -> Task:
    """The same claim of a formula that has two real outputs for each complex one."""
    formula = with_real_outputs(task.claim.formula, found.form)
    return replace(
        task,
        claim=in_real_outputs(task.claim, formula, found.form),
        session=session_of(formula, [usable.found for usable in task.session.backends]),
        delta=delta_in_parts(task.delta, found.form, formula.complex_convention),
    )
