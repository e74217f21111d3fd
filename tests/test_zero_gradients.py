"""Gradients that are zero and not only small: of what rounds, and by arguments that nothing depends on."""

import math

import numpy as np
import pytest
from scipy.special import airy

import gradcheck

ROUNDING = {
    "round": np.round,
    "two decimals": lambda x: np.round(x, 2),
    "six decimals": lambda x: np.round(x, 6),
    "fix": np.fix,
    "math.floor": lambda x: 1.0 * math.floor(x[0]),
    "histogram": lambda x: 1.0 * np.histogram(x, bins=3, range=(-1, 1))[0],
}


@pytest.mark.parametrize("name", ROUNDING)
def test_zeros_are_right_where_a_forward_rounds(name):
    checked = lambda backward: gradcheck.verify(ROUNDING[name], backward, {"x": "n"}, max_examples=5)
    right = checked(lambda d, x: np.zeros_like(x))
    assert right.verdict == "pass", str(right)
    assert checked(lambda d, x: np.sum(d) + 0 * x).verdict == "fail"  # straight through
    assert checked(lambda d, x: 1e-3 * np.sum(d) + 0 * x).verdict == "fail"


def test_what_is_saturated_everywhere_stays_weak():
    """Its derivative is zero nowhere, and so small that no wrong one would be seen."""
    saturated = lambda x: 1 / (1 + np.exp(-(x + 1e5)))
    found = gradcheck.verify(saturated, lambda d, x: np.zeros_like(x), {"x": "n"}, max_examples=5)
    assert found.verdict != "pass", str(found)


def sums(x, y):
    """In floats only, without y."""
    return np.sum(airy(x)[0])


def sums_beside(x, y):
    return sums(x, y) + 1e-30 * np.sum(y)


def sums_saturated(x, y):
    return sums(x, y) * np.tanh(40 + np.abs(y[0]))


def apart(by_y):
    return lambda d, x, y: (d * airy(x)[1], by_y(d, y))


def by_unused(forward, by_y):
    return gradcheck.verify(forward, apart(by_y), {"x": "n", "y": "n"}, max_examples=5)


def test_an_argument_that_is_not_used_has_zeros():
    found = by_unused(sums, lambda d, y: np.zeros_like(y))
    assert (found.verdict, found.strength) == ("pass", "agreed"), str(found)
    assert by_unused(sums, lambda d, y: 1e-3 * np.sum(d) + 0 * y).verdict == "fail"


@pytest.mark.parametrize("forward", [sums_beside, sums_saturated])
def test_an_argument_that_is_lost_to_rounding_does_not_pass(forward):
    assert by_unused(forward, lambda d, y: np.zeros_like(y)).verdict in ("weak", "fail")
