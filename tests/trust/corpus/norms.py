"""Normalisations: means and variances that the gradient must go through."""

from __future__ import annotations

import numpy as np

import gradcheck

EPS = 1e-5


@gradcheck.formula(shapes={"x": "b n", "gamma": "n", "beta": "n"})
def layer_norm(x, gamma, beta):
    mu = x.mean(axis=1, keepdims=True)
    var = x.var(axis=1, keepdims=True)
    return gamma * (x - mu) / np.sqrt(var + EPS) + beta


@layer_norm.vjp
def layer_norm_backward(delta, x, gamma, beta):
    mu = x.mean(axis=1, keepdims=True)
    inv = 1 / np.sqrt(x.var(axis=1, keepdims=True) + EPS)
    xhat = (x - mu) * inv
    d = delta * gamma
    dx = inv * (d - d.mean(axis=1, keepdims=True) - xhat * (d * xhat).mean(axis=1, keepdims=True))
    return dx, (delta * xhat).sum(axis=0), delta.sum(axis=0)


@gradcheck.formula(shapes={"x": "b n", "gamma": "n"})
def rms_norm(x, gamma):
    return gamma * x / np.sqrt(np.mean(x**2, axis=1, keepdims=True) + EPS)


@rms_norm.vjp
def rms_norm_backward(delta, x, gamma):
    n = x.shape[1]
    r = np.sqrt(np.mean(x**2, axis=1, keepdims=True) + EPS)
    d = delta * gamma
    dx = d / r - x * np.sum(d * x, axis=1, keepdims=True) / (n * r**3)
    return dx, np.sum(delta * x / r, axis=0)


@gradcheck.formula(shapes={"x": "b n", "gamma": "n", "beta": "n"})
def batch_norm(x, gamma, beta):
    b = x.shape[0]
    mu = np.sum(x, axis=0) / b
    var = np.sum((x - mu) ** 2, axis=0) / b
    return gamma * (x - mu) / np.sqrt(var + 0.001) + beta


@batch_norm.vjp
def batch_norm_backward(delta, x, gamma, beta):
    b = x.shape[0]
    centred = x - np.sum(x, axis=0) / b
    std = np.sqrt(np.sum(centred**2, axis=0) / b + 0.001)
    dxhat = delta * gamma
    dvar = np.sum(dxhat * centred, axis=0) * -0.5 / std**3
    dmu = -np.sum(dxhat, axis=0) / std - 2 * dvar * np.sum(centred, axis=0) / b
    dx = dxhat / std + dvar * 2 * centred / b + dmu / b
    return dx, np.sum(delta * centred / std, axis=0), np.sum(delta, axis=0)


@gradcheck.formula(shapes={"x": "b c h w"})
def instance_norm(x):
    mu = x.mean(axis=(2, 3), keepdims=True)
    var = ((x - mu) ** 2).mean(axis=(2, 3), keepdims=True)
    return (x - mu) / np.sqrt(var + EPS)


@instance_norm.vjp
def instance_norm_backward(delta, x):
    mu = x.mean(axis=(2, 3), keepdims=True)
    std = np.sqrt(((x - mu) ** 2).mean(axis=(2, 3), keepdims=True) + EPS)
    xhat = (x - mu) / std
    mean_d = delta.mean(axis=(2, 3), keepdims=True)
    mean_dx = (delta * xhat).mean(axis=(2, 3), keepdims=True)
    return (delta - mean_d - xhat * mean_dx) / std


@gradcheck.formula(shapes={"x": "b 2*c n", "gamma": "2*c"})
def group_norm(x, gamma):
    b, channels, n = x.shape
    g = x.reshape(b, 2, -1)
    g = (g - g.mean(axis=2, keepdims=True)) / np.sqrt(g.var(axis=2, keepdims=True) + EPS)
    return g.reshape(b, channels, n) * gamma[:, None]


@group_norm.vjp
def group_norm_backward(delta, x, gamma):
    b, channels, n = x.shape
    g = x.reshape(b, 2, -1)
    inv = 1 / np.sqrt(g.var(axis=2, keepdims=True) + EPS)
    ghat = (g - g.mean(axis=2, keepdims=True)) * inv
    dgamma = (delta * ghat.reshape(b, channels, n)).sum(axis=(0, 2))
    d = (delta * gamma[:, None]).reshape(b, 2, -1)
    dg = inv * (d - d.mean(axis=2, keepdims=True) - ghat * (d * ghat).mean(axis=2, keepdims=True))
    return dg.reshape(b, channels, n), dgamma


@gradcheck.formula(shapes={"x": "b n"})
def l2_normalise(x):
    return x / np.sqrt(np.sum(x * x, axis=1, keepdims=True) + 1e-12)


@l2_normalise.vjp
def l2_normalise_backward(delta, x):
    r = np.sqrt(np.sum(x * x, axis=1, keepdims=True) + 1e-12)
    return delta / r - x * np.sum(delta * x, axis=1, keepdims=True) / r**3


@gradcheck.formula(shapes={"x": "b n"})
def unit_rows(x):
    y = np.zeros(x.shape)
    for i in range(x.shape[0]):
        y[i] = x[i] / np.linalg.norm(x[i])
    return y


@unit_rows.vjp
def unit_rows_backward(delta, x):
    dx = np.zeros(x.shape)
    for i in range(x.shape[0]):
        r = np.linalg.norm(x[i])
        u = x[i] / r
        dx[i] = (delta[i] - u * np.dot(u, delta[i])) / r
    return dx


@gradcheck.formula(shapes={"x": "b n+1"})
def standardise(x):
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)


@standardise.vjp
def standardise_backward(delta, x):
    n = x.shape[1]
    s = x.std(axis=1, keepdims=True)
    y = (x - x.mean(axis=1, keepdims=True)) / s
    return (delta - delta.sum(axis=1, keepdims=True) / n - y * (delta * y).sum(axis=1, keepdims=True) / n) / s


@gradcheck.formula(shapes={"x": "b n"})
def variance(x):
    return x.var(axis=1)


@variance.vjp
def variance_backward(delta, x):
    return delta[:, None] * 2 * (x - x.mean(axis=1, keepdims=True)) / x.shape[1]


@gradcheck.formula(shapes={"x": "n+1"})
def sample_variance(x):
    m = sum(x) / len(x)
    return sum((xi - m) ** 2 for xi in x) / (len(x) - 1)


@sample_variance.vjp
def sample_variance_backward(delta, x):
    return delta * 2 * (x - np.mean(x)) / (len(x) - 1)


@gradcheck.formula(shapes={"x": "n m", "w": "n"}, values={"w": gradcheck.positive})
def weighted_mean(x, w):
    return w @ x / w.sum()


@weighted_mean.vjp
def weighted_mean_backward(delta, x, w):
    total = w.sum()
    mean = w @ x / total
    return np.outer(w, delta) / total, (x - mean) @ delta / total
