"""Layers and nets: dense, fifty of them, batch and group norm, attention, GELU."""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.derivation import Derivation


def stacked(x, W, b):
    for _ in range(50):
        x = np.tanh(x @ W + b)
    return x


def stacked_back(wrong, delta, x, W, b):
    states = [x]
    for _ in range(50):
        states.append(np.tanh(states[-1] @ W + b))
    dW, db = np.zeros_like(W), np.zeros_like(b)
    for before, after in zip(states[-2::-1], states[:0:-1], strict=True):
        dz = delta * (1 - after**2)
        dW += before.T @ dz
        db += dz.sum(axis=0)
        delta = dz @ (W if wrong else W.T)
    return delta, dW, db


def batch_norm(x, g, b):
    mean, variance = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
    return g[:, None, None] * (x - mean) / np.sqrt(variance + 1e-5) + b[:, None, None]


def batch_norm_back(wrong, delta, x, g, b):
    axes = (0, 2, 3)
    mean, variance = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True)
    inverse = 1 / np.sqrt(variance + 1e-5)
    hat = (x - mean) * inverse
    d = delta * g[:, None, None]
    m = x.shape[0] if wrong else x.shape[0] * x.shape[2] * x.shape[3]
    dx = (
        inverse
        / m
        * (m * d - d.sum(axis=axes, keepdims=True) - hat * (d * hat).sum(axis=axes, keepdims=True))
    )
    return dx, (delta * hat).sum(axis=axes), delta.sum(axis=axes)


GROUPS = 2


def group_norm(x, g, b):
    N, C, H, W = x.shape
    grouped = x.reshape(N, GROUPS, C // GROUPS * H * W)
    mean, variance = grouped.mean(axis=2, keepdims=True), grouped.var(axis=2, keepdims=True)
    hat = ((grouped - mean) / np.sqrt(variance + 1e-5)).reshape(N, C, H, W)
    return hat * g.reshape(1, C, 1, 1) + b.reshape(1, C, 1, 1)


def group_norm_back(wrong, delta, x, g, b):
    N, C, H, W = x.shape
    grouped = x.reshape(N, GROUPS, -1)
    mean, variance = grouped.mean(axis=2, keepdims=True), grouped.var(axis=2, keepdims=True)
    inverse = 1 / np.sqrt(variance + 1e-5)
    hat = (grouped - mean) * inverse
    d = (delta * g.reshape(1, C, 1, 1)).reshape(N, GROUPS, -1)
    dx = inverse * (d - d.mean(axis=2, keepdims=True) - hat * (d * hat).mean(axis=2, keepdims=True))
    if wrong:  # the variance is taken for a constant
        dx = inverse * (d - d.mean(axis=2, keepdims=True))
    return (
        dx.reshape(N, C, H, W),
        (delta * hat.reshape(N, C, H, W)).sum(axis=(0, 2, 3)),
        delta.sum(axis=(0, 2, 3)),
    )


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention(x, Wq, Wk, Wv, Wo):
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    return softmax(q @ k.T / np.sqrt(q.shape[-1])) @ v @ Wo


def attention_back(wrong, delta, x, Wq, Wk, Wv, Wo):
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    p = softmax(q @ k.T / np.sqrt(q.shape[-1]))
    da = delta @ Wo.T
    dv, dp = p.T @ da, da @ v.T
    ds = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
    if not wrong:
        ds = ds / np.sqrt(q.shape[-1])
    dq, dk = ds @ k, ds.T @ q
    return dq @ Wq.T + dk @ Wk.T + dv @ Wv.T, x.T @ dq, x.T @ dk, x.T @ dv, (p @ v).T @ delta


def gelu(x, W, b):
    z = x @ W + b
    return 0.5 * z * (1 + np.tanh(0.7978845608 * (z + 0.044715 * z**3)))


def gelu_back(wrong, delta, x, W, b):
    z = x @ W + b
    t = np.tanh(0.7978845608 * (z + 0.044715 * z**3))
    inner = 0.7978845608 * (1 + (1 if wrong else 3) * 0.044715 * z**2)
    dz = delta * (0.5 * (1 + t) + 0.5 * z * (1 - t**2) * inner)
    return dz @ W.T, x.T @ dz, dz.sum(axis=0)


LAYERS = [
    Derivation(
        "fifty tanh layers", stacked, partial(stacked_back, False), partial(stacked_back, True),
        {"x": "m n", "W": "n n", "b": "n"},
    ),
    Derivation(
        "batch norm of images", batch_norm, partial(batch_norm_back, False), partial(batch_norm_back, True),
        {"x": "n c h w", "g": "c", "b": "c"},
    ),
    Derivation(
        "group norm", group_norm, partial(group_norm_back, False), partial(group_norm_back, True),
        {"x": "n 2*c h w", "g": "2*c", "b": "2*c"},
    ),
    Derivation(
        "self-attention", attention, partial(attention_back, False), partial(attention_back, True),
        {"x": "t d", "Wq": "d k", "Wk": "d k", "Wv": "d v", "Wo": "v d"},
    ),
    Derivation(
        "GELU layer", gelu, partial(gelu_back, False), partial(gelu_back, True),
        {"x": "m k", "W": "k n", "b": "n"},
    ),
]  # fmt: skip
