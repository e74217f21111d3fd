"""A declared batch: rows alone give what they give together, or the declaration does not hold."""

import numpy as np
import pytest

import gradcheck
from gradcheck.formulas.calling.foreign import float_only

SHAPES = {"X": "b n", "W": "n m"}


def dense(X, W):
    return np.tanh(X @ W)


def dense_backward(d, X, W):
    dz = d * (1 - np.tanh(X @ W) ** 2)
    return dz @ W.T, X.T @ dz


def total(X, W):
    return np.sum(np.tanh(X @ W))


def total_backward(d, X, W):
    return dense_backward(d * np.ones((X.shape[0], W.shape[1])), X, W)


def outputs(X, W):
    z = np.tanh(X @ W)
    return z, np.sum(z * z)


def outputs_backward(d, X, W):
    z = np.tanh(X @ W)
    return dense_backward(d[0] + 2 * z * d[1], X, W)


def columns(X, W):
    return np.tanh(W.T @ X)


def columns_backward(d, X, W):
    dz = d * (1 - np.tanh(W.T @ X) ** 2)
    return W @ dz, X @ dz.T


@pytest.mark.parametrize(
    ("forward", "backward", "shapes"),
    [
        (dense, dense_backward, SHAPES),
        (total, total_backward, SHAPES),
        (outputs, outputs_backward, SHAPES),
        (columns, columns_backward, {"X": "n b", "W": "n m"}),
        (dense, float_only(dense_backward, "it"), SHAPES),
    ],
    ids=["rows", "a sum", "both", "columns", "float64 only"],
)
def test_the_rows_alone_give_what_they_give_together(battery, forward, backward, shapes):
    """Gradients of rows stack, gradients of weights add up."""
    judged = battery(forward, backward, shapes, batch="b")
    assert (judged.row.verdict, judged.failed) == ("pass", set())
    assert judged.rows["batch"].outcome == "pass"
    assert judged.rows["batch"].points >= 1
    assert not judged.rows["batch"].counts


def test_nothing_is_said_of_a_batch_that_is_not_declared(battery):
    """A row would only be noise."""
    assert "batch" not in battery(dense, dense_backward, SHAPES).rows


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (
            lambda d, X, W: (dense_backward(d, X, W)[0], dense_backward(d, X, W)[1] / len(X)),
            "sum over its rows",
        ),
        (
            lambda d, X, W: (dense_backward(d, X, W)[0] / len(X), dense_backward(d, X, W)[1]),
            "gradient of its rows",
        ),
    ],
    ids=["mean over rows", "rows divided"],
)
@pytest.mark.parametrize("only", [False, True], ids=["in balls", "in float64 only"])
def test_a_backward_that_is_not_by_rows_is_told(battery, backward, words, only):
    """And fails by its numbers anyway."""
    judged = battery(dense, float_only(backward, "it") if only else backward, SHAPES, batch="b")
    assert judged.row.verdict == "fail"
    row = judged.rows["batch"]
    assert row.outcome == "fail"
    assert words in row.reason
    assert "for the batch, but the" in row.reason


@pytest.mark.parametrize(
    ("forward", "backward", "words"),
    [
        (
            lambda X, W: np.mean(X @ W, axis=0),
            lambda d, X, W: (np.tile(d @ W.T, (len(X), 1)) / len(X), np.outer(X.mean(axis=0), d)),
            "are not their sum: is batch='b' meant?",
        ),
        (
            lambda X, W: (X - X.mean(axis=0)) @ W,
            lambda d, X, W: ((d - d.mean(axis=0)) @ W.T, (X - X.mean(axis=0)).T @ d),
            "are not those of each row alone: is batch='b' meant?",
        ),
        (
            lambda X, W: (X @ W) @ (X @ W).T,
            lambda d, X, W: ((d + d.T) @ X @ W @ W.T, X.T @ (d + d.T) @ X @ W),
            "and (1, 1) for one: is batch='b' meant?",
        ),
    ],
    ids=["a mean", "centred", "pairs"],
)
def test_a_forward_that_mixes_rows_does_not_have_the_batch_that_is_declared(
    battery, forward, backward, words
):
    """The claim is right; the declaration is not."""
    judged = battery(forward, backward, SHAPES, batch="b")
    assert judged.row.verdict == "pass"
    assert judged.failed == {"batch"}
    assert words in judged.rows["batch"].reason


def test_a_relation_that_forbids_single_rows_leaves_the_batch_untried(battery):
    """The forward is asked for single rows all the same, where it can; here it cannot."""

    def needs_two(X):
        if len(X) < 2:
            raise ValueError("two rows")
        return X * X

    judged = battery(needs_two, lambda d, X: 2 * d * X, {"X": "b n"}, where=lambda b: b > 1, batch="b")
    assert judged.row.verdict == "pass"
    assert judged.rows["batch"].outcome == "skipped"
    assert "two rows" in judged.rows["batch"].reason


def test_verify_and_formulas_take_a_batch():
    """Named by dimension, refused where it is none."""
    assert gradcheck.verify(dense, dense_backward, SHAPES, batch="b", max_examples=8).verdict == "pass"

    @gradcheck.formula(shapes=SHAPES, batch="b")
    def layer(X, W):
        return dense(X, W)

    layer.vjp(dense_backward)
    result = gradcheck.verify(layer, max_examples=8)
    assert {r.check: r.outcome for r in result.battery}["batch"] == "pass"
    with pytest.raises(gradcheck.UsageError, match="batch: expected the name of a dimension, got 'X'"):
        gradcheck.verify(dense, dense_backward, SHAPES, batch="X")
