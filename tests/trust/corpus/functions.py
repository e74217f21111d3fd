"""Other functions of numbers and vectors: powers, logarithms, angles, means."""

from __future__ import annotations

import numpy as np

import gradcheck


@gradcheck.formula(shapes={"z": "n m"})
def softsign(z):
    return z / (1 + np.abs(z))


@softsign.vjp
def softsign_backward(delta, z):
    return delta / (1 + np.abs(z)) ** 2


@gradcheck.formula(shapes={"z": "n m"})
def mish(z):
    return z * np.tanh(np.logaddexp(0, z))


@mish.vjp
def mish_backward(delta, z):
    t = np.tanh(np.logaddexp(0, z))
    return delta * (t + z * (1 - t**2) / (1 + np.exp(-z)))


@gradcheck.formula(shapes={"x": "n"})
def fast_sine(x):
    return np.sin(50 * x)


@fast_sine.vjp
def fast_sine_backward(delta, x):
    return 50 * delta * np.cos(50 * x)


@gradcheck.formula(shapes={"x": "n"}, values={"x": gradcheck.positive})
def geometric_mean(x):
    return np.exp(np.mean(np.log(x)))


@geometric_mean.vjp
def geometric_mean_backward(delta, x):
    return delta * np.exp(np.mean(np.log(x))) / (len(x) * x)


@gradcheck.formula(shapes={"x": "n m"}, values={"x": gradcheck.positive})
def harmonic_mean(x):
    return x.shape[1] / np.sum(1 / x, axis=1)


@harmonic_mean.vjp
def harmonic_mean_backward(delta, x):
    h = x.shape[1] / np.sum(1 / x, axis=1, keepdims=True)
    return delta[:, None] * h**2 / (x.shape[1] * x**2)


@gradcheck.formula(shapes={"x": "n", "y": "n"}, values={"x": gradcheck.positive})
def power(x, y):
    return x**y


@power.vjp
def power_backward(delta, x, y):
    return delta * y * x ** (y - 1), delta * x**y * np.log(x)


@gradcheck.formula(shapes={"x": "n m"})
def cubic_norm(x):
    return np.sum(np.abs(x) ** 3, axis=1) ** (1 / 3)


@cubic_norm.vjp
def cubic_norm_backward(delta, x):
    s = np.sum(np.abs(x) ** 3, axis=1) ** (1 / 3)
    return (delta / s**2)[:, None] * np.abs(x) * x


@gradcheck.formula(shapes={"p": "n m"}, values={"p": gradcheck.positive})
def entropy_of_shares(p):
    q = p / p.sum(axis=1, keepdims=True)
    return -np.sum(q * np.log(q), axis=1)


@entropy_of_shares.vjp
def entropy_of_shares_backward(delta, p):
    total = p.sum(axis=1, keepdims=True)
    log_q = np.log(p / total)
    entropy = -np.sum(p / total * log_q, axis=1, keepdims=True)
    return -delta[:, None] * (log_q + entropy) / total


@gradcheck.formula(shapes={"x": "n", "y": "n"}, values={"x": gradcheck.positive})
def polar(x, y):
    return np.hypot(x, y), np.arctan2(y, x)


@polar.vjp
def polar_backward(delta, x, y):
    dr, da = delta
    r = np.hypot(x, y)
    return dr * x / r - da * y / r**2, dr * y / r + da * x / r**2


@gradcheck.formula(shapes={"x": "n m"})
def charbonnier(x):
    return np.sqrt(x**2 + 1e-6).sum()


@charbonnier.vjp
def charbonnier_backward(delta, x):
    return delta * x / np.sqrt(x**2 + 1e-6)


@gradcheck.formula(shapes={"x": "n m"})
def masked_log(x):
    return np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)


@masked_log.vjp
def masked_log_backward(delta, x):
    on = x > 0
    return np.where(on, delta / np.where(on, x, 1), 0)


@gradcheck.formula(shapes={"x": "n m"})
def unsafe_masked_root(x):
    return np.where(x > 0.01, np.sqrt(x), 0.1)


@unsafe_masked_root.vjp
def unsafe_masked_root_backward(delta, x):
    dx = np.zeros_like(x)
    on = x > 0.01
    dx[on] = 0.5 * delta[on] / np.sqrt(x[on])
    return dx


@gradcheck.formula(shapes={"x": "b n"})
def limited_norm(x):
    r = np.sqrt(np.sum(x**2, axis=1, keepdims=True))
    return x * np.minimum(1, 2 / (r + 1e-6))


@limited_norm.vjp
def limited_norm_backward(delta, x):
    r = np.sqrt(np.sum(x**2, axis=1, keepdims=True))
    inside = 2 / (r + 1e-6) >= 1
    dot = np.sum(delta * x, axis=1, keepdims=True)
    safe = np.where(inside, 1, r)
    outside = 2 * delta / (r + 1e-6) - 2 * x * dot / ((r + 1e-6) ** 2 * safe)
    return np.where(inside, delta, outside)


@gradcheck.formula(shapes={"p": "n", "y": "n"}, values={"p": gradcheck.unit_interval, "y": gradcheck.one_hot})
def focal_loss(p, y):
    q = np.where(y == 1, p, 1 - p)
    return -np.sum((1 - q) ** 2 * np.log(q))


@focal_loss.vjp
def focal_loss_backward(delta, p, y):
    q = np.where(y == 1, p, 1 - p)
    dq = -delta * ((1 - q) ** 2 / q - 2 * (1 - q) * np.log(q))
    return np.where(y == 1, dq, -dq), None


@gradcheck.formula(
    shapes={"n_successes": "k", "rate": "k"},
    values={"n_successes": gradcheck.integers(0, 9), "rate": gradcheck.positive},
)
def poisson_loss(n_successes, rate):
    return np.sum(rate - n_successes * np.log(rate))


@poisson_loss.vjp
def poisson_loss_backward(delta, n_successes, rate):
    return None, delta * (1 - n_successes / rate)
