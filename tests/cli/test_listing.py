"""`gradcheck list` and `gradcheck show`."""

from pathlib import Path

import pytest

from gradcheck.running.registry import catalogue, layers


def test_list_has_a_line_per_claim(gradcheck):
    lines = gradcheck("list").stdout.splitlines()

    assert len(lines) == sum(len(formula.claims) for formula in (*catalogue(), *layers()))
    (line,) = [line for line in lines if " D09/wx.vjp " in line]
    assert line.split()[:3] == ["D09", "D09/wx.vjp", "vjp"]
    assert not line.endswith("]")


def test_list_tells_what_is_printed_and_what_is_wrong(gradcheck):
    lines = gradcheck("list", "wx").stdout.splitlines()

    assert [line.partition("  [")[2] for line in lines] == ["as printed]", "as printed, erratum]", ""]


def test_show_tells_the_formula_and_the_code_of_both(gradcheck):
    text = gradcheck("show", "D09/wx.vjp").stdout

    for piece in ("formula wx", "W: n m; x: m", "def wx(W, x):", "return W @ x", "latex", "section", "D09"):
        assert piece in text
    assert "def wx_vjp(delta, W, x):" in text
    assert "gradcheck/catalogue/linear.py:" in text
    assert "wx_jacobian" not in text


def test_show_of_ones_own_file(gradcheck):
    Path("mine.py").write_text(
        "import numpy as np\nfrom gradcheck import formula\n"
        "f = formula(shapes={'x': 'n', 's': ''}, values={'x': np.ones(3)}, name='f')(lambda x, s: x)\n"
        "f.forward(lambda x, s: x)\n"
    )

    text = gradcheck("show", "mine.py").stdout

    assert "s: scalar" in text
    assert "x: an array of shape (3,)" in text
    assert "mine.py:3" in text


@pytest.mark.parametrize("command", ["list", "show"])
def test_unknown_names_are_2(gradcheck, command):
    result = gradcheck(command, "nothing_like_it")

    assert result.exit_code == 2
    assert "there is no formula" in result.stderr


def test_show_needs_a_name(gradcheck):
    assert gradcheck("show").exit_code == 2
