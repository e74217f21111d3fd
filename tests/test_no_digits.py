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


def dense_and_batch_norm(x, w, b):
    z = x @ w + b
    spread = np.sqrt(z.var(0) + 1e-5)
    return (z - z.mean(0)) / spread


def backward_through_both(delta, x, w, b):
    z = x @ w + b
    spread = np.sqrt(z.var(0) + 1e-5)
    normed = (z - z.mean(0)) / spread
    dz = (delta - delta.mean(0) - normed * (delta * normed).mean(0)) / spread
    return dz @ w.T, x.T @ dz, dz.sum(0)


def test_a_gradient_that_is_zero_has_no_digits_to_lose():
    """The bias in front of a batch norm: what rounding leaves of its gradient is no mistake."""
    shapes = {"x": "N D", "w": "D M", "b": "M"}
    result = gradcheck.verify(dense_and_batch_norm, backward_through_both, shapes=shapes)
    assert result.verdict == "pass", str(result)


def test_garbage_where_zero_is_right_is_a_mistake():
    forward = lambda x, c: np.exp(x + c - c)
    shapes = {"x": "n", "c": "n"}
    right = lambda delta, x, c: (delta * np.exp(x), 0 * delta)
    wrong = lambda delta, x, c: (delta * np.exp(x), delta * ((1e30 + x) - 1e30 - x))
    assert gradcheck.verify(forward, right, shapes=shapes).verdict == "pass"
    assert gradcheck.verify(forward, wrong, shapes=shapes).verdict == "fail"


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def softmax_vjp(delta, x):
    p = softmax(x)
    return p * (delta - p @ delta)


def softmax_twice(grads, delta, x, back=1.0):
    (g,) = grads
    p = softmax(x)
    by_p = g * (delta - p @ delta) - back * delta * (p @ g)
    return p * (g - p @ g), p * (by_p - p @ by_p)


@pytest.mark.parametrize("gap", [40.0, 60.0, 200.0])
def test_a_saturated_gradient_has_no_digits_to_lose(gap):
    """`1 - 1` is 0 where e^-gap is right: below the rounding of the terms that the formula is made of."""
    at = {"args": (np.array([0.0, gap]),)}
    assert gradcheck.verify(softmax, softmax_vjp, **at).verdict == "pass"
    assert gradcheck.verify(softmax, double_backward=softmax_twice, **at).verdict == "pass"
    with_ones = lambda delta, x: softmax(x) * (delta - delta.mean())
    assert gradcheck.verify(softmax, with_ones, **at).verdict == "fail"


def test_below_the_rounding_of_what_cancels_in_the_code_alone_is_a_mistake():
    tiny = lambda x: 1e-20 * x * x
    assert gradcheck.verify(tiny, lambda d, x: 2e-20 * d * x, VECTOR).verdict == "pass"
    found = gradcheck.verify(tiny, lambda d, x: 2e-20 * d * ((x + 1e40) - 1e40), VECTOR)
    assert found.verdict == "fail"
