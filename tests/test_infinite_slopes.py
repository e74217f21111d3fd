"""Where a slope grows without end there is no derivative, and an infinite gradient is no mistake."""

import numpy as np

import gradcheck


def backward_of(factor):
    return lambda d, x: factor * d / (3 * np.cbrt(x) ** 2)


def test_a_cubic_root_passes_and_its_wrong_twin_fails():
    assert gradcheck.verify(np.cbrt, backward_of(1), {"x": "n"}).verdict == "pass"
    assert gradcheck.verify(np.cbrt, backward_of(2), {"x": "n"}).verdict == "fail"


def test_an_infinite_gradient_where_there_is_a_derivative_fails():
    wrong = lambda d, x: d * np.where(x == 0, np.inf, 2 * x)
    assert gradcheck.verify(lambda x: x * x, wrong, {"x": "n"}).verdict == "fail"
