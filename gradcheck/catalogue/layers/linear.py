"""L01 to L06: layers that are linear in what goes through them."""

from __future__ import annotations

import numpy as np

from gradcheck.formulas.decorating import formula
from gradcheck.formulas.values import integers

__all__ = ["FORMULAS"]

SECTION = "Linear layers"


@formula(
    shapes={"X": "N D", "W": "D H", "b": "H"}, id="L01", section=SECTION, latex=r"Y = X W + b", batch="N"
)
def dense(X, W, b):
    return X @ W + b


@dense.vjp(title="Back through a dense layer: delta W^T, X^T delta, the sum of delta over the batch")
def dense_vjp(delta, X, W, b):
    return delta @ W.T, X.T @ delta, delta.sum(axis=0)


@formula(
    shapes={"E": "5 D", "ids": "N"},
    values={"ids": integers(0, 5)},
    id="L02",
    section=SECTION,
    latex=r"Y_i = E_{\mathrm{ids}_i}",
)
def embedding(E, ids):
    return E[ids]


@embedding.vjp(title="Back through an embedding: the rows of delta, added up where an id comes again")
def embedding_vjp(delta, E, ids):
    dE = np.zeros_like(E)
    np.add.at(dE, ids, delta)
    return dE, None


@formula(
    shapes={"x": "N C n", "w": "D C k"},
    where=lambda n, k: k <= n,
    id="L03",
    section=SECTION,
    latex=r"y_{b,d,i} = \sum_{c,t} x_{b,c,i+t} w_{d,c,t}",
)
def conv1d(x, w):
    k = w.shape[2]
    length = x.shape[2] - k + 1
    return sum(np.einsum("bci,dc->bdi", x[:, :, t : t + length], w[:, :, t]) for t in range(k))


@conv1d.vjp(title="Back through a convolution: delta with the turned kernel, and x with delta")
def conv1d_vjp(delta, x, w):
    k, length = w.shape[2], delta.shape[2]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for t in range(k):
        dx[:, :, t : t + length] += np.einsum("bdi,dc->bci", delta, w[:, :, t])
        dw[:, :, t] = np.einsum("bdi,bci->dc", delta, x[:, :, t : t + length])
    return dx, dw


STRIDE, PADDING = 2, 1


def padded(x):
    """Two-dimensional images with a border of zeros."""
    return np.pad(x, ((0, 0), (0, 0), (PADDING, PADDING), (PADDING, PADDING)))


@formula(
    shapes={"x": "N C h w", "K": "D C 3 3"},
    id="L04",
    section=SECTION,
    latex=r"y_{b,d,i,j} = \sum_{c,s,t} \bar x_{b,c,2i+s,2j+t} K_{d,c,s,t}",
)
def conv2d(x, K):
    wide = padded(x)
    rows, columns = (x.shape[2] - 1) // STRIDE + 1, (x.shape[3] - 1) // STRIDE + 1
    total = 0.0
    for s in range(3):
        for t in range(3):
            part = wide[:, :, s : s + STRIDE * rows : STRIDE, t : t + STRIDE * columns : STRIDE]
            total = total + np.einsum("bcij,dc->bdij", part, K[:, :, s, t])
    return total


@conv2d.vjp(title="Back through a convolution with stride 2 and padding 1")
def conv2d_vjp(delta, x, K):
    wide = padded(x)
    d_wide, dK = np.zeros_like(wide), np.zeros_like(K)
    rows, columns = delta.shape[2], delta.shape[3]
    for s in range(3):
        for t in range(3):
            at = np.s_[:, :, s : s + STRIDE * rows : STRIDE, t : t + STRIDE * columns : STRIDE]
            d_wide[at] += np.einsum("bdij,dc->bcij", delta, K[:, :, s, t])
            dK[:, :, s, t] = np.einsum("bdij,bcij->dc", delta, wide[at])
    return d_wide[:, :, PADDING:-PADDING, PADDING:-PADDING], dK


@formula(
    shapes={"x": "N C 2*h 2*w"},
    id="L05",
    section=SECTION,
    latex=r"y_{b,c,i,j} = \tfrac14 \sum_{s,t < 2} x_{b,c,2i+s,2j+t}",
)
def average_pool(x):
    N, C, h, w = x.shape
    return x.reshape(N, C, h // 2, 2, w // 2, 2).mean(axis=(3, 5))


@average_pool.vjp(title="Back through average pooling: a quarter of delta to each of the four")
def average_pool_vjp(delta, x):
    return np.repeat(np.repeat(delta, 2, axis=2), 2, axis=3) / 4


@formula(
    shapes={"x": "N C 2*h 2*w"},
    id="L06",
    section=SECTION,
    latex=r"y_{b,c,i,j} = \max_{s,t < 2} x_{b,c,2i+s,2j+t}",
)
def max_pool(x):
    N, C, h, w = x.shape
    return x.reshape(N, C, h // 2, 2, w // 2, 2).max(axis=(3, 5))


@max_pool.vjp(title="Back through max pooling: delta to the largest of the four, shared where several are")
def max_pool_vjp(delta, x):
    N, C, h, w = x.shape
    windows = x.reshape(N, C, h // 2, 2, w // 2, 2)
    largest = windows == windows.max(axis=(3, 5), keepdims=True)
    count = largest.sum(axis=(3, 5), keepdims=True)
    return (largest * delta[:, :, :, None, :, None] / count).reshape(x.shape)


FORMULAS = (dense, embedding, conv1d, conv2d, average_pool, max_pool)
