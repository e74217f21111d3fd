"""Layers by hand, each with a wrong twin, and nets of them."""

import functools

import numpy as np

import gradcheck

FEW = {"max_examples": 14}


def affine(x, W, b):
    return x @ W + b


def affine_backward(delta, x, W, b):
    return delta @ W.T, x.T @ delta, delta.sum(axis=0)


def affine_wrong(delta, x, W, b):
    return delta @ W.T, x.T @ delta, delta.mean(axis=0)


def relu(x):
    return np.maximum(x, 0)


def relu_backward(delta, x):
    return delta * (x > 0)


def relu_wrong(delta, x):
    return delta * (x > 1)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def softmax_backward(delta, x):
    p = softmax(x)
    return p * (delta - (delta * p).sum(axis=1, keepdims=True))


def softmax_wrong(delta, x):
    p = softmax(x)
    return p * (1 - p) * delta


def cost(p, y):
    """Cross-entropy, the mean over the batch."""
    return -np.mean((y * np.log(p)).sum(axis=1))


def cost_backward(delta, p, y):
    return -delta * y / p / len(p), None


def cost_wrong(delta, p, y):
    return -delta * y / p, None


RIGHT = {
    "affine": (affine, affine_backward),
    "relu": (relu, relu_backward),
    "softmax": (softmax, softmax_backward),
    "cost": (cost, cost_backward),
}
WRONG = {"affine": affine_wrong, "relu": relu_wrong, "softmax": softmax_wrong, "cost": cost_wrong}

FOUR = {
    "affine": {"x": "batch n", "W": "n k", "b": "k"},
    "relu": {"z": "batch k"},
    "softmax": {"s": "batch k"},
    "cost": {"p": "batch k", "y": "batch k"},
}


def four(*wrong, **options):
    """Affine, ReLU, softmax, cost; those named have the wrong backward."""
    layers = [
        (forward, WRONG[name] if name in wrong else backward, FOUR[name])
        for name, (forward, backward) in RIGHT.items()
    ]
    return gradcheck.chain(layers, values={"y": gradcheck.one_hot}, name="net", **options)


@functools.cache
def judged(*wrong):
    """The result of `four`, checked once."""
    return four(*wrong).verify(**FEW)


TWO_WEIGHTS = [
    (affine, affine_backward, {"x": "batch n", "W1": "n h", "b1": "h"}),
    (relu, relu_backward, {"z": "batch h"}),
    (affine, affine_backward, {"a": "batch h", "W2": "h k", "b2": "k"}),
    (softmax, softmax_backward, {"s": "batch k"}),
    (cost, cost_backward, {"p": "batch k", "y": "batch k"}),
]


def two_weights(layers=TWO_WEIGHTS, **options):
    """Affine, ReLU, affine, softmax, cost."""
    return gradcheck.chain(layers, values={"y": gradcheck.one_hot}, name="net", **options)


def steps(**options):
    """The same without backwards of the layers."""
    return two_weights([(forward, shapes) for forward, _, shapes in TWO_WEIGHTS], **options)


def whole(mistake=None, between=False):
    """A backward of `two_weights` as one writes it by hand, with a mistake."""

    def backward(delta, x, W1, b1, W2, b2, y):
        z = x @ W1 + b1
        a = np.maximum(z, 0)
        s = a @ W2 + b2
        p = softmax(s)
        ds = delta * (p - y) / len(x)
        if mistake == "sum over the batch":
            ds = delta * (p - y)
        dW2, db2 = a.T @ ds, ds.sum(axis=0)
        if mistake == "dW2 of z":
            dW2 = z.T @ ds
        da = ds @ W2.T
        dz = da * (z > 0)
        if mistake == "no relu":
            dz = da
        if mistake == "relu at one":
            dz = da * (z > 1)
        dW1, db1 = x.T @ dz, dz.sum(axis=0)
        if mistake == "delta of a":
            dW1, db1 = x.T @ da, da.sum(axis=0)
        if mistake == "db1 not summed":
            db1 = dz[0]
        dx = dz @ W1.T
        if mistake == "biases exchanged":
            db1, db2 = db2, db1
        if mistake == "raises":
            dx = dz @ W1
        gradients = {"x": dx, "W1": dW1, "b1": db1, "W2": dW2, "b2": db2, "y": None}
        return gradients | {"z": dz, "a": da, "s": ds} if between else tuple(gradients.values())

    return backward
