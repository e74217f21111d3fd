"""Kernels that keep a sigmoid and write its slope `s (1 - s)`: few digits are left where it is near 1."""

import numpy as np
import pytest

import gradcheck
from gradcheck.catalogue.layers import formulas
from tests.low_precision.candidates import inside, kernel, sums_wide, times

KNOWN = {f.name: f for f in formulas()}


def scaled(x):
    return 10 / (1 + np.exp(-x))


def scaled_vjp(delta, x):
    s = 1 / (1 + np.exp(-x))
    return 10 * delta * s * (1 - s)


@pytest.mark.parametrize("source", ["autodiff", "symbolic", "finite_difference"])
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_they_are_right_in_every_type(dtype, source):
    for way in (inside, sums_wide):
        found = gradcheck.verify(
            scaled, kernel(way(scaled_vjp)), {"x": "n"}, dtype=dtype, backends=[source], max_examples=20
        )
        assert found.verdict == "pass", found.reason
    wrong = kernel(times(scaled_vjp, 1.1))
    assert gradcheck.verify(scaled, wrong, {"x": "n"}, dtype=dtype, backends=[source]).verdict == "fail"


@pytest.mark.parametrize("name", ["lstm_cell", "gru_cell"])
def test_cells_of_which_nobody_has_written_a_backward_pass(name):
    layer = KNOWN[name]
    vjp = layer.claims[0].candidate
    options = {"shapes": layer.shapes.declared, "dtype": "float16", "backends": ["autodiff"]}
    for backward, verdict in ((sums_wide(vjp), "pass"), (times(vjp, 1.1), "fail")):
        found = gradcheck.verify(layer.function, kernel(backward), max_examples=8, **options)
        assert found.verdict == verdict, found.reason
