"""Mistakes as they stand in public code, and sentences that would be false of them."""

import numpy as np
import pytest

import gradcheck


def softmax(x):
    x = np.exp(x - x.max(axis=1, keepdims=True))
    x /= x.sum(axis=1, keepdims=True)
    return x


def cross_entropy(x, t):
    return -np.mean(np.log(softmax(x)[np.arange(len(x)), t] + 1e-7))


def plain(x, t):
    return -np.mean(np.log(softmax(x)[np.arange(len(x)), t]))


def gradient(x, t):
    dx = softmax(x)
    dx[np.arange(len(x)), t] -= 1
    dx /= len(x)
    return dx


def narrow(x, t):
    dx = np.empty(x.shape, dtype=np.float32)
    dx[:] = gradient(x, t)
    return dx


ROOT = np.sqrt(2 / np.pi)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(ROOT * (x + 0.044715 * x**3)))


def of_the_exact_form(x):
    t = np.tanh(ROOT * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


def of_gelu(x):
    t = np.tanh(ROOT * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t**2) * ROOT * (1 + 3 * 0.044715 * x**2)


def conv(x, w):
    x = np.pad(array=x, pad_width=((0, 0), (1, 1)), mode="constant")
    return np.stack([np.sum(x[:, i : i + 3] * w, axis=1) for i in range(x.shape[1] - 2)], axis=1)


def conv_backward(delta, x, w):
    padded = np.pad(array=x, pad_width=((0, 0), (1, 1)), mode="constant")
    dx, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(delta.shape[1]):
        dx[:, i : i + 3] += delta[:, i : i + 1] * w
        dw += np.sum(delta[:, i : i + 1] * padded[:, i : i + 3], axis=0)
    return dx[:, 1:-1], dw


LABELS = {"values": {"t": gradcheck.integers(0, 3)}}
LOSS = {"x": "n 3", "t": "n"}


def loss(f, g):
    return gradcheck.loss(f, g, labels="t")


CASES = {
    "a stabiliser behind a softmax that divides in place": (
        loss(cross_entropy, gradient),
        loss(plain, gradient),
        (LOSS, LABELS),
        "the constant 1e-07 in",
    ),
    "a stabiliser beside a gradient in float32": (
        loss(cross_entropy, narrow),
        loss(plain, gradient),
        (LOSS, LABELS),
        "is not there; besides, the code rounds to float32",
    ),
    "the derivative of another form": (
        gradcheck.elementwise(gelu, of_the_exact_form),
        gradcheck.elementwise(gelu, of_gelu),
        ({"x": "n m"}, {}),
        "is not what it should be: the part that comes through `1 + np.tanh(",
    ),
    "a mean, where the array is given by its name": (
        (conv, lambda d, x, w: (conv_backward(d, x, w)[0], conv_backward(d, x, w)[1] / len(x))),
        (conv, conv_backward),
        ({"x": "n m", "w": "3"}, {}),
        "too small by the factor n",
    ),
}


@pytest.mark.parametrize(("wrong", "right", "how", "words"), CASES.values(), ids=CASES)
def test_it_is_named(wrong, right, how, words):
    """The wrong one by what is wrong, the right one not at all."""
    shapes, more = how
    result = gradcheck.verify(*wrong, shapes, max_examples=8, **more)
    assert result.verdict == "fail"
    assert words in result.diagnosis[0].text, result.diagnosis
    assert gradcheck.verify(*right, shapes, max_examples=8, **more).verdict == "pass"


def test_an_empty_gradient_is_not_called_zero():
    """`dx[:, 0:-0]` has no entries, of which nothing is to be said."""
    result = gradcheck.verify(
        lambda x: 2 * x, lambda d, x: (2 * d)[:, 0:-0], {"x": "n m"}, max_examples=8, backends=["symbolic"]
    )
    assert result.verdict == "fail"
    assert "zero" not in result.diagnosis[0].text
    zero = gradcheck.verify(lambda x: 2 * x, lambda d, x: 0 * d, {"x": "n m"}, max_examples=8)
    assert "zero throughout" in zero.diagnosis[0].text


def test_what_is_said_of_few_points_is_asked_of_a_telling_one():
    """With one row, normalised values are zero, and a sum that is missing looks like a gradient of zeros."""

    def norm(x, gamma):
        centred = x - x.mean(axis=0)
        return gamma * centred / np.sqrt((centred**2).mean(axis=0) + 1e-5)

    def backward(delta, x, gamma):
        return None, (delta * norm(x, np.ones_like(gamma))).sum(axis=0)

    result = gradcheck.verify(norm, backward, {"x": "n 2 2 m", "gamma": "m"}, max_examples=12)
    assert result.verdict == "fail"
    assert (
        result.diagnosis[0].text
        == "the sum over axes 0 and 1 is missing: summed over it, your gradient is right"
    )


def test_the_derivative_entry_by_entry_is_no_jacobian():
    """Of a function of each entry its diagonal matrix is, and nothing is said of what is right."""
    slope = lambda x: 1 - np.tanh(x) ** 2
    wrong = gradcheck.verify(np.tanh, jac=slope, shapes={"x": "n"}, max_examples=8)
    told = "this is the derivative entry by entry; its diagonal matrix is the Jacobian"
    assert [d.text for d in wrong.diagnosis] == [told]
    assert gradcheck.verify(np.tanh, jac=lambda x: np.diag(slope(x)), shapes={"x": "n"}, max_examples=8)


def test_and_is_not_called_so_where_entries_depend_on_others():
    """The Jacobian of a running sum has more than its diagonal."""
    forward = lambda x: np.cumsum(x**2)
    result = gradcheck.verify(forward, jac=lambda x: 2 * x, shapes={"x": "n"}, max_examples=8)
    assert result.diagnosis[0].text == "only the diagonal of the Jacobian is given"
