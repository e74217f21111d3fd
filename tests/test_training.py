"""The training loop of an update claim."""

import numpy as np
import pytest

from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.kinds import Descent


def regression(update, *, steps=8, rate=0.5, printed=False):
    formula = Formula(
        lambda w, X, y: np.sum((X @ w - y) ** 2), {"w": "m", "X": "n m", "y": "n"}, name="regression"
    )
    formula.update(descent=Descent({"n": 5, "m": 3}, steps=steps, rate=rate))(update)
    return formula.claims[0]


def right(rate, w, X, y):
    return w - rate * 2 * X.T @ (X @ w - y), None, None


def ascent(rate, w, X, y):
    return w + rate * 2 * X.T @ (X @ w - y), None, None


def no_factor(rate, w, X, y):
    return w - rate * X.T @ (X @ w - y), None, None


def test_a_right_update_lowers_the_cost_at_every_step():
    """Each step is checked like any other point."""
    row = check_claim(regression(right), max_examples=13).row
    assert row.verdict == "pass"
    costs = [s.cost for s in row.training.steps]
    assert len(costs) == 8
    assert row.training.stopped == "after 8 steps"
    assert all(b <= a for a, b in zip(costs, [*costs[1:], row.training.final_cost], strict=True))
    assert row.training.final_cost < costs[0]
    assert {s.verdict for s in row.training.steps} == {"pass"}
    assert row.training.sizes == {"n": 5, "m": 3}


def test_the_rate_is_halved_where_a_step_would_not_lower_the_cost():
    """A rate that is far too large is no error of the gradient."""
    row = check_claim(regression(right, rate=1e6, steps=3), max_examples=13).row
    assert row.verdict == "pass"
    assert row.training.steps[0].rate < 1


@pytest.mark.parametrize("update", [ascent, no_factor])
def test_a_wrong_update_is_refuted_before_any_training(update):
    """By the points, with a counterexample."""
    row = check_claim(regression(update), max_examples=13).row
    assert row.verdict == "fail"
    assert row.training is None
    assert row.counterexample.rate is not None
    assert row.reason.startswith("new w")


def test_a_loop_at_its_minimum_stops():
    """The cost no longer changes in float64."""
    formula = Formula(lambda w: np.sum(w * w), {"w": "n"})
    formula.update(descent=Descent({"n": 2}, steps=200, rate=0.25))(lambda rate, w: w - rate * 2 * w)
    training = check_claim(formula.claims[0], max_examples=4).row.training
    assert training.final_cost < 1e-20
    assert len(training.steps) <= 200


def test_the_same_seed_trains_the_same():
    """Costs are reproducible."""
    one, two, other = (
        check_claim(regression(right), max_examples=13, seed=s).row.training.steps for s in (1, 1, 2)
    )
    assert [s.cost for s in one] == [s.cost for s in two]
    assert [s.cost for s in one] != [s.cost for s in other]


def test_an_update_without_descent_is_not_trained():
    """The points are enough."""
    formula = Formula(lambda w: np.sum(w * w), {"w": "n"})
    formula.update()(lambda rate, w: w - rate * 2 * w)
    row = check_claim(formula.claims[0], max_examples=5).row
    assert (row.verdict, row.training) == ("pass", None)
