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
