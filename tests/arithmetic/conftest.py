"""NumPy as the oracle: the same code on float64 and on balls."""

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, ElementArray, enclose, midpoints, precision, wrap


def run_on_balls(function, *arrays, domain=BALLS, bits=200):
    """The function's result with every floating argument as exact balls."""
    with precision(bits):
        args = [
            wrap(enclose(np.asarray(a)), domain) if np.asarray(a).dtype.kind == "f" else a for a in arrays
        ]
        return function(*args)


def numbers(result):
    """What came out, as float64 or, where it is no array of balls, as it is."""
    if isinstance(result, ElementArray):
        return midpoints(result.data)
    if isinstance(result, tuple | list):
        return [numbers(r) for r in result]
    array = np.asarray(result)
    if array.dtype == object:  # an array of 0-d ElementArrays
        return np.vectorize(lambda e: midpoints(e.data).item(), otypes=[float])(array)
    return array


def assert_same(found, expected, rtol):
    if isinstance(expected, tuple | list):
        assert len(found) == len(expected)
        for f, e in zip(found, expected, strict=True):
            assert_same(f, e, rtol)
        return
    expected = np.asarray(expected)
    assert found.shape == expected.shape
    if expected.dtype.kind in "iub":
        assert np.array_equal(found, expected)
        return
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-12)


@pytest.fixture
def in_balls():
    """`in_balls(function, *arrays)`: the result as an `ElementArray`."""
    return run_on_balls


@pytest.fixture(scope="module")
def agrees():
    """`agrees(function, *arrays)`: assert that float64 and balls give the same shapes and numbers."""

    def check(function, *arrays, rtol=1e-11):
        with np.errstate(all="ignore"):
            expected = function(*(np.array(a) for a in arrays))
        assert_same(numbers(run_on_balls(function, *arrays)), expected, rtol)

    return check
