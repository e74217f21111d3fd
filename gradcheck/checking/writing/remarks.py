"""What is said beside a verdict: on points and rounding, what was not compared, the digits that are lost."""

from __future__ import annotations

from collections import Counter

from gradcheck.checking.beside_spaces import passed, sentences
from gradcheck.checking.low_precision import low_precision_notes, way_to_judge
from gradcheck.checking.task import Task
from gradcheck.checking.writing.counterexample import right_values
from gradcheck.formulas.claim import Claim
from gradcheck.judging.candidates.digits import in_float32, summary
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.points.generation import Generated
from gradcheck.records.accuracy import Precision
from gradcheck.records.types import ClaimRow, Diagnosis
from gradcheck.records.verdicts import Verdict

__all__ = ["absent_keys", "precision", "remarks", "unstable"]

_UNSTABLE = 8.0

_FLOAT32_POINTS = 8
"""Points at which the code is run in float32 too; the plan's, so that they are the same in every run."""


def unstable(results: list[PointResult]) -> str | None:
    """What is not finite in float64 although the code is right in exact arithmetic, and where."""
    at = next((r for r in results if r.unstable), None)
    if at is None:
        return None
    sizes = ", ".join(f"{n} = {s}" for n, s in at.point.sizes.items())
    return f"{at.unstable} in float64{f' at {sizes}' if sizes else ''}; in exact arithmetic the code is right"


def precision(claim: Claim, results: list[PointResult]) -> list[Precision]:
    """The digits that float64 and float32 lose."""
    double = summary("float64", [(r.point, r.lost) for r in results if r.lost is not None])
    planned = [r for r in results if r.verdict == "pass" and r.point.origin == "plan" and not r.point.large]
    known = [r.point for r in planned if r.in_float64 is None]  # others have no exact value of their own
    single = summary("float32", in_float32(claim, known[:_FLOAT32_POINTS]))
    return [p for p in (double, single) if p is not None]


def remarks(
    task: Task, points: Generated, measured: list[Precision], mistakes: list[Diagnosis], verdict: Verdict
) -> list[str]:
    """All notes of a claim, in the order in which they are shown."""
    return [
        *_on_points(task, points, measured),
        *low_precision_notes(task.claim, task.results),
        *way_to_judge(task.claim, mistakes),
        *_not_compared(task, verdict),
    ]


def _absent_key(name: str) -> str:
    """What is said of a container of gradients that has no key for one of them."""
    return f"{_ABSENT} {name}: it counts as None, and is not checked"


def absent_keys(row: ClaimRow) -> list[str]:
    """These sentences, of a claim's notes."""
    return [note for note in row.notes if note.startswith(_ABSENT)]


_ABSENT = "what was returned has no"


def _on_points(task: Task, points: Generated, measured: list[Precision]) -> list[str]:
    claim, results = task.claim, task.results
    notes = [*points.notes, *getattr(claim.candidate, "assumes", ())]
    notes += [_absent_key(name) for name in sorted(getattr(claim.candidate, "absent", ()))]
    notes += [note for note, _ in Counter(n for r in results for n in r.notes).most_common(5)]
    if any(o.rounded_constants for r in results for o in r.opinions.values()):
        notes.append(
            "at some points the difference is no more than float constants rounded in the last place"
        )
    if any(o.below_rounding for r in results for o in r.opinions.values()):
        notes.append(
            "at some points the code as a formula is off by less than half a unit in the last place of "
            "float64, as guards, series and rounded constants are: right as it runs"
        )
    narrow = task.session.is_narrow(points.points)
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


def _not_compared(task: Task, verdict: Verdict) -> list[str]:
    """What of a gradient that passed was not compared."""
    if verdict is not Verdict.PASS or not task.claim.formula.spaces:
        return []
    some = passed(task.results)
    return sentences(task.claim, some, [right_values(task.claim, r.point, task.session) for r in some])
