"""Wrong gradients: every mistake is made, and none that makes no difference."""

import numpy as np
import pytest

import gradcheck
from gradcheck.oracles.inputs import bind
from gradcheck.oracles.reference import Oracle
from gradcheck.oracles.vectors.flags import NOTES
from gradcheck.oracles.vectors.mutations import Right, wrong_gradients


def wrongs(formula, delta=None, asked=None, **arrays):
    oracle = Oracle(formula)
    point, _ = bind(formula, arrays, delta)
    right = Right(point, oracle.at_point(point), asked or formula.shapes.arguments)
    return right, list(wrong_gradients(right, oracle.at_point))


def flags(found, argument):
    return {w.flag for w in found if w.argument == argument}


LAYER = gradcheck.Formula(
    lambda X, W, b: np.tanh(X @ W + b), {"X": "k n", "W": "n m", "b": "m"}, name="layer"
)
LAYER.intermediates(lambda tap, X, W, b: tap("a", np.tanh(tap("z", X @ W + b))))
RNG = np.random.default_rng(3)


def test_a_dense_layer_meets_every_mistake():
    right, found = wrongs(
        LAYER,
        RNG.normal(size=(4, 2)),
        X=RNG.normal(size=(4, 3)),
        W=RNG.normal(size=(3, 2)),
        b=RNG.normal(size=2),
    )

    common = {
        *("WrongSign", "ConstantFactor", "SlightFactor", "SizeFactor", "LastEntryMissing", "NotFinite"),
        *("SinglePrecision", "RolledRows", "BroadcastShape", "DeltaIgnored", "MissingSum"),
    }
    assert flags(found, "W") == {*common, "TransposedShape"}
    assert flags(found, "b") == common
    assert {w.flag for w in found} <= NOTES.keys()
    for wrong in found:
        own = right.gradient(wrong.argument)
        assert wrong.gradient.shape != own.shape or not np.array_equal(wrong.gradient, own)


def test_the_mistakes_are_what_their_flags_say():
    X, W, delta = RNG.normal(size=(2, 3)), RNG.normal(size=(3, 3)), RNG.normal(size=(2, 3))
    xw = gradcheck.Formula(lambda X, W: X @ W, {"X": "k n", "W": "n m"}, name="xw")
    _, found = wrongs(xw, delta, X=X, W=W)
    by = {(w.flag, w.argument): w.gradient for w in found}
    right = X.T @ delta

    close = {"rtol": 1e-13, "atol": 1e-13}
    assert np.allclose(by["MissingTranspose", "W"], right.T, **close)
    assert np.allclose(by["MissingSum", "W"], np.outer(X[-1], delta[-1]), **close)
    assert np.allclose(by["DeltaIgnored", "W"], X.T @ np.ones((2, 3)), **close)
    assert np.allclose(by["SizeFactor", "W"], 2 * right, **close)
    assert np.array_equal(
        by["SinglePrecision", "W"], by["SinglePrecision", "W"].astype(np.float32).astype(float)
    )
    assert np.isnan(by["NotFinite", "W"]).sum() == 1


def test_slopes_are_left_out_where_a_layer_shows_them():
    chain = gradcheck.oracle("chain2_sigmoid_mse").formula
    inputs, delta = gradcheck.oracle("chain2_sigmoid_mse").draw({"n0": 2, "n1": 3, "n2": 2})

    _, found = wrongs(chain, delta, asked=("W1", "b1", "W2", "x"), **inputs)
    by = {(w.flag, w.argument): w.gradient for w in found}

    W2, x, y, W1, b1 = (inputs[n] for n in ("W2", "x", "y", "W1", "b1"))
    a = 1 / (1 + np.exp(-(W1 @ x + b1)))
    assert np.allclose(by["SlopeMissing", "b1"], W2.T @ (float(delta) * (W2 @ a - y)), rtol=1e-12)


def test_activations_lose_their_slope():
    _, found = wrongs(gradcheck.oracle("tanh").formula, [2.0, 3.0], z=[0.5, -1.0])

    assert [w.gradient.tolist() for w in found if w.flag == "SlopeMissing"] == [[2.0, 3.0]]


def test_gradients_of_one_shape_are_swapped():
    _, found = wrongs(gradcheck.oracle("mse").formula, s=[1.0, 2.0], y=[0.5, 5.0])

    assert [w.gradient.tolist() for w in found if w.flag == "SwappedGradients"] == [[-0.5, 3.0], [0.5, -3.0]]


@pytest.mark.parametrize("symmetric", [np.ones((2, 2)), np.eye(2)])
def test_what_changes_nothing_is_no_mistake(symmetric):
    """The twin: a symmetric gradient has no missing transpose."""
    double = gradcheck.Formula(lambda W: W * 1.0, {"W": "n m"}, name="f")

    _, found = wrongs(double, symmetric, W=np.ones((2, 2)))

    assert "MissingTranspose" not in flags(found, "W")
    assert "WrongSign" in flags(found, "W")
