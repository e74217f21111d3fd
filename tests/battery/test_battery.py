"""The battery as a whole: which checks a claim gets, what they may decide, and that bugs end none of it."""

import numpy as np
import pytest

from gradcheck.catalogue import formulas
from gradcheck.checking.battery import CHECKS, Battery, run_battery
from gradcheck.checking.claim_check import check_claim
from gradcheck.checking.verdict import Decision
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.points.generation import generate
from gradcheck.judging.session import Session
from gradcheck.records.types import BatteryRow
from gradcheck.records.verdicts import Verdict

GENERAL = {"unchanged inputs", "same answer", "non-contiguous inputs", "read-only inputs"}
SIZES = {"sizes of 1", "sizes of 0"}
DELTA = {"linearity", "zero delta"}


def claims():
    formula = Formula(lambda x: np.sum(x * x), {"x": "n"}, name="square")
    formula.vjp(lambda d, x: 2 * d * x)
    formula.jacobian("x", layout="own")(lambda x: 2 * x)
    formula.entry("dJ/dx[i]")(lambda i, d, x: 2 * d * x[i])
    formula.entry("dz/dx[i]")(lambda i, x: 2 * x[i])
    formula.forward(lambda x: x @ x)
    formula.update()(lambda rate, x: x - rate * 2 * x)
    return formula.claims


@pytest.mark.parametrize("claim", claims(), ids=lambda c: c.uid)
def test_each_kind_of_claim_gets_the_checks_that_make_sense(battery, claim):
    """All silent on right code, in the order of the list."""
    judged = battery.claim(claim, points=8)
    takes_delta = claim.kind.is_backward or claim.uid.endswith("dJ_dx[i]")
    assert set(judged.rows) == GENERAL | SIZES | (DELTA if takes_delta else set())
    assert list(judged.rows) == [c for c in CHECKS if c in judged.rows]
    assert (judged.row.verdict, judged.failed, judged.noted) == ("pass", set(), set())
    assert {c: r.counts for c, r in judged.rows.items()} == {c: CHECKS[c][1] for c in judged.rows}
    assert {r.claim for r in judged.rows.values()} == {claim.uid}


def test_what_counts_is_mutation_nondeterminism_linearity_no_delta_and_memory():
    """Nothing else may change a verdict. Memory does since the contract says so."""
    assert {c for c, (_, counts) in CHECKS.items() if counts} == {
        "linearity",
        "zero delta",
        "unchanged inputs",
        "same answer",
        "non-contiguous inputs",
        "read-only inputs",
        "used again",
    }


def row(check, outcome, *, counts):
    return BatteryRow(claim="c", check=check, outcome=outcome, counts=counts, points=1, reason=f"{check}!")


@pytest.mark.parametrize(
    ("rows", "before", "after"),
    [
        ([], Verdict.PASS, Verdict.PASS),
        ([row("linearity", "fail", counts=True)], Verdict.PASS, Verdict.FAIL),
        ([row("linearity", "fail", counts=True)], Verdict.WEAK, Verdict.FAIL),
        ([row("linearity", "fail", counts=True)], Verdict.INCONCLUSIVE, Verdict.FAIL),
        ([row("linearity", "fail", counts=True)], Verdict.ERROR, Verdict.ERROR),
        ([row("same answer", "fail", counts=True)], Verdict.FAIL, Verdict.ERROR),
        ([row("unchanged inputs", "fail", counts=True)], Verdict.PASS, Verdict.ERROR),
        ([row("zero delta", "fail", counts=False)], Verdict.PASS, Verdict.PASS),
        ([row("batch", "fail", counts=False)], Verdict.PASS, Verdict.PASS),
        ([row("linearity", "skipped", counts=True)], Verdict.PASS, Verdict.PASS),
        ([row("sizes of 0", "note", counts=False)], Verdict.PASS, Verdict.PASS),
    ],
)
def test_rows_that_count_decide_and_others_do_not(rows, before, after):
    """An error outranks a failure, and a reason is given for what was changed."""
    decision = Battery(rows).overrule(Decision(before, "as before"))
    assert decision.verdict is after
    assert decision.reason == ("as before" if before is after else f"{rows[0].check}!")


def test_a_bug_of_ours_in_one_check_is_that_checks_alone(monkeypatch):
    """The row says so; the other rows and the verdict are there."""
    monkeypatch.setattr("gradcheck.checking.battery.non_contiguous", lambda *_, **__: 1 / 0)
    outcome = check_claim(claims()[0], max_examples=8)
    rows = {r.check: r for r in outcome.battery}
    assert outcome.row.verdict == "pass"
    assert rows["non-contiguous inputs"].outcome == "skipped"
    assert "please report it: ZeroDivisionError" in rows["non-contiguous inputs"].reason
    assert {r.outcome for c, r in rows.items() if c != "non-contiguous inputs"} == {"pass"}


def test_code_that_never_answers_has_nothing_tried():
    """Skipped rows, and no crash."""
    formula = Formula(lambda x: x * x, {"x": "n"}, name="f")
    formula.vjp(lambda d, x: d @ np.ones((99, 99)))
    outcome = check_claim(formula.claims[0], max_examples=8)
    assert outcome.row.verdict == "fail"
    assert {r.outcome for r in outcome.battery} == {"skipped"}


def test_too_large_points_are_left_to_the_comparison(monkeypatch):
    """The checks with runs of their own take small points."""
    monkeypatch.setattr("gradcheck.checking.battery._MOST_ENTRIES", 0)
    formula = Formula(lambda x: x * x, {"x": "n"}, name="f")
    formula.vjp(lambda d, x: 2 * d * x)
    session = Session(formula, choose(["finite_difference"]))
    points = generate(formula, max_examples=6, seed=0)
    outcome = check_claim(formula.claims[0], session=session, points=points)
    rows = {r.check: r.outcome for r in outcome.battery}
    assert rows["linearity"] == "skipped"
    assert rows["unchanged inputs"] == "pass"
    assert run_battery(formula.claims[0], [], session).suspects == []


@pytest.mark.corpus(6)
@pytest.mark.parametrize("formula", formulas(), ids=lambda f: f.name)
def test_the_catalogue_has_no_failure_and_no_noise(formula):
    """One backend and few points: the numbers are tried elsewhere."""
    session = Session(formula, choose(["finite_difference"]))
    points = generate(formula, max_examples=6, seed=0)
    for claim in formula.claims:
        outcome = check_claim(claim, session=session, points=points)
        said = [(r.check, r.reason) for r in outcome.battery if r.outcome in ("fail", "note")]
        assert said == [], claim.uid
        bugs = [r.reason for r in outcome.battery if r.reason and "itself failed" in r.reason]
        assert bugs == [], claim.uid
