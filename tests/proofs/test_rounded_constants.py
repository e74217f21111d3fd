"""A float that is not the number it stands beside is not proved to be it, and is not refuted either."""

import numpy as np
import pytest

import gradcheck

VECTOR = {"x": "n"}


def square(x):
    return x * x


BESIDE = {
    "three units": lambda d, x: 2.0000000000000013 * d * x,
    "one unit": lambda d, x: 2.0000000000000004 * d * x,
    "what it leaves, amplified": lambda d, x: 2 * x * d + 1e6 * (1.0000000000000002 * d - d),
    "the same by x": lambda d, x: 2 * x * d + (1.0000000000000002 * x - x) * d,
    "a tenth, three times": lambda d, x: 2 * d * x * (0.1 * 3) / 0.3,
}


@pytest.mark.parametrize("backward", BESIDE.values(), ids=BESIDE)
def test_another_number_is_not_proved(backward):
    found = gradcheck.verify(square, backward, VECTOR)
    assert (found.verdict, found.strength) == ("pass", "agreed")


EXACT = {
    "a tenth": (lambda x: 0.1 * x, lambda d, x: d / 10),
    "a sum that is exact": (lambda x: x, lambda d, x: d * (0.5 + 0.25 + 0.25)),
    "a root, rounded twice": (lambda x: x * np.sqrt(0.5), lambda d, x: d * (1 / np.sqrt(2))),
}


@pytest.mark.parametrize(("forward", "backward"), EXACT.values(), ids=EXACT)
def test_the_number_that_is_meant_is_proved(forward, backward):
    assert gradcheck.verify(forward, backward, VECTOR).strength == "proved"


@pytest.mark.parametrize(("written", "rounded"), [(0.05, 1 - 0.95), (0.1, 1.1 - 1), (0.001, 1 - 0.999)])
def test_a_constant_that_cancels_in_floats_is_no_bug_of_ours(written, rounded):
    """It was an error, "please report this"."""
    found = gradcheck.verify(
        lambda x: written * np.tanh(x), lambda d, x: rounded * d * (1 - np.tanh(x) ** 2), VECTOR
    )
    assert found.verdict == "pass"
