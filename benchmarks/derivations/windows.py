"""Convolution and pooling, in loops and by windows."""

from __future__ import annotations

from functools import partial

import numpy as np

from derivations.derivation import Derivation


def conv(x, w, b):
    N, _, H, W = x.shape
    F, _, kh, kw = w.shape
    out = np.zeros((N, F, H - kh + 1, W - kw + 1))
    for n in range(N):
        for f in range(F):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    out[n, f, i, j] = np.sum(x[n, :, i : i + kh, j : j + kw] * w[f]) + b[f]
    return out


def conv_back(wrong, delta, x, w, b):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros_like(b)
    kh, kw = w.shape[2:]
    for n in range(x.shape[0]):
        for f in range(w.shape[0]):
            for i in range(delta.shape[2]):
                for j in range(delta.shape[3]):
                    d = delta[n, f, i, j]
                    dw[f] += x[n, :, i : i + kh, j : j + kw] * d
                    db[f] += d
                    if wrong:  # overlapping windows overwrite each other
                        dx[n, :, i : i + kh, j : j + kw] = w[f] * d
                    else:
                        dx[n, :, i : i + kh, j : j + kw] += w[f] * d
    return dx, dw, db


SIZE, STRIDE = 2, 2


def pool(x):
    N, C, H, W = x.shape
    out = np.zeros((N, C, H // STRIDE, W // STRIDE))
    for n in range(N):
        for c in range(C):
            for i in range(H // STRIDE):
                for j in range(W // STRIDE):
                    top, left = i * STRIDE, j * STRIDE
                    out[n, c, i, j] = np.max(x[n, c, top : top + SIZE, left : left + SIZE])
    return out


def pool_back(wrong, delta, x):
    dx = np.zeros_like(x)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(delta.shape[2]):
                for j in range(delta.shape[3]):
                    top, left = i * STRIDE, j * STRIDE
                    window = x[n, c, top : top + SIZE, left : left + SIZE]
                    r, s = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, top + r, left + s] += delta[n, c, i, j]
        if wrong:  # `return` stands one level too deep
            return dx
    return dx


def smooth(x, k):
    return np.tanh(np.lib.stride_tricks.sliding_window_view(x, len(k)) @ k)


def smooth_back(wrong, delta, x, k):
    windows = np.lib.stride_tricks.sliding_window_view(x, len(k))
    dz = delta * (1 - np.tanh(windows @ k) ** 2)
    return np.convolve(dz, k[::-1] if wrong else k), windows.T @ dz


WINDOWS = [
    Derivation(
        "convolution in loops", conv, partial(conv_back, False), partial(conv_back, True),
        {"x": "n c h+p-1 w+q-1", "w": "f c p q", "b": "f"},
    ),
    Derivation(
        "max pooling in loops", pool, partial(pool_back, False), partial(pool_back, True),
        {"x": "n c 2*h 2*w"},
    ),
    Derivation(
        "windows of a signal", smooth, partial(smooth_back, False), partial(smooth_back, True),
        {"x": "n+m-1", "k": "m"},
    ),
]  # fmt: skip
