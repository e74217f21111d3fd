"""Which points tell of a mistake: those at which a wrong answer could have been seen."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.checking.task import Task
from gradcheck.judging.opinions import PointResult, PointVerdict, Says

__all__ = ["tells"]


def tells(task: Task, result: PointResult) -> bool:
    """Whether a mistake at a point would have been seen there, had there been one.

    Where nobody had an answer it would not. Nor where every number is so small that a formula which is cut
    off, as may be at a steered point (`Evaluation.floor`), does not differ from one which is not. Code that
    is right down there nevertheless has shown it: it agrees when it is asked as at any other point.
    """
    point, formula = result.point, task.claim.formula
    if result.verdict is not PointVerdict.PASS or point.origin != "steered":
        return result.verdict is not PointVerdict.NONE
    if formula.spaces or formula.dtype.is_low or _shows(result):
        return True
    closer = task.judge(replace(point, origin="asked"))
    return closer.verdict is PointVerdict.PASS and _shows(closer, cut_off=True)


def _shows(result: PointResult, *, cut_off: bool = False) -> bool:
    """Whether someone agrees to what can be told from zero, or is zero; ``cut_off``: also within rounding."""
    return any(
        opinion.says is Says.AGREE
        and (cut_off or not opinion.below_rounding)
        and all(m.resolved or m.zero for m in opinion.matches.values())
        for opinion in result.opinions.values()
    )
