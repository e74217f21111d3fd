"""A repair is told where it leaves no branch dead, and before others where it does for all gradients."""

import numpy as np
import pytest

import gradcheck

EPS = 1e-3


def said(forward, backward, shapes, **how):
    result = gradcheck.verify(forward, backward, shapes, max_examples=12, **how)
    assert result.verdict == "fail"
    return {d.quantity: d.text for d in result.diagnosis}


def normed(x):
    return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + EPS)


def back_by(variance):
    def backward(d, x):
        s = np.sqrt(variance(x) + EPS)
        u = (x - x.mean(axis=0)) / s
        return (d - d.mean(axis=0) - u * (d * u).mean(axis=0)) / s

    return backward


OTHER_VARIANCES = {
    "everywhere": (lambda x: x.var(axis=0, ddof=1), "n+1 m"),
    "as a root": (lambda x: x.std(axis=0, ddof=1) ** 2, "n+1 m"),
    "on a branch": (lambda x: x.var(axis=0, ddof=1) if len(x) > 1 else x.var(axis=0), "n m"),
    "and the branch is a name": (lambda x: x.var(axis=0, ddof=1) + 0 if len(x) > 1 else 0.0, "n m"),
}


@pytest.mark.parametrize("name", OTHER_VARIANCES)
def test_a_variance_of_samples_is_told_and_no_condition_turned_round(name):
    variance, shape = OTHER_VARIANCES[name]
    (text,) = said(normed, back_by(variance), {"x": shape}).values()
    assert "should divide by the number of entries, without ddof" in text


def test_of_other_code_it_is_not_said():
    """Where the variance is right, where a sum of squares is divided by too much, and where both are."""
    assert gradcheck.verify(normed, back_by(lambda x: x.var(axis=0)), {"x": "n m"}, max_examples=12).passed

    def scaled(x):
        return x / x.std(axis=0, ddof=1)

    def by(ddof, count):
        def back(d, x):
            s = x.std(axis=0, ddof=ddof)
            return d / s - (x - x.mean(axis=0)) * (d * x).sum(axis=0) / s**3 / (len(x) - count)

        return back

    assert gradcheck.verify(scaled, by(1, 1), {"x": "n+1 m"}, max_examples=12).passed
    assert "with ddof=1" in said(scaled, by(0, 1), {"x": "n+1 m"})["dJ/dx"]
    for other in (by(1, 0), by(0, 0)):
        assert "should divide by" not in said(scaled, other, {"x": "n+1 m"})["dJ/dx"]


def test_a_gradient_of_a_variance_with_the_other_count():
    """As a factor, which holds where sizes stand for one another too (one less of n is m)."""

    def variance(ddof):
        return lambda x: x.var(axis=0, ddof=ddof)

    def by(ddof):
        return lambda d, x: d * 2 * (x - x.mean(axis=0)) / (len(x) - ddof)

    shapes = {"x": "n+1 m"}
    assert gradcheck.verify(variance(1), by(1), shapes, max_examples=12).passed
    assert said(variance(1), by(0), shapes)["dJ/dx"].endswith("the right one times n / x.shape[0]")
    assert said(variance(0), by(1), shapes)["dJ/dx"].endswith("the right one times x.shape[0] / n")


def relu(x):
    return np.maximum(x, 0)


def test_what_a_mask_should_leave_out_is_zero():
    def leaky(d, x):
        return np.where(x > 0, d, 0.01 * d)

    assert said(relu, leaky, {"x": "n"})["dJ/dx"].endswith("`0.01 * d` should be 0")
    assert "should be 0" not in said(relu, lambda d, x: np.where(x > 0, d, d), {"x": "n"})["dJ/dx"]


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def cell(x, h, W, U):
    z = sigmoid(W @ x + U @ h)
    return (1 - z) * np.tanh(x) + z * h


def cell_back(other):
    def backward(d, x, h, W, U):
        z = sigmoid(W @ x + U @ h)
        m = np.tanh(x)
        dm = d * other(z)
        da = d * (h - m) * z * (1 - z)
        return W.T @ da + dm * (1 - m * m), U.T @ da + d * z, np.outer(da, x), np.outer(da, h)

    return backward


def test_a_repair_of_all_gradients_is_told_before_one_of_some():
    """To turn the sign in the gate does for dJ/dx, and leaves dJ/dh wrong, which is right as it is."""
    shapes = {"x": "n", "h": "n", "W": "n n", "U": "n n"}
    assert gradcheck.verify(cell, cell_back(lambda z: 1 - z), shapes, max_examples=12).passed
    found = said(cell, cell_back(lambda z: z), shapes)
    assert list(found) == ["dJ/dx"]
    assert "the minus" not in found["dJ/dx"]


def gated(x, h, W, U, V):
    z = sigmoid(W @ x + U @ h)
    return (1 - z) * np.tanh(V @ x + h) + z * h


def gated_back(d, x, h, W, U, V):
    z = sigmoid(W @ x + U @ h)
    m = np.tanh(V @ x + h)
    dm = d * z * (1 - m * m)
    da = d * (h - m) * z * (1 - z)
    return (
        W.T @ da + V.T @ dm,
        U.T @ da + dm + d * z,
        np.outer(da, x),
        np.outer(da, h),
        np.outer(dm, x),
    )


def test_one_sentence_for_all_that_is_wrong():
    shapes = {"x": "d", "h": "n", "W": "n d", "U": "n n", "V": "n d"}
    found = said(gated, gated_back, shapes)
    assert set(found) == {"dJ/dx", "dJ/dh", "dJ/dV"}
    assert len(set(found.values())) == 1
