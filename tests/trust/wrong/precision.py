"""Small errors: factors near one, single entries, float32, rounded constants, a forgotten eps."""

from __future__ import annotations

import numpy as np

from tests.trust.corpus.attention import softmax_rows, softmax_rows_backward
from tests.trust.corpus.norms import EPS

from .wrong import Wrong, changed, entry, single, times, wrongs

FACTOR, ENTRY, FLOAT32, CONSTANT, NO_EPS = (
    "small factor",
    "one entry",
    "float32",
    "rounded constant",
    "eps forgotten",
)


def gelu_with(c, k):
    def backward(delta, z):
        t = np.tanh(c * (z + k * z**3))
        return delta * (0.5 * (1 + t) + 0.5 * z * (1 - t**2) * c * (1 + 3 * k * z**2))

    return backward


def gaussian_log_density_with_pi(delta, x, m, S):
    # pi enters the value only, so it is put where it does harm: a normalised cost
    P = np.linalg.inv(S)
    dx = -0.5 * delta * (P + P.T) @ (x - m) * (3.14159 / np.pi)
    return dx, -dx, None


def sigmoid_of_float32(delta, z):
    a = (1 / (1 + np.exp(-z))).astype(np.float32)
    return delta * a * (1 - a)


def affine_of_float32(delta, X, W, c):
    return delta @ W.T.astype(np.float32), X.T @ delta, delta.sum(axis=0)


def affine_float32_sum(delta, X, W, c):
    return delta @ W.T, X.T @ delta, delta.sum(axis=0, dtype=np.float32)


def affine_float32_np_sum(delta, X, W, c):
    return delta @ W.T, X.T @ delta, np.sum(delta, axis=0, dtype=np.float32)


def log_sum_exp_float32_mean(delta, z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return delta[:, None] * e / (np.mean(e, axis=1, keepdims=True, dtype=np.float32) * z.shape[1])


def conv1d_float32_buffer(delta, x, w):
    dx, dw = np.zeros(len(x), dtype=np.float32), np.zeros(len(w))
    for i in range(len(delta)):
        for j in range(len(w)):
            dx[i + j] += delta[i] * w[j]
            dw[j] += delta[i] * x[i + j]
    return dx, dw


def embedding_float32_buffer(delta, E, index):
    dE = np.zeros_like(E, dtype=np.float32)
    np.add.at(dE, index, delta.astype(np.float32))
    return dE, None


def layer_norm_float32_rows(delta, x, gamma, beta):
    d = (delta * gamma).astype("f4")
    mu = x.mean(axis=1, keepdims=True)
    inv = 1 / np.sqrt(x.var(axis=1, keepdims=True) + EPS)
    xhat = (x - mu) * inv
    dx = inv * (d - d.mean(axis=1, keepdims=True) - xhat * (d * xhat).mean(axis=1, keepdims=True))
    return dx, (delta * xhat).sum(axis=0), delta.sum(axis=0)


def attention_float32_scores(delta, Q, K, V):
    scale = 1 / np.sqrt(Q.shape[1])
    p = softmax_rows((Q @ K.T * scale).astype(np.float32))
    ds = softmax_rows_backward(delta @ V.T, p) * scale
    return ds @ K, ds.T @ Q, p.T @ delta


def mean_squared_error_full_like(delta, a, y):
    da = np.full_like(a, 2 * delta / a.size, dtype=np.float32) * (a - y)
    return da, -da


def tanh_add_float32(delta, z):
    return np.multiply(delta, 1 - np.tanh(z) ** 2, dtype=np.float32, casting="same_kind")


def outer_product_float32_einsum(delta, x, y):
    return np.einsum("ij,j->i", delta, y, dtype=np.float32, casting="same_kind"), x @ delta


def quadratic_form_float32_half(delta, x, A):
    return delta * (A + A.T) @ x, np.float32(delta) * np.outer(x, x)


def layer_norm_without_eps(delta, x, gamma, beta):
    mu = x.mean(axis=1, keepdims=True)
    inv = 1 / np.sqrt(x.var(axis=1, keepdims=True) + (x.shape[1] == 1) * EPS)
    xhat = (x - mu) * inv
    d = delta * gamma
    dx = inv * (d - d.mean(axis=1, keepdims=True) - xhat * (d * xhat).mean(axis=1, keepdims=True))
    return dx, (delta * xhat).sum(axis=0), delta.sum(axis=0)


def rms_norm_without_eps(delta, x, gamma):
    r = np.sqrt(np.mean(x**2, axis=1, keepdims=True))
    d = delta * gamma
    dx = d / r - x * np.sum(d * x, axis=1, keepdims=True) / (x.shape[1] * r**3)
    return dx, np.sum(delta * x / r, axis=0)


def l2_normalise_without_eps(delta, x):
    r = np.linalg.norm(x, axis=1, keepdims=True)
    return delta / r - x * np.sum(delta * x, axis=1, keepdims=True) / r**3


def instance_norm_eps_beside_the_root(delta, x):
    mu = x.mean(axis=(2, 3), keepdims=True)
    std = np.sqrt(((x - mu) ** 2).mean(axis=(2, 3), keepdims=True)) + 1e-5
    xhat = (x - mu) / std
    mean_d = delta.mean(axis=(2, 3), keepdims=True)
    return (delta - mean_d - xhat * (delta * xhat).mean(axis=(2, 3), keepdims=True)) / std


def batch_norm_eps_of_another_layer(delta, x, gamma, beta):
    inv = 1 / np.sqrt(x.var(axis=0) + 1e-5)
    xhat = (x - x.mean(axis=0)) * inv
    d = delta * gamma
    dx = inv * (d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0))
    return dx, (delta * xhat).sum(axis=0), delta.sum(axis=0)


def leaky_relu_rounded(delta, z):
    return delta * np.where(z > 0, 1.0, 0.0100001)


def huber_threshold(delta, a, y):
    d = delta * np.clip(a - y, -1.5, 1.4999)
    return d, -d


def attention_rounded_root(delta, Q, K, V):
    scale = np.round(1 / np.sqrt(Q.shape[1]), 6)
    p = softmax_rows(Q @ K.T * scale)
    ds = softmax_rows_backward(delta @ V.T, p) * scale
    return ds @ K, ds.T @ Q, p.T @ delta


WRONGS: list[Wrong] = [
    Wrong("dense", "W off by 1e-3", times("dense", "W", 1 + 1e-3), FACTOR),
    Wrong("dense", "b off by 1e-9", times("dense", "b", 1 + 1e-9), FACTOR),
    Wrong("affine", "X off by 1e-6", times("affine", "X", 1 - 1e-6), FACTOR),
    Wrong("affine", "W off by 1e-9", times("affine", "W", 1 + 1e-9), FACTOR),
    Wrong("affine", "c off by 1e-12", times("affine", "c", 1 + 1e-12), FACTOR),
    Wrong("sigmoid", "off by 1e-9", times("sigmoid", "z", 1 + 1e-9), FACTOR),
    Wrong("gelu", "off by 1e-9", times("gelu", "z", 1 + 1e-9), FACTOR),
    Wrong("softmax", "off by 1e-9", times("softmax", "z", 1 - 1e-9), FACTOR),
    Wrong("log_sum_exp", "off by 1e-6", times("log_sum_exp", "z", 1 + 1e-6), FACTOR),
    Wrong("layer_norm", "x off by 1e-9", times("layer_norm", "x", 1 + 1e-9), FACTOR),
    Wrong("layer_norm", "gamma off by 1e-3", times("layer_norm", "gamma", 1 - 1e-3), FACTOR),
    Wrong("batch_norm", "x off by 1e-9", times("batch_norm", "x", 1 + 1e-9), FACTOR),
    Wrong("attention", "Q off by 1e-9", times("attention", "Q", 1 + 1e-9), FACTOR),
    Wrong("attention", "V off by 1e-6", times("attention", "V", 1 + 1e-6), FACTOR),
    Wrong("causal_attention", "K off by 1e-9", times("causal_attention", "K", 1 + 1e-9), FACTOR),
    Wrong("conv2d", "f off by 1e-9", times("conv2d", "f", 1 + 1e-9), FACTOR),
    Wrong("max_pool", "off by 1e-9", times("max_pool", "x", 1 + 1e-9), FACTOR),
    Wrong("relu", "off by 1e-9", times("relu", "z", 1 + 1e-9), FACTOR),
    Wrong("inverse", "off by 1e-9", times("inverse", "A", 1 + 1e-9), FACTOR),
    Wrong("log_determinant", "off by 1e-9", times("log_determinant", "A", 1 + 1e-9), FACTOR),
    Wrong("gru_step", "U off by 1e-9", times("gru_step", "U", 1 + 1e-9), FACTOR),
    Wrong("rnn", "W off by 1e-6", times("rnn", "W", 1 + 1e-6), FACTOR),
    Wrong("squared_error_as_float", "a off by 1e-3", times("squared_error_as_float", "a", 1 + 1e-3), FACTOR),
    Wrong("squared_error_as_float", "a off by 1e-6", times("squared_error_as_float", "a", 1 + 1e-6), FACTOR),
    Wrong("squared_error_as_float", "y off by 1e-9", times("squared_error_as_float", "y", 1 + 1e-9), FACTOR),
    Wrong("affine", "last entry of W zero", entry("affine", "W", (-1, -1), 0.0), ENTRY),
    Wrong("affine", "last entry of W off by 1e-9", entry("affine", "W", (-1, -1), 1 + 1e-9), ENTRY),
    Wrong("affine", "first entry of X off by 1e-6", entry("affine", "X", (0, 0), 1 + 1e-6), ENTRY),
    Wrong("two_layers", "last entry of W2 off", entry("two_layers", "W2", (-1, -1), 1.01), ENTRY),
    Wrong("layer_norm", "last entry of x off", entry("layer_norm", "x", (-1, -1), 1 + 1e-6), ENTRY),
    Wrong("instance_norm", "last entry off", entry("instance_norm", "x", (-1, -1, -1, -1), 1 + 1e-6), ENTRY),
    Wrong("attention", "last entry of K off", entry("attention", "K", (-1, -1), 1.001), ENTRY),
    Wrong("conv2d_padded", "corner of x", entry("conv2d_padded", "x", (0, -1), 0.0), ENTRY),
    Wrong("conv1d_channels", "last entry of w", entry("conv1d_channels", "w", (-1, -1, -1), 1 + 1e-9), ENTRY),
    Wrong("lstm_step", "last entry of W off", entry("lstm_step", "W", (-1, -1), 1.001), ENTRY),
    Wrong("inverse", "last entry off by 1e-9", entry("inverse", "A", (-1, -1), 1 + 1e-9), ENTRY),
    Wrong("embedding", "third row zero", entry("embedding", "E", (2,), 0.0), ENTRY),
    Wrong("softmax", "last column off", entry("softmax", "z", (slice(None), -1), 1 + 1e-6), ENTRY),
    Wrong("cumulative_sum", "first row off", entry("cumulative_sum", "x", (0,), 1 + 1e-9), ENTRY),
    Wrong("affine", "W cast to float32", single("affine", "W"), FLOAT32),
    Wrong("layer_norm", "x cast to float32", single("layer_norm", "x"), FLOAT32),
    Wrong("softmax", "cast to float32", single("softmax", "z"), FLOAT32),
    Wrong("lstm_step", "c cast to float32", single("lstm_step", "c"), FLOAT32),
    Wrong("attention", "V cast to float32", single("attention", "V"), FLOAT32),
    Wrong("inverse", "cast to float32", single("inverse", "A"), FLOAT32),
    Wrong("conv2d", "f cast to float32", single("conv2d", "f"), FLOAT32),
    Wrong(
        "mean_squared_error",
        "a cast to float16",
        changed("mean_squared_error", "a", lambda g, *_: g.astype(np.float16)),
        FLOAT32,
    ),
    Wrong(
        "gru_step", "h rounded to 7 digits", changed("gru_step", "h", lambda g, *_: np.round(g, 7)), FLOAT32
    ),
    *wrongs("sigmoid", activation_in_float32=(FLOAT32, sigmoid_of_float32)),
    *wrongs(
        "affine",
        weights_in_float32=(FLOAT32, affine_of_float32),
        sum_in_float32=(FLOAT32, affine_float32_sum),
        np_sum_in_float32=(FLOAT32, affine_float32_np_sum),
    ),
    *wrongs("log_sum_exp", mean_in_float32=(FLOAT32, log_sum_exp_float32_mean)),
    *wrongs("conv1d", buffer_in_float32=(FLOAT32, conv1d_float32_buffer)),
    *wrongs("embedding", buffer_in_float32=(FLOAT32, embedding_float32_buffer)),
    *wrongs("layer_norm", delta_in_float32=(FLOAT32, layer_norm_float32_rows)),
    *wrongs("attention", scores_in_float32=(FLOAT32, attention_float32_scores)),
    *wrongs("mean_squared_error", full_like_in_float32=(FLOAT32, mean_squared_error_full_like)),
    *wrongs("tanh", product_in_float32=(FLOAT32, tanh_add_float32)),
    *wrongs("outer_product", einsum_in_float32=(FLOAT32, outer_product_float32_einsum)),
    *wrongs("quadratic_form", delta_in_float32=(FLOAT32, quadratic_form_float32_half)),
    *wrongs(
        "gelu",
        root_of_two_over_pi_rounded=(CONSTANT, gelu_with(0.79788, 0.044715)),
        root_of_two_over_pi_to_ten_digits=(CONSTANT, gelu_with(0.7978845608, 0.044715)),
        cubic_constant_rounded=(CONSTANT, gelu_with(np.sqrt(2 / np.pi), 0.0447)),
        pi_rounded=(CONSTANT, gelu_with(np.sqrt(2 / 3.14159), 0.044715)),
        constant_in_float32=(CONSTANT, gelu_with(np.sqrt(2 / np.pi), np.float32(0.044715))),
    ),
    *wrongs("gaussian_log_density", pi_rounded=(CONSTANT, gaussian_log_density_with_pi)),
    *wrongs("leaky_relu", slope_rounded=(CONSTANT, leaky_relu_rounded)),
    *wrongs("huber", threshold_rounded=(CONSTANT, huber_threshold)),
    *wrongs("attention", root_rounded=(CONSTANT, attention_rounded_root)),
    *wrongs("layer_norm", eps_forgotten=(NO_EPS, layer_norm_without_eps)),
    *wrongs("rms_norm", eps_forgotten=(NO_EPS, rms_norm_without_eps)),
    *wrongs("l2_normalise", eps_forgotten=(NO_EPS, l2_normalise_without_eps)),
    *wrongs("instance_norm", eps_beside_the_root=(NO_EPS, instance_norm_eps_beside_the_root)),
    *wrongs("batch_norm", eps_of_another_layer=(NO_EPS, batch_norm_eps_of_another_layer)),
]
