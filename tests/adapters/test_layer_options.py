"""What `gradcheck.layer` is told about layers that are made, called or read in another way.

The pair is called as `verify` calls it; `tests/zoo` has whole checks.
"""

import copy

import numpy as np
import pytest

import gradcheck
from gradcheck import layer
from gradcheck.adapters import Recorder

X, W = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4) - 5.0
B, DELTA = np.array([1.0, 2.0, 3.0, 4.0]), np.arange(8.0).reshape(2, 4) + 1.0
AFFINE = (DELTA @ W.T, X.T @ DELTA, DELTA.sum(axis=0))


class InAttributes:
    def forward(self, x):
        self.output = x**2
        self.x = x

    def backward(self, dout):
        self.dinputs = 2 * self.x * dout


class Late:
    """Makes its parameters in its first forward, over what stands there."""

    def __init__(self, width):
        self.width, self.built = width, False

    def build(self, n):
        self.W, self.b = np.zeros((n, self.width)), np.zeros(self.width)
        self.built = True

    def forward(self, x):
        if not self.built:
            self.build(x.shape[1])
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class Optimised:
    """Changes its parameters in its backward, by an optimiser that it is given later."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def start(self, optimiser):
        self.of_W, self.of_b = copy.copy(optimiser), copy.copy(optimiser)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        W = self.W
        self.W = self.of_W.update(self.W, self.x.T @ dout)
        self.b = self.of_b.update(self.b, dout.sum(axis=0))
        return dout @ W.T


class Cell:
    def forward(self, x, h):
        self.x, self.h = x, h
        return x * h, x + h

    def backward(self, dy, ds):
        return dy * self.h + ds, dy * self.x + ds


class CellOfOne(Cell):
    def backward(self, deltas):
        return super().backward(*deltas)


class Joined:
    def forward(self, inputs):
        self.width = inputs[0].shape[1]
        return np.concatenate(inputs, axis=1)

    def backward(self, dout):
        return [dout[:, : self.width], dout[:, self.width :]]


class Dropout:
    def forward(self, x, training=False):
        self.mask = np.random.rand(*x.shape) < 0.5 if training else np.ones(x.shape)
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class WritesDelta:
    def forward(self, x):
        self.mask = x <= 0
        return np.where(self.mask, 0.0, x)

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


class Parameter:
    def __init__(self, data):
        self.data, self.grad = data, None


class OfObjects:
    def __init__(self):
        self.W, self.b = Parameter(np.ones((1, 1))), Parameter(np.ones(1))

    def forward(self, x):
        self.x = x
        return x @ self.W.data + self.b.data

    def backward(self, dout):
        self.W.grad, self.b.grad = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.data.T


def same(found, expected):
    return len(found) == len(expected) and all(map(np.array_equal, found, expected))


def test_results_in_attributes():
    """Forward and backward return nothing."""
    forward, backward = layer(InAttributes(), output="output", input_gradients="dinputs")
    assert np.array_equal(forward(X), X**2)
    assert same(backward(X, X), (2 * X * X,))


@pytest.mark.parametrize(
    "source", [Late(4), lambda W: Late(W.shape[1]), lambda x, W: Late(W.shape[1])], ids=["copy", "W", "x, W"]
)
def test_parameters_that_the_first_forward_makes(source):
    """They are put in after it, so that the answers are those of the parameters that were given."""
    forward, backward = layer(source, parameters=("W", "b"))
    assert np.array_equal(forward(X, W, B), X @ W + B)
    assert same(backward(DELTA, X, W, B), AFFINE)


def test_a_hook_makes_a_layer_ready():
    """A function of the layer and some of the inputs, or a method by its name."""

    class Sized(Late):
        def forward(self, x):
            assert self.built, "build first"
            return super().forward(x)

    class Named(Sized):
        def ready(self, x):
            self.build(x.shape[1])

    for made, init in (
        (Sized(4), lambda made: made.build(3)),
        (Sized(4), lambda made, x: made.build(x.shape[1])),
        (Named(4), "ready"),
    ):
        forward, backward = layer(made, parameters=("W", "b"), init=init)
        assert np.array_equal(forward(X, W, B), X @ W + B)
        assert same(backward(DELTA, X, W, B), AFFINE)


def test_a_recorder_takes_the_place_of_an_optimiser():
    """Found by the very array; the parameters stay as they are."""
    pair = layer(Optimised, parameters=("W", "b"), init=lambda made: made.start(Recorder()))
    assert same(pair[1](DELTA, X, W, B), AFFINE)


def test_what_a_recorder_understands():
    """Every method name, lists, dicts, a gradient alone."""
    one = Recorder()
    assert one.step([W, B], [W + 1, B + 1])[0] is W
    assert one.of(B) is not None and np.array_equal(one.of(B), B + 1)
    assert one({"W": W}, {"W": W + 2})["W"] is W
    assert np.array_equal(one.of(W), W + 2)
    assert np.array_equal(one.change(B), 0 * B) and one.gradient is B
    assert one.of(B.copy()) is None


@pytest.mark.parametrize("source", [Cell(), CellOfOne()])
def test_several_outputs(source):
    """A gradient each, or one tuple."""
    x, h, dy, ds = (np.array([float(k), k + 2.0]) for k in range(4))
    forward, backward = layer(source)
    assert same(forward(x, h), (x * h, x + h))
    assert same(backward((dy, ds), x, h), (dy * h + ds, dy * x + ds))


def test_a_list_of_inputs():
    """As arguments of their own, or as one nested argument."""
    both = np.concatenate([X, DELTA], axis=1)
    forward, backward = layer(Joined(), inputs="list")
    assert np.array_equal(forward(X, DELTA), both)
    assert same(backward(both, X, DELTA), (X, DELTA))
    (gradients,) = layer(Joined())[1](both, [X, DELTA])
    assert same(gradients, (X, DELTA))


def test_random_masks_are_the_same_in_every_call():
    """And what the process draws next is what it would have been."""
    np.random.seed(5)
    expected = np.random.rand()
    np.random.seed(5)
    forward, backward = layer(Dropout(), seed=1, forward_options={"training": True})
    ones = np.ones((20, 3))
    assert np.array_equal(forward(ones), forward(ones))
    assert same(backward(ones, ones), (forward(ones),))
    assert 0 < forward(ones).mean() < 1
    assert np.random.rand() == expected


def test_a_backward_that_writes_into_delta_is_judged_on_a_copy():
    """Whoever calls it keeps delta."""
    delta, x = np.array([1.0, 2.0]), np.array([-1.0, 1.0])
    _, backward = layer(WritesDelta())
    for _ in range(2):
        with pytest.warns(UserWarning, match="backward writes into the gradient that it is given"):
            assert same(backward(delta, x), (np.array([0.0, 2.0]),))
        assert np.array_equal(delta, [1.0, 2.0])


def test_usual_places_of_gradients():
    """`W.grad` of `W.data`."""
    _, backward = layer(OfObjects(), parameters={"W": "W.data", "b": "b.data"})
    assert same(backward(DELTA, X, W, B), AFFINE)


def test_layers_with_a_class_of_their_own_each():
    """The method that is called is that of the layer at hand."""

    def made():
        class Own(InAttributes):
            def forward(self, x):
                super().forward(x)
                return self.output

            def backward(self, dout):
                super().backward(dout)
                return self.dinputs

        return Own()

    forward, backward = layer(made)
    for _ in range(2):
        assert np.array_equal(forward(X), X**2)
        assert same(backward(X + 1, X), (2 * X * (X + 1),))


def test_a_layer_that_writes_into_delta_passes_and_it_is_said():
    """The wrong twin is wrong on the copy too."""

    class Wrong(WritesDelta):
        def backward(self, dout):
            dout[self.mask] = 1
            return dout

    how = {"shapes": {"x": "n"}, "max_examples": 8, "backends": ["finite_difference"]}
    right = gradcheck.verify(*layer(WritesDelta()), **how)
    assert right.verdict == "pass"
    assert "backward writes into the gradient that it is given" in str(right)
    assert gradcheck.verify(*layer(Wrong()), **how).verdict == "fail"


class Bare:
    def forward_pass(self, x):
        return x

    def backward_pass(self, dout):
        return dout


@pytest.mark.parametrize(
    ("source", "how", "words"),
    [
        (Bare(), {}, r'say forward="forward_pass", backward="backward_pass"'),
        (
            Bare(),
            {"forward": "forward_pass"},
            r'It has .*backward_pass.*: name the right one with backward="',
        ),
        (
            Dropout(),
            {"forward_options": {"train": True}},
            "forward_options has 'train'.*Did you mean 'training'",
        ),
        (
            Dropout(),
            {"forward_options": True},
            r'expected a dict of keywords, as in forward_options=\{"training"',
        ),
        (Dropout(), {"seed": "0"}, "seed is '0'; expected a whole number"),
        (Dropout(), {"accumulates": "yes"}, "accumulates is 'yes'; expected True, False or None"),
        (Dropout(), {"init": 3}, "init is 3; expected a function of the layer and its inputs"),
        (Dropout().forward, {}, r"got its method forward; give the layer itself, layer\(Dropout\("),
        (Joined(), {"inputs": list}, 'expected "list" or "tuple"'),
        (InAttributes(), {"output": "out put"}, "is no place in a layer"),
        (Late(4), {"parameters": ("w",)}, "there is no parameter w: Late has no attribute 'w'"),
        (lambda w, x: Late(4), {"parameters": ("W",)}, "takes 'w', which is no parameter; did you mean 'W'"),
    ],
)
def test_misuse_is_told_before_anything_runs(source, how, words):
    """With what to write instead."""
    with pytest.raises(gradcheck.UsageError, match=words):
        layer(source, **how)


def test_a_pair_that_was_not_unpacked():
    """The star is what is missing."""
    with pytest.raises(
        gradcheck.UsageError, match=r"got tuple\. An adapter's pair is unpacked: verify\(\*pair"
    ):
        gradcheck.verify(layer(Dropout()), shapes={"x": "n"})


def test_parameters_that_were_not_named():
    """The message has the line to write."""
    words = r"called as \(x, W, b\): 3 arguments.*gradcheck\.layer\(\.\.\., parameters=\('W', 'b'\)\)"
    with pytest.raises(gradcheck.UsageError, match=words):
        gradcheck.verify(*layer(Optimised(W, B)), shapes={"x": "n i", "W": "i o", "b": "o"})


class WantsNothing:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self):
        return 1 - self.y**2


class WantsMore(WantsNothing):
    def backward(self, dout, out):
        return dout * (1 - out**2)


class OneOfTwo:
    """Its backward wants the gradient of h alone."""

    def forward(self, x):
        self.h = np.tanh(x)
        return self.h, 2 * x

    def backward(self, dh):
        return dh.copy() * (1 - self.h**2)


class Broken(OneOfTwo):
    def backward(self, dh):
        return dh[0] * undefined  # noqa: F821


def test_a_gradient_of_one_output_of_two():
    """Where it is kept is said; what backward raises by itself is a failure."""
    how = {"shapes": {"x": "n"}, "max_examples": 4, "backends": ["finite_difference"]}
    result = gradcheck.verify(*layer(OneOfTwo()), **how)
    assert result.verdict == "error"
    assert 'say where the layer keeps it, as in output="h"' in result.reason
    assert gradcheck.verify(*layer(OneOfTwo(), output="h"), **how).verdict == "pass"
    assert gradcheck.verify(*layer(Broken()), **how).verdict == "fail"


class Cell:
    """Keeps all forwards until it is flushed, and makes its parameter in the first."""

    def __init__(self):
        self.built, self.xs, self.carried = False, [], 0.0

    def forward(self, x):
        if not self.built:
            build(self, x)
        self.xs.append(x)
        return self.W * x

    def backward(self, dout):
        dout = dout + self.carried
        self.dW = dout * self.xs[-1]
        return self.W * dout

    def flush_gradients(self):
        self.xs, self.carried = [], []  # broken: no number


def build(cell, x):
    cell.W, cell.built = np.ones(len(x)), True


def test_a_layer_that_its_flush_breaks():
    """Where it was flushed for us, that is said; once made without, what a flush breaks is a failure."""
    how = {"shapes": {"x": "n+1", "W": "n+1"}, "max_examples": 4, "backends": ["finite_difference"]}
    late = gradcheck.verify(*layer(Cell(), parameters=("W",)), **how)
    assert late.verdict == "error"
    assert "after flush_gradients(), which was called because Cell makes its parameters" in late.reason
    again = gradcheck.verify(*layer(Cell(), parameters=("W",), init=build), **how)
    assert again.verdict == "fail"
    assert "it was told to flush_gradients before its last forward" in again.diagnosis[0].text


@pytest.mark.parametrize(
    ("source", "how", "words"),
    [
        (InAttributes(), {}, 'forward returns None.*output="output"'),
        (InAttributes(), {"output": "output"}, 'backward returns None.*input_gradients="dinputs"'),
        (
            InAttributes(),
            {"output": "outputs"},
            "no output after forward: outputs: InAttributes has no attribute",
        ),
        (InAttributes(), {"output": "output", "input_gradients": "dinput"}, "did you mean 'dinputs'"),
        (WritesDelta(), {"init": "prepare"}, "init is 'prepare', but WritesDelta has no such method"),
        (lambda: None, {}, "the function gives None without a method 'forward'"),
        (lambda x, y: WritesDelta(), {}, "takes x, y, but there is 1 input besides"),
        (WantsNothing(), {}, r"backward\(\) takes no gradient of the output.*gradcheck\.elementwise"),
        (WantsMore(), {}, r"backward\(dout, out\) takes more than the gradient of the output.*verify\("),
    ],
)
def test_misuse_that_the_first_call_shows(source, how, words):
    """One sentence, and no points are drawn for it."""
    forward, backward = layer(source, **how)
    with pytest.raises(Exception, match=words):
        backward(np.ones(2), np.ones(2))
    result = gradcheck.verify(
        forward, backward, shapes={"x": "n"}, max_examples=4, backends=["finite_difference"]
    )
    assert result.verdict == "error"
    assert len(str(result)) < 900


class Called:
    """In the style of frameworks: a call is the forward."""

    def __call__(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


@pytest.mark.parametrize("source", [Called(), Called])
def test_a_layer_that_is_called_is_told_how_to_say_so(source):
    with pytest.raises(gradcheck.UsageError, match=r"Called has no .*'\. It has __call__: say forward="):
        layer(source)
    assert gradcheck.verify(*layer(source, forward="__call__"), {"x": "n"}, max_examples=6)
    with pytest.raises(gradcheck.UsageError, match=r"'forward'\. It has backward: name the right one"):
        layer(type("Other", (), {"backward": Called.backward}))


def test_a_function_without_a_name_is_called_the_function():
    result = gradcheck.verify(*gradcheck.value_and_grad(lambda x: np.sum(x**2)), {"x": "n"}, max_examples=3)
    assert (
        result.reason
        == "value_and_grad: the function must return (value, gradients), but it returned float64"
    )
