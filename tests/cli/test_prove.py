"""`gradcheck prove`: entry formulas, assumptions, steps, and what stays open."""

from pathlib import Path

import pytest

from tests.wording import missing_argument

MINE = """
import numpy as np
from gradcheck import formula

@formula(shapes={"W": "n m", "x": "m"})
def layer(W, x):
    return np.maximum(W @ x, 0)

@layer.vjp
def right(delta, W, x):
    d = delta * (W @ x > 0)
    return np.outer(d, x), W.T @ d

@layer.vjp(suffix="square")
def square(delta, W, x):
    d = delta * (W @ x > 0)
    return np.outer(d, x), (W if W.shape[0] == W.shape[1] else W.T) @ d

@layer.vjp(suffix="sign")
def sign(delta, W, x):
    d = delta * (W @ x > 0)
    return np.outer(d, x), -W.T @ d

@layer.vjp(suffix="loop")
def loop(delta, W, x):
    d = delta * (W @ x > 0)
    rows, last = [], np.zeros_like(x)
    for di in d:
        last = 0 * last + di * x
        rows.append(last)
    return np.array(rows), W.T @ d
"""


@pytest.fixture
def mine(gradcheck):
    Path("mine.py").write_text(MINE)
    return lambda name: gradcheck("prove", f"mine.py::{name}")


def test_a_proof_shows_both_entry_formulas_and_the_steps(gradcheck):
    """The assumptions, and the spot check called what it is."""
    text = gradcheck("prove", "D09/wx.vjp").stdout
    assert text.startswith("D09/wx.vjp: proved for all shapes and values\n")
    assert "  assuming   n, m >= 1\n" in text
    assert "  balls      spot check in ball arithmetic" in text
    assert "  sympy      SymPy differentiates to the same entries at n = 2, m = 3 and at n = 2, m = 4" in text
    same = "JAX's derivative, traced for all shapes, has the same normal form in every argument (W, x)"
    assert f"  jax        {same}\n" in text
    assert "  dJ/dW[p, q]: proved\n    truth    x_{q}\\, \\bar{\\delta}_{p}\n    code     x_{q}" in text
    for number, rule in enumerate(("an entry of the forward", "J, the sum of delta times z"), 1):
        assert f"    {number}. {rule}\n" in text
    assert "z_{i} = \\sum_{j=1}^{m} W_{ij}\\, x_{j}" in text
    assert "differentiated by the product rule" in text


def test_a_kink_is_an_assumption(mine):
    """In the words of the formula."""
    text = mine("layer.vjp").stdout
    assert text.startswith("layer.vjp: proved for all shapes and values\n")
    assert "sum_j W[i, j] x[j] != 0" in text


def test_a_branch_that_fails_is_named(mine):
    """With what is proved beside it."""
    text = mine("layer.vjp.square").stdout
    assert text.startswith("layer.vjp.square: proved in part\n")
    assert "because    proved in general, but not for n = m" in text
    assert "branches   n = m: not proved" in text


def test_a_wrong_claim_is_refuted_with_its_witness(mine):
    """One gradient is, the other is proved."""
    text = mine("layer.vjp.sign").stdout
    assert text.startswith("layer.vjp.sign: refuted\n")
    assert "the normal forms differ, and so do the values at n = 1, m = 1" in text
    assert "  dJ/dW[p, q]: proved\n" in text
    assert "  dJ/dx[p]: refuted\n" in text


def test_what_cannot_run_is_open_with_its_line(mine):
    """And no failure of the command."""
    done = mine("layer.vjp.loop")
    assert done.exit_code == 0
    assert done.stdout.startswith("layer.vjp.loop: open, neither proved nor refuted\n")
    assert "a loop that changes a list" in done.stdout
    assert "(mine.py:" in done.stdout


def test_an_erratum_is_marked(gradcheck):
    """All claims of an id are shown."""
    text = gradcheck("prove", "D06").stdout
    assert "D06/ax_column.entry-dJ_dA[i,j].printed: " in text
    assert "(as printed, erratum)" in text
    assert text.count("proved for all shapes and values") == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["wz"], "Did you mean"),
        (["missing.py::f"], "missing.py"),
        ([], missing_argument("NAME")),
        (["wx", "xw"], "xw"),
    ],
)
def test_what_is_not_there_exits_with_2(gradcheck, words, message):
    """As `show` does."""
    done = gradcheck("prove", *words)
    assert done.exit_code == 2
    assert message in done.stderr
