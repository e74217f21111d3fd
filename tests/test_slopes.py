"""Slopes in place of entries: of gradients, and of whole tables of derivatives."""

import numpy as np
import pytest

from gradcheck.arithmetic import precision
from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.kinds.tables import contract
from gradcheck.formulas.quantity import entry
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.session import Session


def layer():
    formula = Formula(lambda W, x: np.tanh(W @ x), {"W": "n m", "x": "m"}, name="layer")

    def slope(W, x):
        return 1 - np.tanh(W @ x) ** 2

    formula.jacobian("x")(lambda W, x: slope(W, x)[:, None] * W)
    formula.jacobian("x", layout="numerator", suffix="rows")(lambda W, x: slope(W, x)[:, None] * W)
    formula.entry("dz/dx[j]")(lambda j, W, x: slope(W, x) * W[:, j])
    formula.entry("dz[i]/dW[i,j]")(lambda i, j, W, x: slope(W, x)[i] * x[j])
    formula.entry("dz[i]/dx[1]")(lambda i, W, x: slope(W, x)[i] * W[i, 1])
    formula.entry("dz/dW[1,1]")(lambda W, x: np.array([0, slope(W, x)[1] * x[1], 0]))
    return formula


@pytest.mark.parametrize("position", range(6))
def test_the_slope_of_a_table_is_that_of_its_entries(point_at, position):
    """Finite differences, which have the slope from weighted outputs, against JAX's table."""
    formula = layer()
    claim = formula.claims[position]
    rng = np.random.default_rng(0)
    point = point_at(formula, W=rng.normal(size=(3, 2)), x=rng.normal(size=2))
    session = Session(formula, choose(["finite_difference", "autodiff"]))
    differences, jax = (session.program(b, point) for b in session.backends)
    with precision(212):
        directions = claim.directions(point)
        ((name, slope),) = claim.right_answers(point, differences, directions).items()
        table = claim.right_answers(point, jax)[name]
        assert slope.direction is directions[name]
        expected = contract(table.values, slope.direction)[0]
        assert abs(slope.values.item() - expected).upper() < 1e-50
        assert slope.refine().values.item().overlaps(expected)


def test_an_entry_of_a_gradient_has_a_direction_also_where_there_are_several_outputs(point_at):
    """The twin, a table of derivatives of several outputs, has none."""
    formula = Formula(lambda x: (x * x, x.sum()), {"x": "n"})
    formula.entry("dJ/dx[i]")(lambda i, d, x: 2 * d[0][i] * x[i] + d[1])
    formula.jacobian("x")(lambda x: x)
    point = point_at(formula, x=np.array([1.0, 2.0]))
    assert formula.claims[0].directions(point)[entry("x", "dJ/dx[i]")].shape == (2,)
    assert formula.claims[1].directions(point) is None


@pytest.mark.parametrize(
    ("declare", "wrong"),
    [
        (lambda f: f.jacobian("x"), lambda W, x: W + np.eye(*W.shape) * 1e-9),
        (lambda f: f.entry("dz/dx[j]"), lambda j, W, x: W[:, j] * (1 + 1e-9 * (j == 1))),
        (lambda f: f.entry("dz[i]/dW[i,j]"), lambda i, j, W, x: x[j] * (1 + 1e-9 * (i == 0))),
    ],
)
def test_finite_differences_alone_find_one_wrong_entry_of_a_table(declare, wrong):
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"}, name="wx")
    declare(formula)(wrong)
    row = check_claim(formula.claims[0], found=choose(["finite_difference"]), max_examples=12).row
    assert row.verdict == "fail", row.reason


@pytest.mark.parametrize("position", range(4))
def test_a_right_table_passes_with_finite_differences_alone(position):
    """The twin: every claim of the layer that speaks of all sizes."""
    claim = layer().claims[position]
    row = check_claim(claim, found=choose(["finite_difference"]), max_examples=12).row
    assert row.verdict == "pass", row.reason
