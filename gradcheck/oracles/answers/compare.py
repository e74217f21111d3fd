"""Judging a program's answers to test vectors, offline: the records of a run with one claim.

What is right stands in the vectors, with the tolerance; the verdict follows from them alone, by the rule
of `vector_judge`, which any reader of the vectors can apply. Backends are asked only for a diagnosis.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from gradcheck.checking.verdict import MIN_ANSWERS
from gradcheck.checking.writing.comparison import comparison
from gradcheck.checking.writing.rows import backend_row, claim_row
from gradcheck.diagnosis.kinds import UNEXPLAINED
from gradcheck.errors import NoAnswer, UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.backends import Found, choose
from gradcheck.judging.points.point import Point
from gradcheck.judging.points.sizes import distinct
from gradcheck.judging.session import Session, Usable
from gradcheck.oracles.answers.claim import answered_claim, who
from gradcheck.oracles.answers.explain import explain
from gradcheck.oracles.answers.given import Given, Implementation, read_answers
from gradcheck.oracles.answers.judging import SOURCE, Judged, judge_test
from gradcheck.oracles.reference import Oracle
from gradcheck.oracles.vectors.files import as_written, every_test, read_vectors
from gradcheck.oracles.vectors.lint import point_of
from gradcheck.oracles.vectors.records import VectorFile
from gradcheck.records.arrays import encode
from gradcheck.records.types import BackendInfo, Counterexample, Diagnosis, Footer, Record, Source
from gradcheck.records.verdicts import Strength, Verdict
from gradcheck.running.checker import Checker, RunOptions, now

__all__ = ["compare"]


def compare(
    vectors_file: Path, answers_file: Path, formulas: Sequence[Formula], command: str = ""
) -> Iterator[Record]:
    """Judge the answers: a header, the row of the vectors, the claim's row, a footer.

    ``formulas`` are those among which the vectors' formula is looked up; ``command`` runs it again. Raises
    `UsageError`, before the first record, for files that cannot be used.
    """
    vectors = read_vectors(vectors_file)
    formula = next((f for f in formulas if f.name == vectors.formula), None)
    if formula is None:
        raise UsageError(
            f"{vectors_file}: there is no formula {vectors.formula!r} in the catalogue; name the file that "
            "declares it with --formula FILE.py."
        )
    implementation, given = read_answers(answers_file, vectors)
    points = _points(vectors_file, formula, vectors)
    comparing = _Comparing(formula, vectors, implementation, given, points)
    if not as_written(vectors_file, vectors):
        # Nothing here computes right answers anew, and a tolerance that was raised would let all pass.
        comparing.remarks.append(
            f"{vectors_file} is not laid out as `gradcheck vectors` writes it. If it was edited by hand, its "
            "answers may not be right: `gradcheck vectors --check` computes them anew."
        )
    return comparing.records(answers_file, command)


def _points(path: Path, formula: Formula, vectors: VectorFile) -> dict[int, Point]:
    points = {}
    for group in vectors.test_groups:
        for test in group.tests:
            try:
                points[test.tc_id] = point_of(formula, group.sizes, test)
            except (UsageError, NoAnswer) as error:
                raise UsageError(f"{path}: test {test.tc_id}: {error}") from None
    return points


class _Comparing:
    def __init__(
        self,
        formula: Formula,
        vectors: VectorFile,
        implementation: Implementation,
        given: Mapping[int, Given],
        points: Mapping[int, Point],
    ) -> None:
        self.formula, self.vectors, self.implementation = formula, vectors, implementation
        self.given, self.points = given, points
        self.asked = [n for n, a in vectors.arguments.items() if a.gradient]
        self.tests = list(every_test(vectors))
        self.remarks: list[str] = []

    def records(self, answers_file: Path, command: str) -> Iterator[Record]:
        started = time.perf_counter()
        claim = answered_claim(self.formula, self.implementation, self.given, self.points)
        options = RunOptions(command=command, max_examples=max(len(self.tests), 1))
        version = f"{self.vectors.schema} by gradcheck {self.vectors.generator_version}"
        yield msgspec.structs.replace(
            Checker(options).header([claim.uid]),
            backends=[BackendInfo(name=SOURCE, available=True, version=version)],
        )
        judged = [
            judge_test(t, self.points[t.tc_id], self.given.get(t.tc_id), self.asked)
            for t in self.tests
            if t.result != "invalid"
        ]
        results = [j.result for j in judged]
        yield backend_row(claim, Usable(Found(SOURCE, None, version)), results)
        verdict, reason = _rule(judged)
        notes = self._notes()
        diagnosis = self._diagnosis(claim, judged, notes) if verdict is Verdict.FAIL else []
        counterexample = _counterexample(judged, verdict, command)
        row = claim_row(
            claim,
            verdict,
            results,
            seconds=time.perf_counter() - started,
            strength=Strength.AGREED.value if verdict is Verdict.PASS else None,
            discarded=0,
            reason=counterexample.message if counterexample is not None else reason,
            unchecked=sorted({str(u) for r in results if r.stated for u in r.stated.unchecked}),
            notes=notes,
            counterexample=counterexample,
            diagnosis=diagnosis,
        )
        source = Source(file=str(answers_file), line=0, text=f"answers of {who(self.implementation)}")
        row = msgspec.structs.replace(row, candidate=source, helpers=[])
        yield row
        yield Footer(
            finished=now(),
            seconds=round(time.perf_counter() - started, 6),
            claims=1,
            verdicts={row.verdict: 1},
            as_declared=int(row.as_declared),
            exit_code=int(not row.as_declared),
            remarks=[f"{who(self.implementation)}: {self._coverage(judged)}", *self.remarks],
        )

    def _coverage(self, judged: Sequence[Judged]) -> str:
        """How much of the file was answered; tests of wrong gradients ask nothing of a program."""
        given = [g for j in judged if (g := self.given.get(j.test.tc_id)) is not None]
        skipped = sum(g.skipped for g in given)
        left_out = f", {skipped} skipped" if skipped else ""
        wrong = len(self.tests) - len(judged)
        beside = f" ({wrong} more hold wrong gradients, which a comparison must reject)" if wrong else ""
        return f"answers to {len(given) - skipped} of {len(judged)} tests{left_out}{beside}."

    def _notes(self) -> list[str]:
        extra = [t.tc_id for t in self.tests if t.result == "invalid" and t.tc_id in self.given]
        if not extra:
            return []
        return [f"{len(extra)} answers are to invalid tests, which have the inputs of valid ones: not judged"]

    def _diagnosis(self, claim: Claim, judged: Sequence[Judged], notes: list[str]) -> list[Diagnosis]:
        """What mistake it is: by the diagnosis of any failure, else by the mistakes that vectors know."""
        found: list[Diagnosis] = []
        try:
            from gradcheck.diagnosis.diagnose import diagnose

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = diagnose(claim, [j.result for j in judged], Session(self.formula, choose(None)))
                explained = {d.quantity for d in found if d.kind != UNEXPLAINED}
                known = explain(Oracle(self.formula), self.asked, judged, self.given)
                ours = [d for d in known if d.quantity not in explained]
        except Exception as error:  # the verdict stands without a diagnosis
            notes.append(f"there is no diagnosis: {type(error).__name__}: {error}")
            return found
        # a file does not raise: what is said of that concerns the function that looks answers up
        found = [d for d in found if d.kind != "raises" and d.quantity not in {o.quantity for o in ours}]
        return [*found, *ours]


def _rule(judged: Sequence[Judged]) -> tuple[Verdict, str | None]:
    """The verdict, and one sentence behind one that is no pass."""
    results = [j.result for j in judged]
    for verdict in ("error", "fail"):
        found = next((r for r in results if r.verdict == verdict), None)
        if found is not None:
            return Verdict(verdict), None if found.fault is None else str(found.fault)
    passed = [r for r in results if r.verdict == "pass"]
    silent = [j for j in judged if j.result.verdict == "none"]
    unanswered = [j.test.tc_id for j in silent if j.unanswered]
    if unanswered:
        some = ", ".join(map(str, unanswered[:8])) + (", ..." if len(unanswered) > 8 else "")
        return Verdict.INCONCLUSIVE, f"{len(unanswered)} of {len(judged)} tests have no answer: {some}"
    need = min(MIN_ANSWERS, sum(j.test.result == "valid" for j in judged))
    told = f": {silent[0].result.opinions[SOURCE].reason}" if silent else ""
    if len(passed) < need:
        return Verdict.INCONCLUSIVE, f"only {len(passed)} tests could be judged, and {need} are needed{told}"
    if any(distinct(r.point.sizes) for r in results) and not any(distinct(r.point.sizes) for r in passed):
        return Verdict.INCONCLUSIVE, f"no test of distinct sizes could be judged{told}"
    return Verdict.PASS, None


def _counterexample(judged: Sequence[Judged], verdict: Verdict, command: str) -> Counterexample | None:
    """The failing test with the fewest entries."""
    failing = [j for j in judged if j.result.verdict == verdict.value and j.judgement is not None]
    if verdict is not Verdict.FAIL or not failing:
        return None
    worst = min(failing, key=lambda j: sum(a.size for a in j.result.point.args))
    test, result, judgement = worst.test, worst.result, worst.judgement
    assert judgement is not None
    comparisons = [
        comparison(SOURCE, q, m, result.point)
        for q, m in result.opinions[SOURCE].matches.items()
        if m.outcome == "differ"
    ]
    stated = result.stated.values.get(result.quantity) if result.stated and result.quantity else None
    return Counterexample(
        sizes=dict(result.point.sizes),
        message=f"test {test.tc_id} ({test.comment}): {result.fault or judgement.message}",
        inputs=dict(test.inputs),
        delta=list(test.delta) if isinstance(test.delta, list) else [test.delta],
        shape_minimal=False,
        quantity=None if result.quantity is None else str(result.quantity),
        index=list(judgement.index),
        candidate=None if stated is None else encode(stated),
        truth=test.gradients[judgement.argument],
        comparisons=comparisons,
        replay=command or None,
    )
