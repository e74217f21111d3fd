"""A guard against small numbers on the way back alone is another function below its bound."""

import numpy as np
import pytest

import gradcheck

POSITIVE = {"values": {"x": gradcheck.positive}}

GUARDS = {
    "maximum": np.maximum,
    "the bound first": lambda x, low: np.maximum(low, x),
    "fmax": np.fmax,
    "clip": lambda x, low: np.clip(x, low, None),
    "where": lambda x, low: np.where(x > low, x, low),
}


@pytest.mark.parametrize("low", [1e-8, 1e-12, 1e-30])
@pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
def test_a_bound_on_one_side_fails_below_it(guard, low):
    found = gradcheck.verify(np.log, lambda d, x: d / guard(x, low), {"x": "n"}, max_examples=12, **POSITIVE)
    assert found.verdict == "fail"


@pytest.mark.parametrize("guard", GUARDS.values(), ids=GUARDS)
def test_a_bound_on_both_sides_passes(guard):
    forward = lambda x: np.log(guard(x, 1e-12))
    backward = lambda d, x: np.where(x > 1e-12, d / guard(x, 1e-12), 0.0)
    assert gradcheck.verify(forward, backward, {"x": "n"}, max_examples=12, **POSITIVE).verdict == "pass"


def hinge(x):
    return max(0, 1 - x @ x)


@pytest.mark.parametrize(("factor", "verdict"), [(-2.0, "pass"), (-1.0, "fail")])
def test_a_forward_of_numbers_may_be_a_whole_one_where_it_is_flat(factor, verdict):
    backward = lambda d, x: d * factor * x * (1 - x @ x > 0)
    assert gradcheck.verify(hinge, backward, {"x": "n"}, max_examples=12).verdict == verdict


def root_of(x):
    y = np.zeros_like(x)
    while np.max(np.abs(y + 0.5 * np.sin(y) - x)) > 1e-13:
        y = y - (y + 0.5 * np.sin(y) - x) / (1 + 0.5 * np.cos(y))
    return y


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "pass"), (1.1, "fail")])
def test_a_loop_that_waits_for_digits_which_float32_has_not_ends(factor, verdict):
    backward = lambda d, x: factor * d / (1 + 0.5 * np.cos(root_of(x)))
    values = {"x": lambda shape, rng: rng.uniform(-1, 1, shape)}
    found = gradcheck.verify(root_of, backward, {"x": "n"}, values=values, accuracy=1e-10, max_examples=12)
    assert found.verdict == verdict
