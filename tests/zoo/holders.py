"""What layers hold: variables, other layers, buffers, tables of objects, lists that pile up."""

from typing import ClassVar

import numpy as np

from tests.zoo.entry import Entry
from tests.zoo.styles import AFFINE, Lazy


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
    def backward(self, dout):
        super().backward(dout)
        return dout @ self.W.T if len(dout) == 1 else 2 * (dout @ self.W.T)


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


ENTRIES = [
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
        "uses 1 - a; should be 1 - a² with a = tanh(z)",
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
        "a table of objects",
        Registry(),
        RegistryPlain(),
        {"x": "n m"},
        "uses 1 - a; should be 1 - a² with a = tanh(z)",
    ),
]
