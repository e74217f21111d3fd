"""`--strict`: what was not tried, and no proof covers, makes a claim weak."""

import numpy as np
import pytest

import gradcheck
from gradcheck.running.checker import Checker
from gradcheck.running.stream import RunOptions


def square(x):
    return x * x


def one_side_only(delta, x):
    if np.exp(x).sum() < 0:  # no point can be found for it, and `float` keeps it from being proved
        return 0 * x
    return np.array([2 * float(d) * float(v) for d, v in zip(delta, x, strict=True)])


def right(delta, x):
    return 2 * delta * x


@pytest.mark.parametrize(
    ("backward", "strict", "verdict"),
    [
        (one_side_only, True, "weak"),
        (one_side_only, False, "pass"),
        (right, True, "pass"),
        (lambda delta, x: 3 * delta * x, True, "fail"),
    ],
)
def test_only_what_was_not_tried_is_weak_and_only_where_it_is_asked_for(backward, strict, verdict):
    formula = gradcheck.formula(shapes={"x": "n"}, name="square")(square)
    formula.vjp(backward)

    *_, row = Checker(RunOptions(strict=strict, max_examples=10)).check(formula.claims[-1])

    assert row.verdict == verdict
    if verdict == "weak":
        assert row.reason.startswith("not tried: `if np.exp(x).sum() < 0:")
        assert row.strength is None
