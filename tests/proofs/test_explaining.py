"""What is wrong, read off the normal forms."""

import numpy as np
import pytest

from gradcheck import Formula
from gradcheck.diagnosis.kinds import KINDS
from gradcheck.proofs import Memory, explain


def explained(forward, backward, shapes):
    formula = Formula(forward, shapes)
    formula.vjp(backward)
    return {d.quantity: d for d in explain(formula.claims[0], Memory(formula))}


LAYER = (lambda X, W, b: X @ W + b, {"X": "k n", "W": "n m", "b": "m"})
SQUARE = (lambda A, x: A @ x, {"A": "n n", "x": "n"})


def layer(by_X=None, by_W=None, by_b=None):
    def backward(delta, X, W, b):
        given = {"X": by_X, "W": by_W, "b": by_b}
        right = {"X": delta @ W.T, "W": X.T @ delta, "b": delta.sum(axis=0)}
        return tuple(change(right[n], delta, X, W, b) if change else right[n] for n, change in given.items())

    return backward


@pytest.mark.parametrize(
    ("change", "quantity", "kind", "text"),
    [
        ({"by_X": lambda g, *_: -g}, "dJ/dX", "sign", "opposite sign"),
        ({"by_W": lambda g, *_: g.T}, "dJ/dW", "transposed", "transposed"),
        ({"by_W": lambda g, *_: 2 * g}, "dJ/dW", "factor", "2 times"),
        ({"by_X": lambda g, *_: g / 3}, "dJ/dX", "factor", "1/3 times"),
        ({"by_b": lambda g, d, X, W, b: g / len(X)}, "dJ/db", "size-factor", "1 / k times"),
        ({"by_b": lambda g, d, X, W, b: g * len(b) / 2}, "dJ/db", "size-factor", "m / 2 times"),
        ({"by_b": lambda g, d, *_: d}, "dJ/db", "missing-sum", "axis 0, of size k"),
        ({"by_b": lambda g, d, *_: d.sum() + 0 * g}, "dJ/db", "wrong-axis", "summed over axis 0"),
        (
            {"by_X": lambda g, d, X, W, b: np.ones_like(d) @ W.T},
            "dJ/dX",
            "delta-ignored",
            "delta is not used",
        ),
        ({"by_W": lambda g, d, X, W, b: g + W}, "dJ/dW", "extra-term", "W[p, q] too many"),
    ],
)
def test_simple_mistakes_are_named_for_all_shapes(change, quantity, kind, text):
    """And only in the quantity that has one."""
    found = explained(LAYER[0], layer(**change), LAYER[1])
    assert set(found) == {quantity}
    assert found[quantity].kind == kind
    assert text in found[quantity].text
    assert found[quantity].text.endswith("for all shapes")
    assert found[quantity].all_shapes
    assert kind in KINDS


@pytest.mark.parametrize(
    ("backward", "quantity", "kind"),
    [
        (lambda d, A, x: (np.outer(x, d), A.T @ d), "dJ/dA", "transposed"),
        (lambda d, A, x: (np.outer(d, x), d), "dJ/dx", None),
        (lambda d, A, x: (np.outer(d, x), A @ d), "dJ/dx", None),
    ],
)
def test_of_a_square_matrix(backward, quantity, kind):
    """Exchanged indices where the shape cannot tell; nothing is said where nothing simple fits."""
    found = explained(SQUARE[0], backward, SQUARE[1])
    assert (found[quantity].kind if quantity in found else None) == kind


def test_a_term_that_is_missing():
    """One use of the argument."""
    found = explained(lambda x: x * x + x, lambda d, x: 2 * d * x, {"x": "n"})
    assert found["dJ/dx"].kind == "missing-term"


def test_one_gradient_for_another():
    """Two arguments of one shape."""
    found = explained(lambda x, y: x * x * y, lambda d, x, y: (d * x * x, d * x * x), {"x": "n", "y": "n"})
    assert found["dJ/dx"].kind == "swapped"
    assert "dJ/dy" in found["dJ/dx"].text


@pytest.mark.parametrize(
    "backward",
    [
        lambda d, X, W, b: (d @ W.T, X.T @ d, d.sum(axis=0)),
        lambda d, X, W, b: (d @ W.T, X.T @ d, np.cumsum(d)),
        lambda d, X, W, b: d @ W,
    ],
)
def test_nothing_is_said_of_right_code_or_of_code_that_cannot_run(backward):
    """Never raises."""
    assert explained(LAYER[0], backward, LAYER[1]) == {}
