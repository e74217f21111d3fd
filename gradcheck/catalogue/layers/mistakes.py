"""Mistakes that are usual for each layer: backward passes that must fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.catalogue.layers.gates import KEPT, A, C, erf, sigmoid
from gradcheck.catalogue.layers.linear import PADDING, STRIDE
from gradcheck.catalogue.layers.normalisation import EPS, back, normalised
from gradcheck.catalogue.layers.others import SLOTS, norm
from gradcheck.catalogue.layers.probabilities import log_ratio, smoothed, softmax_of_kept, softmax_rows
from gradcheck.catalogue.layers.sequences import (
    back_through_attention,
    causal,
    causal_attention_vjp,
    gru_cell_vjp,
    half_split,
    interleaved,
    lstm_cell_vjp,
    scan_vjp,
    scores,
)

__all__ = ["MISTAKES"]


def conv1d_shifted(delta: Any, x: Any, w: Any) -> Any:
    k, length = w.shape[2], delta.shape[2]
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for t in range(k):
        dx[:, :, t : t + length] += np.einsum("bdi,dc->bci", delta, w[:, :, k - 1 - t])
        dw[:, :, t] = np.einsum("bdi,bci->dc", delta, x[:, :, t : t + length])
    return dx, dw


def conv2d_overwritten(delta: Any, x: Any, K: Any) -> Any:
    wide = np.pad(x, ((0, 0), (0, 0), (PADDING, PADDING), (PADDING, PADDING)))
    d_wide, dK = np.zeros_like(wide), np.zeros_like(K)
    rows, columns = delta.shape[2], delta.shape[3]
    for s in range(3):
        for t in range(3):
            at = np.s_[:, :, s : s + STRIDE * rows : STRIDE, t : t + STRIDE * columns : STRIDE]
            d_wide[at] = np.einsum("bdij,dc->bcij", delta, K[:, :, s, t])
            dK[:, :, s, t] = np.einsum("bdij,bcij->dc", delta, wide[at])
    return d_wide[:, :, PADDING:-PADDING, PADDING:-PADDING], dK


def embedding_assigned(delta: Any, E: Any, ids: Any) -> Any:
    dE = np.zeros_like(E)
    dE[ids] = delta
    return dE, None


def max_pool_all(delta: Any, x: Any) -> Any:
    return np.repeat(np.repeat(delta, 2, axis=2), 2, axis=3)


def no_statistics(axis: Any) -> Any:
    def wrong(delta: Any, X: Any, gamma: Any, beta: Any) -> Any:
        hat, inverse = normalised(X, axis)
        return delta * gamma * inverse, (delta * hat).sum(axis=0), delta.sum(axis=0)

    return wrong


def norm_across(delta: Any, X: Any, gamma: Any, beta: Any) -> Any:
    hat, inverse = normalised(X, 1)
    return back(delta * gamma, hat, inverse, 0), (delta * hat).sum(axis=0), delta.sum(axis=0)


def group_norm_channels(delta: Any, X: Any, gamma: Any, beta: Any) -> Any:
    hat, inverse = normalised(X, (2, 3))
    dX = back(delta * gamma[None, :, :, None], hat, inverse, (2, 3))
    return dX, (delta * hat).sum(axis=(0, 3)), delta.mean(axis=(0, 3))


def rms_norm_centred(delta: Any, X: Any, gamma: Any) -> Any:
    inverse = 1 / np.sqrt((X * X).mean(axis=1, keepdims=True) + EPS)
    hat, d_hat = X * inverse, delta * gamma
    return back(d_hat, hat, inverse, 1), (delta * hat).sum(axis=0)


def softmax_elementwise(delta: Any, X: Any) -> Any:
    p = softmax_rows(X)
    return delta * p * (1 - p)


def log_softmax_cold(delta: Any, X: Any, tau: Any) -> Any:
    dz = delta - softmax_rows(X / tau) * delta.sum(axis=-1, keepdims=True)
    return dz, -(dz * X).sum() / tau**2


def masked_softmax_unmasked(delta: Any, X: Any, mask: Any) -> Any:
    p = softmax_rows(X)
    return p * (delta - (p * delta).sum(axis=-1, keepdims=True)), None


def cross_entropy_ignored_too(delta: Any, X: Any, labels: Any) -> Any:
    return delta * (softmax_rows(X) - smoothed(labels)) / max((labels != -1).sum(), 1), None


def cross_entropy_summed(delta: Any, X: Any, labels: Any) -> Any:
    used = labels != -1
    return delta * (used[:, None] * softmax_rows(X) - smoothed(labels)), None


def kl_other_way(delta: Any, a: Any, b: Any) -> Any:
    p, q, r = softmax_rows(a), softmax_rows(b), log_ratio(a, b)
    scale = delta / len(a)
    return scale * p * (r - (p * r).sum(axis=-1, keepdims=True)), scale * (p - q)


def gelu_without_density(delta: Any, x: Any) -> Any:
    return delta * (1 + erf(x / np.sqrt(2))) / 2


def gelu_tanh_cubic(delta: Any, x: Any) -> Any:
    t = np.tanh(C * (x + A * x**3))
    return delta * ((1 + t) / 2 + x / 2 * (1 - t * t) * C * (1 + A * x**2))


def silu_of_sigmoid(delta: Any, x: Any) -> Any:
    s = sigmoid(x)
    return delta * s * (1 - s)


def swiglu_one_path(delta: Any, X: Any, W: Any, V: Any) -> Any:
    a, b = X @ W, X @ V
    s = sigmoid(a)
    da, db = delta * b * s * (1 + a * (1 - s)), delta * a * s
    return da @ W.T, X.T @ da, X.T @ db


def attention_unscaled(delta: Any, Q: Any, K: Any, V: Any) -> Any:
    P = softmax_rows(scores(Q, K))
    dS = P * (delta @ V.T - (P * (delta @ V.T)).sum(axis=1, keepdims=True))
    return dS @ K, dS.T @ Q, P.T @ delta


def causal_not_masked(delta: Any, Q: Any, K: Any, V: Any) -> Any:
    return back_through_attention(delta, Q, K, V, softmax_rows(scores(Q, K)))


def causal_transposed(delta: Any, Q: Any, K: Any, V: Any) -> Any:
    dQ, dK, _ = causal_attention_vjp(delta, Q, K, V)
    return dQ, dK, causal(scores(Q, K)) @ delta


def masked_attention_values(delta: Any, Q: Any, K: Any, V: Any, kept: Any) -> Any:
    P = softmax_of_kept(scores(Q, K), kept)
    dQ, dK, dV = back_through_attention(delta, Q, K, V, P)
    return dQ, dK, dV * kept[:, None] + (1 - kept)[:, None], None


def changed(vjp: Any, place: Any, change: Any) -> Any:
    """The right gradients but for one."""

    def wrong(*args: Any) -> Any:
        found = list(vjp(*args))
        found[place] = change(found[place], *args)
        return tuple(found)

    return wrong


def lstm_state_alone(delta: Any, *args: Any) -> Any:
    dh, dc = delta
    return lstm_cell_vjp((0 * dh, dc), *args)


def scan_forgetful(delta: Any, a: Any, x: Any) -> Any:
    return scan_vjp(delta, a, x)[0], delta


def solve_not_transposed(delta: Any, A: Any, b: Any) -> Any:
    x, db = np.linalg.solve(A, b), np.linalg.solve(A.T, delta)
    return np.outer(db, x), db


def cosine_without_projection(delta: Any, x: Any, y: Any) -> Any:
    a, b = norm(x)[:, None], norm(y)[:, None]
    return delta[:, None] * y / (a * b), delta[:, None] * x / (a * b)


def gaussian_without_log(delta: Any, x: Any, mu: Any, log_s: Any) -> Any:
    inverse = np.exp(-log_s)
    z = (x - mu) * inverse
    return -delta * z * inverse, delta * z * inverse, delta * z * z


MISTAKES: dict[str, dict[str, Callable[..., Any]]] = {
    "dense": {
        "bias_not_summed": lambda d, X, W, b: (d @ W.T, X.T @ d, d.mean(axis=0)),
        "weights_over_batch": lambda d, X, W, b: (d @ W.T, X.T @ d / len(X), d.sum(axis=0)),
    },
    "embedding": {"assigned_for_added": embedding_assigned},
    "conv1d": {"kernel_turned_twice": conv1d_shifted},
    "conv2d": {"overlap_overwritten": conv2d_overwritten},
    "average_pool": {"not_divided": lambda d, x: np.repeat(np.repeat(d, 2, axis=2), 2, axis=3)},
    "max_pool": {"to_all_four": max_pool_all},
    "batch_norm": {"statistics_constant": no_statistics(0)},
    "layer_norm": {"statistics_constant": no_statistics(1), "other_axis": norm_across},
    "group_norm": {"bias_averaged": group_norm_channels},
    "rms_norm": {"centred": rms_norm_centred},
    "softmax": {"diagonal_alone": softmax_elementwise},
    "log_softmax": {"temperature_left_out": log_softmax_cold},
    "masked_softmax": {"mask_left_out": masked_softmax_unmasked},
    "cross_entropy": {"ignored_counted": cross_entropy_ignored_too, "summed": cross_entropy_summed},
    "hinge": {"sign": lambda d, s, y: (d * np.where(y * s < 1, y, 0) / len(s), None)},
    "huber": {"not_cut_off": lambda d, s, y: (d * (s - y) / len(s), -d * (s - y) / len(s))},
    "kl_divergence": {"sign_of_the_second": kl_other_way},
    "gelu": {"density_left_out": gelu_without_density},
    "gelu_tanh": {"cubic_term_not_derived": gelu_tanh_cubic},
    "silu": {"sigmoid_alone": silu_of_sigmoid},
    "swiglu": {"one_path": swiglu_one_path},
    "dropout": {
        "not_scaled": lambda d, X, kept: (d * kept, None),
        "no_mask": lambda d, X, kept: (d / KEPT, None),
    },
    "rotary": {
        "turned_forward": lambda d, x: interleaved(d, 1),
        "other_pairs": lambda d, x: half_split(d, -1),
    },
    "rotary_half": {"turned_forward": lambda d, x: half_split(d, 1)},
    "attention": {"not_scaled": attention_unscaled},
    "causal_attention": {"not_masked": causal_not_masked, "transposed": causal_transposed},
    "masked_attention": {"padded_values": masked_attention_values},
    "lstm_cell": {
        "output_forgotten": lstm_state_alone,
        "state": changed(lstm_cell_vjp, 5, lambda g, *a: 2 * g),
    },
    "gru_cell": {"state_path": changed(gru_cell_vjp, 1, lambda g, d, x, h, W, U, b: g - d)},
    "scan": {"state_forgotten": scan_forgetful},
    "gather": {"everywhere": lambda d, X, at: (d[:, None] + np.zeros((1, SLOTS)), None)},
    "scatter_add": {"in_order": lambda d, x, to: (0 * d[to] + d[:1], None)},
    "cosine_similarity": {"no_projection": cosine_without_projection},
    "solve": {"sign": solve_not_transposed},
    "logdet": {"inverse_twice": lambda d, A: d * np.linalg.inv(A) / 2},
    "gaussian": {"log_left_out": gaussian_without_log},
}
"""By layer, and by what is wrong."""
