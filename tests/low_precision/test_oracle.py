"""The oracle at arrays that are rounded to a type of few bits."""

import numpy as np
import pytest
from click.testing import CliRunner

import gradcheck
from gradcheck.cli.main import cli


def square(x):
    return x**2


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_the_truth_is_that_of_the_rounded_arrays(dtype):
    x, delta = np.array([0.1, 3.0]), np.array([1.0, 0.3])
    found = gradcheck.oracle(square, {"x": "n"}, dtype=dtype)(x, delta=delta)
    plain = gradcheck.oracle(square, {"x": "n"})(x, delta=delta)
    right = 2 * found.inputs["x"] * found.delta[0]
    assert np.array_equal(found.gradients["x"].value, right)
    assert not np.array_equal(found.gradients["x"].value, plain.gradients["x"].value)
    assert found.inputs["x"][0] != 0.1
    assert set(found.notes) == {f"x: rounded to {dtype}", f"delta: rounded to {dtype}"}


def test_numbers_that_the_type_holds_are_not_noted():
    found = gradcheck.oracle(square, {"x": "n"}, dtype="float16")(np.array([0.5]), delta=np.array([2.0]))
    assert not found.notes


def test_numbers_beyond_the_type_and_unknown_types_are_refused():
    with pytest.raises(gradcheck.UsageError, match="beyond float16"):
        gradcheck.oracle(square, {"x": "n"}, dtype="float16")(np.array([1e6]), delta=np.array([1.0]))
    with pytest.raises(gradcheck.UsageError, match="oracle: dtype: expected one of"):
        gradcheck.oracle(square, {"x": "n"}, dtype="float8")


def test_the_command_takes_it():
    run = ["oracle", "wx", "--shape", "n=2,m=3"]
    found = CliRunner().invoke(cli, [*run, "--dtype", "bfloat16"])
    assert found.exit_code == 0, found.output
    assert found.output != CliRunner().invoke(cli, run).output
    assert CliRunner().invoke(cli, [*run, "--dtype", "float8"]).exit_code == 2
