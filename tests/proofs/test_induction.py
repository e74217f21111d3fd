"""Any number of layers: the steps are proved with an activation of which nothing is known."""

import numpy as np
import pytest

from gradcheck import Formula
from gradcheck.catalogue.passes import backward_pass, forward_pass
from gradcheck.errors import Unsupported
from gradcheck.proofs import any_depth, prove
from gradcheck.proofs.indexed.arrays.undefined import Undefined
from tests.catalogue.twins_chains import wrong_pass


def test_the_catalogues_passes_are_right_at_any_depth():
    """The statement says what it is, and what it takes for granted."""
    proof = any_depth(forward_pass, backward_pass)
    assert proof.status == "proved"
    assert "by induction" in proof.reason
    assert proof.assumptions == ["f is differentiable"]
    steps = {q.quantity for q in proof.quantities}
    assert {"last layer: dJ/dW", "layer before it: dJ/db", "the loop at depth 3: dJ/dx"} <= steps


@pytest.mark.parametrize(
    "mistake",
    [
        "slope missing",
        "slope twice",
        "bias before the slope",
        "W not transposed",
        "outer the wrong way round",
        "stopped before x",
    ],
)
def test_a_loop_with_a_mistake_is_not(mistake):
    """The twins."""

    def wrong(delta, parameters, activations, slope):
        return wrong_pass(delta, parameters, activations, slope, mistake)

    proof = any_depth(forward_pass, wrong)
    assert proof.status == "open"
    assert any(q.status != "proved" and q.quantity.startswith("the loop") for q in proof.quantities)
    assert all(q.status == "proved" for q in proof.quantities if not q.quantity.startswith("the loop"))


def test_one_proof_covers_every_activation():
    """f and f' are names; f'' is another, and the value of f is not its slope."""
    f = Undefined("f")

    def status(backward):
        formula = Formula(lambda W, x: f(W @ x), {"W": "n m", "x": "m"})
        formula.vjp(backward)
        return prove(formula.claims[0]).status

    assert status(lambda d, W, x: (np.outer(d * f.slope(W @ x), x), W.T @ (d * f.slope(W @ x)))) == "proved"
    assert status(lambda d, W, x: (np.outer(d * f(W @ x), x), None)) == "open"
    assert status(lambda d, W, x: (np.outer(d * f.slope(f(W @ x)), x), None)) == "open"
    assert status(lambda d, W, x: (np.outer(d * f.slope_from_value(f(W @ x)), x), None)) == "proved"
    assert status(lambda d, W, x: (np.outer(d * f.slope_from_value(W @ x), x), None)) == "open"


def test_it_has_no_values():
    """It is for proofs only."""
    with pytest.raises(Unsupported, match="no values"):
        Undefined("f")(np.ones(3))
