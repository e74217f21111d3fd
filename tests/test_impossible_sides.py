"""Guards whose other side cannot happen are not untried; those that only look like it are."""

import numpy as np
import pytest

import gradcheck
from gradcheck.arithmetic.ranges import Range


def by_variance(x):
    return np.sqrt(np.maximum(x.var(), 0) + 1e-3)


def by_variance_back(d, x):
    return d * (x - x.mean()) / len(x) / by_variance(x)


def by_length(x):
    n = np.sqrt(x @ x + 1)
    return x / n if n > 0 else x


def by_length_back(d, x):
    n = np.sqrt(x @ x + 1)
    return (d - x * (x @ d) / n**2) / n


def stops(x):
    for _ in range(100):
        y = np.tanh(x)
        if np.max(np.abs(y)) <= 1:
            break
    return y


def sums(x):
    s = np.sum(x**2, axis=-1) + 0.5
    return np.log(np.maximum(s, 0.25))


CODE = {
    "a variance": (by_variance, by_variance_back),
    "a length": (by_length, by_length_back),
    "a loop that stops": (stops, lambda d, x: d * (1 - np.tanh(x) ** 2)),
    "a sum of squares": (sums, lambda d, x: 2 * d * x / (np.sum(x**2) + 0.5)),
}


@pytest.mark.parametrize(("forward", "backward"), CODE.values(), ids=CODE)
def test_a_guard_that_never_acts_is_not_untried(forward, backward):
    found = gradcheck.verify(forward, backward, {"x": "n"}, strict=True)
    assert (found.verdict, found.untried) == ("pass", ())
    assert gradcheck.verify(forward, lambda d, x: 1.5 * backward(d, x), {"x": "n"}).verdict == "fail"


def drawn(shape, rng):
    return rng.uniform(0.0, 1.0, shape)


LOOKS = {
    "declared by a callable": (lambda x: np.maximum(x, -5.0), lambda d, x: d * (x > -10)),
    "what cancels": (
        lambda x: np.maximum(np.sum(x**2) + np.sum(x) - np.sum(x**2) + 3, 0),
        lambda d, x: d * np.ones_like(x),
    ),
    "two on a line": (
        lambda x: np.maximum(x.var(), 0) + np.maximum(np.sort(x)[0], -9.0),
        lambda d, x: d * (2 * (x - x.mean()) / len(x) + (x == x.min())),
    ),
}


@pytest.mark.parametrize(("forward", "backward"), LOOKS.values(), ids=LOOKS)
def test_a_side_that_was_only_not_drawn_stays_untried(forward, backward):
    other = lambda d, x: backward(d, x) * (1 + 0 * np.isin(np.arange(len(x)), [0]))  # which no proof knows
    found = gradcheck.verify(forward, other, {"x": "n"}, values={"x": drawn})
    assert found.verdict == "pass"
    assert found.untried


def test_ends_are_rounded_outwards():
    third = Range(1.0, 1.0) / Range(3.0, 3.0)
    assert third.low < 1 / 3 < third.high
    tiny = Range(-5e-324, 5e-324) * Range(0.1, 0.2)
    assert tiny.low < 0 < tiny.high
    x = Range(-2.0, 1.0)
    assert (x * x).low == 0
    assert (x * Range(-2.0, 1.0)).low <= -2
    whole = Range(-np.inf, np.inf)
    assert (whole + whole).low == -np.inf
    assert (whole - Range(-np.inf, np.inf)).high == np.inf
