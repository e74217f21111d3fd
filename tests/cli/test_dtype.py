"""`--dtype` and `--grade` of `gradcheck verify` and `replay`."""

from pathlib import Path

import pytest

from gradcheck.records.reading import read_log

MINE = """
import numpy as np
from gradcheck import formula

@formula(shapes={"x": "n"})
def square(x):
    return x * x

@square.vjp
def square_vjp(delta, x):
    assert x.dtype in (np.float64, np.float16), x.dtype
    return delta * x * FACTOR

@square.jacobian("x")
def square_jacobian(x):
    return np.diag(2 * x)
"""

QUICK = ("--max-examples", 4, "--backend", "autodiff", "--jobs", 1)


def written(factor):
    Path("mine.py").write_text(MINE.replace("FACTOR", str(factor)), "utf-8")


def test_gradients_are_checked_in_the_type_and_others_left_out(gradcheck):
    written(2)
    result = gradcheck("verify", "mine.py", "--dtype", "float16", "--grade", "sums", *QUICK)
    assert result.exit_code == 0, result.output
    assert "1 claim is left out: --dtype float16 is for gradients." in result.stderr
    log = read_log(Path("reports/run.jsonl"))
    (row,) = log.claims
    assert (row.uid, row.accuracy.dtype, row.accuracy.claimed) == ("square.vjp", "float16", "float32 sums")
    assert "--dtype float16 --grade sums" in log.header.command


def test_a_counterexample_runs_again_in_its_type(gradcheck):
    written(2.25)
    assert gradcheck("verify", "mine.py", "--dtype", "float16", *QUICK).exit_code == 1
    assert gradcheck("replay", "square").exit_code == 1
    Path("mine.py").write_text(MINE.replace("(np.float64, np.float16)", "(np.float16,)"), "utf-8")
    text = Path("mine.py").read_text("utf-8").replace("FACTOR", "2")
    Path("mine.py").write_text(text, "utf-8")
    fixed = gradcheck("replay", "square")
    assert (fixed.exit_code, fixed.stdout) == (0, "square.vjp: fixed\n")
    other = gradcheck("replay", "square", "--dtype", "float64")  # which the code refuses
    assert other.exit_code == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--dtype", "float12"), "'float12' is not one of"),
        (("--grade", "best"), "'best' is not one of"),
        (("-k", "jacobian", "--dtype", "bfloat16"), "--dtype bfloat16 is for gradients, and none of these"),
    ],
)
def test_what_cannot_be_is_told(gradcheck, words, told):
    written(2)
    result = gradcheck("verify", "mine.py", *words, *QUICK)
    assert result.exit_code == 2
    assert told in result.output


def test_layers_are_listed_behind_the_derivation(gradcheck):
    lines = gradcheck("list").stdout.splitlines()
    assert lines[0].startswith("D01")
    assert lines[-1].startswith("L36  L36/gaussian.vjp")
