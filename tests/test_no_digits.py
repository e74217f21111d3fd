"""What runs is judged: a formula that cancels all of its digits away fails, one that loses some passes."""

import numpy as np
import pytest

import gradcheck

VECTOR = {"x": "n"}


def square(x):
    return x * x


def through(offset):
    return lambda delta, x: 2 * delta * ((x + offset) - offset)


def log_of_variance(x):
    return np.log(np.var(x) + 1e-3)


def naively(delta, x):
    variance = np.mean(x * x) - np.mean(x) ** 2
    return delta * 2 * (x - x.mean()) / len(x) / (variance + 1e-3)


FAR = np.array([1e9, 1e9 + 1, 1e9 + 2, 1e9 + 3])


@pytest.mark.parametrize("offset", [1e17, 1e30])
def test_where_no_digit_is_left_the_claim_fails(offset):
    found = gradcheck.verify(square, through(offset), VECTOR)
    assert (found.verdict, found.strength) == ("fail", None)
    assert "in float64, where the code as a formula gives" in found.reason
    assert [d.kind for d in found.diagnosis] == ["rounding"]
    assert "no right digit in float64" in str(found)


def test_where_some_are_left_it_passes():
    assert gradcheck.verify(square, through(1e6), VECTOR).verdict == "pass"


def test_a_naive_formula_passes_at_usual_values_and_fails_where_it_gives_nonsense():
    assert gradcheck.verify(log_of_variance, naively, VECTOR).verdict == "pass"
    far = gradcheck.verify(log_of_variance, naively, args=(FAR,))
    assert far.verdict == "fail"
    near = gradcheck.verify(log_of_variance, naively, args=(FAR - 1e9,))
    assert near.verdict == "pass"
