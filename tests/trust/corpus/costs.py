"""Costs: a number out of predictions and targets."""

from __future__ import annotations

import numpy as np

import gradcheck


@gradcheck.formula(shapes={"a": "n m", "y": "n m"})
def mean_squared_error(a, y):
    return np.mean((a - y) ** 2)


@mean_squared_error.vjp
def mean_squared_error_backward(delta, a, y):
    da = delta * 2 * (a - y) / a.size
    return da, -da


@gradcheck.formula(shapes={"a": "n m", "y": "n m"})
def half_squared_error(a, y):
    total = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            total += 0.5 * (a[i, j] - y[i, j]) ** 2
    return total / a.shape[0]


@half_squared_error.vjp
def half_squared_error_backward(delta, a, y):
    n = a.shape[0]
    da = np.zeros(a.shape)
    for i in range(n):
        da[i] = delta * (a[i] - y[i]) / n
    return {"a": da, "y": -da}


@gradcheck.formula(shapes={"a": "n", "y": "n"})
def squared_error_as_float(a, y):
    return np.float64(float(np.sum((a - y) ** 2)))


@squared_error_as_float.vjp
def squared_error_as_float_backward(delta, a, y):
    return 2 * delta * (a - y), -2 * delta * (a - y)


@gradcheck.formula(shapes={"a": "n m", "y": "n m"})
def huber(a, y):
    r = np.abs(a - y)
    return np.sum(np.where(r <= 1.5, 0.5 * r**2, 1.5 * (r - 0.75)))


@huber.vjp
def huber_backward(delta, a, y):
    d = delta * np.clip(a - y, -1.5, 1.5)
    return d, -d


@gradcheck.formula(shapes={"a": "n", "y": "n"})
def absolute_error(a, y):
    return np.abs(a - y).mean()


@absolute_error.vjp
def absolute_error_backward(delta, a, y):
    d = delta * np.sign(a - y) / len(a)
    return d, -d


@gradcheck.formula(
    shapes={"X": "n m", "w": "m", "y": "n"},
    values={"y": lambda shape, rng: rng.choice([-1.0, 1.0], shape)},
)
def hinge(X, w, y):
    return np.maximum(0, 1 - y * (X @ w)).mean()


@hinge.vjp
def hinge_backward(delta, X, w, y):
    s = X @ w
    inside = (1 - y * s) > 0
    ds = -delta * inside * y / len(y)
    return np.outer(ds, w), X.T @ ds, -delta * inside * s / len(y)


@gradcheck.formula(shapes={"s": "n", "y": "n"}, values={"y": gradcheck.unit_interval})
def logistic_cross_entropy(s, y):
    return np.sum(np.maximum(s, 0) - s * y + np.log1p(np.exp(-np.abs(s))))


@logistic_cross_entropy.vjp
def logistic_cross_entropy_backward(delta, s, y):
    return delta * (1 / (1 + np.exp(-s)) - y), -delta * s


@gradcheck.formula(
    shapes={"p": "n m", "y": "n m"}, values={"p": gradcheck.unit_interval, "y": gradcheck.unit_interval}
)
def binary_cross_entropy(p, y):
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


@binary_cross_entropy.vjp
def binary_cross_entropy_backward(delta, p, y):
    dp = delta * (p - y) / (p * (1 - p)) / p.size
    dy = -delta * (np.log(p) - np.log(1 - p)) / p.size
    return dp, dy


@gradcheck.formula(shapes={"p": "n m", "q": "n m"}, values={"p": gradcheck.positive, "q": gradcheck.positive})
def kullback_leibler(p, q):
    return np.sum(p * (np.log(p) - np.log(q)), axis=1)


@kullback_leibler.vjp
def kullback_leibler_backward(delta, p, q):
    d = delta[:, None]
    return d * (np.log(p / q) + 1), -d * p / q


@gradcheck.formula(shapes={"a": "n d", "p": "n d", "q": "n d"})
def triplet(a, p, q):
    near = np.sum((a - p) ** 2, axis=1)
    far = np.sum((a - q) ** 2, axis=1)
    return np.sum(np.maximum(near - far + 0.3, 0))


@triplet.vjp
def triplet_backward(delta, a, p, q):
    near = np.sum((a - p) ** 2, axis=1)
    far = np.sum((a - q) ** 2, axis=1)
    on = delta * (near - far + 0.3 > 0)[:, None]
    return 2 * on * (q - p), -2 * on * (a - p), 2 * on * (a - q)
