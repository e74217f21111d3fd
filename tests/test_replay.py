"""Running a saved counterexample again."""

import msgspec
import numpy as np
import pytest

from gradcheck.checking.claim_check import check_claim
from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.records.types import Counterexample
from gradcheck.running.replay import replay_counterexample


def formula_with(backward, forward=lambda W, x: W @ x, shapes=None, **how):
    formula = Formula(forward, shapes or {"W": "n m", "x": "m"}, name="wx", **how)
    formula.vjp(backward)
    return formula.claims[0]


def wrong(d, W, x):
    return np.outer(d, x), W.T @ d * 1.5


def right(d, W, x):
    return np.outer(d, x), W.T @ d


@pytest.fixture(scope="module")
def saved():
    """As it is read back from a log."""
    found = check_claim(formula_with(wrong), max_examples=9).row.counterexample
    return msgspec.json.decode(msgspec.json.encode(found), type=Counterexample)


def test_what_still_fails_is_failing_with_the_sentence(saved):
    """The same claim, unchanged."""
    outcome = replay_counterexample(formula_with(wrong), saved)
    assert outcome.status == "failing"
    assert "differs from" in outcome.text


def test_what_was_repaired_is_fixed(saved):
    """At the same arrays."""
    outcome = replay_counterexample(formula_with(right), saved)
    assert outcome.status == "fixed"
    assert outcome.text == "agrees with symbolic, finite_difference, autodiff at this point now"


def test_one_backend_is_enough_and_an_unknown_one_is_refused(saved):
    """As for a run."""
    assert replay_counterexample(formula_with(right), saved, ["autodiff"]).text == (
        "agrees with autodiff at this point now"
    )
    with pytest.raises(UsageError, match="unknown backend 'autodif'"):
        replay_counterexample(formula_with(right), saved, ["autodif"])


def test_a_fault_is_failing_with_its_sentence(saved):
    """A backward that raises now."""

    def raising(d, W, x):
        raise ValueError("broken since")

    outcome = replay_counterexample(formula_with(raising), saved)
    assert outcome.status == "failing"
    assert "the code raises ValueError: broken since" in outcome.text


def swapped():
    return formula_with(lambda d, x, V: (None, None), lambda x, V: V @ x, {"x": "m", "V": "n m"})


CHANGED = {
    "arguments": (swapped(), "the counterexample has the arguments W, x, but wx now has x, V"),
    "shapes": (
        formula_with(lambda d, W, x: (None, None), lambda W, x: W @ x, {"W": "n m k", "x": "m"}),
        "but the argument is declared as 'n m k' (3 axes)",
    ),
    "the forward": (
        formula_with(right, lambda W, x: np.sum(W @ x)),
        "delta was saved with the shape",
    ),
    "a forward that raises": (
        formula_with(right, lambda W, x: W[5] @ x),
        "the forward raises IndexError",
    ),
    "a forward that is not finite": (
        formula_with(right, lambda W, x: W @ x / 0.0),
        "the forward is not finite here",
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_counterexample_that_fits_no_longer_is_an_error(saved, name):
    """With what changed, never a traceback."""
    claim, words = CHANGED[name]
    outcome = replay_counterexample(claim, saved)
    assert outcome.status == "error"
    assert words in outcome.text


def test_a_saved_kink_is_fixed_once_the_gradient_lies_between_the_slopes():
    """(1, 1, 1) for a maximum of three ties."""
    ties = {"x": np.array([2.0, 2.0, 2.0])}
    claim = formula_with(lambda d, x: d * (x == np.max(x)), np.max, {"x": "n"}, values=ties)
    saved = check_claim(claim, max_examples=2).row.counterexample
    repaired = formula_with(lambda d, x: d * np.eye(x.size)[np.argmax(x)], np.max, {"x": "n"})
    assert replay_counterexample(claim, saved).status == "failing"
    outcome = replay_counterexample(repaired, saved)
    assert outcome.status == "fixed"
    assert outcome.text.startswith("no derivative exists at this point")


def test_integers_scalars_and_rates_are_replayed_exactly():
    """The dtype comes back, and the rate of an update."""
    formula = Formula(
        lambda x, i: x[i] * 0.1, {"x": "n", "i": "2"}, values={"i": lambda s, rng: rng.integers(0, 1, s)}
    )
    formula.vjp(lambda d, x, i: (d.sum() * np.ones_like(x), None))
    saved = check_claim(formula.claims[0], max_examples=6).row.counterexample
    assert saved.inputs["i"].dtype == "<i8"
    assert replay_counterexample(formula.claims[0], saved).status == "failing"
    cost = Formula(lambda w: w * w, {"w": ""})
    cost.update()(lambda rate, w: w - rate * w)
    saved = check_claim(cost.claims[0], max_examples=4).row.counterexample
    assert replay_counterexample(cost.claims[0], saved).status == "failing"


def test_nobody_who_can_answer_is_an_error(saved, entry_points, told):
    """Neither fixed nor failing."""
    from gradcheck.errors import Unsupported

    entry_points(only=True, a=told("a", Unsupported("not this one")).backend)
    outcome = replay_counterexample(formula_with(right), saved)
    assert (outcome.status, outcome.text) == ("error", "no backend can answer at this point")
