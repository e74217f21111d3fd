"""What speaks for a verdict beside the two numbers that differ: the sources among themselves, the step-size
curve, the training run, the proof. One line each, for text.
"""

from __future__ import annotations

from gradcheck.records.types import Agreement, ClaimRow, Proof, StepCurve, Training
from gradcheck.report.text import one_line, plural, quantity

__all__ = [
    "agreement_text",
    "contradiction_text",
    "course_text",
    "curve_text",
    "difference_is_sound",
    "proof_text",
    "training_text",
]

_CONVERGED = 1e-12
"""At steps down to 2^-59 a convergent difference is right to 1e-30 or so; a coincidence is not."""

_DROWNED = 100.0
"""A last error so many times the least one, or the resolution of float64, has grown by rounding; below that
it is noise."""
_RESOLUTION = 2.0**-52


def difference_is_sound(curve: StepCurve) -> bool:
    """Whether the finite difference does what theory says: in float64 it stays within truncation and
    rounding at every step, and at high precision it converges to the right value, far below the gap.
    """
    if not len(curve.error) == len(curve.exact) == len(curve.bound) > 0:
        return False
    within = all(error <= bound for error, bound in zip(curve.error, curve.bound, strict=True))
    return within and min(curve.exact) < _CONVERGED * curve.gap


def curve_text(curve: StepCurve) -> str | None:
    """That the finite difference is not at fault, where it is not."""
    if not difference_is_sound(curve):
        return None
    place = quantity(curve.quantity, curve.index)
    return (
        f"float64 finite differences agree with the expected value at {place}: they come within "
        f"{min(curve.error):.1g} of it, and the hand-written one is {curve.gap:.2g} off"
    )


def course_text(curve: StepCurve) -> str | None:
    """What a sound difference does in float64 as its step shrinks, as far as this curve shows it."""
    if not difference_is_sound(curve):
        return None
    nearest, last = min(curve.error), curve.error[-1]  # steps descend
    if max(curve.error) == 0:
        return "The float64 difference is exactly right at every step."
    head = "As the step shrinks, the difference settles at the right value"
    drowned = last > _DROWNED * max(nearest, _RESOLUTION)
    return f"{head}, until rounding drowns it in float64." if drowned else f"{head}, in float64 too."


def agreement_text(claim: ClaimRow) -> str | None:
    """Whether the backends agree among themselves; None where no two of them could be compared."""
    pairs = _between_backends(claim)
    if not pairs:
        return None
    if contradiction := contradiction_text(claim):
        return contradiction
    return f"the backends agree with each other at every point ({plural(len(pairs), 'pair')} compared)"


def contradiction_text(claim: ClaimRow) -> str | None:
    """Which backends contradict each other, and where; None where none do."""
    apart = [pair for pair in _between_backends(claim) if pair.agreed != pair.points]
    said = [
        f"{p.first} and {p.second} at {p.points - p.agreed} of {plural(p.points, 'point')}" for p in apart
    ]
    return f"the backends contradict each other: {one_line(', '.join(said))}" if apart else None


def _between_backends(claim: ClaimRow) -> list[Agreement]:
    return [pair for pair in claim.agreement if "hand-written" not in {pair.first, pair.second}]


def training_text(run: Training) -> str:
    """A training run in one line."""
    wrong = sum(step.verdict != "pass" for step in run.steps)
    course = f", cost {run.steps[0].cost:.6g} -> {run.final_cost:.6g}" if run.steps else ""
    checks = "the gradient right at every step" if not wrong else f"the gradient wrong at {wrong} of them"
    return (
        f"training: {plural(len(run.steps), 'step')}{course}, {checks}; it stopped: {one_line(run.stopped)}"
    )


def proof_text(proof: Proof) -> str:
    """What is known for all shapes and values, in one line."""
    why = f": {one_line(proof.reason)}" if proof.reason else ""
    if proof.status not in {"proved", "partly"}:
        return f"not proved for all shapes{why}"
    given = f", assuming {one_line('; '.join(proof.assumptions))}" if proof.assumptions else ""
    head = "proved for all shapes and values" if proof.status == "proved" else "proved in part"
    return f"{head}{given}{why}"
