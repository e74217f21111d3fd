"""Balls that refuse kinks: a run in them is sure to be smooth, and what has a kink nearby is refused."""

import numpy as np
import pytest
from flint import arb

from gradcheck.arithmetic import SMOOTH, call_in, enclose, precision, wrap, zero_dimensional
from gradcheck.errors import Unsupported


def run(function, values):
    with precision(500):
        around = enclose(np.asarray(values)) + zero_dimensional(arb(0, 2.0**-120))
        return call_in(SMOOTH, function, [wrap(around, SMOOTH)])


@pytest.mark.parametrize(
    ("function", "smooth", "kink"),
    [
        (np.abs, [0.5, -1.0], [0.0, 1.0]),
        (np.sqrt, [0.5, 1.0], [0.0, 1.0]),
        (np.sign, [0.5, -1.0], [0.0, 1.0]),
        (np.floor, [0.25, -1.25], [2.0, 0.5]),
        (np.rint, [0.25, 1.25], [0.5, 1.0]),
        (lambda x: np.maximum(x, 0), [0.5, -1.0], [0.0, 1.0]),
        (np.max, [1.0, 2.0], [2.0, 2.0]),
        (np.min, [1.0, 2.0], [2.0, 2.0]),
        (lambda x: x**1.5, [1.0, 2.0], [0.0, 2.0]),
        (np.linalg.norm, [1.0, 0.0], [0.0, 0.0]),
        (lambda x: np.where(x > 1, x, 1.0), [0.5, 3.0], [1.0, 3.0]),
        (np.sort, [2.0, 1.0], [1.0, 1.0]),
        (lambda x: np.clip(x, 0, 1), [0.5, 2.0], [1.0, 0.5]),
        (lambda x: np.remainder(x, 2), [0.5, 2.5], [2.0, 0.5]),
    ],
)
def test_a_kink_is_refused_and_smooth_code_runs(function, smooth, kink):
    assert np.isfinite(run(function, smooth).data.astype(float)).all()
    with pytest.raises(Unsupported):
        result = run(function, kink)
        if not all(ball.is_finite() for ball in result.data.reshape(-1)):
            raise Unsupported("not finite, which is as good as refused")


def test_what_is_smooth_everywhere_is_never_refused():
    found = run(lambda x: np.exp(np.tanh(x @ x)) / (1 + x**2), [0.0, 0.0, 1.0])
    assert all(ball.is_finite() for ball in found.data.reshape(-1))
