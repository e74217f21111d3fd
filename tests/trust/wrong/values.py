"""Errors that only some values show: large arguments, ties, zeros, one side of a kink."""

from __future__ import annotations

import numpy as np

from .wrong import Wrong, changed, wrongs

LARGE, TIES, ZERO = "large arguments only", "ties and kinks", "zeros only"


def zero_below(name, limit):
    return changed(name, "z", lambda g, delta, z: np.where(z < limit, 0.0, g))


def zero_above(name, limit):
    return changed(name, "z", lambda g, delta, z: np.where(z > limit, 0.0, g))


def sigmoid_clipped(delta, z):
    a = 1 / (1 + np.exp(-np.clip(z, -15, 15)))
    return delta * a * (1 - a)


def softplus_linear_above_ten(delta, z):
    return np.where(z > 10, delta, delta / (1 + np.exp(-z)))


def log_clipped(delta, p, q):
    d = delta[:, None]
    return d * (np.log(np.maximum(p, 0.3) / q) + 1), -d * p / q


def cross_entropy_clipped(delta, p, y):
    s = np.clip(p, 0.05, 0.95)
    dp = delta * (s - y) / (s * (1 - s)) / p.size
    return dp, -delta * (np.log(p) - np.log(1 - p)) / p.size


def relu_derivative_of_abs(delta, z):
    return delta * 0.5 * (1 + np.sign(z)) * np.where(np.abs(z) > 20, 1.001, 1.0)


def max_pool_all_ties(delta, x):
    b, n = x.shape
    windows = x.reshape(b, n // 2, 2)
    mask = windows == windows.max(axis=2, keepdims=True)
    return (mask * delta[:, :, None]).reshape(b, n)


def max_pool_mask_all_ties(delta, x):
    b, n = x.shape
    windows = x.reshape(b, n // 3, 3)
    mask = (windows == windows.max(axis=2, keepdims=True)).astype(float)
    return (mask * delta[:, :, None]).reshape(b, n)


def max_pool_no_ties(delta, x):
    b, n = x.shape
    pairs = x.reshape(b, n // 2, 2)
    dx = np.zeros_like(pairs)
    dx[:, :, 0] = delta * (pairs[:, :, 0] > pairs[:, :, 1])
    dx[:, :, 1] = delta * (pairs[:, :, 1] > pairs[:, :, 0])
    return dx.reshape(b, n)


def max_pool_second_of_ties_negative(delta, x):
    b, n = x.shape
    pairs = x.reshape(b, n // 2, 2)
    first = pairs[:, :, 0] > pairs[:, :, 1]
    tie = pairs[:, :, 0] == pairs[:, :, 1]
    d0 = np.where(tie, 2 * delta, delta * first)
    d1 = np.where(tie, -delta, delta * (1 - first))
    return np.stack([d0, d1], axis=2).reshape(b, n)


def relu_two_at_zero(delta, z):
    return delta * np.where(z == 0, 2.0, np.where(z > 0, 1.0, 0.0))


def relu_minus_one_at_zero(delta, z):
    return delta * np.where(z == 0, -1.0, np.where(z > 0, 1.0, 0.0))


def absolute_error_three_at_zero(delta, a, y):
    r = a - y
    d = delta * np.where(r == 0, 3.0, np.sign(r)) / len(a)
    return d, -d


def absolute_error_outside_by_little(delta, a, y):
    r = a - y
    d = delta * np.where(r == 0, 1.001, np.sign(r)) / len(a)
    return d, -d


def product_by_division(delta, x):
    return delta * np.prod(x) / x


def norm_plus_eps(delta, x):
    return delta * x / (np.linalg.norm(x) + 1e-8)


def elu_unclipped_sign(delta, z):
    return delta * np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)) - (z < -9) * np.exp(np.minimum(z, 0)))


def distances_zero_diagonal(delta, X, Y):
    diff = X[:, None, :] - Y[None, :, :]
    d = np.sqrt((diff**2).sum(axis=2))
    g = (delta / np.maximum(d, 0.5))[:, :, None] * diff
    return g.sum(axis=1), -g.sum(axis=0)


def hard_tanh_wrong_limit(delta, z):
    return delta * (np.abs(z) < 1.1)


def parametric_relu_positive_only(delta, x, w):
    return np.where(x > 0, delta, delta * np.maximum(w, 0)), np.sum(delta * x * (x <= 0), axis=0)


def dropout_mask_gradient_where_kept(delta, x, mask):
    return delta * mask, delta * x * (mask > 0)


def embedding_last_write_wins(delta, E, index):
    dE = np.zeros_like(E)
    dE[index] += delta
    return dE, None


def saturated(limit):
    return lambda g, delta, z: np.where(np.abs(z) > limit, 0.0, g)


WRONGS: list[Wrong] = [
    *[
        Wrong(name, f"zero below {limit}", zero_below(name, limit), LARGE)
        for name, limit in [
            ("sigmoid", -8),
            ("sigmoid", -12),
            ("stable_sigmoid", -8),
            ("elu", -8),
            ("softplus", -8),
            ("naive_softplus", -12),
            ("swish", -8),
            ("gelu", -4),
            ("tanh", -8),
            ("leaky_relu", -15),
            ("naive_log_sum_exp", -8),
        ]
    ],
    *[
        Wrong(name, f"zero above {limit}", zero_above(name, limit), LARGE)
        for name, limit in [("sigmoid", 8), ("tanh", 5), ("softplus", 15), ("gelu", 15), ("relu", 20)]
    ],
    Wrong("tanh", "zero where saturated", changed("tanh", "z", saturated(6)), LARGE),
    *wrongs("sigmoid", argument_clipped_at_fifteen=(LARGE, sigmoid_clipped)),
    *wrongs("softplus", linear_above_ten=(LARGE, softplus_linear_above_ten)),
    *wrongs("elu", exponential_cut_at_nine=(LARGE, elu_unclipped_sign)),
    *wrongs("relu", other_slope_above_twenty=(LARGE, relu_derivative_of_abs)),
    *wrongs("kullback_leibler", small_probabilities_clipped=(LARGE, log_clipped)),
    *wrongs("binary_cross_entropy", probabilities_clipped=(LARGE, cross_entropy_clipped)),
    *wrongs(
        "max_pool",
        full_gradient_to_all_ties=(TIES, max_pool_all_ties),
        nothing_to_ties=(TIES, max_pool_no_ties),
        twice_and_minus_once_to_ties=(TIES, max_pool_second_of_ties_negative),
    ),
    *wrongs("max_pool_by_mask", full_gradient_to_all_ties=(TIES, max_pool_mask_all_ties)),
    *wrongs("relu", two_at_zero=(TIES, relu_two_at_zero), minus_one_at_zero=(TIES, relu_minus_one_at_zero)),
    *wrongs(
        "absolute_error",
        three_at_zero=(TIES, absolute_error_three_at_zero),
        a_thousandth_outside_at_zero=(TIES, absolute_error_outside_by_little),
    ),
    *wrongs("hard_tanh", limit_of_one_point_one=(TIES, hard_tanh_wrong_limit)),
    *wrongs("product", by_division=(ZERO, product_by_division)),
    *wrongs("norm", eps_in_the_denominator=(ZERO, norm_plus_eps)),
    *wrongs("distances", small_distances_limited=(ZERO, distances_zero_diagonal)),
    *wrongs("parametric_relu", negative_slopes_ignored=(ZERO, parametric_relu_positive_only)),
    *wrongs("dropout", mask_gradient_where_kept_only=(ZERO, dropout_mask_gradient_where_kept)),
    *wrongs("embedding", last_write_wins=(TIES, embedding_last_write_wins)),
]
