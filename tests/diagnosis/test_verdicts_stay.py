"""A diagnosis is a favour: it never changes what the check found, and it never raises."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from gradcheck import Formula
from gradcheck.checking.claim_check import check_claim
from gradcheck.diagnosis import diagnosed
from gradcheck.diagnosis.case import EFFORT
from gradcheck.diagnosis.diagnose import diagnose
from gradcheck.diagnosis.tracing.budget import spent
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.generation import generate
from gradcheck.judging.session import Session

WRONG = {
    "transposed": lambda d, A, x: (np.outer(x, d), A.T @ d),
    "raises where not square": lambda d, A, x: (np.outer(d, x), A @ d),
    "nonsense": lambda d, A, x: (np.outer(d, x) * np.cos(A), A.T @ np.sin(d)),
    "another shape": lambda d, A, x: (np.outer(d, x), (A.T @ d)[None]),
}


def row_of(backward, monkeypatch=None, instead=None):
    formula = Formula(lambda A, x: A @ x, {"A": "n m", "x": "m"})
    formula.vjp(backward)
    if instead is not None:
        monkeypatch.setattr("gradcheck.checking.writing.outcome.diagnosed", instead)
    points = generate(formula, max_examples=12, seed=0)
    return check_claim(formula.claims[0], session=Session(formula, choose(None)), points=points).row


def without_diagnosis(row):
    plain = msgspec.to_builtins(row)
    return {k: v for k, v in plain.items() if k not in ("diagnosis", "seconds", "proof")}


@pytest.mark.parametrize("name", WRONG)
def test_the_rest_of_the_row_is_the_same_without_it(name, monkeypatch):
    """Verdict, reason, counterexample, notes."""
    with_it = row_of(WRONG[name])
    without = row_of(WRONG[name], monkeypatch, lambda *args, **kwargs: [])
    assert with_it.diagnosis
    assert without_diagnosis(with_it) == without_diagnosis(without)


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug of ours"), SystemExit(3)])
def test_a_diagnosis_that_breaks_explains_nothing(error, monkeypatch):
    """The code is run again for it, and may do anything; that nothing was found is said."""

    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr("gradcheck.diagnosis.diagnose.diagnose", broken)
    row = row_of(WRONG["nonsense"])
    assert row.verdict == "fail"
    assert {d.kind for d in row.diagnosis} == {"unexplained"}
    assert row.counterexample is not None


def test_arguments_and_points_are_left_as_they_were():
    """The code may write into what it is given: it is given copies."""

    def writes(d, A, x):
        gradient = -np.outer(d, x)
        x *= 2
        d *= -1
        return gradient, A.T @ d

    formula = Formula(lambda A, x: A @ x, {"A": "n m", "x": "m"})
    formula.vjp(WRONG["transposed"])
    session, points = Session(formula, choose(None)), generate(formula, max_examples=8, seed=0)
    results = check_claim(formula.claims[0], session=session, points=points).results
    before = [[a.copy() for a in r.point.args] for r in results]

    assert diagnosed(replace(formula.claims[0], candidate=writes), results, session)

    for result, arrays in zip(results, before, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(result.point.args, arrays, strict=True))


def test_the_same_is_said_every_time():
    """What is tried is counted in operations, not in seconds; nothing depends on what ran before."""
    for backward in WRONG.values():
        first = [(d.quantity, d.text) for d in row_of(backward).diagnosis]
        assert first == [(d.quantity, d.text) for d in row_of(backward).diagnosis]


def test_effort_has_a_limit():
    """With none to spend, nothing is tried; the twin has the usual limit."""
    formula = Formula(lambda A, x: A @ x, {"A": "n m", "x": "m"})
    formula.vjp(lambda d, A, x: (np.outer(d, x), A.T @ np.abs(d)))
    session, points = Session(formula, choose(None)), generate(formula, max_examples=8, seed=0)
    results = check_claim(formula.claims[0], session=session, points=points).results
    none = diagnose(formula.claims[0], results, session, effort=0)
    assert {d.kind for d in none} == {"unexplained"}
    assert {d.kind for d in diagnose(formula.claims[0], results, session)} == {"extra-term"}


def test_a_long_program_costs_no_more_than_the_limit():
    """Hundreds of steps behind each other, of which every pair could be a function that was left out."""

    def deep(x):
        for _ in range(60):
            x = np.tanh(0.9 * x + 0.1 * np.sin(x))
        return x

    formula = Formula(deep, {"x": "n"})
    formula.vjp(lambda d, x: d * np.cos(3 * x) ** 2 * np.abs(x) ** 0.3)
    session, points = Session(formula, choose(["autodiff"])), generate(formula, max_examples=6, seed=0)
    results = [check_point(formula.claims[0], point, session) for point in points.points]
    (found,) = diagnose(formula.claims[0], results, session)
    assert found.kind == "unexplained"
    assert spent() <= 1.5 * EFFORT


def test_where_nothing_can_be_looked_into_that_is_said():
    """An operation with several results has no way back; a diagnosis is there all the same."""
    formula = Formula(lambda A, b: np.linalg.lstsq(A, b, rcond=None)[0], {"A": "4 2", "b": "4"})
    formula.vjp(lambda d, A, b: (None, np.linalg.pinv(A).T @ np.sin(3 * d + 1) * np.cosh(b) ** 0.3))
    row = check_claim(formula.claims[0], max_examples=6).row
    assert [(d.quantity, d.kind) for d in row.diagnosis] == [("dJ/db", "unexplained")]
