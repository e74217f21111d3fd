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
    "gamma": (special.gamma, lambda x: special.gamma(x) * special.psi(x)),
    "gammainc": (lambda x: special.gammainc(2.0, x), lambda x: x * np.exp(-x)),
    "xlogy": (lambda x: special.xlogy(x, x), lambda x: np.log(x) + 1),
    "j0": (special.j0, lambda x: -special.j1(x)),
    "jv": (lambda x: special.jv(2, x), lambda x: (special.jv(1, x) - special.jv(3, x)) / 2),
    "y1": (special.y1, lambda x: special.y0(x) - special.y1(x) / x),
    "i1e": (special.i1e, lambda x: special.i0e(x) - special.i1e(x) * (1 + 1 / x)),
    "kv": (lambda x: special.kv(0.5, x), lambda x: -(special.kv(-0.5, x) + special.kv(1.5, x)) / 2),
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


def by_label(labels, size):
    return lambda x: np.bincount(labels, weights=x, minlength=size)


def at_the_middle(delta, x):
    order, n = np.argsort(x), len(x)
    gradient = np.zeros(n)
    gradient[order[(n - 1) // 2]] += delta / 2
    gradient[order[n // 2]] += delta / 2
    return gradient


def put(x, y):
    filled = np.zeros_like(x)
    np.put_along_axis(filled, np.array([[1], [0]]), x[:, :1] * y, axis=1)
    return filled


def put_back(delta, x, y):
    taken = np.take_along_axis(delta, np.array([[1], [0]]), axis=1)
    gradient = np.zeros_like(x)
    gradient[:, 0] = taken[:, 0] * y[:, 0]
    return gradient, taken * x[:, :1]


LABELS = np.array([2, 0, 2, 3])
PLACES = {
    "median": (np.median, {"x": "n"}, at_the_middle),
    "bincount": (by_label(LABELS, 5), {"x": 4}, lambda d, x: d[LABELS]),
    "reduceat": (lambda x: np.add.reduceat(x, [0, 3]), {"x": 5}, lambda d, x: np.repeat(d, [3, 2])),
    "trapezoid": (
        lambda x: np.trapezoid(x, dx=0.5),
        {"x": "n+1"},
        lambda d, x: d * np.where((np.arange(len(x)) % (len(x) - 1)) == 0, 0.25, 0.5),
    ),
    "put_along_axis": (put, {"x": "2 3", "y": "2 1"}, put_back),
}


@pytest.mark.parametrize(("forward", "shapes", "backward"), PLACES.values(), ids=PLACES)
def test_what_is_sorted_counted_and_put_into_places(forward, shapes, backward):
    given = {"shapes": shapes, "max_examples": 10, "backends": ["finite_difference"]}
    right = gradcheck.verify(forward, backward, **given)
    assert (right.verdict, right.strength) == ("pass", "certified"), str(right)
    slipped = lambda d, *args: backward(d * (1 + 1e-9), *args)
    assert gradcheck.verify(forward, slipped, **given).verdict == "fail"
