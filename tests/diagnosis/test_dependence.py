"""Which operations a gradient depends on, where code stores into buffers, and what is tried first for it."""

import numpy as np
import pytest

import gradcheck
from gradcheck.diagnosis.tracing.dependence import depending, reachable
from gradcheck.diagnosis.tracing.run import Run
from tests.zoo.images import NaiveConvolution, NaiveConvolutionTurned


def stored(d, x):
    unused = np.zeros(3)
    unused[0] = np.exp(x[0])
    dw = np.zeros(3)
    dw[:2] += d[0] * x[:2]
    dw[2] = np.tanh(x[2])
    return dw[::-1]


def watched():
    run = Run()
    args = [run.argument("d", np.ones(1)), run.argument("x", np.arange(3.0))]
    return run, run.start(stored, args)


def test_what_is_stored_into_a_buffer_is_part_of_what_comes_of_it():
    run, result = watched()
    names = [c.name for c in reachable(run, [result])]
    assert "tanh" in names
    assert "multiply" in names
    assert "exp" not in names


def test_what_comes_of_a_buffer_depends_on_what_was_stored():
    run, _ = watched()
    found = {c.name for c in depending(run, {"d"})}
    assert {"multiply", "add"} <= found
    assert not found & {"exp", "tanh"}
    assert run.calls[-1] in depending(run, {"d"})


@pytest.mark.parametrize("examples", [12, 50])
def test_a_slip_behind_loops_is_found_before_the_effort_is_spent(examples):
    """Hundreds of changes are worth a try; those of the forward that is run again come last."""
    shapes = {"image": "h+1 w+1", "w": "2 2"}
    for layer, verdict in ((NaiveConvolution, "pass"), (NaiveConvolutionTurned, "fail")):
        pair = gradcheck.layer(layer, parameters=("w",))
        result = gradcheck.verify(*pair, shapes, max_examples=examples)
        assert result.verdict == verdict
        assert ("should not be reversed" in str(result)) is (verdict == "fail")
