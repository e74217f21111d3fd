"""Styles in which layers are written: made late, with optimisers inside, lists, masks, results elsewhere."""

import copy

import numpy as np

import gradcheck
from gradcheck.adapters import Recorder
from tests.zoo.entry import Entry

AFFINE = {"x": "n i", "W": "i o", "b": "o"}


class Lazy:
    """Sized by its first input, over what stands there."""

    def __init__(self, units):
        self.units, self.is_built = units, False

    def build(self, n):
        self.W, self.b = np.random.randn(n, self.units) / np.sqrt(n), np.zeros(self.units)
        self.is_built = True

    def forward(self, x):
        if not self.is_built:
            self.build(x.shape[1])
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.grad_W, self.grad_b = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class LazyNoSum(Lazy):
    def backward(self, dout):
        dx = super().backward(dout)
        self.grad_b = dout.sum(axis=0) / len(dout)
        return dx


class Sized:
    """Told the shape of its input and an optimiser before its first use."""

    def __init__(self, n_units):
        self.n_units = n_units

    def set_input_shape(self, shape):
        self.input_shape = shape

    def initialize(self, optimizer):
        limit = 1 / np.sqrt(self.input_shape[0])
        self.W = np.random.uniform(-limit, limit, (self.input_shape[0], self.n_units))
        self.w0 = np.zeros((1, self.n_units))
        self.W_opt, self.w0_opt = copy.copy(optimizer), copy.copy(optimizer)

    def forward_pass(self, X, training=True):
        self.layer_input = X
        return X.dot(self.W) + self.w0

    def backward_pass(self, accum_grad):
        W = self.W
        grad_w = self.layer_input.T.dot(accum_grad)
        grad_w0 = np.sum(accum_grad, axis=0, keepdims=True)
        self.W = self.W_opt.update(self.W, grad_w)
        self.w0 = self.w0_opt.update(self.w0, grad_w0)
        return accum_grad.dot(W.T)


class SizedUpdated(Sized):
    """The input's gradient by weights that are updated already would be wrong in training; here it is."""

    def backward_pass(self, accum_grad):
        dx = super().backward_pass(accum_grad)
        return dx * 1.1


def started(layer, X):
    layer.set_input_shape(X.shape[1:])
    layer.initialize(Recorder())


class Concatenate:
    def forward(self, inputs):
        self.sizes = np.cumsum([x.shape[1] for x in inputs])[:-1]
        return np.concatenate(inputs, axis=1)

    def backward(self, dout):
        return np.split(dout, self.sizes, axis=1)


class ConcatenateTurned(Concatenate):
    def backward(self, dout):
        return [-part if k else part for k, part in enumerate(super().backward(dout))]


class Add:
    """A list of inputs, and a gradient for each."""

    def forward(self, X):
        out = X[0].copy()
        for i in range(1, len(X)):
            out += X[i]
        return np.tanh(out)

    def backward(self, dLdY):
        return [dLdY * self.slope for _ in range(2)]


class AddRight(Add):
    def forward(self, X):
        out = super().forward(X)
        self.slope = 1 - out**2
        return out


class AddHalf(AddRight):
    def backward(self, dLdY):
        first, second = super().backward(dLdY)
        return [first, second / 2]


class Dropout:
    def __init__(self, ratio=0.5):
        self.ratio = ratio

    def forward(self, x, train_flg=False):
        if train_flg:
            self.mask = np.random.rand(*x.shape) > self.ratio
            return x * self.mask
        return x * (1.0 - self.ratio)

    def backward(self, dout):
        return dout * self.mask


class DropoutForgets(Dropout):
    def backward(self, dout):
        return dout


class InvertedDropout(Dropout):
    def forward(self, x, train_flg=True):
        self.mask = np.random.binomial(1, 1 - self.ratio, size=x.shape) / (1 - self.ratio)
        return x * self.mask


class InvertedDropoutUnscaled(InvertedDropout):
    def backward(self, dout):
        return dout * (self.mask > 0)


class MSE:
    """`loss` and `gradient`, the labels first, a mean in the wrong twin's gradient alone."""

    def loss(self, y, y_pred):
        return 0.5 * np.sum((y - y_pred) ** 2)

    def gradient(self, y, y_pred):
        return -(y - y_pred)


class MSEMean(MSE):
    def gradient(self, y, y_pred):
        return -(y - y_pred) / len(y)


class Wrapped:
    """A class of its own for every object."""

    def __init__(self, W):
        self.W = W

    def forward(self, x, keep=False):
        if keep:
            self.x = x
        return x @ self.W

    def backward(self, d):
        self.dW = self.x.T @ d
        return d @ self.W.T


class WrappedTurned(Wrapped):
    def backward(self, d):
        dx = super().backward(d)
        self.dW = self.dW * np.sign(self.W) ** 2 * 2
        return dx


def keeping(kind):
    def make(W):
        class Kept(kind):
            def forward(self, x):
                return super().forward(x, keep=True)

        return Kept(W)

    return make


def recorded(kind):
    return lambda X, W: kind(W.shape[1])


PASSES = {"forward": "forward_pass", "backward": "backward_pass"}
ENTRIES = [
    Entry(
        "made in the first forward",
        lambda W: Lazy(W.shape[1]),
        lambda W: LazyNoSum(W.shape[1]),
        AFFINE,
        "too small by the factor n",
        {"parameters": ("W", "b")},
    ),
    Entry(
        "an optimiser inside",
        recorded(Sized),
        recorded(SizedUpdated),
        {"X": "n i", "W": "i o", "w0": "1 o"},
        "too large by the factor 11/10",
        {"parameters": ("W", "w0"), "init": started} | PASSES,
    ),
    Entry(
        "a list of inputs",
        Concatenate(),
        ConcatenateTurned(),
        {"a": "n i", "b": "n o"},
        "sign",
        {"inputs": "list"},
    ),
    Entry("a nested input", AddRight(), AddHalf(), {"X": ["n m", "n m"]}, "by the factor 2"),
    Entry(
        "dropout",
        Dropout(),
        DropoutForgets(),
        {"x": "n m"},
        "the factor `self.mask` is left out",
        {"seed": 0, "forward_options": {"train_flg": True}},
    ),
    Entry(
        "inverted dropout",
        InvertedDropout(),
        InvertedDropoutUnscaled(),
        {"x": "n m"},
        "too small by the factor 2",
        {"seed": 1},
    ),
    Entry(
        "a loss with the labels first",
        MSE(),
        MSEMean(),
        {"y": "n m", "y_pred": "n m"},
        "too small by the factor n",
        pair=lambda made: gradcheck.loss(made.loss, made.gradient, labels="y"),
    ),
    Entry(
        "a class of its own",
        keeping(Wrapped),
        keeping(WrappedTurned),
        {"x": "n i", "W": "i o"},
        "too large by the factor 2",
        {"parameters": ("W",)},
    ),
]
