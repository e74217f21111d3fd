"""Styles in which layers are written: made late, with optimisers inside, lists, masks, results elsewhere."""

import copy
from typing import ClassVar

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


class Variable:
    def __init__(self, data):
        self.data, self.grad = data, None


class OfVariables:
    def __init__(self):
        self.W, self.b = Variable(np.ones((1, 1))), Variable(np.ones(1))

    def forward(self, x):
        self.x = x
        return x.dot(self.W.data) + self.b.data

    def backward(self, gy):
        self.W.grad, self.b.grad = self.x.T.dot(gy), gy.sum(axis=0)
        return gy.dot(self.W.data.T)


class OfVariablesSquared(OfVariables):
    def backward(self, gy):
        gx = super().backward(gy)
        self.W.grad = self.x.T.dot(gy * gy)
        return gx


class Piling:
    """Adds to its gradients, and clears them when it is told to."""

    def __init__(self, W):
        self.W, self.dW = W, np.zeros_like(W)

    def zero_grad(self):
        self.dW[...] = 0.0

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW += self.x.T @ dout
        return dout @ self.W.T


class PilingInputs(Piling):
    def __init__(self, W):
        super().__init__(W)
        self.total = 0.0

    def backward(self, dout):
        super().backward(dout)
        self.total = self.total + dout.sum(axis=0)
        return dout @ self.W.T + 0 * self.total if len(dout) == 1 else 2 * (dout @ self.W.T)


class Block:
    """Layers inside a layer, in a list; a shortcut beside them."""

    def __init__(self):
        self.layers = [Lazy(1), Lazy(1)]
        for layer in self.layers:
            layer.build(1)

    def forward(self, x):
        h = x
        for layer in self.layers:
            h = layer.forward(h)
        return h + x

    def backward(self, dout):
        d = dout
        for layer in reversed(self.layers):
            d = layer.backward(d)
        return d + dout


class BlockNoShortcut(Block):
    def backward(self, dout):
        return super().backward(dout) - dout


class OwnBuffer:
    """Keeps its output in an array that it makes once."""

    def __init__(self):
        self.out = np.zeros(64)

    def forward(self, x):
        self.x = x
        self.out[: len(x)] = x**3
        return self.out[: len(x)].copy()

    def backward(self, d):
        return 3 * self.x**2 * d


class OwnBufferPower(OwnBuffer):
    def backward(self, d):
        return 3 * self.x * d


class Registry:
    """Activations looked up by name in a table of objects."""

    class Tanh:
        @staticmethod
        def f(x):
            out = np.empty_like(x)
            out[...] = np.tanh(x)
            return out

        @classmethod
        def df(cls, x):
            return 1 - cls.f(x) ** 2

    table: ClassVar = {"tanh": Tanh()}

    def forward(self, x):
        self.x = x
        return self.table["tanh"].f(x)

    def backward(self, d):
        return d * self.table["tanh"].df(self.x)


class RegistryPlain(Registry):
    def backward(self, d):
        return d * (1 - self.table["tanh"].f(self.x))


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


class Tape:
    """Keeps all its forwards in lists until it is told to forget them; gradients pile up till then."""

    def __init__(self, n_out):
        self.n_out, self.X, self.is_initialized = n_out, [], False
        self.parameters, self.gradients = {"W": None}, {}

    def flush_gradients(self):
        self.X = []
        for k, v in self.gradients.items():
            self.gradients[k] = np.zeros_like(v)

    def forward(self, X, retain_derived=True):
        if not self.is_initialized:
            self.parameters = {"W": np.random.randn(X.shape[1], self.n_out)}
            self.gradients = {"W": np.zeros_like(self.parameters["W"])}
            self.is_initialized = True
        if retain_derived:
            self.X.append(X)
        return np.tanh(X @ self.parameters["W"])

    def backward(self, dLdy):
        if not isinstance(dLdy, list):
            dLdy = [dLdy]
        dX = []
        for dy, x in zip(dLdy, self.X, strict=False):
            dZ = dy * self.slope(x @ self.parameters["W"])
            self.gradients["W"] += x.T @ dZ
            dX.append(dZ @ self.parameters["W"].T)
        return dX[0] if len(self.X) == 1 else dX

    def slope(self, z):
        return 1 - np.tanh(z) ** 2


class TapePlain(Tape):
    def slope(self, z):
        return 1 - np.tanh(z)


class Outer:
    """Lists of parameters and gradients that its parts share."""

    def __init__(self, W1, W2):
        self.parts = [Affine(W1), Affine(W2)]
        self.params = self.parts[0].params + self.parts[1].params
        self.grads = self.parts[0].grads + self.parts[1].grads

    def forward(self, x):
        return self.parts[0].forward(x) + self.parts[1].forward(x[::-1])[::-1]

    def backward(self, d):
        return self.parts[0].backward(d) + self.turned(self.parts[1].backward(d[::-1]))

    def turned(self, d):
        return d[::-1]


class Affine:
    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, x):
        self.x = x
        return x @ self.params[0]

    def backward(self, d):
        self.grads[0][...] = self.x.T @ d
        return d @ self.params[0].T


class OuterStraight(Outer):
    def turned(self, d):
        return d


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
        "variables",
        OfVariables(),
        OfVariablesSquared(),
        AFFINE,
        "the factor `gy` should not be there",
        {"parameters": {"W": "W.data", "b": "b.data"}},
    ),
    Entry(
        "gradients that pile up",
        Piling,
        PilingInputs,
        {"x": "n i", "W": "i o"},
        "wrong only where n is not 1",
        {"parameters": ("W",), "accumulates": True},
    ),
    Entry(
        "layers in a layer",
        Block(),
        BlockNoShortcut(),
        {"x": "n 1", "W1": "1 1", "W2": "1 1"},
        "the part that comes through x in `h + x`",
        {
            "parameters": {"W1": "layers[0].W", "W2": "layers[1].W"},
            "gradients": ("layers[0].grad_W", "layers[1].grad_W"),
        },
    ),
    Entry(
        "forwards in a list till they are flushed",
        lambda W: Tape(W.shape[1]),
        lambda W: TapePlain(W.shape[1]),
        {"X": "n i", "W": "i o"},
        "1 - a stands in place of 1 - a^2",
        {"parameters": ("parameters['W']",)},
    ),
    Entry(
        "lists that parts share",
        Outer,
        OuterStraight,
        {"x": "n i", "W1": "i o", "W2": "i o"},
        "what arrives there is handed on as it is",
        {"parameters": {"W1": "params[0]", "W2": "params[1]"}},
    ),
    Entry("a buffer of its own", OwnBuffer(), OwnBufferPower(), {"x": "n"}, "the factor x is left out"),
    Entry(
        "a table of objects", Registry(), RegistryPlain(), {"x": "n m"}, "1 - a stands in place of 1 - a^2"
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
