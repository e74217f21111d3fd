"""Losses without dout and activations as two functions."""

import functools

import numpy as np
import pytest

import gradcheck

HOW = {"max_examples": 8, "backends": ["finite_difference"]}
LABELLED = {
    "shapes": {"p": "n k", "y": "n k"},
    "values": {"p": gradcheck.unit_interval, "y": gradcheck.one_hot},
} | HOW


def cross_entropy(p, y):
    return -np.sum(y * np.log(p)) / len(p)


def grad(p, y):
    return -y / p / len(p)


def turned(y, p):
    return grad(p, y)


def both(p, y):
    return grad(p, y), None


def as_dict(p, y):
    return {"p": grad(p, y), "y": None}


def by_sample(p, y):
    return -y / p


class Stateful:
    def forward(self, p, y):
        self.p, self.y = p, y
        return cross_entropy(p, y)

    def backward(self, dout=1):
        return dout * grad(self.p, self.y)


@pytest.mark.parametrize("right", [grad, turned, both, as_dict])
def test_gradients_of_a_loss(right):
    """By position, by the same names in another order, with the labels, as a dict."""
    result = gradcheck.verify(*gradcheck.loss(cross_entropy, right, labels="y"), **LABELLED)
    assert result.verdict == "pass", str(result)
    assert result.unchecked == ("dJ/dy",)
    said = f"{right.__name__} takes no delta: what it gives is the gradient for delta = 1"
    assert said in str(result)


def test_a_wrong_gradient_of_a_loss():
    """A mean on one side only, and said so."""
    result = gradcheck.verify(*gradcheck.loss(cross_entropy, by_sample, labels="y"), **LABELLED)
    assert result.verdict == "fail"
    assert "too large by the factor n" in result.diagnosis[0].text


def test_labels_first_and_several_arguments():
    """Each argument that is no label has a gradient; the pair multiplies them by delta."""

    def error(y, x, w):
        return np.sum((x * w - y) ** 2)

    def of_x_and_w(y, x, w):
        return 2 * (x * w - y) * w, 2 * (x * w - y) * x

    y, x, w = np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array([5.0, 6.0])
    forward, backward = gradcheck.loss(error, of_x_and_w, labels=("y",))
    assert forward(y, x, w) == error(y, x, w)
    none, by_x, by_w = backward(2.0, y, x, w)
    assert none is None
    assert np.array_equal(by_x, 4 * (x * w - y) * w)
    assert np.array_equal(by_w, 4 * (x * w - y) * x)


def test_a_loss_layer_that_needs_no_dout():
    """Its backward, which takes nothing, is called after its forward."""
    made = Stateful()
    pair = gradcheck.loss(made.forward, made.backward, labels="y")
    assert gradcheck.verify(*pair, **LABELLED).verdict == "pass"


def test_misuse_of_loss():
    """Names what was expected and what to write."""
    with pytest.raises(
        gradcheck.UsageError, match=r"labels names 'Y', but cross_entropy takes p, y\. Did you"
    ):
        gradcheck.loss(cross_entropy, grad, labels="Y")
    with pytest.raises(gradcheck.UsageError, match="expected a function as the gradient, got int"):
        gradcheck.loss(cross_entropy, 3)
    result = gradcheck.verify(*gradcheck.loss(lambda p, y: p - y, grad, labels="y"), **LABELLED)
    assert result.verdict == "error"
    assert "a loss is a scalar" in result.reason
    result = gradcheck.verify(*gradcheck.loss(cross_entropy, grad), **LABELLED)
    assert "expected grad to give 2 gradients" in result.reason
    assert "name the labels with labels=" in result.reason


def test_a_gradient_of_a_loss_that_takes_delta_is_told_so():
    """It is a pair already."""
    with pytest.raises(
        gradcheck.UsageError, match=r"takes \(delta, p, y\), but the gradient of a loss takes no"
    ):
        gradcheck.loss(cross_entropy, lambda delta, p, y: delta * grad(p, y), labels="y")
    with pytest.raises(gradcheck.UsageError, match="labels is 1; expected the name of an argument"):
        gradcheck.loss(cross_entropy, grad, labels=1)


def elu(x, alpha=1.0):
    return np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0)) - 1))


def elu_grad(x, alpha=1.0):
    return np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0)))


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def test_activations():
    """Settings are bound first, on both sides."""
    bound = [functools.partial(f, alpha=0.5) for f in (elu, elu_grad)]
    right = gradcheck.verify(*gradcheck.elementwise(*bound), shapes={"x": "n"}, **HOW)
    assert right.verdict == "pass"
    assert "elu_grad(x) is taken for the derivative of each entry by itself" in str(right)
    wrong = gradcheck.verify(*gradcheck.elementwise(bound[0], elu_grad), shapes={"x": "n"}, **HOW)
    assert wrong.verdict == "fail"
    proved = gradcheck.verify(
        *gradcheck.elementwise(np.tanh, lambda x: 1 - np.tanh(x) ** 2), shapes={"x": "n"}
    )
    assert proved.strength == "proved"


class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self):
        return self.y * (1 - self.y)

    def wrong(self, y=None):
        return self.y * (1 + self.y)


def test_a_derivative_that_takes_nothing_is_called_after_the_value():
    """It is that of the last value."""
    sigmoid = Sigmoid()
    right = gradcheck.verify(
        *gradcheck.elementwise(sigmoid.forward, sigmoid.backward), shapes={"x": "n"}, **HOW
    )
    assert right.verdict == "pass"
    assert "the gradient is delta * backward()" in str(right)
    wrong = gradcheck.elementwise(sigmoid.forward, sigmoid.wrong)
    assert gradcheck.verify(*wrong, shapes={"x": "n"}, **HOW).verdict == "fail"


def test_a_function_of_whole_rows_is_no_activation():
    """Its diagonal alone is not its derivative."""
    pair = gradcheck.elementwise(softmax, lambda x: softmax(x) * (1 - softmax(x)))
    result = gradcheck.verify(*pair, shapes={"x": "n"}, **HOW)
    assert result.verdict == "fail"
    assert "only the diagonal of the Jacobian" in result.diagnosis[0].text


def test_misuse_of_elementwise():
    """A backward with delta is another form."""
    with pytest.raises(gradcheck.UsageError, match=r"takes \(delta, x\), but it is called with x alone"):
        gradcheck.elementwise(np.tanh, lambda delta, x: delta)
    with pytest.raises(gradcheck.UsageError, match="expected a function as the activation, got str"):
        gradcheck.elementwise("tanh", np.cos)


def softmax_loss(x, y):
    p = np.exp(x - x.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    dx = p.copy()
    dx[rows, y] -= 1
    return -np.sum(np.log(p[rows, y])) / len(x), dx / len(x)


def without_mean(x, y):
    value, dx = softmax_loss(x, y)
    return value, dx * len(x)


def test_value_and_gradient_together_with_labels():
    """`loss, dx` of a function of scores and labels; without labels the line to write is said."""
    how = {"shapes": {"x": "n 3", "y": "n"}, "values": {"y": gradcheck.integers(0, 3)}} | HOW
    right = gradcheck.verify(*gradcheck.value_and_grad(softmax_loss, labels="y"), **how)
    assert right.verdict == "pass"
    wrong = gradcheck.verify(*gradcheck.value_and_grad(without_mean, labels="y"), **how)
    assert "too large by the factor n" in wrong.diagnosis[0].text
    left_out = gradcheck.verify(*gradcheck.value_and_grad(softmax_loss), **how)
    assert left_out.verdict == "error"
    assert 'as in value_and_grad(f, labels="y")' in left_out.reason
    with pytest.raises(gradcheck.UsageError, match=r"labels names 'Y'.*Did you mean 'y'"):
        gradcheck.value_and_grad(softmax_loss, labels="Y")
