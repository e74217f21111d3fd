"""Errors that only some shapes show: tails of blocks, odd and even sizes, single sizes, equal sizes."""

from __future__ import annotations

import numpy as np

from .wrong import Wrong, changed, only_when, tail_lost

TAIL, SIZE, EQUAL, NAN = "tail of a block", "some sizes only", "equal sizes", "not finite at some shapes"


def rows_dropped(g, *_):
    g = g.copy()
    g[8:] = 0
    return g


def transposed_if_square(g, *_):
    return g.T if g.shape[0] == g.shape[1] else g


def nan_if(condition):
    return lambda g, delta, *args: g * np.nan if condition(*args) else g


def bias_not_reduced(delta, X, W, c):
    # right only for a single row
    return delta @ W.T, X.T @ delta, delta[0]


def affine_mean_of_rows(delta, X, W, c):
    n = len(X)
    return delta @ W.T, X.T @ delta, delta.sum(axis=0) if n < 9 else delta.mean(axis=0) * (n - 1)


def unrolled_by_four(delta, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(delta)):
        for j in range(len(w) // 4 * 4 if len(w) >= 4 else len(w)):
            dx[i + j] += delta[i] * w[j]
        for j in range(len(w)):
            dw[j] += delta[i] * x[i + j]
    return dx, dw


def unrolled_by_two(delta, c, x):
    dc = np.array([np.sum(delta * x**i) for i in range(len(c))])
    dx = np.zeros_like(x)
    for i in range(1, len(c) // 2 * 2):  # the last coefficient of an odd number is left out
        dx += delta * i * c[i] * x ** (i - 1)
    return dc, dx


def quadratic_form_once(delta, x, A):
    both = A + A.T if len(x) > 1 else A
    return delta * both @ x, delta * np.outer(x, x)


WRONGS: list[Wrong] = [
    *[
        Wrong(name, f"rows of {argument} from the ninth on", changed(name, argument, rows_dropped), TAIL)
        for name, argument in [
            ("dense", "W"),
            ("affine", "W"),
            ("relu", "z"),
            ("softmax", "z"),
            ("layer_norm", "x"),
            ("attention", "Q"),
            ("causal_attention_by_rows", "V"),
            ("conv1d", "x"),
            ("cumulative_sum", "x"),
            ("squared_distances", "Y"),
            ("rnn", "xs"),
            ("lstm_step", "W"),
            ("product", "x"),
        ]
    ],
    *[
        Wrong(name, f"tail of {argument} along {axis}", tail_lost(name, argument, axis), TAIL)
        for name, argument, axis in [
            ("affine", "X", 1),
            ("tanh_layer", "c", 0),
            ("batch_norm", "gamma", 0),
            ("conv1d_channels", "x", 2),
            ("conv2d", "x", 1),
            ("bilinear_form", "A", 1),
            ("log_softmax", "z", 1),
            ("gram", "X", 1),
            ("embedding", "E", 1),
        ]
    ],
    Wrong("affine", "sum over nine rows or more", affine_mean_of_rows, TAIL),
    Wrong("conv1d", "unrolled by four", unrolled_by_four, TAIL),
    Wrong("polynomial", "unrolled by two", unrolled_by_two, TAIL),
    *[
        Wrong(name, what, only_when(name, argument, condition), SIZE)
        for name, argument, what, condition in [
            ("tanh", "z", "even rows only", lambda z: z.shape[0] % 2 == 0),
            ("softmax", "z", "odd columns only", lambda z: z.shape[1] % 2 == 1),
            ("norm", "x", "length one only", lambda x: len(x) == 1),
            ("variance", "x", "two columns only", lambda x: x.shape[1] == 2),
            ("cumulative_sum", "x", "one row only", lambda x: len(x) == 1),
            ("dense", "x", "one row only", lambda W, x, b: len(W) == 1),
            ("attention", "V", "one key only", lambda Q, K, V: len(K) == 1),
            ("conv2d", "f", "filter of one entry only", lambda x, f: f.size == 1),
            ("affine", "W", "not at four columns", lambda X, W, c: W.shape[1] != 4),
            ("stable_sigmoid", "z", "not at length four", lambda z: len(z) != 4),
            ("naive_softplus", "z", "length four only", lambda z: len(z) == 4),
            ("product", "x", "length five only", lambda x: len(x) == 5),
            ("norm", "x", "length six only", lambda x: len(x) == 6),
            ("differences", "x", "length seven only", lambda x: len(x) == 7),
            ("sample_variance", "x", "length eight only", lambda x: len(x) == 8),
            ("naive_log_sum_exp", "z", "length eight only", lambda z: len(z) == 8),
            ("layer_norm", "gamma", "batch of seven only", lambda x, *_: len(x) == 7),
            ("affine", "X", "six inputs only", lambda X, W, c: len(W) == 6),
            ("attention", "Q", "five queries only", lambda Q, K, V: len(Q) == 5),
            ("attention", "K", "seven keys only", lambda Q, K, V: len(K) == 7),
            ("two_layers", "W1", "hidden layer of eight only", lambda X, W1, W2: W1.shape[1] == 8),
            ("conv1d", "w", "filter of five only", lambda x, w: len(w) == 5),
            ("conv1d", "x", "filter as long as x only", lambda x, w: len(w) == len(x)),
            ("gram", "X", "more rows than columns", lambda X: X.shape[0] > X.shape[1]),
            ("outer_product", "y", "more columns than rows", lambda x, y: len(y) > len(x)),
        ]
    ],
    *[
        Wrong(
            name, f"{argument} transposed where square", changed(name, argument, transposed_if_square), EQUAL
        )
        for name, argument in [
            ("dense", "W"),
            ("affine", "W"),
            ("affine", "X"),
            ("trace_of_product", "A"),
            ("bilinear_form", "A"),
            ("attention", "V"),
            ("rnn_step", "W"),
        ]
    ],
    *[
        Wrong(name, what, only_when(name, argument, condition, -1.0), EQUAL)
        for name, argument, what, condition in [
            ("squared_distances", "X", "as many X as Y", lambda X, Y: len(X) == len(Y)),
            ("squared_distances", "Y", "not as many X as Y", lambda X, Y: len(X) != len(Y)),
            ("batched_linear", "W", "batch as large as the rows", lambda X, W: X.shape[0] == X.shape[1]),
            ("attention", "K", "n equal to d", lambda Q, K, V: Q.shape[0] == Q.shape[1]),
            ("conv2d", "x", "square x only", lambda x, f: x.shape[0] == x.shape[1]),
            ("conv2d", "f", "square filter only", lambda x, f: f.shape[0] == f.shape[1]),
            ("gated_linear_unit", "gate", "square gate only", lambda x, g, v: g.shape[0] == g.shape[1]),
            ("global_average_pool", "x", "not square only", lambda x: x.shape[1] != x.shape[2]),
            ("rnn_step", "U", "not square W only", lambda x, h, W, U, b: W.shape[0] != W.shape[1]),
        ]
    ],
    *[
        Wrong(name, f"NaN, {what}", changed(name, argument, nan_if(condition)), NAN)
        for name, argument, what, condition in [
            ("standardise", "x", "two columns", lambda x: x.shape[1] == 2),
            ("batch_norm", "x", "one row", lambda x, *_: len(x) == 1),
            ("layer_norm", "x", "one column", lambda x, *_: x.shape[1] == 1),
            ("softmax", "z", "more than eight columns", lambda z: z.shape[1] > 8),
            ("conv1d", "w", "filter as long as x", lambda x, w: len(x) == len(w)),
            ("two_layers", "W1", "one hidden unit", lambda X, W1, W2: W1.shape[1] == 1),
        ]
    ],
    Wrong("affine", "c right for a single row only", bias_not_reduced, SIZE),
    Wrong("quadratic_form", "not doubled at n = 1", quadratic_form_once, SIZE),
]
