"""Constants that are rounded in the last place, where a difference for every entry would cost too much."""

import numpy as np

import gradcheck

SHAPES = {"x": "n+9 m+9"}


def counted(by):
    """The checked result, and how often the forward ran."""
    runs = []

    def forward(x):
        runs.append(1)
        return x / x.shape[0] * x

    def backward(d, x):
        return d * by(x.shape[0]) * x

    how = {"backends": ["finite_difference"], "max_examples": 12}
    return gradcheck.verify(forward, backward, SHAPES, **how), len(runs)


def test_a_rounded_quotient_is_found_out_along_a_direction():
    """`1.0 / N` in the code and a division in the forward: hundreds of entries, and no run for each."""
    result, runs = counted(lambda n: 2 * (1.0 / n))
    assert result.verdict == "pass"
    assert runs < 1000


def test_a_constant_that_is_off_by_more_fails():
    """By a millionth of a millionth, at the same sizes."""
    result, _ = counted(lambda n: 2 * (1.0 / n) * (1 + 1e-12))
    assert result.verdict == "fail"


def test_a_guard_that_no_rounding_tells_apart_passes():
    """It is no constant: each entry is looked at, as before."""

    def slope(d, x):
        return d * np.where(x > 45, 1.0, 1 / (1 + np.exp(-x)))

    def softplus(x):
        return np.log1p(np.exp(x))

    values = {"x": lambda shape, rng: rng.uniform(40, 50, shape)}
    result = gradcheck.verify(softplus, slope, SHAPES, values=values, max_examples=6)
    assert result.verdict == "pass"
