"""Layers that are mostly matrix products, and what stands around them."""

from __future__ import annotations

import numpy as np

import gradcheck


@gradcheck.formula(shapes={"W": "n m", "x": "m", "b": "n"})
def dense(W, x, b):
    return W @ x + b


@dense.vjp
def dense_backward(delta, W, x, b):
    return np.outer(delta, x), W.T @ delta, delta


@gradcheck.formula(shapes={"X": "b m", "W": "m n", "c": "n"})
def affine(X, W, c):
    return X @ W + c


@affine.vjp
def affine_backward(delta, X, W, c):
    return delta @ W.T, X.T @ delta, delta.sum(axis=0)


@gradcheck.formula(shapes={"X": "b m", "W": "m n", "c": "n"})
def tanh_layer(X, W, c):
    return np.tanh(X @ W + c)


@tanh_layer.vjp
def tanh_layer_backward(delta, X, W, c):
    a = np.tanh(X.dot(W) + c)
    dz = delta * (1 - a * a)
    return dz.dot(W.T), X.T.dot(dz), np.sum(dz, axis=0)


@gradcheck.formula(shapes={"X": "b m", "W1": "m h", "W2": "h n"})
def two_layers(X, W1, W2):
    h = np.maximum(X @ W1, 0)
    return h @ W2


@two_layers.vjp
def two_layers_backward(delta, X, W1, W2):
    z = X @ W1
    h = np.maximum(z, 0)
    dh = delta @ W2.T
    dz = dh * (z > 0)
    return dz @ W1.T, X.T @ dz, h.T @ delta


@gradcheck.formula(shapes={"X": "b n", "W": "n n", "c": "n"})
def residual(X, W, c):
    return X + np.tanh(X @ W + c)


@residual.vjp
def residual_backward(delta, X, W, c):
    a = np.tanh(X @ W + c)
    dz = delta * (1 - a**2)
    return delta + dz @ W.T, X.T @ dz, dz.sum(axis=0)


@gradcheck.formula(shapes={"E": "v+2 d", "index": "n"}, values={"index": gradcheck.integers(0, 3)})
def embedding(E, index):
    return E[index]


@embedding.vjp
def embedding_backward(delta, E, index):
    dE = np.zeros_like(E)
    np.add.at(dE, index, delta)
    return dE, None


@gradcheck.formula(
    shapes={"x": "n m", "mask": "n m"},
    values={"mask": lambda shape, rng: (rng.random(shape) < 0.7) / 0.7},
)
def dropout(x, mask):
    return x * mask


@dropout.vjp
def dropout_backward(delta, x, mask):
    return delta * mask, delta * x


@gradcheck.formula(shapes={"x": "b m", "gate": "m n", "value": "m n"})
def gated_linear_unit(x, gate, value):
    s = 1 / (1 + np.exp(-(x @ gate)))
    return s * (x @ value)


@gated_linear_unit.vjp
def gated_linear_unit_backward(delta, x, gate, value):
    s = 1 / (1 + np.exp(-(x @ gate)))
    v = x @ value
    dg = delta * v * s * (1 - s)
    dv = delta * s
    return dg @ gate.T + dv @ value.T, x.T @ dg, x.T @ dv


@gradcheck.formula(shapes={"X": "b n m", "W": "m k"})
def batched_linear(X, W):
    return np.einsum("bnm,mk->bnk", X, W)


@batched_linear.vjp
def batched_linear_backward(delta, X, W):
    return np.einsum("bnk,mk->bnm", delta, W), np.einsum("bnm,bnk->mk", X, delta)


@gradcheck.formula(shapes={"x": "b n", "s": "n", "t": "n"})
def scale_and_shift(x, s, t):
    return x * np.exp(s) + t, s.sum()


@scale_and_shift.vjp
def scale_and_shift_backward(delta, x, s, t):
    dy, d_log_det = delta
    e = np.exp(s)
    return dy * e, (dy * x * e).sum(axis=0) + d_log_det, dy.sum(axis=0)
