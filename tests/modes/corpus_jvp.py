"""Forward mode written by hand: each forward with its right jvp, and jvps that are wrong in one way."""

import numpy as np

import gradcheck

CASES = {}
"""Name -> forward, shapes, other options, the right jvp, wrong ones."""


def case(forward, shapes, right, *wrong, **options):
    CASES[forward.__name__] = (forward, shapes, options, right, wrong)


def matmul(A, B):
    return A @ B


case(
    matmul,
    {"A": "n k", "B": "k m"},
    lambda t, A, B: t.A @ B + A @ t.B,
    lambda t, A, B: t.A @ B - A @ t.B,
    lambda t, A, B: t.A @ B,
    lambda t, A, B: t.A @ t.B,
)


def layer(W, x, b):
    return np.tanh(W @ x + b)


def layer_jvp(t, W, x, b):
    dW, dx, db = t
    return (1 - np.tanh(W @ x + b) ** 2) * (dW @ x + W @ dx + db)


case(
    layer,
    {"W": "n m", "x": "m", "b": "n"},
    layer_jvp,
    lambda t, W, x, b: t.W @ x + W @ t.x + t.b,
    lambda t, W, x, b: (1 - np.tanh(W @ x) ** 2) * (t.W @ x + W @ t.x + t.b),
    lambda t, W, x, b: (1 - np.tanh(W @ x + b)) * (t.W @ x + W @ t.x + t.b),
)


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_jvp(t, x):
    (dx,) = t
    s = softmax(x)
    return s * (dx - np.sum(s * dx, axis=-1, keepdims=True))


case(
    softmax,
    {"x": "b n"},
    softmax_jvp,
    lambda t, x: softmax(x) * (1 - softmax(x)) * t.x,
    lambda t, x: softmax(x) * (t.x - np.mean(t.x, axis=-1, keepdims=True)),
    lambda t, x: softmax(x) * (t.x - np.sum(softmax(x) * t.x)),
)


def norm_of(x):
    return np.sqrt(np.sum(x * x))


case(
    norm_of,
    {"x": "n"},
    lambda t, x: np.sum(x * t.x) / norm_of(x),
    lambda t, x: np.sum(x * t.x) / norm_of(x) ** 2,
    lambda t, x: 2 * np.sum(x * t.x) / norm_of(x),
    lambda t, x: norm_of(t.x),
    values={"x": gradcheck.positive},
)


def relu(x):
    return np.maximum(x, 0)


case(
    relu,
    {"x": "n"},
    lambda t, x: np.where(x > 0, t.x, 0),
    lambda t, x: np.maximum(t.x, 0),
    lambda t, x: np.where(x > 1, t.x, 0),
    lambda t, x: np.where(x > 0, np.abs(t.x), 0),
)


def inverse(A):
    return np.linalg.inv(A)


case(
    inverse,
    {"A": "n n"},
    lambda t, A: -inverse(A) @ t.A @ inverse(A),
    lambda t, A: inverse(A) @ t.A @ inverse(A),
    lambda t, A: -inverse(A) @ t.A.T @ inverse(A),
    lambda t, A: -inverse(A) @ inverse(A) @ t.A,
    values={"A": gradcheck.spd},
)


def log_determinant(A):
    return np.log(np.linalg.det(A))


case(
    log_determinant,
    {"A": "n n"},
    lambda t, A: np.trace(np.linalg.inv(A) @ t.A),
    lambda t, A: np.trace(np.linalg.inv(A)) * np.trace(t.A),
    lambda t, A: np.sum(np.linalg.inv(A) @ t.A),
    lambda t, A: -np.trace(np.linalg.inv(A) @ t.A),
    values={"A": gradcheck.spd},
)


def moments(x):
    return np.mean(x), np.mean(x * x)


case(
    moments,
    {"x": "n"},
    lambda t, x: (np.mean(t.x), 2 * np.mean(x * t.x)),
    lambda t, x: (np.mean(t.x), np.mean(x * t.x)),
    lambda t, x: (np.sum(t.x), 2 * np.mean(x * t.x)),
    lambda t, x: (np.mean(t.x), 2 * np.mean(x) * np.mean(t.x)),
)


def embedding(E, i):
    return E[i]


case(
    embedding,
    {"E": "5 d", "i": "n"},
    lambda t, E, i: t.E[i],
    lambda t, E, i: t.E[i - 1],
    lambda t, E, i: E[i],
    lambda t, E, i: t.E[np.sort(i)],
    values={"i": gradcheck.integers(0, 5)},
)


def net(p, x):
    return p["V"] @ np.tanh(p["W"] @ x)


def net_jvp(t, p, x):
    dp, dx = t
    h = np.tanh(p["W"] @ x)
    return dp["V"] @ h + p["V"] @ ((1 - h**2) * (dp["W"] @ x + p["W"] @ dx))


def net_without_v(t, p, x):
    h = np.tanh(p["W"] @ x)
    return p["V"] @ ((1 - h**2) * (t.p["W"] @ x + p["W"] @ t.x))


case(
    net,
    {"p": {"V": "k n", "W": "n m"}, "x": "m"},
    net_jvp,
    net_without_v,
    lambda t, p, x: t.p["V"] @ np.tanh(p["W"] @ x) + p["V"] @ (t.p["W"] @ x + p["W"] @ t.x),
    lambda t, p, x: net(t.p, x) + net(p, t.x),
)
