"""A proof and the comparison at points: what each makes of the other."""

import dataclasses

import numpy as np
import pytest

import gradcheck
from gradcheck import Formula
from gradcheck.checking import weighing
from gradcheck.checking.claim_check import check_claim
from gradcheck.checking.verdict import Decision
from gradcheck.checking.weighing import weigh
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.opinions import PointResult, PointVerdict
from gradcheck.judging.points.point import make_point
from gradcheck.proofs import Memory, prove
from gradcheck.records.types import Proof, ProofQuantity
from gradcheck.records.verdicts import Strength, Verdict

FEW = {"max_examples": 12, "backends": ["finite_difference"]}


def square(backward):
    formula = Formula(lambda x: x**2, {"x": "n"}, name="square")
    formula.vjp(backward)
    return formula.claims[0]


def right(delta, x):
    return 2 * delta * x


def test_a_pass_that_is_proved_has_its_strength():
    """With the spot check beside it; seconds are the claim's."""
    row = check_claim(square(right), **FEW).row
    assert (row.verdict, row.strength, row.proof.status) == ("pass", "proved", "proved")
    assert row.proof.opinions["balls"].startswith(
        "spot check in ball arithmetic: code and entry formulas agree"
    )
    assert row.proof.seconds == 0


def test_a_pass_that_is_proved_in_part_has_not():
    """It is certified at the points, and the record says what is missing."""

    def backward(delta, x):
        return 2 * delta * x if len(x) != 100_000 else 0 * x

    row = check_claim(square(backward), **FEW).row
    assert (row.verdict, row.strength, row.proof.status) == ("pass", "certified", "partly")
    assert "n = 100000" in row.proof.branches[0] or "not understood" in row.proof.reason


def test_a_failure_refutes_the_forms_that_differ():
    """Only those: another gradient may be proved."""
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"})
    formula.vjp(lambda d, W, x: (np.outer(d, x), -W.T @ d))
    row = check_claim(formula.claims[0], **FEW).row
    assert (row.verdict, row.strength, row.proof.status) == ("fail", None, "refuted")
    assert {q.quantity: q.status for q in row.proof.quantities} == {"dJ/dW": "proved", "dJ/dx": "refuted"}
    assert "n = 1, m = 1" in row.proof.reason


def test_code_that_raises_is_refuted_too():
    """It raises for general sizes, and at the counterexample."""
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"})
    formula.vjp(lambda d, W, x: (d.T @ x, None))
    row = check_claim(formula.claims[0], **FEW).row
    assert row.proof.status == "refuted"
    assert "the code raises ValueError" in row.proof.reason


def test_what_is_only_not_proved_stays_open():
    """Without a witness there is no refutation: coefficients that are rounded twice are no mistake."""
    formula = Formula(lambda x: x**3 * (np.sin(1) / 3), {"x": "n"})
    formula.vjp(lambda d, x: d * x**2 * np.sin(1))
    row = check_claim(formula.claims[0], **FEW).row
    assert (row.verdict, row.proof.status) == ("pass", "open")
    assert row.strength in ("agreed", "certified")


def test_a_proof_against_a_failure_is_an_error(monkeypatch):
    """Something of ours is broken, and the verdict says so."""
    claim = square(lambda delta, x: 3 * delta * x)
    monkeypatch.setattr(weighing, "prove", lambda *_: prove(square(right)))
    row = check_claim(claim, **FEW).row
    assert row.verdict == "error"
    assert "contradict each other" in row.reason or "proved for all shapes, but fails" in row.reason
    assert "bug in gradcheck" in row.reason
    assert row.proof.status == "open"


def test_a_spot_check_that_differs_is_an_error(monkeypatch):
    """Even where every backend agrees with the code."""
    spot = weighing.Spot(wrong=True, points=0, words="dJ/dx differs at n = 2")
    monkeypatch.setattr(weighing, "spot_check", lambda *_: spot)
    row = check_claim(square(right), **FEW).row
    assert row.verdict == "error"
    assert "dJ/dx differs at n = 2" in row.reason


def test_without_a_spot_check_a_pass_is_not_proved(monkeypatch):
    """Nothing would tie what ran on symbols to what runs on numbers."""
    spot = weighing.Spot(wrong=False, points=0, words="no point could be evaluated")
    monkeypatch.setattr(weighing, "spot_check", lambda *_: spot)
    row = check_claim(square(right), **FEW).row
    assert (row.verdict, row.strength, row.proof.status) == ("pass", "certified", "partly")


def test_code_that_does_something_else_on_symbols_is_not_proved():
    """It asks for a name that symbols alone have; the failure stands."""

    def backward(delta, x):
        try:
            x.entry  # noqa: B018
        except AttributeError:
            return 3 * delta * x
        return 2 * delta * x

    row = check_claim(square(backward), **FEW).row
    assert row.verdict == "fail"
    assert row.proof.status == "partly"
    assert "judged in float64" in row.proof.reason


def test_code_that_asks_for_the_type_of_its_arguments_is_answered_as_on_numbers():
    """What it does on numbers is what is looked at."""

    def backward(delta, x):
        return (3 if isinstance(x, np.ndarray) else 2) * delta * x

    row = check_claim(square(backward), **FEW).row
    assert (row.verdict, row.proof.status) == ("fail", "refuted")


def test_a_value_that_overflows_is_no_contradiction():
    """The formula is right, the code gives NaN in float64: a pass that says so."""
    formula = Formula(
        lambda x: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
        {"x": "n"},
        values={"x": lambda shape, rng: 2000 * (1 + rng.random(shape))},
        where=lambda n: n >= 2,
    )

    def backward(delta, x):
        p = np.exp(x) / np.exp(x).sum()
        return p * (delta - np.sum(p * delta))

    formula.vjp(backward)
    row = check_claim(formula.claims[0], **FEW).row
    assert row.verdict == "pass"
    assert row.unstable is not None
    assert "in float64" in row.unstable


@pytest.mark.parametrize(
    ("truth", "saturated", "verdict"),
    [
        ("0", "dJ/dx", Verdict.PASS),
        ("x_{p}", "dJ/dx", Verdict.WEAK),
        ("0", None, Verdict.WEAK),
        ("0", "dJ/dy", Verdict.WEAK),
    ],
)
def test_weak_because_it_is_zero_is_a_pass_where_that_is_proved(monkeypatch, truth, saturated, verdict):
    """Any other weakness stays."""
    claim = square(right)
    quantity = ProofQuantity(quantity="dJ/dx", status="proved", indices="p", truth=truth, candidate=truth)
    monkeypatch.setattr(weighing, "prove", lambda *_: Proof(status="proved", quantities=[quantity]))
    point = make_point(claim.formula, {"n": 2}, np.random.default_rng(0), origin="plan")
    decision = Decision(Verdict.WEAK, "whatever the words are", saturated)
    found = weigh(claim, Memory(claim.formula), decision, [PointResult(point, PointVerdict.PASS)])
    assert found.decision.verdict is verdict
    assert found.proved is (verdict is Verdict.PASS)


def test_a_prover_that_breaks_costs_nothing(monkeypatch):
    """The comparison stands, and the record says what happened."""

    def broken(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr("gradcheck.proofs.proving.explore", broken)
    row = check_claim(square(right), **FEW).row
    assert (row.verdict, row.strength) == ("pass", "certified")
    assert row.proof.status == "open"
    assert "RuntimeError: a bug" in row.proof.reason


def test_every_backend_is_still_asked():
    """A proof comes on top."""
    result = gradcheck.verify(lambda x: x**2, right, {"x": "n"}, max_examples=12)
    assert result.strength is Strength.PROVED
    assert {row.backend: row.verdict for row in result.backends} == dict.fromkeys(
        (found.name for found in choose(None) if found.backend is not None), "pass"
    )
    assert all(row.answered >= 5 for row in result.backends)


def test_a_claim_of_another_precision_keeps_the_proof_of_its_formula():
    """The candidate is the same code."""
    claim = dataclasses.replace(square(right), title="again")
    assert prove(claim).status == "proved"
