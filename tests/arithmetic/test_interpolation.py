"""Searching and interpolation in balls: what NumPy gives, at knots and beyond the ends too."""

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import Undecided, Unsupported
from tests.arithmetic.conftest import assert_same, numbers, run_on_balls

KNOTS = np.array([-1.0, 0.0, 0.5, 4.0])
VALUES = np.array([2.0, -1.0, 3.0, 0.25])
AT = np.array([[-7.0, -1.0, -0.25], [0.0, 0.5, 0.6], [3.75, 4.0, 9.0]])


@pytest.mark.parametrize(
    "function",
    [
        np.interp,
        lambda x, xp, fp: np.interp(x, xp, fp, left=7.0, right=-3.0),
        lambda x, xp, fp: np.interp(x, xp[:1], fp[:1]),
        lambda x, xp, fp: np.interp(x[0, 2], KNOTS, fp),
        lambda x, xp, fp: np.interp(x, KNOTS, VALUES),
        lambda x, xp, fp: np.searchsorted(xp, x),
        lambda x, xp, fp: np.searchsorted(KNOTS, x, side="right"),
        lambda x, xp, fp: np.searchsorted(xp, 0.5),
        lambda x, xp, fp: np.searchsorted(xp[::-1], x, sorter=[3, 2, 1, 0]),
        lambda x, xp, fp: np.digitize(x, KNOTS),
        lambda x, xp, fp: np.digitize(x, xp, right=True),
        lambda x, xp, fp: np.digitize(x, xp[::-1]),
        lambda x, xp, fp: np.digitize(x, KNOTS[::-1], right=True),
    ],
)
def test_they_are_numpys(function):
    assert_same(numbers(run_on_balls(function, AT, KNOTS, VALUES)), function(AT, KNOTS, VALUES), rtol=1e-15)


def test_what_cannot_be_told_is_refused():
    third = lambda x: np.searchsorted(x / 3, x / 3)  # a ball beside itself
    with pytest.raises(Undecided):
        run_on_balls(third, np.array([1.0, 2.0]))
    with pytest.raises(Unsupported, match="not sorted"):
        run_on_balls(lambda x: np.interp(x, KNOTS[::-1], VALUES), AT)
    with pytest.raises(Unsupported, match="period"):
        run_on_balls(lambda x: np.interp(x, KNOTS, VALUES, period=5.0), AT)


def table(x, fp):
    return np.interp(x, KNOTS, fp)


def backward(delta, x, fp, turn=1):
    k = np.clip(np.searchsorted(KNOTS, x, side="right") - 1, 0, 2)
    part = np.clip((x - KNOTS[k]) / (KNOTS[k + 1] - KNOTS[k]), 0, 1)
    values = np.zeros_like(fp)
    np.add.at(values, k, delta * (1 - part))
    np.add.at(values, k + 1, delta * part)
    inside = (x > KNOTS[0]) & (x < KNOTS[-1])
    return delta * np.where(inside, (fp[k + 1] - fp[k]) / (KNOTS[k + 1] - KNOTS[k]), 0), values[::turn].copy()


def test_gradients_of_a_table_are_certified():
    options = {"shapes": {"x": "n", "fp": 4}, "max_examples": 6}
    found = gradcheck.verify(table, backward, **options)
    assert (found.verdict, found.strength) == ("pass", "certified")
    wrong = gradcheck.verify(table, lambda d, x, fp: backward(d, x, fp, -1), **options)
    assert wrong.verdict == "fail"
    assert wrong.row.counterexample.quantity == "dJ/dfp"
