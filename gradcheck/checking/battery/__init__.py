"""The battery: what is tried with a claim's code besides the numbers.

Each check gives one row of the log. `CHECKS` says what each is and whether its failure decides the
verdict: code that writes into its inputs or answers differently from call to call cannot be checked
(``error``); a vjp that is not linear in delta, or depends on how arrays lie in memory, is wrong (``fail``).
The rest is for the reader.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gradcheck.checking.battery.adjoint import adjoint, backward_beside
from gradcheck.checking.battery.batch import batch
from gradcheck.checking.battery.edge_sizes import size_one, size_zero
from gradcheck.checking.battery.finding import Finding, skipped
from gradcheck.checking.battery.layout import non_contiguous, read_only
from gradcheck.checking.battery.linearity import linearity, zero_delta
from gradcheck.checking.battery.repetition import same_answer, unchanged_inputs
from gradcheck.checking.battery.symmetry import symmetry
from gradcheck.checking.battery.used_again import used_again
from gradcheck.checking.verdict import Decision
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.kinds import Hessian
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.points.point import Point
from gradcheck.judging.points.sizes import distinct
from gradcheck.judging.session import Session
from gradcheck.records.types import BatteryRow, Diagnosis
from gradcheck.records.verdicts import Verdict

__all__ = ["CHECKS", "Battery", "run_battery"]

CHECKS: dict[str, tuple[str, bool]] = {
    "linearity": ("the gradients are linear in delta, tangents in the tangents", True),
    "zero delta": ("the gradients are zero at delta = 0, tangents at tangents of 0", True),
    "unchanged inputs": ("arguments and delta are not written into", True),
    "same answer": ("the same arguments give the same answer, also after others", True),
    "non-contiguous inputs": ("sliced, transposed, reversed and repeated arrays give the same answer", True),
    "read-only inputs": ("the code takes arrays that cannot be written into", True),
    "used again": ("a layer or cache used several times answers as a fresh one does", True),
    "adjoint": ("the vjp beside a jvp belongs to the same derivative: <d, J t> = <J^T d, t>", False),
    "symmetry": ("a Hessian is symmetric", False),
    "batch": ("the rows of the declared batch give alone what they give together", False),
    "sizes of 1": ("the code is not wrong only where an axis has the size 1", False),
    "sizes of 0": ("where the forward takes a size of 0, so does the code; never more than a note", False),
}
"""Name of a check -> what it asks, and whether a failure decides the claim's verdict."""

_MOST_POINTS = 2
_MOST_ENTRIES = 4096
"""Points, and numbers in one, that the checks with runs of their own are made at."""


@dataclass
class Battery:
    """The rows, and the points at which a failure should show in the numbers too."""

    rows: list[BatteryRow] = field(default_factory=list)
    suspects: list[Point] = field(default_factory=list)

    def overrule(self, decision: Decision, *, deterministic: bool = True) -> Decision:
        """The claim's decision with the rows that count: an ``error`` or ``fail`` that it lacks.

        Answers that change are an ``error``, unless the code is declared not to be ``deterministic``: then
        they changed by more than rounding.
        """
        failed = {row.check: row.reason for row in self.rows if row.counts and row.outcome == "fail"}
        wrong = dict.fromkeys(failed, Verdict.FAIL)
        wrong["unchanged inputs"] = Verdict.ERROR
        wrong["same answer"] = Verdict.ERROR if deterministic else Verdict.FAIL
        for check, verdict in sorted(wrong.items(), key=lambda item: -item[1].badness):
            if check in failed and verdict.badness > decision.verdict.badness:
                return Decision(verdict, failed[check])
        return decision

    def mistakes(self) -> list[Diagnosis]:
        """What the rows alone explain, where no number at a point is wrong."""
        failed = (r for r in self.rows if r.outcome == "fail" and r.check in _KINDS)
        return [Diagnosis(quantity="", kind=_KINDS[r.check], text=r.reason or "") for r in failed]


_OF_RESULTS = ("unchanged inputs", "same answer", "read-only inputs", "sizes of 1")
"""Checks that run nothing of their own."""

_EXACT = ("linearity", "batch")
"""Checks that add up answers, which holds where nothing is rounded."""

_KINDS = {"non-contiguous inputs": "memory", "read-only inputs": "memory", "used again": "state"}
"""Checks that say what kind of mistake it is."""


def run_battery(
    claim: Claim, results: Sequence[PointResult], session: Session, *, free_delta: bool = True
) -> Battery:
    """All checks that make sense for the claim, after its points were judged.

    ``free_delta`` is False where the user declared what delta holds: other deltas may then not be
    asked about. A bug of ours in one check is that check's ``skipped``.
    """
    small = [r for r in results if not r.point.large]
    if results and not small:
        return Battery()  # each check would cost as much as the whole examination
    results, basis = small, _basis(small)
    battery = Battery()
    checks: dict[str, Callable[[], Finding]] = {}
    if (linear := claim.kind.linear_in(claim.formula)) is not None:
        checks["linearity"] = lambda: linearity(claim, basis, session)
        checks["zero delta"] = lambda: zero_delta(claim, basis, session)
    checks["unchanged inputs"] = lambda: unchanged_inputs(results)
    checks["same answer"] = lambda: same_answer(claim, results)
    checks["non-contiguous inputs"] = lambda: non_contiguous(claim, basis, session, free_delta=free_delta)
    checks["read-only inputs"] = lambda: read_only(claim, results)
    if hasattr(claim.candidate, "used_again"):
        checks["used again"] = lambda: used_again(claim, basis, results)
    if (vjp := backward_beside(claim)) is not None:
        checks["adjoint"] = lambda: adjoint(claim, vjp, basis, session)
    if isinstance(claim.kind, Hessian):
        checks["symmetry"] = lambda: symmetry(claim, basis, session)
    name = claim.formula.batch
    if name is not None and claim.kind.is_backward:
        checks["batch"] = lambda: batch(claim, name, basis, session)
    if claim.formula.shapes.names:
        checks["sizes of 1"] = lambda: size_one(results)
        checks["sizes of 0"] = lambda: size_zero(claim, results, basis)
    for check, make in checks.items():
        if check in ("linearity", "zero delta") and not free_delta and not (linear and linear[1]):
            found = skipped("delta is declared, and only what it holds may be asked about")
        elif claim.formula.dtype.is_low and check in _EXACT:
            found = skipped(f"rounding to {claim.dtype.name} is all that this would find")
        elif not basis and check not in _OF_RESULTS:
            found = skipped("the code gave no answer at any point")
        else:
            found = _guarded(make)
        battery.rows.append(found.row(claim, check, counts=CHECKS[check][1]))
        battery.suspects += found.suspects
    return battery


def _guarded(make: Callable[[], Finding]) -> Finding:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make()
    except Unsupported as error:  # a foreign program declines a case that its points did not have
        return skipped(str(error))
    except Exception as error:
        return skipped(f"gradcheck itself failed here, please report it: {type(error).__name__}: {error}")


def _basis(results: Sequence[PointResult]) -> list[Point]:
    """The points for checks with runs of their own: the plan's with all sizes distinct, and a drawn one
    of other sizes.
    """
    ran = [
        r.point
        for r in results
        if r.stated is not None and r.stated.is_finite and sum(a.size for a in r.point.args) <= _MOST_ENTRIES
    ]
    ran.sort(key=lambda p: (p.origin != "plan", not distinct(p.sizes)))
    chosen = ran[:1]
    for point in sorted(ran[1:], key=lambda p: (not distinct(p.sizes), p.origin == "plan")):
        if len(chosen) < _MOST_POINTS and point.sizes != chosen[0].sizes:
            chosen.append(point)
    return chosen
