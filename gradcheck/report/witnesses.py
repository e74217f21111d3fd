"""What speaks for a verdict beside the two numbers that differ: the sources among themselves, the step-size
curve, the training run, the proof. One line each, for text.
"""

from __future__ import annotations

from gradcheck.records.types import ClaimRow, Proof, StepCurve, Training
from gradcheck.report.text import one_line, plural, quantity

__all__ = ["agreement_text", "curve_text", "difference_is_sound", "proof_text", "training_text"]

_CONVERGED = 1e-12
"""At steps down to 2^-59 a convergent difference is right to 1e-30 or so; a coincidence is not."""


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
        f"the finite difference is not at fault: at {place} it comes within {min(curve.error):.1g} of the "
        f"right value in float64, and the hand-written one is {curve.gap:.2g} off"
    )


def agreement_text(claim: ClaimRow, hand_written: str = "hand-written") -> str | None:
    """Whether the backends agree among themselves; None where no two of them could be compared."""
    pairs = [pair for pair in claim.agreement if hand_written not in {pair.first, pair.second}]
    if not pairs:
        return None
    apart = [pair for pair in pairs if pair.agreed != pair.points]
    if not apart:
        return f"the backends agree with each other at every point ({plural(len(pairs), 'pair')} compared)"
    said = [
        f"{p.first} and {p.second} at {p.points - p.agreed} of {plural(p.points, 'point')}" for p in apart
    ]
    return f"the backends contradict each other: {one_line(', '.join(said))}"


def training_text(run: Training) -> str:
    """A training run in one line."""
    wrong = sum(step.verdict != "pass" for step in run.steps)
    course = f", cost {run.steps[0].cost:.6g} -> {run.final_cost:.6g}" if run.steps else ""
    checks = "the gradient right at every step" if not wrong else f"the gradient wrong at {wrong} of them"
    return (
        f"training: {plural(len(run.steps), 'step')}{course}, {checks}; it stopped: {one_line(run.stopped)}"
    )


def proof_text(proof: Proof) -> str:
    """What is known for all sizes and values, in one line."""
    given = f", assuming {one_line('; '.join(proof.assumptions))}" if proof.assumptions else ""
    why = f": {one_line(proof.reason)}" if proof.reason else ""
    return f"for all sizes and values: {proof.status}{given}{why}"
