"""Forward mode of labels, masks, sorting and windows: each with its right jvp, and three that are wrong."""

import numpy as np

import gradcheck
from tests.modes.corpus_jvp_layers import case, soft

# -- labels, masks, order


def label_loss(Z, y):
    s = Z - Z.max(axis=1, keepdims=True)
    return -np.mean((s - np.log(np.exp(s).sum(axis=1, keepdims=True)))[np.arange(len(y)), y])


def label_loss_jvp(t, Z, y):
    return np.mean((soft(Z) * t.Z).sum(axis=1) - t.Z[np.arange(len(y)), y])


case(
    label_loss,
    {"Z": "b 4", "y": "b"},
    label_loss_jvp,
    lambda t, Z, y: len(y) * label_loss_jvp(t, Z, y),
    lambda t, Z, y: -np.mean(t.Z[np.arange(len(y)), y]),
    lambda t, Z, y: np.mean((soft(Z) * t.Z).sum(axis=1) - t.Z[:, y].mean(axis=1)),
    values={"y": gradcheck.integers(0, 4)},
)


def masked_mean(X, m):
    return (X * m[:, None]).sum(axis=0) / np.maximum(m.sum(), 1)


case(
    masked_mean,
    {"X": "b n", "m": "b"},
    lambda t, X, m: (t.X * m[:, None]).sum(axis=0) / np.maximum(m.sum(), 1),
    lambda t, X, m: t.X.mean(axis=0),
    lambda t, X, m: (t.X * m[:, None]).mean(axis=0),
    lambda t, X, m: (t.X * (1 - m)[:, None]).sum(axis=0) / np.maximum(m.sum(), 1),
    values={"m": gradcheck.integers(0, 2)},
)


def top_two(x):
    return np.sort(x)[-2:]


case(
    top_two,
    {"x": "n+1"},
    lambda t, x: t.x[np.argsort(x)[-2:]],
    lambda t, x: np.sort(t.x)[-2:],
    lambda t, x: t.x[np.argsort(x)[:2]],
    lambda t, x: t.x[np.argsort(x)[-2:][::-1]],
)


def pooled(x):
    return x.reshape(-1, 2).max(axis=1)


case(
    pooled,
    {"x": "2*n"},
    lambda t, x: t.x.reshape(-1, 2)[np.arange(x.size // 2), x.reshape(-1, 2).argmax(axis=1)],
    lambda t, x: t.x.reshape(-1, 2).max(axis=1),
    lambda t, x: t.x.reshape(-1, 2).sum(axis=1),
    lambda t, x: t.x.reshape(-1, 2)[:, 0],
)

# -- convolutions, distances


def filtered(x, w):
    return np.convolve(x, w, "valid")


case(
    filtered,
    {"x": "n", "w": "k"},
    lambda t, x, w: np.convolve(t.x, w, "valid") + np.convolve(x, t.w, "valid"),
    lambda t, x, w: np.convolve(t.x, w[::-1], "valid") + np.convolve(x, t.w, "valid"),
    lambda t, x, w: np.convolve(t.x, w, "valid"),
    lambda t, x, w: np.correlate(t.x, w, "valid") + np.correlate(x, t.w, "valid"),
    where=lambda n, k: k <= n,
)


def kernel_matrix(X, Y):
    return np.exp(-0.5 * ((X[:, None, :] - Y[None, :, :]) ** 2).sum(axis=-1))


def kernel_matrix_jvp(t, X, Y, sign=-1.0):
    d = X[:, None, :] - Y[None, :, :]
    return sign * kernel_matrix(X, Y) * (d * (t.X[:, None, :] - t.Y[None, :, :])).sum(axis=-1)


case(
    kernel_matrix,
    {"X": "n d", "Y": "m d"},
    kernel_matrix_jvp,
    lambda t, X, Y: kernel_matrix_jvp(t, X, Y, sign=1.0),
    lambda t, X, Y: kernel_matrix_jvp(t, X, Y, sign=-0.5),
    lambda t, X, Y: kernel_matrix_jvp(t._replace(Y=-t.Y), X, Y),
)


def batched(A, x):
    return np.einsum("bij,bj->bi", A, x)


case(
    batched,
    {"A": "b n m", "x": "b m"},
    lambda t, A, x: np.einsum("bij,bj->bi", t.A, x) + np.einsum("bij,bj->bi", A, t.x),
    lambda t, A, x: np.einsum("bij,bj->bi", t.A, t.x),
    lambda t, A, x: np.einsum("bij,bj->bi", t.A, x),
    lambda t, A, x: np.einsum("bij,bj->bi", t.A, x) + np.einsum("bij,cj->bi", A, t.x),
)
