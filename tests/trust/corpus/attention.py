"""Attention in several spellings."""

from __future__ import annotations

import math

import numpy as np

import gradcheck


def softmax_rows(s):
    e = np.exp(s - np.max(s, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_rows_backward(dp, p):
    return p * (dp - np.sum(dp * p, axis=-1, keepdims=True))


@gradcheck.formula(shapes={"Q": "n d", "K": "m d", "V": "m v"})
def attention(Q, K, V):
    return softmax_rows(Q @ K.T / np.sqrt(Q.shape[1])) @ V


@attention.vjp
def attention_backward(delta, Q, K, V):
    scale = 1 / np.sqrt(Q.shape[1])
    p = softmax_rows(Q @ K.T * scale)
    ds = softmax_rows_backward(delta @ V.T, p) * scale
    return ds @ K, ds.T @ Q, p.T @ delta


@gradcheck.formula(shapes={"Q": "n d", "K": "n d", "V": "n v"})
def causal_attention(Q, K, V):
    n, d = Q.shape
    s = Q @ K.T * d**-0.5
    s = np.where(np.tril(np.ones((n, n), dtype=bool)), s, -np.inf)
    return softmax_rows(s) @ V


@causal_attention.vjp
def causal_attention_backward(delta, Q, K, V):
    n, d = Q.shape
    s = np.where(np.tri(n, dtype=bool), Q @ K.T / math.sqrt(d), -np.inf)
    p = softmax_rows(s)
    ds = softmax_rows_backward(delta @ V.T, p) / math.sqrt(d)
    return ds @ K, ds.T @ Q, p.T @ delta


@gradcheck.formula(shapes={"Q": "n d", "K": "n d", "V": "n v"})
def causal_attention_by_rows(Q, K, V):
    out = np.zeros((Q.shape[0], V.shape[1]))
    for i in range(Q.shape[0]):
        s = K[: i + 1] @ Q[i]
        e = np.exp(s - s.max())
        out[i] = (e / e.sum()) @ V[: i + 1]
    return out


@causal_attention_by_rows.vjp
def causal_attention_by_rows_backward(delta, Q, K, V):
    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    for i in range(len(Q)):
        s = K[: i + 1] @ Q[i]
        e = np.exp(s - s.max())
        p = e / e.sum()
        dp = V[: i + 1] @ delta[i]
        ds = p * (dp - dp @ p)
        dQ[i] = ds @ K[: i + 1]
        dK[: i + 1] += np.outer(ds, Q[i])
        dV[: i + 1] += np.outer(p, delta[i])
    return dQ, dK, dV


@gradcheck.formula(shapes={"X": "b n d", "W": "d k", "U": "d k"})
def attention_weights(X, W, U):
    q, k = X @ W, X @ U
    return softmax_rows(q @ np.swapaxes(k, 1, 2) / np.sqrt(W.shape[1]))


@attention_weights.vjp
def attention_weights_backward(delta, X, W, U):
    q, k = X @ W, X @ U
    root = np.sqrt(W.shape[1])
    p = softmax_rows(q @ np.swapaxes(k, 1, 2) / root)
    ds = softmax_rows_backward(delta, p) / root
    dq, dk = ds @ k, np.swapaxes(ds, 1, 2) @ q
    dX = dq @ W.T + dk @ U.T
    return dX, np.einsum("bnd,bnk->dk", X, dq), np.einsum("bnd,bnk->dk", X, dk)
