"""One mutant before gradcheck and before the judge, and what the two say together."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.claim import Claim
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.generation import Generated, generate
from gradcheck.judging.session import Session
from gradcheck.records.types import Diagnosis

from . import sentences
from .judge import Judge, Judged, Truth
from .sentences import Told
from .subjects import Mutant

__all__ = ["Answer", "Row", "run"]

REFUSED = ("fail", "error")


@dataclass(frozen=True)
class Answer:
    """What gradcheck says. ``diagnosis`` is None where it was not asked for."""

    verdict: str
    strength: str | None = None
    reason: str | None = None
    diagnosis: list[Diagnosis] | None = None


@dataclass(frozen=True)
class Row:
    """One mutant with what it is and what gradcheck says of it."""

    mutant: Mutant
    judged: Judged
    answer: Answer
    told: tuple[Told, ...] = ()  # of each diagnosis, where gradcheck was asked for one

    @property
    def missed(self) -> bool:
        """Wrong and not refused."""
        return self.judged.truth is Truth.WRONG and self.answer.verdict not in REFUSED

    @property
    def false_alarm(self) -> bool:
        return self.judged.truth is Truth.EQUAL and self.answer.verdict != "pass"


def run(
    mutants: Iterable[Mutant], *, backends: list[str] | None = None, whole: bool = False
) -> Iterator[Row]:
    """Every mutant in turn, which come sorted by their subjects.

    With ``whole`` gradcheck does all that `gradcheck.verify` does at its default settings, diagnosis
    included. Without, it stops at the first of these points that refutes the mutant: the others could
    not change that. What no drawn point refutes is checked as a whole in any case.
    """
    with tempfile.TemporaryDirectory() as folder:
        for subject, group in groupby(mutants, key=lambda m: m.subject):
            judge = Judge(subject)
            session = Session(subject.formula, choose(backends))
            points = generate(subject.formula, max_examples=50, seed=0)
            for mutant in group:
                candidate = mutant.candidate(Path(folder))
                answer = _answer(subject.claim, candidate, session, points, whole=whole)
                told = tuple(
                    sentences.told(mutant, candidate, judge, d, Path(folder)) for d in answer.diagnosis or ()
                )
                yield Row(mutant, judge(mutant, candidate), answer, told if whole else ())


def _answer(claim: Claim, candidate: Any, session: Session, points: Generated, *, whole: bool) -> Answer:
    changed = dataclasses.replace(claim, candidate=candidate, printed=False)
    if not whole:
        for point in points.points:
            with suppress(Exception):  # bugs of the engine are for the whole check
                verdict = check_point(changed, point, session).verdict
                if verdict in REFUSED:
                    return Answer(str(verdict))
    try:
        row = check_claim(changed, session=session, points=points).row
    except Exception as error:
        return Answer("crash", reason=f"{type(error).__name__}: {error}")
    return Answer(str(row.verdict), row.strength, row.reason, list(row.diagnosis))
