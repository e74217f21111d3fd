"""The rule that every reader of the vectors can apply, and the holes that it must not have."""

import numpy as np
import pytest

from gradcheck.oracles.vectors.judge import accepts, judge_gradients

RIGHT = {"W": np.array([[1.0, 2.0], [3.0, 4.0]])}
TOLERANCE = {"W": np.full((2, 2), 1e-12)}


def judged(given):
    return judge_gradients(RIGHT, {"W": np.asarray(given)}, TOLERANCE)


def test_the_right_gradient_passes_and_so_does_one_at_the_bound():
    assert judged(RIGHT["W"]).passed
    assert judged(RIGHT["W"] + 0.9e-12).passed
    assert judged(RIGHT["W"].astype(np.float32)).passed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (RIGHT["W"] + 2e-12, r"dJ/dW\[\d, \d\] is .*, but the right value is"),
        (RIGHT["W"].T, r"dJ/dW\[0, 1\] is 3.0, but the right value is 2.0"),
        (RIGHT["W"] * [[1, 1], [1, np.nan]], r"dJ/dW\[1, 1\] is nan although the derivative exists"),
        (RIGHT["W"] * [[1, 1], [np.inf, 1]], r"dJ/dW\[1, 0\] is inf although"),
        (RIGHT["W"][:1], r"expected an array of shape \(2, 2\), got an array of shape \(1, 2\)"),
        (RIGHT["W"][None], r"got an array of shape \(1, 2, 2\)"),
        (1.0, r"expected an array of shape \(2, 2\), got a number"),
    ],
)
def test_everything_else_fails_with_its_reason(given, message):
    found = judged(given)

    assert not found.passed
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(found.message)


def test_shapes_that_broadcast_are_wrong_shapes():
    same = {"b": np.full((3, 1), 2.0)}

    assert not accepts(same, {"b": np.full((3,), 2.0)}, {"b": np.ones((3, 1))})
    assert not accepts(same, {"b": np.array(2.0)}, {"b": np.ones((3, 1))})


def test_a_tolerance_of_zero_is_exact():
    right, tolerance = {"b": np.array([0.0, 1.0])}, {"b": np.zeros(2)}

    assert accepts(right, {"b": np.array([-0.0, 1.0])}, tolerance)
    assert not accepts(right, {"b": np.array([5e-324, 1.0])}, tolerance)


def test_the_first_argument_that_is_wrong_is_named():
    right = {**RIGHT, "b": np.ones(1)}
    found = judge_gradients(right, {"W": RIGHT["W"], "b": np.zeros(1)}, {**TOLERANCE, "b": np.full(1, 1e-12)})

    assert (found.argument, found.index, found.answer, found.right) == ("b", (0,), 0.0, 1.0)
