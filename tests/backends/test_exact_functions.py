"""Functions that JAX makes of NaN, or of series that it cuts off: the backends agree about right code."""

import numpy as np
import pytest
from scipy import special

import gradcheck


def some(shape, rng):
    return np.maximum(rng.integers(0, 2, shape), np.arange(shape[0]) == 0)


def masked(x, m):
    y = x.copy()
    y[m == 0] = np.nan
    return np.nanmean(y)


@pytest.mark.parametrize("forward", [lambda x, m: np.nanmean(np.where(m > 0, x, np.nan)), masked])
def test_the_mean_of_what_is_not_masked(forward):
    given = {"shapes": {"x": "n", "m": "n"}, "values": {"m": some}}
    right = gradcheck.verify(forward, lambda d, x, m: (d * (m > 0) / np.sum(m > 0), None), **given)
    assert (right.verdict, right.strength) == ("pass", "certified")
    assert gradcheck.verify(forward, lambda d, x, m: (d * (m > 0) / len(x), None), **given).verdict == "fail"


FUNCTIONS = {
    "betaln": (lambda x: special.betaln(x, 2.0), lambda x: special.psi(x) - special.psi(x + 2.0)),
    "log_ndtr": (
        special.log_ndtr,
        lambda x: np.exp(-x * x / 2 - special.log_ndtr(x)) / np.sqrt(2 * np.pi),
    ),
}


@pytest.mark.parametrize(("function", "slope"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_functions_of_scipy(function, slope):
    given = {"shapes": {"x": "n"}, "values": {"x": gradcheck.positive}}
    assert gradcheck.verify(*gradcheck.elementwise(function, slope), **given).verdict == "pass"
    wrong = lambda x: slope(x) * (1 + 1e-6)
    assert gradcheck.verify(*gradcheck.elementwise(function, wrong), **given).verdict == "fail"
