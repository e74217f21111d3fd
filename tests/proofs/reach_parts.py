"""Cases of parts of axes, labels, masks and reshapes."""

import numpy as np

from gradcheck import integers

from .reaching import Case


def sigma(z):
    return 1 / (1 + np.exp(-z))


def gates(W, x):
    z = W @ x
    n = len(z) // 2
    return sigma(z[:n]) * np.tanh(z[n:])


def gates_back(delta, W, x, *, swapped=False, slope=1):
    z = W @ x
    n = len(z) // 2
    a, b = sigma(z[:n]), np.tanh(z[n:])
    parts = [delta * b * a * (1 - a), delta * a * (1 - slope * b**2)]
    dz = np.concatenate(parts[::-1] if swapped else parts)
    return np.outer(dz, x), W.T @ dz


def cross_entropy(z, y):
    s = z - z.max(axis=1, keepdims=True)
    return -np.mean((s - np.log(np.exp(s).sum(axis=1, keepdims=True)))[np.arange(len(y)), y])


def shares(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def by_scatter(delta, z, y):
    dz = shares(z)
    dz[np.arange(len(y)), y] -= 1
    return delta * dz / len(y), None


def by_comparison(delta, z, y):
    return delta * (shares(z) - (y[:, None] == np.arange(z.shape[1]))) / len(y), None


def by_identity(delta, z, y):
    return delta * (shares(z) - np.eye(z.shape[1])[y]) / len(y), None


def without_mean(delta, z, y):
    return delta * (shares(z) - np.eye(z.shape[1])[y]), None


def first_label(delta, z, y):
    return delta * (shares(z) - (np.arange(z.shape[1]) == 0)) / len(y), None


def rows(E, y):
    return E[y] ** 2


def rows_back(delta, E, y):
    dE = np.zeros_like(E)
    np.add.at(dE, y, 2 * delta * E[y])
    return dE, None


def rows_back_stored(delta, E, y):
    dE = np.zeros_like(E)
    dE[y] = 2 * delta * E[y]  # a row that is there twice counts once
    return dE, None


def rows_back_unscaled(delta, E, y):
    dE = np.zeros_like(E)
    np.add.at(dE, y, delta)
    return dE, None


def masked_root(x):
    return np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)


def masked_root_back(delta, x):
    dx, on = np.zeros_like(x), x > 0
    dx[on] = delta[on] / (2 * np.sqrt(x[on]))
    return dx


def masked_root_all(delta, x):
    dx, on = np.ones_like(x), x > 0
    dx[on] = delta[on] / (2 * np.sqrt(x[on]))
    return dx


def masked_root_double(delta, x):
    dx, on = np.zeros_like(x), x > 0
    dx[on] = delta[on] / np.sqrt(x[on])
    return dx


def steps_back(delta, x):
    dx = np.zeros_like(x)
    d = 2 * delta * np.diff(x)
    dx[1:] += d
    dx[:-1] -= d
    return dx


def steps_back_sign(delta, x):
    dx = np.zeros_like(x)
    d = 2 * delta * np.diff(x)
    dx[1:] += d
    dx[:-1] += d
    return dx


def steps_back_stored(delta, x):
    dx = np.zeros_like(x)
    d = 2 * delta * np.diff(x)
    dx[1:] = d
    dx[:-1] = -d
    return dx


def causal(s):
    n = len(s)
    s = np.where(np.tri(n, dtype=bool), s, -np.inf)
    e = np.exp(s - s.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def causal_back(delta, s):
    p = causal(s)
    return p * (delta - (delta * p).sum(axis=1, keepdims=True))


def causal_back_without_mask(delta, s):
    p = shares(s)
    return p * (delta - (delta * p).sum(axis=1, keepdims=True))


def causal_back_columns(delta, s):
    p = causal(s)
    return p * (delta - (delta * p).sum(axis=0, keepdims=True))


def folded(d, x):
    return 2 * d * x.reshape(len(x), 2, -1).sum(axis=1)


INT = {"y": integers(0, 3)}
CASES = {
    "two gates": Case(
        {"W": "2*k m", "x": "m"}, gates, gates_back,
        (lambda d, W, x: gates_back(d, W, x, swapped=True), lambda d, W, x: gates_back(d, W, x, slope=2)),
    ),
    "labels by scatter": Case(
        {"z": "n k+2", "y": "n"}, cross_entropy, by_scatter, (without_mean, first_label), INT
    ),
    "labels by comparison": Case(
        {"z": "n k+2", "y": "n"}, cross_entropy, by_comparison, (without_mean, first_label), INT
    ),
    "labels by the identity": Case(
        {"z": "n k+2", "y": "n"}, cross_entropy, by_identity, (without_mean, first_label), INT
    ),
    "rows by labels": Case(
        {"E": "k+2 m", "y": "n"}, rows, rows_back, (rows_back_stored, rows_back_unscaled), INT
    ),
    "entries where a mask holds": Case(
        {"x": "n m"}, masked_root, masked_root_back, (masked_root_all, masked_root_double)
    ),
    "differences": Case(
        {"x": "n+1"}, lambda x: np.diff(x) ** 2, steps_back, (steps_back_sign, steps_back_stored)
    ),
    "running sums": Case(
        {"x": "n m"}, lambda x: np.cumsum(x, axis=0) ** 2,
        lambda d, x: np.flip(np.cumsum(np.flip(2 * d * np.cumsum(x, axis=0), axis=0), axis=0), axis=0),
        (
            lambda d, x: np.cumsum(2 * d * np.cumsum(x, axis=0), axis=0),
            lambda d, x: np.flip(np.cumsum(2 * d * np.cumsum(x, axis=0), axis=0), axis=0),
        ),
    ),
    "beside the diagonal": Case(
        {"x": "n", "y": "n+2"},
        lambda x, y: np.diag(x, 2) @ y + np.diag(x, -2) @ y,
        lambda d, x, y: (d[:-2] * y[2:] + d[2:] * y[:-2], np.diag(x, -2) @ d + np.diag(x, 2) @ d),
        (lambda d, x, y: (d[:-2] * y[:-2] + d[2:] * y[2:], np.diag(x, -2) @ d + np.diag(x, 2) @ d),
         lambda d, x, y: (d[:-2] * y[2:] + d[2:] * y[:-2], 2 * np.diag(x, 2) @ d)),
    ),
    "a turn": Case(
        {"x": "n"}, lambda x: x * np.roll(x, 1), lambda d, x: d * np.roll(x, 1) + np.roll(d * x, -1),
        (lambda d, x: d * np.roll(x, 1) + np.roll(d * x, 1), lambda d, x: d * np.roll(x, 1) + d * x),
    ),
    "a margin": Case(
        {"x": "n m"}, lambda x: np.pad(x, 1) ** 2, lambda d, x: 2 * d[1:-1, 1:-1] * x,
        (lambda d, x: 2 * d[:-2, :-2] * x, lambda d, x: d[1:-1, 1:-1] * x),
    ),
    "one behind the other": Case(
        {"x": "n", "y": "m"}, lambda x, y: np.concatenate([x, y]) ** 2,
        lambda d, x, y: (2 * x * d[: len(x)], 2 * y * d[len(x) :]),
        (
            lambda d, x, y: (2 * x * d[len(y) :], 2 * y * d[: len(y)]),
            lambda d, x, y: (x * d[: len(x)], y * d[len(x) :]),
        ),
    ),
    "a triangle": Case(
        {"A": "n n"}, lambda A: np.tril(A) ** 2, lambda d, A: 2 * d * np.tril(A),
        (lambda d, A: 2 * d * np.triu(A), lambda d, A: 2 * d * np.tril(A, -1)),
    ),
    "a causal softmax": Case(
        {"s": "n n"}, causal, causal_back, (causal_back_without_mask, causal_back_columns)
    ),
    "axes joined": Case(
        {"x": "n c h", "W": "c*h m"}, lambda x, W: x.reshape(len(x), -1) @ W,
        lambda d, x, W: ((d @ W.T).reshape(x.shape), x.reshape(len(x), -1).T @ d),
        (
            lambda d, x, W: (
                (d @ W.T).reshape(x.shape[0], x.shape[2], x.shape[1]).transpose(0, 2, 1),
                x.reshape(len(x), -1).T @ d,
            ),
            lambda d, x, W: ((d @ W.T).reshape(x.shape), x.transpose(0, 2, 1).reshape(len(x), -1).T @ d),
        ),
    ),
    "axes split": Case(
        {"x": "n 2*d"}, lambda x: x.reshape(len(x), 2, -1).sum(axis=1) ** 2,
        lambda d, x: (np.ones((len(x), 2, 1)) * folded(d, x)[:, None]).reshape(x.shape),
        (
            lambda d, x: np.repeat(folded(d, x), 2, axis=1),
            lambda d, x: (np.ones((len(x), 2, 1)) * d[:, None]).reshape(x.shape),
        ),
    ),
    "repeated": Case(
        {"x": "n 2*h"}, lambda x: x.reshape(len(x), -1, 2).mean(axis=2),
        lambda d, x: np.repeat(d, 2, axis=1) / 2,
        (lambda d, x: np.repeat(d, 2, axis=1), lambda d, x: np.concatenate([d, d], axis=1) / 2),
    ),
    "the places of maxima": Case(
        {"x": "n m"}, lambda x: x.max(axis=1), lambda d, x: d[:, None] * (x == x.max(axis=1, keepdims=True)),
        (
            lambda d, x: d[:, None] * (x == x.max(axis=0)),
            lambda d, x: d[:, None] * (x == x.max(axis=1, keepdims=True)) / x.shape[1],
        ),
    ),
}  # fmt: skip
