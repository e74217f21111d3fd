"""Convolutions and poolings: loops over buffers, sliding windows, reshapes."""

from __future__ import annotations

import numpy as np

import gradcheck


@gradcheck.formula(shapes={"x": "n", "w": "k"}, where=lambda n, k: k <= n)
def conv1d(x, w):
    n, k = len(x), len(w)
    out = np.zeros(n - k + 1)
    for i in range(n - k + 1):
        for j in range(k):
            out[i] += x[i + j] * w[j]
    return out


@conv1d.vjp
def conv1d_backward(delta, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(delta)):
        for j in range(len(w)):
            dx[i + j] += delta[i] * w[j]
            dw[j] += delta[i] * x[i + j]
    return dx, dw


@gradcheck.formula(shapes={"x": "b c n", "w": "o c k"}, where=lambda n, k: k <= n)
def conv1d_channels(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)
    return np.einsum("bcik,ock->boi", windows, w)


@conv1d_channels.vjp
def conv1d_channels_backward(delta, x, w):
    k = w.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(x, k, axis=2)
    dw = np.einsum("boi,bcik->ock", delta, windows)
    dx = np.zeros_like(x)
    for j in range(k):
        dx[:, :, j : j + delta.shape[2]] += np.einsum("boi,oc->bci", delta, w[:, :, j])
    return dx, dw


@gradcheck.formula(shapes={"x": "h w", "f": "p q"}, where=lambda h, w, p, q: p <= h and q <= w)
def conv2d(x, f):
    windows = np.lib.stride_tricks.sliding_window_view(x, f.shape)
    return np.sum(windows * f, axis=(2, 3))


@conv2d.vjp
def conv2d_backward(delta, x, f):
    p, q = f.shape
    rows, columns = delta.shape
    dx, df = np.zeros(x.shape), np.zeros(f.shape)
    for i in range(p):
        for j in range(q):
            dx[i : i + rows, j : j + columns] += f[i, j] * delta
            df[i, j] = np.sum(x[i : i + rows, j : j + columns] * delta)
    return dx, df


@gradcheck.formula(shapes={"x": "n m", "f": "3 3"})
def conv2d_padded(x, f):
    n, m = x.shape
    padded = np.pad(x, 1)
    out = np.zeros((n, m))
    for i in range(n):
        for j in range(m):
            out[i, j] = np.sum(padded[i : i + 3, j : j + 3] * f)
    return out


@conv2d_padded.vjp
def conv2d_padded_backward(delta, x, f):
    padded, dpadded = np.pad(x, 1), np.pad(np.zeros_like(x), 1)
    df = np.zeros_like(f)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            dpadded[i : i + 3, j : j + 3] += delta[i, j] * f
            df += delta[i, j] * padded[i : i + 3, j : j + 3]
    return dpadded[1:-1, 1:-1], df


@gradcheck.formula(shapes={"x": "b 2*n"})
def max_pool(x):
    b, n = x.shape
    return x.reshape(b, n // 2, 2).max(axis=2)


@max_pool.vjp
def max_pool_backward(delta, x):
    dx = np.zeros_like(x)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            k = np.argmax(x[i, 2 * j : 2 * j + 2])
            dx[i, 2 * j + k] = delta[i, j]
    return dx


@gradcheck.formula(shapes={"x": "b 3*n"})
def max_pool_by_mask(x):
    b, n = x.shape
    return np.max(x.reshape(b, n // 3, 3), axis=-1)


@max_pool_by_mask.vjp
def max_pool_by_mask_backward(delta, x):
    b, n = x.shape
    windows = x.reshape(b, n // 3, 3)
    mask = windows == windows.max(axis=-1, keepdims=True)
    share = mask / mask.sum(axis=-1, keepdims=True)
    return (delta[:, :, None] * share).reshape(b, n)


@gradcheck.formula(shapes={"x": "b 2*h 2*w"})
def average_pool(x):
    b, h, w = x.shape
    return x.reshape(b, h // 2, 2, w // 2, 2).mean(axis=(2, 4))


@average_pool.vjp
def average_pool_backward(delta, x):
    return np.repeat(np.repeat(delta, 2, axis=1), 2, axis=2) / 4


@gradcheck.formula(shapes={"x": "c h w"})
def global_average_pool(x):
    return x.mean(axis=(1, 2))


@global_average_pool.vjp
def global_average_pool_backward(delta, x):
    return np.ones_like(x) * delta[:, None, None] / (x.shape[1] * x.shape[2])


@gradcheck.formula(shapes={"x": "n c", "t": "k c"}, where=lambda n, k: k <= n)
def max_over_time(x, t):
    rows = [np.sum(x[i : i + len(t)] * t, axis=0) for i in range(len(x) - len(t) + 1)]
    return np.stack(rows).max(axis=0)


@max_over_time.vjp
def max_over_time_backward(delta, x, t):
    k = len(t)
    s = np.stack([np.sum(x[i : i + k] * t, axis=0) for i in range(len(x) - k + 1)])
    dx, dt = np.zeros_like(x), np.zeros_like(t)
    for c in range(x.shape[1]):
        i = int(np.argmax(s[:, c]))
        dx[i : i + k, c] += delta[c] * t[:, c]
        dt[:, c] = delta[c] * x[i : i + k, c]
    return dx, dt
