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
