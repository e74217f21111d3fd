"""Mistakes in normalisations, attention, convolutions and recurrences."""

from __future__ import annotations

import numpy as np

from tests.trust.corpus.attention import softmax_rows, softmax_rows_backward
from tests.trust.corpus.norms import EPS
from tests.trust.corpus.sequences import rnn, sigma

from .wrong import Wrong, wrongs

MEAN_TERM, VARIANCE_TERM, TERM = "missing mean term", "missing variance term", "missing term"
INDEX, SIGN, MEAN, SUM, AXIS = "index", "sign", "n or 1/n", "missing sum", "wrong axis"
STALE, SWAPPED, TRANSPOSED, SLOPE, DELTA = (
    "stale variable",
    "arguments swapped",
    "transposed",
    "f' wrong or missing",
    "delta ignored",
)


def layer_norm_parts(delta, x, gamma):
    inv = 1 / np.sqrt(x.var(axis=1, keepdims=True) + EPS)
    xhat = (x - x.mean(axis=1, keepdims=True)) * inv
    return delta * gamma, inv, xhat


def layer_norm_no_mean(delta, x, gamma, beta):
    d, inv, xhat = layer_norm_parts(delta, x, gamma)
    dx = inv * (d - xhat * (d * xhat).mean(axis=1, keepdims=True))
    return dx, (delta * xhat).sum(axis=0), delta.sum(axis=0)


def layer_norm_no_variance(delta, x, gamma, beta):
    d, inv, xhat = layer_norm_parts(delta, x, gamma)
    return inv * (d - d.mean(axis=1, keepdims=True)), (delta * xhat).sum(axis=0), delta.sum(axis=0)


def layer_norm_no_gamma(delta, x, gamma, beta):
    _, inv, xhat = layer_norm_parts(delta, x, gamma)
    d = delta
    dx = inv * (d - d.mean(axis=1, keepdims=True) - xhat * (d * xhat).mean(axis=1, keepdims=True))
    return dx, (delta * xhat).sum(axis=0), delta.sum(axis=0)


def layer_norm_gamma_not_normalised(delta, x, gamma, beta):
    d, inv, xhat = layer_norm_parts(delta, x, gamma)
    dx = inv * (d - d.mean(axis=1, keepdims=True) - xhat * (d * xhat).mean(axis=1, keepdims=True))
    return dx, (delta * x).sum(axis=0), delta.sum(axis=0)


def layer_norm_unbiased(delta, x, gamma, beta):
    n = x.shape[1]
    d, inv, xhat = layer_norm_parts(delta, x, gamma)
    spread = (d * xhat).sum(axis=1, keepdims=True) / max(n - 1, 1)
    dx = inv * (d - d.mean(axis=1, keepdims=True) - xhat * spread)
    return dx, (delta * xhat).sum(axis=0), delta.sum(axis=0)


def layer_norm_over_the_batch(delta, x, gamma, beta):
    d, inv, xhat = layer_norm_parts(delta, x, gamma)
    dx = inv * (d - d.mean(axis=0) - xhat * (d * xhat).mean(axis=0))
    return dx, (delta * xhat).sum(axis=0), delta.sum(axis=0)


def rms_norm_no_second_term(delta, x, gamma):
    r = np.sqrt(np.mean(x**2, axis=1, keepdims=True) + EPS)
    return delta * gamma / r, np.sum(delta * x / r, axis=0)


def rms_norm_sum_for_mean(delta, x, gamma):
    r = np.sqrt(np.mean(x**2, axis=1, keepdims=True) + EPS)
    d = delta * gamma
    return d / r - x * np.sum(d * x, axis=1, keepdims=True) / r**3, np.sum(delta * x / r, axis=0)


def batch_norm_frozen(delta, x, gamma, beta):
    std = np.sqrt(x.var(axis=0) + 0.001)
    xhat = (x - x.mean(axis=0)) / std
    return delta * gamma / std, (delta * xhat).sum(axis=0), delta.sum(axis=0)


def batch_norm_variance_only(delta, x, gamma, beta):
    std = np.sqrt(x.var(axis=0) + 0.001)
    xhat = (x - x.mean(axis=0)) / std
    d = delta * gamma
    dx = (d - xhat * np.mean(d * xhat, axis=0)) / std
    return dx, (delta * xhat).sum(axis=0), delta.sum(axis=0)


def batch_norm_beta_gamma(delta, x, gamma, beta):
    std = np.sqrt(x.var(axis=0) + 0.001)
    xhat = (x - x.mean(axis=0)) / std
    d = delta * gamma
    dx = (d - d.mean(axis=0) - xhat * np.mean(d * xhat, axis=0)) / std
    return dx, delta.sum(axis=0), (delta * xhat).sum(axis=0)


def instance_norm_one_axis(delta, x):
    mu = x.mean(axis=(2, 3), keepdims=True)
    std = np.sqrt(((x - mu) ** 2).mean(axis=(2, 3), keepdims=True) + EPS)
    xhat = (x - mu) / std
    mean_d = delta.mean(axis=3, keepdims=True)
    return (delta - mean_d - xhat * (delta * xhat).mean(axis=(2, 3), keepdims=True)) / std


def group_norm_gamma_over_batch(delta, x, gamma):
    b, channels, n = x.shape
    g = x.reshape(b, 2, -1)
    inv = 1 / np.sqrt(g.var(axis=2, keepdims=True) + EPS)
    ghat = (g - g.mean(axis=2, keepdims=True)) * inv
    d = (delta * gamma[:, None]).reshape(b, 2, -1)
    dg = inv * (d - d.mean(axis=2, keepdims=True) - ghat * (d * ghat).mean(axis=2, keepdims=True))
    return dg.reshape(b, channels, n), (delta * ghat.reshape(b, channels, n)).mean(axis=0).sum(axis=1)


def group_norm_one_group(delta, x, gamma):
    b, channels, n = x.shape
    g = x.reshape(b, 2, -1)
    inv = 1 / np.sqrt(g.var(axis=2, keepdims=True) + EPS)
    ghat = (g - g.mean(axis=2, keepdims=True)) * inv
    d = (delta * gamma[:, None]).reshape(b, 2, -1)
    dg = inv * (d - d.mean(axis=(1, 2), keepdims=True) - ghat * (d * ghat).mean(axis=2, keepdims=True))
    return dg.reshape(b, channels, n), (delta * ghat.reshape(b, channels, n)).sum(axis=(0, 2))


def l2_normalise_projection(delta, x):
    r = np.sqrt(np.sum(x * x, axis=1, keepdims=True) + 1e-12)
    return delta / r - x * np.sum(delta * x, axis=1, keepdims=True) / r**2


def unit_rows_last_row(delta, x):
    dx = np.zeros(x.shape)
    for i in range(x.shape[0]):
        r = np.linalg.norm(x[i])
        u = x[-1] / np.linalg.norm(x[-1])
        dx[i] = (delta[i] - u * np.dot(u, delta[i])) / r
    return dx


def standardise_no_mean(delta, x):
    s = x.std(axis=1, keepdims=True)
    y = (x - x.mean(axis=1, keepdims=True)) / s
    return (delta - y * (delta * y).mean(axis=1, keepdims=True)) / s


def variance_no_mean(delta, x):
    return delta[:, None] * 2 * x / x.shape[1]


def sample_variance_biased(delta, x):
    return delta * 2 * (x - np.mean(x)) / len(x)


def attention_with(delta, Q, K, V, *, scale=True, transpose=False, softmax=True):
    factor = 1 / np.sqrt(Q.shape[1])
    p = softmax_rows(Q @ K.T * factor)
    dp = delta @ V.T
    ds = softmax_rows_backward(dp, p) if softmax else dp * p
    ds = ds * factor if scale else ds
    return ds @ K, (ds.T @ Q if not transpose else (ds @ K)), p.T @ delta


def attention_scale_forgotten(delta, Q, K, V):
    return attention_with(delta, Q, K, V, scale=False)


def attention_softmax_forgotten(delta, Q, K, V):
    return attention_with(delta, Q, K, V, softmax=False)


def attention_value_weights(delta, Q, K, V):
    dQ, dK, _ = attention_with(delta, Q, K, V)
    s = Q @ K.T
    return dQ, dK, softmax_rows(s).T @ delta


def attention_columns(delta, Q, K, V):
    factor = 1 / np.sqrt(Q.shape[1])
    p = softmax_rows(Q @ K.T * factor)
    dp = delta @ V.T
    ds = p * (dp - (dp * p).sum(axis=0)) * factor
    return ds @ K, ds.T @ Q, p.T @ delta


def attention_by_key_size(delta, Q, K, V):
    dQ, dK, dV = attention_with(delta, Q, K, V)
    return dQ * np.sqrt(Q.shape[1] / len(K)), dK, dV


def causal_mask_forgotten(delta, Q, K, V):
    root = np.sqrt(Q.shape[1])
    p = softmax_rows(Q @ K.T / root)
    ds = softmax_rows_backward(delta @ V.T, p) / root
    return ds @ K, ds.T @ Q, p.T @ delta


def causal_mask_strict(delta, Q, K, V):
    n, d = Q.shape
    s = np.where(np.tri(n, k=1, dtype=bool), Q @ K.T / np.sqrt(d), -np.inf)
    p = softmax_rows(s)
    ds = softmax_rows_backward(delta @ V.T, p) / np.sqrt(d)
    return ds @ K, ds.T @ Q, p.T @ delta


def by_rows_overwritten(delta, Q, K, V):
    dQ, dK, dV = np.zeros_like(Q), np.zeros_like(K), np.zeros_like(V)
    for i in range(len(Q)):
        s = K[: i + 1] @ Q[i]
        e = np.exp(s - s.max())
        p = e / e.sum()
        dp = V[: i + 1] @ delta[i]
        ds = p * (dp - dp @ p)
        dQ[i] = ds @ K[: i + 1]
        dK[: i + 1] = np.outer(ds, Q[i])
        dV[: i + 1] += np.outer(p, delta[i])
    return dQ, dK, dV


def attention_weights_one_path(delta, X, W, U):
    q, k = X @ W, X @ U
    root = np.sqrt(W.shape[1])
    p = softmax_rows(q @ np.swapaxes(k, 1, 2) / root)
    ds = softmax_rows_backward(delta, p) / root
    dq, dk = ds @ k, np.swapaxes(ds, 1, 2) @ q
    return dq @ W.T, np.einsum("bnd,bnk->dk", X, dq), np.einsum("bnd,bnk->dk", X, dk)


def attention_weights_not_transposed(delta, X, W, U):
    q, k = X @ W, X @ U
    root = np.sqrt(W.shape[1])
    p = softmax_rows(q @ np.swapaxes(k, 1, 2) / root)
    ds = softmax_rows_backward(delta, p) / root
    dq, dk = ds @ k, ds @ q
    dX = dq @ W.T + dk @ U.T
    return dX, np.einsum("bnd,bnk->dk", X, dq), np.einsum("bnd,bnk->dk", X, dk)


def conv1d_flipped(delta, x, w):
    return np.convolve(delta, w[::-1]), np.array([delta @ x[j : j + len(delta)] for j in range(len(w))])


def conv1d_off_by_one(delta, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(delta)):
        for j in range(len(w)):
            dx[i + j] += delta[i] * w[j]
            dw[j] += delta[i] * x[min(i + j + 1, len(x) - 1)]
    return dx, dw


def conv1d_overwritten(delta, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(delta)):
        for j in range(len(w)):
            dx[i + j] = delta[i] * w[j]
            dw[j] += delta[i] * x[i + j]
    return dx, dw


def conv1d_channels_transposed(delta, x, w):
    k = w.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(x, k, axis=2)
    dw = np.einsum("boi,bcik->ock", delta, windows)
    dx = np.zeros_like(x)
    for j in range(k):
        dx[:, :, j : j + delta.shape[2]] += np.einsum("boi,oc->bci", delta, w[:, :, k - 1 - j])
    return dx, dw


def conv1d_channels_first_sample(delta, x, w):
    k = w.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(x, k, axis=2)
    dx = np.zeros_like(x)
    for j in range(k):
        dx[:, :, j : j + delta.shape[2]] += np.einsum("boi,oc->bci", delta, w[:, :, j])
    return dx, np.einsum("oi,cik->ock", delta[0], windows[0])


def conv2d_swapped_axes(delta, x, f):
    p, q = f.shape
    rows, columns = delta.shape
    dx, df = np.zeros(x.shape), np.zeros(f.shape)
    for i in range(p):
        for j in range(q):
            dx[i : i + rows, j : j + columns] += f[p - 1 - i, j] * delta
            df[i, j] = np.sum(x[i : i + rows, j : j + columns] * delta)
    return dx, df


def conv2d_border_lost(delta, x, f):
    p, q = f.shape
    rows, columns = delta.shape
    dx, df = np.zeros(x.shape), np.zeros(f.shape)
    for i in range(p):
        for j in range(q):
            dx[i : i + rows, j : j + columns] += f[i, j] * delta
            df[i, j] = np.sum(x[i : i + rows, j : j + columns] * delta)
    if x.shape[1] > 2:
        dx[:, -1] = 0
    return dx, df


def conv2d_padding_kept(delta, x, f):
    padded = np.pad(x, 1)
    dpadded = np.pad(np.zeros_like(x), 1)
    df = np.zeros_like(f)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            dpadded[i : i + 3, j : j + 3] += delta[i, j] * f
            df += delta[i, j] * padded[i : i + 3, j : j + 3]
    return dpadded[:-2, :-2], df


def max_pool_first(delta, x):
    dx = np.zeros_like(x)
    dx[:, ::2] = delta
    return dx


def max_pool_minimum(delta, x):
    dx = np.zeros_like(x)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            dx[i, 2 * j + np.argmin(x[i, 2 * j : 2 * j + 2])] = delta[i, j]
    return dx


def average_pool_not_divided(delta, x):
    return np.repeat(np.repeat(delta, 2, axis=1), 2, axis=2)


def average_pool_tiled(delta, x):
    return np.tile(delta, (1, 2, 2)) / 4


def global_pool_rows_only(delta, x):
    return np.ones_like(x) * delta[:, None, None] / x.shape[1]


def max_over_time_everywhere(delta, x, t):
    k = len(t)
    s = np.stack([np.sum(x[i : i + k] * t, axis=0) for i in range(len(x) - k + 1)])
    dx, dt = np.zeros_like(x), np.zeros_like(t)
    for c in range(x.shape[1]):
        i = int(np.argmax(s[:, 0]))
        dx[i : i + k, c] += delta[c] * t[:, c]
        dt[:, c] = delta[c] * x[i : i + k, c]
    return dx, dt


def cumulative_sum_forward(delta, x):
    return np.cumsum(delta, axis=0)


def cumulative_sum_axis(delta, x):
    return np.cumsum(delta[:, ::-1], axis=1)[:, ::-1]


def product_whole(delta, x):
    return delta * np.prod(x) * np.ones_like(x)


def polynomial_power(delta, c, x):
    dc = np.array([np.sum(delta * x ** (i + 1)) for i in range(len(c))])
    dx = np.zeros_like(x)
    for i in range(1, len(c)):
        dx += delta * i * c[i] * x ** (i - 1)
    return dc, dx


def polynomial_factor(delta, c, x):
    dc = np.array([np.sum(delta * x**i) for i in range(len(c))])
    dx = np.zeros_like(x)
    for i in range(1, len(c)):
        dx += delta * c[i] * x ** (i - 1)
    return dc, dx


def moving_average_start(delta, x, a):
    dx, da = np.zeros(x.shape), 0.0
    out = [x[0]]
    for t in range(1, len(x)):
        out.append(a * out[-1] + (1 - a) * x[t])
    carry = np.zeros(x.shape[1])
    for t in range(len(x) - 1, -1, -1):
        carry = carry + delta[t]
        dx[t] = (1 - a) * carry
        if t:
            da += np.sum(carry * (out[t - 1] - x[t]))
        carry = a * carry
    return dx, da


def moving_average_no_carry(delta, x, a):
    dx = (1 - a) * delta
    dx[0] = delta[0]
    return dx, None


def rnn_step_slope_twice(delta, x, h, W, U, b):
    new = np.tanh(W @ x + U @ h + b)
    dz = (1 - np.tanh(new) ** 2) * delta
    return W.T @ dz, U.T @ dz, np.outer(dz, x), np.outer(dz, h), dz


def rnn_step_new_state(delta, x, h, W, U, b):
    new = np.tanh(W @ x + U @ h + b)
    dz = (1 - new**2) * delta
    return W.T @ dz, U.T @ dz, np.outer(dz, x), np.outer(dz, new), dz


def rnn_truncated(delta, xs, W, U):
    states = rnn(xs, W, U)
    dz = delta * (1 - states**2)
    dU = dz[1:].T @ states[:-1]
    return dz @ W, dz.T @ xs, dU


def rnn_same_state(delta, xs, W, U):
    states = rnn(xs, W, U)
    dxs, dW, dU = np.zeros_like(xs), np.zeros_like(W), np.zeros_like(U)
    dh = np.zeros(len(U))
    for t in reversed(range(len(xs))):
        dz = (delta[t] + dh) * (1 - states[t] ** 2)
        dxs[t] = W.T @ dz
        dW += np.outer(dz, xs[t])
        if t > 0:
            dU += np.outer(dz, states[t])
        dh = U.T @ dz
    return dxs, dW, dU


def gru_gates(h, x, W, U):
    n = len(h)
    wx, uh = W @ x, U @ h
    r = sigma(wx[:n] + uh[:n])
    u = sigma(wx[n : 2 * n] + uh[n : 2 * n])
    return n, uh, r, u, np.tanh(wx[2 * n :] + r * uh[2 * n :])


def gru_reset_forgotten(delta, x, h, W, U):
    n, uh, r, u, c = gru_gates(h, x, W, U)
    dc = delta * (1 - u) * (1 - c**2)
    du = delta * (h - c) * u * (1 - u)
    dr = dc * uh[2 * n :] * r * (1 - r)
    dwx = np.concatenate([dr, du, dc])
    return W.T @ dwx, U.T @ dwx + delta * u, np.outer(dwx, x), np.outer(dwx, h)


def gru_carry_forgotten(delta, x, h, W, U):
    n, uh, r, u, c = gru_gates(h, x, W, U)
    dc = delta * (1 - u) * (1 - c**2)
    du = delta * (h - c) * u * (1 - u)
    dr = dc * uh[2 * n :] * r * (1 - r)
    dwx = np.concatenate([dr, du, dc])
    duh = np.concatenate([dr, du, dc * r])
    return W.T @ dwx, U.T @ duh, np.outer(dwx, x), np.outer(duh, h)


def gru_gate_order(delta, x, h, W, U):
    n, uh, r, u, c = gru_gates(h, x, W, U)
    dc = delta * (1 - u) * (1 - c**2)
    du = delta * (h - c) * u * (1 - u)
    dr = dc * uh[2 * n :] * r * (1 - r)
    dwx = np.concatenate([du, dr, dc])
    duh = np.concatenate([du, dr, dc * r])
    return W.T @ dwx, U.T @ duh + delta * u, np.outer(dwx, x), np.outer(duh, h)


def lstm_cell_gradient_ignored(delta, x, h, c, W):
    dh, _ = delta
    return lstm_backward(dh, 0.0, x, h, c, W)


def lstm_output_path_forgotten(delta, x, h, c, W):
    _, dc = delta
    return lstm_backward(0.0 * dc, dc, x, h, c, W)


def lstm_backward(dh, dc, x, h, c, W):
    xh = np.concatenate([x, h])
    i, f, o, g = np.split(W @ xh, 4)
    i, f, o, g = sigma(i), sigma(f), sigma(o), np.tanh(g)
    t = np.tanh(f * c + i * g)
    dc = dc + dh * o * (1 - t**2)
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c * f * (1 - f), dh * t * o * (1 - o), dc * i * (1 - g**2)]
    )
    dxh = W.T @ dz
    return dxh[: len(x)], dxh[len(x) :], dc * f, np.outer(dz, xh)


def lstm_old_cell(delta, x, h, c, W):
    dh, dc = delta
    xh = np.concatenate([x, h])
    i, f, o, g = np.split(W @ xh, 4)
    i, f, o, g = sigma(i), sigma(f), sigma(o), np.tanh(g)
    t = np.tanh(c)
    dc = dc + dh * o * (1 - t**2)
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c * f * (1 - f), dh * t * o * (1 - o), dc * i * (1 - g**2)]
    )
    dxh = W.T @ dz
    return dxh[: len(x)], dxh[len(x) :], dc * f, np.outer(dz, xh)


def differences_one_side(delta, x):
    if len(x) == 1:
        return 2 * x * delta
    dx = np.zeros(len(x))
    dx[1:] += 2 * delta * (x[1:] - x[:-1])
    return dx


def differences_assigned(delta, x):
    if len(x) == 1:
        return 2 * x * delta
    d = 2 * delta * (x[1:] - x[:-1])
    dx = np.zeros(len(x))
    dx[1:] = d
    dx[:-1] = -d
    return dx


WRONGS: list[Wrong] = [
    *wrongs(
        "layer_norm",
        mean_term=(MEAN_TERM, layer_norm_no_mean),
        variance_term=(VARIANCE_TERM, layer_norm_no_variance),
        gamma_forgotten=(TERM, layer_norm_no_gamma),
        gamma_of_x=(STALE, layer_norm_gamma_not_normalised),
        unbiased=(MEAN, layer_norm_unbiased),
        means_over_the_batch=(AXIS, layer_norm_over_the_batch),
    ),
    *wrongs(
        "rms_norm",
        second_term=(VARIANCE_TERM, rms_norm_no_second_term),
        sum_for_mean=(MEAN, rms_norm_sum_for_mean),
    ),
    *wrongs(
        "batch_norm",
        statistics_as_constants=(MEAN_TERM, batch_norm_frozen),
        mean_term=(MEAN_TERM, batch_norm_variance_only),
        gamma_and_beta=(SWAPPED, batch_norm_beta_gamma),
    ),
    *wrongs("instance_norm", mean_over_one_axis=(AXIS, instance_norm_one_axis)),
    *wrongs(
        "group_norm",
        gamma_averaged=(MEAN, group_norm_gamma_over_batch),
        mean_over_all_groups=(AXIS, group_norm_one_group),
    ),
    *wrongs("l2_normalise", square_for_cube=(TERM, l2_normalise_projection)),
    *wrongs("unit_rows", always_the_last_row=(STALE, unit_rows_last_row)),
    *wrongs("standardise", mean_term=(MEAN_TERM, standardise_no_mean)),
    *wrongs("variance", mean_forgotten=(MEAN_TERM, variance_no_mean)),
    *wrongs("sample_variance", biased=(MEAN, sample_variance_biased)),
    *wrongs(
        "attention",
        scale_forgotten=(TERM, attention_scale_forgotten),
        softmax_as_a_product=(SLOPE, attention_softmax_forgotten),
        weights_without_scale=(STALE, attention_value_weights),
        sum_over_the_queries=(AXIS, attention_columns),
        root_of_the_keys=(INDEX, attention_by_key_size),
    ),
    *wrongs(
        "causal_attention",
        mask_forgotten=(TERM, causal_mask_forgotten),
        mask_off_by_one=(INDEX, causal_mask_strict),
    ),
    *wrongs("causal_attention_by_rows", overwritten=(SUM, by_rows_overwritten)),
    *wrongs(
        "attention_weights",
        one_path_only=(TERM, attention_weights_one_path),
        not_transposed=(TRANSPOSED, attention_weights_not_transposed),
    ),
    *wrongs(
        "conv1d",
        flipped=(INDEX, conv1d_flipped),
        off_by_one=(INDEX, conv1d_off_by_one),
        overwritten=(SUM, conv1d_overwritten),
    ),
    *wrongs(
        "conv1d_channels",
        filter_flipped=(INDEX, conv1d_channels_transposed),
        first_sample=(SUM, conv1d_channels_first_sample),
    ),
    *wrongs(
        "conv2d", flipped_upside_down=(INDEX, conv2d_swapped_axes), border_lost=(INDEX, conv2d_border_lost)
    ),
    *wrongs("conv2d_padded", padding_cut_at_the_end=(INDEX, conv2d_padding_kept)),
    *wrongs("max_pool", always_the_first=(INDEX, max_pool_first), minimum=(INDEX, max_pool_minimum)),
    *wrongs(
        "average_pool",
        not_divided=(MEAN, average_pool_not_divided),
        tiled_for_repeated=(INDEX, average_pool_tiled),
    ),
    *wrongs("global_average_pool", divided_by_the_rows=(MEAN, global_pool_rows_only)),
    *wrongs("max_over_time", position_of_the_first_channel=(INDEX, max_over_time_everywhere)),
    *wrongs(
        "cumulative_sum",
        forwards=(INDEX, cumulative_sum_forward),
        along_the_other_axis=(AXIS, cumulative_sum_axis),
    ),
    *wrongs("product", whole_product=(TERM, product_whole)),
    *wrongs("polynomial", power_off_by_one=(INDEX, polynomial_power), factor=(SLOPE, polynomial_factor)),
    *wrongs(
        "moving_average",
        start_as_the_rest=(INDEX, moving_average_start),
        carry_forgotten=(TERM, moving_average_no_carry),
    ),
    *wrongs(
        "rnn_step",
        slope_of_the_slope=(SLOPE, rnn_step_slope_twice),
        new_state_for_old=(STALE, rnn_step_new_state),
    ),
    *wrongs("rnn", not_through_time=(TERM, rnn_truncated), state_of_the_step=(STALE, rnn_same_state)),
    *wrongs(
        "gru_step",
        reset_gate_forgotten=(TERM, gru_reset_forgotten),
        carry_forgotten=(TERM, gru_carry_forgotten),
        gates_in_another_order=(SWAPPED, gru_gate_order),
    ),
    *wrongs(
        "lstm_step",
        cell_gradient_ignored=(DELTA, lstm_cell_gradient_ignored),
        output_gradient_ignored=(DELTA, lstm_output_path_forgotten),
        old_cell_for_new=(STALE, lstm_old_cell),
    ),
    *wrongs("differences", one_side=(SIGN, differences_one_side), assigned=(SUM, differences_assigned)),
]
