"""Mistakes of the derivation in activations, costs, softmaxes, layers and matrices."""

from __future__ import annotations

import numpy as np

from tests.trust.corpus.softmaxes import log_softmax, softmax

from .wrong import Wrong, wrongs

TRANSPOSED, SIGN, FACTOR, MEAN = "transposed", "sign", "factor 2", "n or 1/n"
SUM, AXIS, DELTA, SLOPE = "missing sum", "wrong axis", "delta ignored", "f' wrong or missing"
SWAPPED, STALE, TERM, INDEX = "arguments swapped", "stale variable", "missing term", "index"


def softmax_diagonal_only(delta, z):
    p = softmax(z)
    return delta * p * (1 - p)


def softmax_wrong_axis(delta, z):
    p = softmax(z)
    return p * (delta - np.sum(delta * p, axis=0, keepdims=True))


def softmax_of_delta_mean(delta, z):
    p = softmax(z)
    return p * (delta - np.mean(delta * p, axis=1, keepdims=True))


def softmax_total_sum(delta, z):
    p = softmax(z)
    return p * (delta - np.sum(delta * p))


def log_softmax_delta_not_summed(delta, z):
    return delta * (1 - np.exp(log_softmax(z)))


def log_softmax_unnormalised(delta, z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return delta - e * delta.sum(axis=1, keepdims=True)


def temperature_chain_missing(delta, z, t):
    p = softmax(z / t)
    ds = p * (delta - (delta * p).sum(axis=1, keepdims=True))
    return ds, -np.sum(ds * z) / t**2


def temperature_not_squared(delta, z, t):
    p = softmax(z / t)
    ds = p * (delta - (delta * p).sum(axis=1, keepdims=True))
    return ds / t, -np.sum(ds * z) / t


def cross_entropy_mean_forgotten(delta, z, y):
    return delta * (softmax(z) - y), None


def cross_entropy_divided_by_classes(delta, z, y):
    return delta * (softmax(z) - y) / z.shape[1], None


def cross_entropy_sign(delta, z, y):
    return delta * (y - softmax(z)) / len(z), None


def cross_entropy_without_delta(delta, z, y):
    return (softmax(z) - y) / len(z), None


def cross_entropy_of_y(delta, z, y):
    return delta * (softmax(z) - y) / len(z), -delta * np.log(softmax(z) + 1e-7) / len(z)


def labels_off_by_one(delta, z, labels):
    dz = softmax(z)
    dz[np.arange(len(z)), (labels + 1) % z.shape[1]] -= 1
    return delta * dz / len(z), None


def labels_of_first_row(delta, z, labels):
    dz = softmax(z)
    dz[:, labels[0]] -= 1
    return delta * dz / len(z), None


def mse_factor_forgotten(delta, a, y):
    da = delta * (a - y) / a.size
    return da, -da


def mse_by_rows(delta, a, y):
    da = delta * 2 * (a - y) / len(a)
    return da, -da


def mse_sign_of_y(delta, a, y):
    da = delta * 2 * (a - y) / a.size
    return da, da


def mse_swapped(delta, a, y):
    da = delta * 2 * (a - y) / a.size
    return -da, da


def half_squared_error_not_averaged(delta, a, y):
    return {"a": delta * (a - y), "y": delta * (y - a)}


def huber_not_clipped(delta, a, y):
    return delta * (a - y), -delta * (a - y)


def huber_half_slope(delta, a, y):
    r = a - y
    d = delta * np.where(np.abs(r) <= 1.5, r, np.sign(r))
    return d, -d


def hinge_margin_forgotten(delta, X, w, y):
    s = X @ w
    inside = (y * s) < 0
    ds = -delta * inside * y / len(y)
    return np.outer(ds, w), X.T @ ds, -delta * inside * s / len(y)


def hinge_label_forgotten(delta, X, w, y):
    s = X @ w
    inside = (1 - y * s) > 0
    ds = -delta * inside / len(y)
    return np.outer(ds, w), X.T @ ds, -delta * inside * s / len(y)


def logistic_target_sign(delta, s, y):
    return delta * (1 / (1 + np.exp(-s)) + y), -delta * s


def logistic_target_gradient(delta, s, y):
    return delta * (1 / (1 + np.exp(-s)) - y), delta * s


def bce_denominator(delta, p, y):
    return delta * (p - y) / p.size, -delta * (np.log(p) - np.log(1 - p)) / p.size


def kl_plus_one_missing(delta, p, q):
    d = delta[:, None]
    return d * np.log(p / q), -d * p / q


def triplet_margin_missing(delta, a, p, q):
    near, far = np.sum((a - p) ** 2, axis=1), np.sum((a - q) ** 2, axis=1)
    on = delta * (near - far > 0)[:, None]
    return 2 * on * (q - p), -2 * on * (a - p), 2 * on * (a - q)


def triplet_swapped(delta, a, p, q):
    near, far = np.sum((a - p) ** 2, axis=1), np.sum((a - q) ** 2, axis=1)
    on = delta * (near - far + 0.3 > 0)[:, None]
    return 2 * on * (q - p), 2 * on * (a - q), -2 * on * (a - p)


def sigmoid_slope_at_a(delta, z):
    a = 1 / (1 + np.exp(-z))
    b = 1 / (1 + np.exp(-a))
    return delta * b * (1 - b)


def sigmoid_squared_missing(delta, z):
    a = 1 / (1 + np.exp(-z))
    return delta * (1 - a)


def sigmoid_without_delta(delta, z):
    a = 1 / (1 + np.exp(-z))
    return a * (1 - a)


def tanh_slope_of_z(delta, z):
    return delta * (1 - z**2)


def tanh_slope_not_squared(delta, z):
    return delta * (1 - np.tanh(z))


def swish_product_rule(delta, z):
    s = 1 / (1 + np.exp(-z))
    return delta * (s + z * s)


def gelu_inner_missing(delta, z):
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (z + 0.044715 * z**3))
    return delta * (0.5 * (1 + t) + 0.5 * z * (1 - t**2) * c)


def gelu_three_missing(delta, z):
    c = np.sqrt(2 / np.pi)
    t = np.tanh(c * (z + 0.044715 * z**3))
    return delta * (0.5 * (1 + t) + 0.5 * z * (1 - t**2) * c * (1 + 0.044715 * z**2))


def leaky_relu_sides(delta, z):
    return delta * np.where(z > 0, 0.01, 1.0)


def elu_minus_one(delta, z):
    return delta * np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)) - 1)


def parametric_relu_not_summed(delta, x, w):
    return np.where(x > 0, delta, delta * w), np.mean(delta * x * (x <= 0), axis=0)


def dense_transposed(delta, W, x, b):
    return np.outer(x, delta), W.T @ delta, delta


def dense_without_transpose(delta, W, x, b):
    return np.outer(delta, x), W @ delta, delta


def dense_without_delta(delta, W, x, b):
    return np.outer(np.ones_like(delta), x), W.T @ delta, delta


def affine_bias_mean(delta, X, W, c):
    return delta @ W.T, X.T @ delta, delta.mean(axis=0)


def affine_bias_not_summed(delta, X, W, c):
    return delta @ W.T, X.T @ delta, delta


def affine_bias_wrong_axis(delta, X, W, c):
    return delta @ W.T, X.T @ delta, delta.sum(axis=1)


def affine_averaged(delta, X, W, c):
    return delta @ W.T, X.T @ delta / len(X), delta.sum(axis=0)


def tanh_layer_slope_missing(delta, X, W, c):
    a = np.tanh(X @ W + c)
    dz = delta * (1 - a * a)
    return delta @ W.T, X.T @ dz, dz.sum(axis=0)


def tanh_layer_slope_after(delta, X, W, c):
    dz = delta * (1 - np.tanh(X @ W) ** 2)  # the bias is forgotten inside
    return dz @ W.T, X.T @ dz, dz.sum(axis=0)


def two_layers_mask_missing(delta, X, W1, W2):
    h = np.maximum(X @ W1, 0)
    dz = delta @ W2.T
    return dz @ W1.T, X.T @ dz, h.T @ delta


def two_layers_stale(delta, X, W1, W2):
    z = X @ W1
    dz = (delta @ W2.T) * (z > 0)
    return dz @ W1.T, X.T @ dz, z.T @ delta


def residual_skip_forgotten(delta, X, W, c):
    dz = delta * (1 - np.tanh(X @ W + c) ** 2)
    return dz @ W.T, X.T @ dz, dz.sum(axis=0)


def residual_transposed(delta, X, W, c):
    dz = delta * (1 - np.tanh(X @ W + c) ** 2)
    return delta + dz @ W, X.T @ dz, dz.sum(axis=0)


def glu_swapped(delta, x, gate, value):
    s = 1 / (1 + np.exp(-(x @ gate)))
    v = x @ value
    dg, dv = delta * v * s * (1 - s), delta * s
    return dg @ value.T + dv @ gate.T, x.T @ dg, x.T @ dv


def glu_one_path(delta, x, gate, value):
    s = 1 / (1 + np.exp(-(x @ gate)))
    v = x @ value
    dg, dv = delta * v * s * (1 - s), delta * s
    return dv @ value.T, x.T @ dg, x.T @ dv


def batched_linear_first_only(delta, X, W):
    return delta @ W.T, X[0].T @ delta[0]


def batched_linear_mean(delta, X, W):
    return delta @ W.T, np.einsum("bnm,bnk->mk", X, delta) / len(X)


def shift_log_det_forgotten(delta, x, s, t):
    dy, _ = delta
    e = np.exp(s)
    return dy * e, (dy * x * e).sum(axis=0), dy.sum(axis=0)


def scale_without_exp(delta, x, s, t):
    dy, d_log_det = delta
    return dy * np.exp(s), (dy * x).sum(axis=0) + d_log_det, dy.sum(axis=0)


def quadratic_symmetric(delta, x, A):
    return 2 * delta * A @ x, delta * np.outer(x, x)


def quadratic_transposed(delta, x, A):
    return 2 * delta * A.T @ x, delta * np.outer(x, x)


def bilinear_swapped(delta, x, A, y):
    return delta * (A @ y), delta * np.outer(y, x).T * 2, delta * (x @ A)


def log_determinant_not_inverted(delta, A):
    return delta * A.T


def log_determinant_triangle(delta, A):
    return delta * np.triu(np.linalg.inv(A).T)


def determinant_factor_missing(delta, A):
    return delta * np.linalg.inv(A).T


def inverse_sign(delta, A):
    B = np.linalg.inv(A)
    return B.T @ delta @ B.T


def inverse_squared(delta, A):
    B = np.linalg.inv(A)
    return -B @ B @ delta


def solve_not_transposed(delta, A, b):
    db = np.linalg.solve(A.T, delta)
    return -(np.linalg.solve(A, b) @ db.T), db


def solve_sign(delta, A, b):
    db = np.linalg.solve(A.T, delta)
    return db @ np.linalg.solve(A, b).T, db


def density_half_forgotten(delta, x, m, S):
    P = np.linalg.inv(S)
    dx = -delta * P @ (x - m)
    return dx, -dx, 0.5 * delta * np.outer(P @ (x - m), P @ (x - m))


def norm_without_root(delta, x):
    return delta * x


def norm_squared(delta, x):
    return delta * x / np.sum(x**2)


def frobenius_factor(delta, A):
    return 2 * delta * A


def distances_one_term(delta, X, Y):
    dX = 2 * (delta.sum(axis=1)[:, None] * X - delta @ Y)
    return dX, -dX.sum(axis=0, keepdims=True) * np.ones_like(Y) / len(Y)


def distances_not_halved(delta, X, Y):
    diff = X[:, None, :] - Y[None, :, :]
    d = np.sqrt((diff**2).sum(axis=2))
    g = 2 * (delta / d)[:, :, None] * diff
    return g.sum(axis=1), -g.sum(axis=0)


def cosine_projection_missing(delta, x, y):
    nx = np.linalg.norm(x, axis=1, keepdims=True)
    ny = np.linalg.norm(y, axis=1, keepdims=True)
    return delta[:, None] * y / (nx * ny), delta[:, None] * x / (nx * ny)


def cosine_norms_swapped(delta, x, y):
    nx = np.linalg.norm(x, axis=1, keepdims=True)
    ny = np.linalg.norm(y, axis=1, keepdims=True)
    c = (x * y).sum(axis=1, keepdims=True) / (nx * ny)
    d = delta[:, None]
    return d * (y / (nx * ny) - c * x / ny**2), d * (x / (nx * ny) - c * y / nx**2)


def trace_not_transposed(delta, A, B):
    return delta * B, delta * A


def trace_doubled(delta, A, B):
    return 2 * delta * B.T, delta * A.T


def outer_wrong_axis(delta, x, y):
    return delta.sum(axis=1), delta.sum(axis=0)


def gram_one_side(delta, X):
    return delta @ X


def gram_doubled(delta, X):
    return 2 * delta @ X


def kernel_sign(delta, X, Y, s):
    diff = X[:, None] - Y[None]
    sq = (diff**2).sum(-1)
    g = delta * np.exp(-sq / (2 * s**2))
    dX = -(g[:, :, None] * diff).sum(axis=1) / s**2
    return dX, (g[:, :, None] * diff).sum(axis=0) / s**2, -np.sum(g * sq) / s**3


def weighted_mean_term(delta, x, w):
    total = w.sum()
    return np.outer(w, delta) / total, x @ delta / total


WRONGS: list[Wrong] = [
    *wrongs(
        "softmax",
        diagonal_only=(TERM, softmax_diagonal_only),
        sum_over_the_rows=(AXIS, softmax_wrong_axis),
        mean_for_sum=(MEAN, softmax_of_delta_mean),
        sum_over_everything=(AXIS, softmax_total_sum),
    ),
    *wrongs(
        "log_softmax",
        delta_not_summed=(SUM, log_softmax_delta_not_summed),
        not_normalised=(TERM, log_softmax_unnormalised),
    ),
    *wrongs(
        "softmax_with_temperature",
        temperature_forgotten=(TERM, temperature_chain_missing),
        temperature_not_squared=(FACTOR, temperature_not_squared),
    ),
    *wrongs(
        "softmax_cross_entropy",
        mean_forgotten=(MEAN, cross_entropy_mean_forgotten),
        mean_over_classes=(MEAN, cross_entropy_divided_by_classes),
        sign=(SIGN, cross_entropy_sign),
        delta_ignored=(DELTA, cross_entropy_without_delta),
        eps_in_the_log=("eps added", cross_entropy_of_y),
    ),
    *wrongs(
        "cross_entropy_of_labels",
        label_off_by_one=(INDEX, labels_off_by_one),
        label_of_the_first_row=(INDEX, labels_of_first_row),
    ),
    *wrongs(
        "mean_squared_error",
        two_forgotten=(FACTOR, mse_factor_forgotten),
        mean_over_rows=(MEAN, mse_by_rows),
        sign_of_y=(SIGN, mse_sign_of_y),
        swapped=(SWAPPED, mse_swapped),
    ),
    *wrongs("half_squared_error", not_averaged=(MEAN, half_squared_error_not_averaged)),
    *wrongs("huber", not_clipped=(SLOPE, huber_not_clipped), slope_one_outside=(SLOPE, huber_half_slope)),
    *wrongs(
        "hinge",
        margin_forgotten=(TERM, hinge_margin_forgotten),
        label_forgotten=(TERM, hinge_label_forgotten),
    ),
    *wrongs(
        "logistic_cross_entropy",
        sign_of_the_target=(SIGN, logistic_target_sign),
        sign_of_the_targets_gradient=(SIGN, logistic_target_gradient),
    ),
    *wrongs("binary_cross_entropy", denominator_forgotten=(TERM, bce_denominator)),
    *wrongs("kullback_leibler", plus_one_forgotten=(TERM, kl_plus_one_missing)),
    *wrongs("triplet", margin_forgotten=(TERM, triplet_margin_missing), swapped=(SWAPPED, triplet_swapped)),
    *wrongs(
        "sigmoid",
        slope_at_a=(SLOPE, sigmoid_slope_at_a),
        one_factor_forgotten=(SLOPE, sigmoid_squared_missing),
        delta_ignored=(DELTA, sigmoid_without_delta),
    ),
    *wrongs("tanh", slope_of_z=(SLOPE, tanh_slope_of_z), not_squared=(SLOPE, tanh_slope_not_squared)),
    *wrongs("swish", product_rule=(TERM, swish_product_rule)),
    *wrongs(
        "gelu", inner_derivative=(TERM, gelu_inner_missing), three_of_the_cube=(FACTOR, gelu_three_missing)
    ),
    *wrongs("leaky_relu", sides_swapped=(SWAPPED, leaky_relu_sides)),
    *wrongs("elu", minus_one_kept=(SLOPE, elu_minus_one)),
    *wrongs("parametric_relu", mean_for_sum=(MEAN, parametric_relu_not_summed)),
    *wrongs(
        "dense",
        W_transposed=(TRANSPOSED, dense_transposed),
        x_without_transpose=(TRANSPOSED, dense_without_transpose),
        delta_ignored_in_W=(DELTA, dense_without_delta),
    ),
    *wrongs(
        "affine",
        c_averaged=(MEAN, affine_bias_mean),
        c_not_summed=(SUM, affine_bias_not_summed),
        c_summed_over_the_other_axis=(AXIS, affine_bias_wrong_axis),
        W_averaged=(MEAN, affine_averaged),
    ),
    *wrongs(
        "tanh_layer",
        slope_forgotten_for_X=(SLOPE, tanh_layer_slope_missing),
        bias_forgotten_inside=(STALE, tanh_layer_slope_after),
    ),
    *wrongs(
        "two_layers",
        mask_forgotten=(SLOPE, two_layers_mask_missing),
        before_the_activation=(STALE, two_layers_stale),
    ),
    *wrongs(
        "residual",
        skip_forgotten=(TERM, residual_skip_forgotten),
        not_transposed=(TRANSPOSED, residual_transposed),
    ),
    *wrongs("gated_linear_unit", swapped=(SWAPPED, glu_swapped), one_path_only=(TERM, glu_one_path)),
    *wrongs(
        "batched_linear",
        first_of_the_batch=(SUM, batched_linear_first_only),
        averaged=(MEAN, batched_linear_mean),
    ),
    *wrongs(
        "scale_and_shift",
        second_output_ignored=(DELTA, shift_log_det_forgotten),
        exp_forgotten=(SLOPE, scale_without_exp),
    ),
    *wrongs(
        "quadratic_form",
        as_if_symmetric=(TERM, quadratic_symmetric),
        as_if_symmetric_and_transposed=(TERM, quadratic_transposed),
    ),
    *wrongs("bilinear_form", doubled=(FACTOR, bilinear_swapped)),
    *wrongs(
        "log_determinant",
        not_inverted=(TERM, log_determinant_not_inverted),
        upper_triangle=(INDEX, log_determinant_triangle),
    ),
    *wrongs("determinant", determinant_forgotten=(TERM, determinant_factor_missing)),
    *wrongs("inverse", sign=(SIGN, inverse_sign), as_for_a_number=(TERM, inverse_squared)),
    *wrongs("solve", order_of_the_product=(TRANSPOSED, solve_not_transposed), sign=(SIGN, solve_sign)),
    *wrongs("gaussian_log_density", log_determinant_forgotten=(TERM, density_half_forgotten)),
    *wrongs("norm", root_forgotten=(TERM, norm_without_root), squared_norm=(FACTOR, norm_squared)),
    *wrongs("frobenius", two_kept=(FACTOR, frobenius_factor)),
    *wrongs("squared_distances", Y_from_X=(STALE, distances_one_term)),
    *wrongs("distances", two_kept=(FACTOR, distances_not_halved)),
    *wrongs(
        "cosine_similarity",
        projection_forgotten=(TERM, cosine_projection_missing),
        norms_swapped=(SWAPPED, cosine_norms_swapped),
    ),
    *wrongs(
        "trace_of_product",
        not_transposed=(TRANSPOSED, trace_not_transposed),
        doubled=(FACTOR, trace_doubled),
    ),
    *wrongs("outer_product", factor_forgotten=(TERM, outer_wrong_axis)),
    *wrongs("gram", one_side=(TERM, gram_one_side), as_if_symmetric=(TERM, gram_doubled)),
    *wrongs("gaussian_kernel", sign_of_the_width=(SIGN, kernel_sign)),
    *wrongs("weighted_mean", normalisation_forgotten=(TERM, weighted_mean_term)),
]
