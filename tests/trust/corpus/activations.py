"""Activations, entry by entry: smooth, with kinks, in stable and in naive spellings."""

from __future__ import annotations

import numpy as np

import gradcheck


@gradcheck.formula(shapes={"z": "n m"})
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@sigmoid.vjp
def sigmoid_backward(delta, z):
    a = 1 / (1 + np.exp(-z))
    return delta * a * (1 - a)


@gradcheck.formula(shapes={"z": "n"})
def stable_sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


@stable_sigmoid.vjp
def stable_sigmoid_backward(delta, z):
    e = np.exp(-np.abs(z))
    return delta * e / (1 + e) ** 2


@gradcheck.formula(shapes={"z": "n m"})
def tanh(z):
    return np.tanh(z)


@tanh.vjp
def tanh_backward(delta, z):
    return delta * (1 - np.tanh(z) ** 2)


@gradcheck.formula(shapes={"z": "n m"})
def relu(z):
    return np.maximum(0, z)


@relu.vjp
def relu_backward(delta, z):
    dz = delta.copy()
    dz[z <= 0] = 0
    return dz


@gradcheck.formula(shapes={"z": "n m"})
def leaky_relu(z):
    return np.where(z > 0, z, 0.01 * z)


@leaky_relu.vjp
def leaky_relu_backward(delta, z):
    slope = np.ones_like(z)
    slope[z <= 0] = 0.01
    return delta * slope


@gradcheck.formula(shapes={"z": "n m"})
def elu(z):
    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)


@elu.vjp
def elu_backward(delta, z):
    return delta * np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))


@gradcheck.formula(shapes={"z": "n m"})
def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


@softplus.vjp
def softplus_backward(delta, z):
    return delta / (1 + np.exp(-z))


@gradcheck.formula(shapes={"z": "n"})
def naive_softplus(z):
    return np.log(1 + np.exp(z))


@naive_softplus.vjp
def naive_softplus_backward(delta, z):
    return delta / (1 + np.exp(-z))


@gradcheck.formula(shapes={"z": "n m"})
def gelu(z):
    return 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))


@gelu.vjp
def gelu_backward(delta, z):
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (z + 0.044715 * z**3))
    inner = c * (1 + 3 * 0.044715 * z**2)
    return delta * (0.5 * (1 + t) + 0.5 * z * (1 - t**2) * inner)


@gradcheck.formula(shapes={"z": "n m"})
def swish(z):
    return z / (1 + np.exp(-z))


@swish.vjp
def swish_backward(delta, z):
    s = 1 / (1 + np.exp(-z))
    return delta * (s + z * s * (1 - s))


@gradcheck.formula(shapes={"x": "n m", "w": "m"})
def parametric_relu(x, w):
    return np.where(x > 0, x, w * x)


@parametric_relu.vjp
def parametric_relu_backward(delta, x, w):
    negative = x <= 0
    dx = np.where(negative, delta * w, delta)
    dw = np.sum(delta * x * negative, axis=0)
    return dx, dw


@gradcheck.formula(shapes={"z": "n m"})
def hard_tanh(z):
    return np.clip(z, -1, 1)


@hard_tanh.vjp
def hard_tanh_backward(delta, z):
    return delta * ((z > -1) & (z < 1))
