"""Layers of rows of features: affine maps, activations, normalisation, losses."""

import numpy as np

import gradcheck
from tests.zoo.entry import Entry

AFFINE = {"x": "n i", "W": "i o", "b": "o"}
W_B = {"parameters": ("W", "b")}


class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class DenseOfOneRow(Dense):
    def backward(self, dout):
        super().backward(dout)
        self.db = dout[0]
        return dout @ self.W.T


class DenseInLists:
    def __init__(self, n=1, m=1):
        self.params = [np.random.randn(n, m), np.zeros(m)]
        self.grads = [np.zeros((n, m)), np.zeros(m)]

    def forward(self, x):
        W, b = self.params
        self.x = x
        return np.dot(x, W) + b

    def backward(self, dout):
        W, _ = self.params
        self.grads[0][...] = np.dot(self.x.T, dout)
        self.grads[1][...] = np.sum(dout, axis=0)
        return np.dot(dout, W.T)


class DenseInListsMean(DenseInLists):
    def backward(self, dout):
        dx = super().backward(dout)
        self.grads[1][...] = np.mean(dout, axis=0)
        return dx


class DenseInDicts:
    def __init__(self):
        self.params, self.grads = {"W": None, "b": None}, {}

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.params["W"] + self.params["b"]

    def backward(self, grad):
        self.grads["b"] = np.sum(grad, axis=0)
        self.grads["W"] = self.inputs.T @ grad
        return grad @ self.params["W"].T


class DenseInDictsSign(DenseInDicts):
    def backward(self, grad):
        dx = super().backward(grad)
        self.grads["W"] = -self.grads["W"]
        return dx


class DenseOnTensors:
    """Any number of leading axes, flattened into rows."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.shape = x.shape
        self.x = x.reshape(x.shape[0], -1)
        return np.dot(self.x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW, self.db = np.dot(self.x.T, dout), np.sum(dout, axis=0)
        return dx.reshape(*self.shape)


class DenseOnTensorsHalf(DenseOnTensors):
    def backward(self, dout):
        return super().backward(dout) / 2


class Regularised(Dense):
    """A penalty in the gradient of the weights that is in no forward."""

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW += 0.01 * self.W
        return dx


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


class BatchNorm:
    def __init__(self, gamma, beta, momentum=0.9):
        self.gamma, self.beta, self.momentum = gamma, beta, momentum
        self.running_mean = self.running_var = 0.0

    def forward(self, x, train_flg=False):
        if not train_flg:
            return self.gamma * (x - self.running_mean) / np.sqrt(self.running_var + 1e-6) + self.beta
        mu = x.mean(axis=0)
        self.xc = x - mu
        var = np.mean(self.xc**2, axis=0)
        self.std = np.sqrt(var + 1e-6)
        self.xn = self.xc / self.std
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
        self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        return self.gamma * self.xn + self.beta

    def backward(self, dout):
        n = dout.shape[0]
        self.dbeta, self.dgamma = dout.sum(axis=0), np.sum(self.xn * dout, axis=0)
        dxn = self.gamma * dout
        dxc = dxn / self.std
        dstd = -np.sum(dxn * self.xc / (self.std * self.std), axis=0)
        dxc = dxc + (2.0 / n) * self.xc * (0.5 * dstd / self.std)
        return dxc - np.sum(dxc, axis=0) / n


class BatchNormNoMean(BatchNorm):
    def backward(self, dout):
        super().backward(dout)
        return self.gamma * dout / self.std


class LayerNorm:
    def __init__(self, gamma, beta):
        self.gamma, self.beta = gamma, beta

    def forward(self, x):
        mu, var = x.mean(axis=-1, keepdims=True), x.var(axis=-1, keepdims=True)
        self.inv = 1 / np.sqrt(var + 1e-5)
        self.xh = (x - mu) * self.inv
        return self.gamma * self.xh + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xh).sum(axis=0), dout.sum(axis=0)
        d = dout * self.gamma
        mean = lambda a: a.mean(axis=-1, keepdims=True)
        return self.inv * (d - mean(d) - self.xh * mean(d * self.xh))


class LayerNormGamma(LayerNorm):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dgamma = (dout * self.xh).sum(axis=1)[: self.gamma.shape[0]] * 0 + (dout * self.xh).mean(axis=0)
        return dx


class SoftmaxWithLoss:
    """`dout` is taken, and left out in the wrong twin."""

    def forward(self, x, t):
        e = np.exp(x - np.max(x, axis=1, keepdims=True))
        self.y, self.t = e / np.sum(e, axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.y + 0.0)) / len(t)

    def backward(self, dout=1):
        return dout * (self.y - self.t) / len(self.t)


class SoftmaxWithLossStable(SoftmaxWithLoss):
    def forward(self, x, t):
        super().forward(x, t)
        return -np.sum(t * np.log(self.y + 1e-7)) / len(t)

    def backward(self, dout=1):
        return (self.y - self.t) / len(self.t)


NORMED = {"x": "n+1 d", "gamma": "d", "beta": "d"}
ENTRIES = [
    Entry("dense", Dense, DenseOfOneRow, AFFINE, "the sum over the others is missing", W_B),
    Entry(
        "dense in lists",
        DenseInLists(),
        DenseInListsMean(),
        AFFINE,
        "too small by the factor n",
        {"parameters": ("params[0]", "params[1]")},
    ),
    Entry(
        "dense in dicts",
        DenseInDicts(),
        DenseInDictsSign(),
        AFFINE,
        "sign",
        {"parameters": ("params['W']", "params['b']")},
    ),
    Entry(
        "dense on tensors",
        DenseOnTensors,
        DenseOnTensorsHalf,
        {"x": "n c 2", "W": "2*c o", "b": "o"},
        "by the factor 2",
        W_B,
    ),
    Entry("a penalty in the gradient alone", Dense, Regularised, AFFINE, "0.01", W_B),
    Entry("relu in place", ReLU(), ReLUOfOutput(), {"x": "n m"}, "> should stand in place of <="),
    Entry("sigmoid", Sigmoid(), SigmoidOfInput(), {"x": "n m"}, "z for a"),
    Entry(
        "elu as fn and grad",
        ELU(),
        ELUSlip(),
        {"x": "n"},
        "+ should stand in place of -",
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
    Entry(
        "batch norm with a switch",
        BatchNorm,
        BatchNormNoMean,
        NORMED,
        "are missing",
        {"parameters": ("gamma", "beta"), "forward_options": {"train_flg": True}},
    ),
    Entry(
        "layer norm",
        LayerNorm,
        LayerNormGamma,
        {"x": "n d", "gamma": "d", "beta": "d"},
        "too small by the factor n",
        {"parameters": ("gamma", "beta")},
    ),
    Entry(
        "softmax with loss",
        SoftmaxWithLoss(),
        SoftmaxWithLossStable(),
        {"x": "n m", "t": "n m"},
        "delta is not used",
        values={"t": gradcheck.one_hot},
    ),
]
