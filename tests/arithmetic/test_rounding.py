"""Rounding to decimals, and to whole numbers by Python's functions: float64 is the oracle."""

import math

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, enclose, midpoints, precision, wrap
from gradcheck.errors import Unsupported

VALUES = np.array([-2.5, -1.255, -0.04, 0.0, 0.3, 1.5, 17.126, 250.0])
FUNCTIONS = {
    "round": np.round,
    "two decimals": lambda x: np.round(x, 2),
    "hundreds": lambda x: np.round(x, -2),
    "around": lambda x: np.around(x, decimals=1),
    "a method": lambda x: x.round(3),
    "fix": np.fix,
}
OF_ONE = {
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "round": round,
    "decimals": lambda v: round(v, 1),
}


def in_balls(x):
    return wrap(enclose(x), BALLS)


def agree(function, x):
    with precision(170):
        found = midpoints(function(in_balls(np.array(x))).data)
    return np.allclose(found, function(x), rtol=1e-15, atol=0)


@pytest.mark.filterwarnings("ignore:numpy.fix is deprecated")  # code that calls it still runs
@pytest.mark.parametrize("name", FUNCTIONS)
def test_arrays(name):
    assert agree(FUNCTIONS[name], VALUES)


@pytest.mark.parametrize("name", OF_ONE)
@pytest.mark.parametrize("value", VALUES)
def test_numbers(name, value):
    assert agree(OF_ONE[name], float(value))


def test_of_several_numbers_there_is_no_whole_one():
    with pytest.raises((TypeError, Unsupported)):
        math.floor(in_balls(VALUES))
