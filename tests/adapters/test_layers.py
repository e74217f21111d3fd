"""Layer objects: parameters and gradients as attributes, fresh for every call."""

import threading

import numpy as np
import pytest

import gradcheck
from gradcheck import layer

SHAPES = {"x": "batch n", "W": "n m", "b": "m"}


class Dense:
    def __init__(self, n, m):
        self.W, self.b = np.ones((n, m)), np.zeros(m)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class Transposed(Dense):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW.T
        return dx


class Mean(Dense):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.mean(axis=0)
        return dx


class Factor(Dense):
    def backward(self, dout):
        return 1.001 * super().backward(dout)


class Accumulating(Dense):
    def __init__(self, n, m):
        super().__init__(n, m)
        self.dW, self.db = np.zeros((n, m)), np.zeros(m)

    def backward(self, dout):
        self.dW += self.x.T @ dout
        self.db += dout.sum(axis=0)
        return dout @ self.W.T


class InLists:
    """Parameters and gradients in lists, filled in place."""

    def __init__(self, W, b):
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, dout):
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = dout.sum(axis=0)
        return dout @ self.params[0].T


class InDicts:
    def __init__(self, name="params"):
        self.params = {"W": np.ones((2, 2)), "b": np.zeros(2)}
        self.grads = {}
        setattr(self, name, self.params)

    def forward(self, x):
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dout):
        self.grads["W"], self.grads["b"] = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.params["W"].T


class ReturnsAll(Dense):
    def backward(self, dout):
        return dout @ self.W.T, self.x.T @ dout, dout.sum(axis=0)


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, 0.0)

    def backward(self, dout):
        return np.where(self.mask, dout, 0.0)


class Loops(Dense):
    def forward(self, x):
        self.x = x
        out = np.zeros((x.shape[0], self.W.shape[1]))
        for i in range(x.shape[0]):
            out[i] = x[i] @ self.W + self.b
        return out


IN_LISTS = {"parameters": {"W": "params[0]", "b": "params[1]"}, "gradients": ("grads[0]", "grads[1]")}
IN_DICTS = {
    "parameters": ("params['W']", "params['b']"),
    "gradients": {"b": "grads['b']", "W": 'grads["W"]'},
}


@pytest.mark.parametrize(
    ("source", "how"),
    [
        (Dense(3, 2), {"parameters": ("W", "b"), "gradients": ("dW", "db")}),
        (Dense(3, 2), {"parameters": ("W", "b")}),
        (lambda W: Dense(*W.shape), {"parameters": ("W", "b")}),
        (Accumulating(3, 2), {"parameters": ("W", "b")}),
        (InLists, IN_LISTS),
        (InDicts, IN_DICTS),
        (InDicts(), IN_DICTS),
        (ReturnsAll(1, 1), {"parameters": ("W", "b")}),
        (Loops(2, 2), {"parameters": ("W", "b")}),
        (lambda W: Loops(*W.shape), {"parameters": ("W", "b")}),
    ],
)
def test_right_layers_are_certified(checked, source, how):
    """An instance, a class, a function; each way of keeping parameters; buffers in loops."""
    result = checked(layer(source, **how), **SHAPES)
    assert result.strength in ("certified", "proved"), str(result)


@pytest.mark.parametrize("wrong", [Transposed, Mean, Factor])
def test_wrong_layers_fail(checked, wrong):
    """The wrong twins, and the argument that they are wrong in."""
    result = checked(layer(wrong(3, 2), parameters=("W", "b")), **SHAPES)
    assert result.verdict == "fail"
    assert {"Transposed": "dJ/dW", "Mean": "dJ/db", "Factor": "dJ/dx"}[wrong.__name__] in str(result)


def test_a_layer_that_was_used_before_is_checked_as_if_new(checked):
    """What it accumulated before is not part of its gradient, and it is not changed."""
    used = Accumulating(3, 2)
    used.forward(np.ones((4, 3)))
    used.backward(np.ones((4, 2)))
    before = used.dW.copy()
    assert checked(layer(used, parameters=("W", "b")), **SHAPES).verdict == "pass"
    assert np.array_equal(used.dW, before)
    assert np.array_equal(used.W, np.ones((3, 2)))


def test_state_outside_the_object_is_found(checked):
    """A class attribute that gathers gradients gives other answers from call to call."""

    class Shared(ReLU):
        total = 0.0

        def backward(self, dout):
            Shared.total += 1
            return np.where(self.mask, dout, 0.0) * Shared.total

    result = checked(layer(Shared()), x="n")
    assert result.verdict == "error"
    assert "not deterministic" in str(result)


def test_without_parameters_and_with_several_inputs(checked):
    """Only `dx`; a tuple for several inputs; one array for several is that of the first."""

    class Scale:
        def forward(self, x, t):
            self.x, self.t = x, t
            return x * t

        def backward(self, dout):
            return dout * self.t, dout * self.x

    class First(Scale):
        def backward(self, dout):
            return dout * self.t

    class Swapped(Scale):
        def backward(self, dout):
            return dout * self.x, dout * self.t

    assert checked(layer(ReLU()), x="n m").verdict == "pass"
    assert checked(layer(Scale()), x="n", t="n").verdict == "pass"
    first = checked(layer(First), x="n", t="n")
    assert first.verdict == "pass"
    assert first.row.unchecked == ["dJ/dt"]
    assert checked(layer(Swapped), x="n", t="n").verdict == "fail"


def test_other_method_names_and_nested_layers(checked):
    """`__call__`, and a parameter that lies in a part of the layer."""

    class Outer:
        def __init__(self):
            self.inner = Dense(2, 2)

        def __call__(self, x):
            return self.inner.forward(x) * 2

        def grad(self, dout):
            return self.inner.backward(dout * 2)

    pair = layer(Outer(), parameters=("inner.W", "inner.b"), forward="__call__", backward="grad")
    assert checked(pair, **SHAPES).verdict == "pass"


W_AND_B = {"parameters": ("W", "b")}


@pytest.mark.parametrize(
    ("source", "how", "words"),
    [
        (Dense(1, 1), W_AND_B | {"gradients": ("dW", "dB")}, "did you mean 'db'"),
        (
            Dense(1, 1),
            W_AND_B | {"gradients": ("dW", "grads['b']")},
            "has no attribute 'grads'",
        ),
        (
            InDicts("of"),
            {"parameters": ("of['W']", "of['b']")},
            "where does the layer leave the gradient of of['W']?",
        ),
    ],
)
def test_a_gradient_that_is_not_there_is_named(checked, source, how, words):
    """After backward, with what is there instead."""
    result = checked(layer(source, **how), **SHAPES)
    assert result.verdict == "error"
    assert words in str(result)


def test_a_wrong_number_of_gradients_is_an_error(checked):
    """Two for one input and no parameters."""

    class Two(ReLU):
        def backward(self, dout):
            return dout, dout

    result = checked(layer(Two()), x="n")
    assert result.verdict == "error"
    assert "expected backward to return 1 gradient" in str(result)


class Locked(ReLU):
    def __init__(self):
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    ("source", "how", "words"),
    [
        (3, {}, "got int"),
        (np.ones(2), {}, "got ndarray"),
        (dict, {}, "the class dict has no method 'forward'"),
        (Dense(1, 1), {"parameters": "W"}, "expected a tuple of names"),
        (Dense(1, 1), {"parameters": ("w",)}, "did you mean 'W'"),
        (Dense(1, 1), {"parameters": ("W", "W")}, "names a place twice"),
        (Dense(1, 1), {"parameters": ("W!",)}, "is no place in a layer"),
        (Dense(1, 1), {"parameters": ("[0]",)}, "is no place in a layer"),
        (
            Dense(1, 1),
            {"parameters": ("W", "b"), "gradients": ("dW",)},
            "expected gradients for the parameters W, b",
        ),
        (Dense, {"parameters": ("W", "b")}, r"Dense needs 'n', but it is called with those of x, W, b"),
        (Locked(), {}, "cannot be copied"),
        (Dense(1, 1), {"backward": "backwards"}, "the methods forward and backwards"),
    ],
)
def test_what_is_no_layer_is_refused(source, how, words):
    """Before anything runs."""
    with pytest.raises(gradcheck.UsageError, match=words):
        layer(source, **how)


def test_a_layer_that_cannot_be_copied_is_made_by_its_class(checked):
    """As the message says."""
    assert checked(layer(Locked), x="n").verdict == "pass"


def test_reports_show_the_users_methods(checked):
    """Source, name, and the line that runs it again."""
    result = checked(layer(Mean(3, 2), parameters=("W", "b")), **SHAPES)
    assert result.row.formula == "Mean"
    assert "self.db = dout.mean(axis=0)" in result.row.candidate.text
    assert result.reproduce.startswith("gradcheck.verify(*gradcheck.layer(Mean(...), parameters=('W', 'b'))")


def test_parameters_that_shapes_leaves_out_are_named():
    """A function that makes layers has no names of arguments; a layer that is made has them, and is right."""
    passes = layer(lambda: Dense(4, 3), parameters=("W", "b"))
    result = gradcheck.verify(*passes, shapes={"x": "batch 4"})
    assert result.verdict == "error"
    assert "takes the layer's input and then its parameters W, b; shapes has 1 of these 3" in str(result)
    assert gradcheck.verify(*passes, shapes={"x": "batch 4", "W": "4 3", "b": "3"}, max_examples=5)
