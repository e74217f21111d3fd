"""The formulas of the benchmark, each written once for every tool that is compared.

`forward(xp, *args)` uses the names that NumPy, JAX, autograd and torch share; where torch spells
something differently, the formula says so itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    name: str
    shapes: dict[str, str]
    sizes: dict[str, int]
    forward: Any
    backward: Any


def total(xp, x, axis=None):
    return xp.sum(x) if axis is None else xp.sum(x, axis)


def transposed(x):
    return x.T


def dense(xp, W, x, b):
    return xp.tanh(W @ x + b)


def dense_vjp(delta, W, x, b):
    dz = delta * (1 - np.tanh(W @ x + b) ** 2)
    return np.outer(dz, x), W.T @ dz, dz


def batch(xp, X, W, b):
    return X @ W + b


def batch_vjp(delta, X, W, b):
    return delta @ W.T, X.T @ delta, delta.sum(axis=0)


def sigmoid(xp, x):
    return 1 / (1 + xp.exp(-x))


def sigmoid_vjp(delta, x):
    a = 1 / (1 + np.exp(-x))
    return delta * a * (1 - a)


def softmax(xp, x):
    e = xp.exp(x)
    return e / total(xp, e, 1)[:, None]


def softmax_vjp(delta, x):
    p = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
    return p * (delta - (delta * p).sum(axis=1, keepdims=True))


def mse(xp, s, y):
    return total(xp, (s - y) ** 2) / len(s)


def mse_vjp(delta, s, y):
    g = 2 * (s - y) / len(s)
    return delta * g, -delta * g


def layer_norm(xp, x, g, b):
    mean = total(xp, x, 1)[:, None] / x.shape[1]
    centred = x - mean
    variance = total(xp, centred**2, 1)[:, None] / x.shape[1]
    return centred / xp.sqrt(variance + 1e-5) * g + b


def layer_norm_vjp(delta, x, g, b):
    centred = x - x.mean(axis=1, keepdims=True)
    inverse = 1 / np.sqrt((centred**2).mean(axis=1, keepdims=True) + 1e-5)
    hat = centred * inverse
    d = delta * g
    dx = inverse * (d - d.mean(axis=1, keepdims=True) - hat * (d * hat).mean(axis=1, keepdims=True))
    return dx, (delta * hat).sum(axis=0), delta.sum(axis=0)


def attention(xp, Q, K, V):
    scores = Q @ K.T / 2.0
    e = xp.exp(scores)
    return (e / total(xp, e, 1)[:, None]) @ V


def attention_vjp(delta, Q, K, V):
    e = np.exp(Q @ K.T / 2.0)
    p = e / e.sum(axis=1, keepdims=True)
    dp = delta @ V.T
    ds = p * (dp - (dp * p).sum(axis=1, keepdims=True)) / 2.0
    return ds @ K, ds.T @ Q, p.T @ delta


def quadratic(xp, A, x):
    return x @ A @ x


def quadratic_vjp(delta, A, x):
    return delta * np.outer(x, x), delta * (A + A.T) @ x


def cosine(xp, x, y):
    return x @ y / xp.sqrt((x @ x) * (y @ y))


def cosine_vjp(delta, x, y):
    norm = np.sqrt((x @ x) * (y @ y))
    c = x @ y / norm
    return delta * (y / norm - c * x / (x @ x)), delta * (x / norm - c * y / (y @ y))


CASES = [
    Case("dense", {"W": "n m", "x": "m", "b": "n"}, {"n": 8, "m": 12}, dense, dense_vjp),
    Case("batch", {"X": "k n", "W": "n m", "b": "m"}, {"k": 5, "n": 8, "m": 12}, batch, batch_vjp),
    Case("sigmoid", {"x": "n"}, {"n": 12}, sigmoid, sigmoid_vjp),
    Case("softmax", {"x": "k n"}, {"k": 5, "n": 12}, softmax, softmax_vjp),
    Case("mse", {"s": "n", "y": "n"}, {"n": 12}, mse, mse_vjp),
    Case("layer_norm", {"x": "k n", "g": "n", "b": "n"}, {"k": 5, "n": 12}, layer_norm, layer_norm_vjp),
    Case("attention", {"Q": "a d", "K": "b d", "V": "b e"}, {"a": 5, "b": 7, "d": 4, "e": 6},
         attention, attention_vjp),
    Case("quadratic", {"A": "n n", "x": "n"}, {"n": 10}, quadratic, quadratic_vjp),
    Case("cosine", {"x": "n", "y": "n"}, {"n": 12}, cosine, cosine_vjp),
]  # fmt: skip


def twins(case: Case) -> list[tuple[str, Any]]:
    """Wrong versions of a backward: the kinds that are easiest to let through."""

    def edit(change):
        def wrong(delta, *args):
            result = case.backward(delta, *args)
            parts = list(result) if isinstance(result, tuple) else [result]
            parts[0] = change(np.array(parts[0], dtype=float))
            return tuple(parts)

        return wrong

    def last_zero(g):
        g.reshape(-1)[-1] = 0
        return g

    return [
        ("sign", edit(lambda g: -g)),
        ("factor 2", edit(lambda g: 2 * g)),
        ("1 + 1e-3", edit(lambda g: g * (1 + 1e-3))),
        ("1 + 1e-6", edit(lambda g: g * (1 + 1e-6))),
        ("1 + 1e-9", edit(lambda g: g * (1 + 1e-9))),
        ("last entry 0", edit(last_zero)),
        ("float32", edit(lambda g: g.astype(np.float32).astype(float))),
    ]
