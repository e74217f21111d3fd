"""A backend for which a new shape is dear is spared in low precision where another one answers."""

import pytest

import gradcheck
from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.kinds import Vjp
from gradcheck.judging.reasons import ReasonKind
from gradcheck.judging.session import Session

DEAR, CHEAP = "symbolic", "autodiff"


@gradcheck.formula(shapes={"x": "n"}, where=lambda n: n <= 3, dtype="float16")
def square(x):
    return x * x


def right(delta, x):
    return 2 * x * delta


def doubled(delta, x):
    return 4 * x * delta


@pytest.fixture(autouse=True)
def dear(monkeypatch):
    """SymPy's budget is over at each shape but the first."""
    monkeypatch.setattr(
        Session, "spares", lambda self, usable, point: usable.name == DEAR and point.sizes["n"] > 1
    )


def judged(backward, backends):
    outcome = check_claim(Claim(square, Vjp(), backward), max_examples=6, backends=backends)
    return outcome.row.verdict, [r for r in outcome.results if r.point.sizes["n"] > 1]


@pytest.mark.parametrize(
    ("backward", "verdict", "says"), [(right, "pass", "agree"), (doubled, "fail", "differ")]
)
def test_where_another_answers_it_is_spared(backward, verdict, says):
    found, results = judged(backward, [DEAR, CHEAP])
    assert found == verdict
    voted = [r for r in results if r.point.origin == "plan"]  # a claim that failed is settled by one
    assert voted
    for result in voted:
        assert result.opinions[DEAR].says == "none"
        assert result.opinions[DEAR].reason.kind is ReasonKind.SPARED
        assert result.opinions[CHEAP].says == says


@pytest.mark.parametrize(
    ("backward", "verdict", "says"), [(right, "pass", "agree"), (doubled, "fail", "differ")]
)
def test_where_no_other_answers_it_is_asked(backward, verdict, says):
    found, results = judged(backward, [DEAR])
    assert found == verdict
    assert results
    assert {r.opinions[DEAR].says for r in results} == {says}
