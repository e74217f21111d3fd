"""What a sentence names is in the code: delta where there is one, values by their names, no array of ours."""

import numpy as np
import pytest

import gradcheck


def said(forward, backward, shapes, **how):
    result = gradcheck.verify(forward, backward, shapes, max_examples=12, **how)
    assert result.verdict == "fail"
    return {d.quantity: d.text for d in result.diagnosis}


def loss(W, x):
    return np.sum((W @ x) ** 2) + 0.05 * np.sum(W * W)


def gradients(W, x, by):
    z = 2 * (W @ x)
    return np.outer(z, x) + by * W, W.T @ z


MATRIX = {"W": "n m", "x": "m"}


def test_what_is_missing_is_multiplied_by_delta_where_the_code_has_one():
    def backward(d, W, x):
        dW, dx = gradients(W, x, 0.05)
        return d * dW, d * dx

    assert "too small by delta * 0.05 W: the factor 2" in said(loss, backward, MATRIX)["dJ/dW"]


def test_and_by_nothing_where_loss_and_gradients_are_returned():
    def both(by):
        return lambda W, x: (loss(W, x), gradients(W, x, by))

    pairs = (
        gradcheck.value_and_grad(both(0.05)),
        gradcheck.loss(loss, lambda W, x: gradients(W, x, 0.05)),
    )
    for pair in pairs:
        assert "too small by 0.05 W: the factor 2" in said(*pair, MATRIX)["dJ/dW"]
    assert gradcheck.verify(*gradcheck.value_and_grad(both(0.1)), MATRIX, max_examples=12).passed
    ignored = said(loss, lambda d, W, x: gradients(W, x, 0.05), MATRIX)["dJ/dW"]
    assert "delta is not used" in ignored
    assert "too small by 0.05 W" in ignored


def cost(z, y):
    s = z - z.max(axis=1, keepdims=True)
    return -np.sum(y * (s - np.log(np.exp(s).sum(axis=1, keepdims=True))))


SCORES = {"z": "n k", "y": "n k"}


@pytest.mark.parametrize(
    ("of", "words"),
    [
        (lambda z: z, "uses z itself in place of the softmax"),
        (lambda z: 1 / (1 + np.exp(-z)), "uses the logistic function in place of the softmax"),
    ],
)
def test_the_scores_of_a_cost_are_called_by_their_name(of, words):
    how = {"values": {"y": gradcheck.one_hot}}
    text = said(cost, lambda d, z, y: (d * (of(z) - y), None), SCORES, **how)["dJ/dz"]
    assert text == f"the derivative of the cost, the softmax of z minus y, {words}"
    other = said(cost, lambda d, z, y: (d * (np.tanh(z) - y), None), SCORES, **how)["dJ/dz"]
    assert "in place of the softmax" not in other


def windows(x, w):
    return np.array([x[2 * i : 2 * i + len(w)] @ w for i in range((len(x) - len(w)) // 2 + 1)])


def windows_back(first, last):
    def backward(d, x, w):
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        for i in range(first, len(d) - last):
            dx[2 * i : 2 * i + len(w)] += d[i] * w
            dw += d[i] * x[2 * i : 2 * i + len(w)]
        return dx, dw

    return backward


def test_a_list_of_numbers_is_no_stack():
    how = {"where": lambda L, k: k <= L}
    shapes = {"x": "L", "w": "k"}
    assert gradcheck.verify(windows, windows_back(0, 0), shapes, max_examples=12, **how).passed
    for back, word in ((windows_back(1, 0), "first"), (windows_back(0, 1), "last")):
        (text,) = set(said(windows, back, shapes, **how).values())
        assert text == f"the {word} entry of delta does not count"


def stacked(x, W):
    rows = [np.tanh(x[i] @ W) for i in range(len(x))]
    return np.stack(rows)


def stacked_back(start):
    def backward(d, x, W):
        dz = d * (1 - np.tanh(x @ W) ** 2)
        return dz @ W.T, x[start:].T @ dz[start:]

    return backward


def test_of_parts_that_are_written_alike_the_one_is_named():
    shapes = {"x": "n m", "W": "m k"}
    assert gradcheck.verify(stacked, stacked_back(0), shapes, max_examples=12).passed
    text = said(stacked, stacked_back(1), shapes)["dJ/dW"]
    assert "part 0, in `np.stack(rows)`" in text


def attention(q, k, v):
    s = q @ k.T
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True) @ v


def attention_back(times):
    def backward(d, q, k, v):
        s = q @ k.T
        e = np.exp(s - s.max(axis=1, keepdims=True))
        a = e / e.sum(axis=1, keepdims=True)
        da = d @ v.T
        ds = a * (da - times * (da * a).sum(axis=1, keepdims=True))
        return ds @ k, ds.T @ q, a.T @ d

    return backward


def test_where_a_softmax_is_saturated_its_shift_is_no_part_that_is_missing():
    """dJ/dq and dJ/dk are made of one value: what is missing in it is one thing."""
    shapes = {"q": "n d", "k": "m d", "v": "m e"}
    assert gradcheck.verify(attention, attention_back(1), shapes, max_examples=12).passed
    found = said(attention, attention_back(0), shapes)
    assert set(found) == {"dJ/dq", "dJ/dk"}
    (text,) = set(found.values())
    assert "`e.sum(axis=1, keepdims=True)`" in text
    assert ".max" not in text
