"""Activations: layers, pairs of functions, results in attributes, Jacobians row by row."""

import numpy as np

import gradcheck
from tests.zoo.entry import Entry


class ReLU:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


class ReLUOfOutput(ReLU):
    def backward(self, dout):
        dout[~self.mask] = 0
        return dout


class Sigmoid:
    def __init__(self):
        self.out = None

    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * (1.0 - self.out) * self.out


class SigmoidOfInput(Sigmoid):
    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, dout):
        return dout * (1.0 - self.x) * self.x


class ELU:
    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def fn(self, x):
        return np.where(x >= 0.0, x, self.alpha * (np.exp(np.minimum(x, 0.0)) - 1))

    def grad(self, x):
        return np.where(x >= 0.0, 1, self.alpha * np.exp(np.minimum(x, 0.0)))


class ELUSlip(ELU):
    """`fn(x) + alpha` with the sign lost: the negative branch is off by 2 alpha."""

    def grad(self, x):
        return np.where(x >= 0.0, 1, self.fn(x) - self.alpha)


class SoftPlus:
    def fn(self, x):
        return np.log(np.exp(x) + 1)

    def grad(self, x):
        return 1 / (1 + np.exp(-x))


class SoftPlusTurned(SoftPlus):
    def grad(self, x):
        return 1 / (1 + np.exp(x))


class Softmax:
    def forward(self, x):
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        self.p = e / np.sum(e, axis=-1, keepdims=True)
        return self.p

    def backward(self, dout):
        dx = self.p * dout
        return dx - self.p * np.sum(dx, axis=-1, keepdims=True)


class SoftmaxDiagonal(Softmax):
    def backward(self, dout):
        return dout * self.p * (1 - self.p)


class SoftmaxByRows:
    """A Jacobian for each row, in a loop over single outputs."""

    def forward(self, inputs):
        exp = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp / np.sum(exp, axis=1, keepdims=True)

    def backward(self, dvalues):
        self.dinputs = np.empty_like(dvalues)
        for index, (single, dsingle) in enumerate(zip(self.output, dvalues, strict=True)):
            column = single.reshape(-1, 1)
            jacobian = np.diagflat(column) - np.dot(column, column.T)
            self.dinputs[index] = np.dot(jacobian, dsingle)


class SoftmaxByRowsPlus(SoftmaxByRows):
    def backward(self, dvalues):
        self.dinputs = np.empty_like(dvalues)
        for index, (single, dsingle) in enumerate(zip(self.output, dvalues, strict=True)):
            column = single.reshape(-1, 1)
            self.dinputs[index] = np.dot(np.diagflat(column) + np.dot(column, column.T), dsingle)


class Scaled(Softmax):
    """A temperature, whose 1/T the wrong twin forgets."""

    T = 2.0

    def forward(self, x):
        return super().forward(x / self.T)

    def backward(self, dout):
        return super().backward(dout) / self.T


class ScaledForgets(Scaled):
    def backward(self, dout):
        return Softmax.backward(self, dout)


ENTRIES = [
    Entry("relu in place", ReLU(), ReLUOfOutput(), {"x": "n m"}, "<= should be >"),
    Entry("sigmoid", Sigmoid(), SigmoidOfInput(), {"x": "n m"}, "with a = sigmoid(z)"),
    Entry(
        "elu as fn and grad",
        ELU(),
        ELUSlip(),
        {"x": "n"},
        "- should be +",
        pair=lambda made: gradcheck.elementwise(made.fn, made.grad),
    ),
    Entry(
        "softplus as fn and grad",
        SoftPlus(),
        SoftPlusTurned(),
        {"x": "n m"},
        "the derivative of exp in `np.exp(x)`",
        pair=lambda made: gradcheck.elementwise(made.fn, made.grad),
    ),
    Entry("softmax", Softmax(), SoftmaxDiagonal(), {"x": "n m"}, "is not summed over the axes"),
    Entry(
        "softmax by rows, results in attributes",
        SoftmaxByRows(),
        SoftmaxByRowsPlus(),
        {"x": "n m"},
        "has the wrong sign",
        {"output": "output", "input_gradients": "dinputs"},
    ),
    Entry("softmax with temperature", Scaled(), ScaledForgets(), {"x": "n m"}, "too large by the factor 2"),
]
