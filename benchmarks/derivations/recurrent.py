"""Cells and recurrences: LSTM, GRU, an Elman net through time."""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.derivation import Derivation


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lstm(x, h, c, W, U, b):
    n = h.shape[1]
    z = x @ W + h @ U + b
    i, f, o, g = (
        sigmoid(z[:, :n]),
        sigmoid(z[:, n : 2 * n]),
        sigmoid(z[:, 2 * n : 3 * n]),
        np.tanh(z[:, 3 * n :]),
    )
    cell = f * c + i * g
    return o * np.tanh(cell), cell


def lstm_back(wrong, deltas, x, h, c, W, U, b):
    dh, dc = deltas
    n = h.shape[1]
    z = x @ W + h @ U + b
    i, f, o, g = (
        sigmoid(z[:, :n]),
        sigmoid(z[:, n : 2 * n]),
        sigmoid(z[:, 2 * n : 3 * n]),
        np.tanh(z[:, 3 * n :]),
    )
    t = np.tanh(f * c + i * g)
    dcell = dh * o * (1 - t**2) + dc
    if wrong:  # the gradient that comes by the cell itself is forgotten
        dcell = dh * o * (1 - t**2)
    dz = np.hstack(
        [dcell * g * i * (1 - i), dcell * c * f * (1 - f), dh * t * o * (1 - o), dcell * i * (1 - g**2)]
    )
    return dz @ W.T, dz @ U.T, dcell * f, x.T @ dz, h.T @ dz, dz.sum(axis=0)


def gru(x, h, Wz, Uz, Wr, Ur, Wh, Uh):
    z, r = sigmoid(x @ Wz + h @ Uz), sigmoid(x @ Wr + h @ Ur)
    new = np.tanh(x @ Wh + (r * h) @ Uh)
    return (1 - z) * h + z * new


def gru_back(wrong, delta, x, h, Wz, Uz, Wr, Ur, Wh, Uh):
    z, r = sigmoid(x @ Wz + h @ Uz), sigmoid(x @ Wr + h @ Ur)
    new = np.tanh(x @ Wh + (r * h) @ Uh)
    dnew = delta * z * (1 - new**2)
    drh = dnew @ Uh.T
    dz = delta * (new - h) * z * (1 - z)
    dr = drh * h * r * (1 - r)
    dx = dnew @ Wh.T + dz @ Wz.T + dr @ Wr.T
    dh = delta * (1 - z) + drh * r + dz @ Uz.T + (0 if wrong else dr @ Ur.T)
    return dx, dh, x.T @ dz, h.T @ dz, x.T @ dr, h.T @ dr, x.T @ dnew, (r * h).T @ dnew


def elman(X, h0, W, U, b):
    h = h0
    states = []
    for t in range(X.shape[0]):
        h = np.tanh(X[t] @ W + h @ U + b)
        states.append(h)
    return np.stack(states)


def elman_back(wrong, delta, X, h0, W, U, b):
    states = [h0, *elman(X, h0, W, U, b)]
    dX, dW, dU, db = np.zeros_like(X), np.zeros_like(W), np.zeros_like(U), np.zeros_like(b)
    carry = np.zeros_like(h0)
    for t in reversed(range(X.shape[0])):
        dz = (delta[t] + carry) * (1 - states[t + 1] ** 2)
        dX[t] = dz @ W.T
        dW += np.outer(X[t], dz)
        dU += np.outer(states[t + 1 if wrong else t], dz)
        db += dz
        carry = dz @ U.T
    return dX, carry, dW, dU, db


RECURRENT = [
    Derivation(
        "LSTM cell", lstm, partial(lstm_back, False), partial(lstm_back, True),
        {"x": "m k", "h": "m n", "c": "m n", "W": "k 4*n", "U": "n 4*n", "b": "4*n"},
    ),
    Derivation(
        "GRU cell", gru, partial(gru_back, False), partial(gru_back, True),
        {"x": "m k", "h": "m n", **{f"{w}{g}": s for g in "zrh" for w, s in (("W", "k n"), ("U", "n n"))}},
    ),
    Derivation(
        "Elman net", elman, partial(elman_back, False), partial(elman_back, True),
        {"X": "t k", "h0": "n", "W": "k n", "U": "n n", "b": "n"},
    ),
]  # fmt: skip
