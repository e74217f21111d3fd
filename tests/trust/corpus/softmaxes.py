"""Softmax and its relatives, with and without the shift by the maximum."""

from __future__ import annotations

import numpy as np

import gradcheck


@gradcheck.formula(shapes={"z": "n m"})
def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@softmax.vjp
def softmax_backward(delta, z):
    p = softmax(z)
    return p * (delta - np.sum(delta * p, axis=1, keepdims=True))


@gradcheck.formula(shapes={"z": "n"})
def naive_softmax(z):
    return np.exp(z) / np.sum(np.exp(z))


@naive_softmax.vjp
def naive_softmax_backward(delta, z):
    p = np.exp(z) / np.sum(np.exp(z))
    return (np.diag(p) - np.outer(p, p)) @ delta


@gradcheck.formula(shapes={"z": "n m"})
def log_softmax(z):
    shifted = z - np.max(z, axis=-1, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))


@log_softmax.vjp
def log_softmax_backward(delta, z):
    p = np.exp(log_softmax(z))
    return delta - p * delta.sum(axis=-1, keepdims=True)


@gradcheck.formula(shapes={"z": "n m"})
def log_sum_exp(z):
    top = z.max(axis=1)
    return top + np.log(np.exp(z - top[:, None]).sum(axis=1))


@log_sum_exp.vjp
def log_sum_exp_backward(delta, z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return delta[:, None] * e / e.sum(axis=1, keepdims=True)


@gradcheck.formula(shapes={"z": "n"})
def naive_log_sum_exp(z):
    return np.log(np.sum(np.exp(z)))


@naive_log_sum_exp.vjp
def naive_log_sum_exp_backward(delta, z):
    return delta * np.exp(z - np.log(np.sum(np.exp(z))))


@gradcheck.formula(shapes={"z": "n m", "t": ""}, values={"t": gradcheck.positive})
def softmax_with_temperature(z, t):
    s = z / t
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@softmax_with_temperature.vjp
def softmax_with_temperature_backward(delta, z, t):
    p = softmax(z / t)
    ds = p * (delta - (delta * p).sum(axis=1, keepdims=True))
    return ds / t, -np.sum(ds * z) / t**2


@gradcheck.formula(shapes={"z": "n m", "y": "n m"}, values={"y": gradcheck.one_hot})
def softmax_cross_entropy(z, y):
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.mean(np.sum(y * log_p, axis=1))


@softmax_cross_entropy.vjp
def softmax_cross_entropy_backward(delta, z, y):
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    n = len(z)
    dz = delta * (np.exp(log_p) * y.sum(axis=1, keepdims=True) - y) / n
    return dz, -delta * log_p / n


@gradcheck.formula(shapes={"z": "n m+2", "labels": "n"}, values={"labels": gradcheck.integers(0, 3)})
def cross_entropy_of_labels(z, labels):
    shifted = z - z.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(z)), labels].mean()


@cross_entropy_of_labels.vjp
def cross_entropy_of_labels_backward(delta, z, labels):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    dz = e / e.sum(axis=1, keepdims=True)
    dz[np.arange(len(z)), labels] -= 1
    return delta * dz / len(z), None
