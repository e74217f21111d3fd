"""Second order written by hand: each with what it is about, the right code, and wrong twins."""

import numpy as np

import gradcheck

CASES = {}
"""Name -> keyword of `verify`, forward, shapes, other options, the right code, wrong ones."""


def case(name, keyword, forward, shapes, right, *wrong, **options):
    CASES[name] = (keyword, forward, shapes, options, right, wrong)


# -- Hessian-vector products


def cubes(x):
    return np.sum(x**3)


case(
    "cubes",
    "hvp",
    cubes,
    {"x": "n"},
    lambda v, x: 6 * x * v[0],
    lambda v, x: 3 * x**2 * v[0],
    lambda v, x: 3 * x * v[0],
    lambda v, x: 6 * x * np.sum(v[0]),
)


def quadratic(x, A):
    return x @ A @ x


case(
    "quadratic",
    "hvp",
    quadratic,
    {"x": "n", "A": "n n"},
    lambda v, x, A: ((A + A.T) @ v[0] + (v[1] + v[1].T) @ x, np.outer(v[0], x) + np.outer(x, v[0])),
    lambda v, x, A: ((A + A.T) @ v[0], np.outer(v[0], x) + np.outer(x, v[0])),
    lambda v, x, A: (2 * A @ v[0] + (v[1] + v[1].T) @ x, np.outer(v[0], x) + np.outer(x, v[0])),
    lambda v, x, A: ((A + A.T) @ v[0] + (v[1] + v[1].T) @ x, 2 * np.outer(v[0], x)),
)


def log_sum_exp(x):
    m = np.max(x)
    return m + np.log(np.sum(np.exp(x - m)))


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


case(
    "log_sum_exp",
    "hvp",
    log_sum_exp,
    {"x": "n"},
    lambda v, x: softmax(x) * (v[0] - softmax(x) @ v[0]),
    lambda v, x: softmax(x) * v[0],
    lambda v, x: softmax(x) * (1 - softmax(x)) * v[0],
    lambda v, x: softmax(x) * (v[0] - np.mean(v[0])),
)


def regression(w, X, y):
    r = X @ w - y
    return 0.5 * np.sum(r * r)


case(
    "regression",
    "hvp",
    regression,
    {"w": "n", "X": "b n", "y": "b"},
    lambda v, w, X, y: (
        X.T @ (X @ v[0] + v[1] @ w - v[2]) + v[1].T @ (X @ w - y),
        np.outer(X @ w - y, v[0]) + np.outer(X @ v[0] + v[1] @ w - v[2], w),
        v[2] - X @ v[0] - v[1] @ w,
    ),
    lambda v, w, X, y: (X.T @ X @ v[0], None, None),
    lambda v, w, X, y: (None, None, v[2] + X @ v[0] + v[1] @ w),
)


def penalty(x):
    return np.sum(np.maximum(x, 0) ** 2)


case(
    "penalty",
    "hvp",
    penalty,
    {"x": "n"},
    lambda v, x: 2 * np.where(x > 0, v[0], 0),
    lambda v, x: 2 * v[0],
    lambda v, x: 2 * np.maximum(v[0], 0),
    lambda v, x: np.where(x > 0, v[0], 0),
)


def nested_loss(p, x):
    return np.sum(np.tanh(p["W"] @ x + p["b"]))


def nested_hvp(v, p, x):
    vp, vx = v
    a = np.tanh(p["W"] @ x + p["b"])
    s = 1 - a * a
    q = -2 * a * s * (vp["W"] @ x + p["W"] @ vx + vp["b"])
    return {"W": np.outer(q, x) + np.outer(s, vx), "b": q}, p["W"].T @ q + vp["W"].T @ s


def nested_hvp_short(v, p, x):
    dp, dx = nested_hvp(v, p, x)
    s = 1 - np.tanh(p["W"] @ x + p["b"]) ** 2
    return {"W": dp["W"] - np.outer(s, v[1]), "b": dp["b"]}, dx


case(
    "nested_loss",
    "hvp",
    nested_loss,
    {"p": {"W": "n m", "b": "n"}, "x": "m"},
    nested_hvp,
    nested_hvp_short,
)

# -- Hessians

case(
    "hessian_of_log_sum_exp",
    "hessian",
    log_sum_exp,
    {"x": "n"},
    lambda x: np.diag(softmax(x)) - np.outer(softmax(x), softmax(x)),
    lambda x: np.diag(softmax(x)),
    lambda x: np.diag(softmax(x)) + np.outer(softmax(x), softmax(x)),
    lambda x: np.diag(softmax(x) * (1 - softmax(x))),
)


def norm_of(x):
    return np.sqrt(np.sum(x * x))


case(
    "hessian_of_norm",
    "hessian",
    norm_of,
    {"x": "n"},
    lambda x: np.eye(x.size) / norm_of(x) - np.outer(x, x) / norm_of(x) ** 3,
    lambda x: np.eye(x.size) / norm_of(x),
    lambda x: np.eye(x.size) / norm_of(x) - np.outer(x, x) / norm_of(x) ** 2,
    values={"x": gradcheck.positive},
)


def product(x):
    return x[0] * np.sin(x[1])


case(
    "hessian_of_two",
    "hessian",
    product,
    {"x": 2},
    lambda x: np.array([[0.0, np.cos(x[1])], [np.cos(x[1]), -x[0] * np.sin(x[1])]]),
    lambda x: np.array([[0.0, np.cos(x[1])], [np.cos(x[1]), x[0] * np.sin(x[1])]]),
    lambda x: np.array([[0.0, np.cos(x[1])], [0.0, -x[0] * np.sin(x[1])]]),
)

# -- double backward


def squares(x):
    return x * x


case(
    "squares",
    "double_backward",
    squares,
    {"x": "n"},
    lambda grads, delta, x: (2 * x * grads[0], 2 * delta * grads[0]),
    lambda grads, delta, x: (2 * x * grads[0], delta * grads[0]),
    lambda grads, delta, x: (x * grads[0], 2 * delta * grads[0]),
    lambda grads, delta, x: (2 * x * grads[0], 2 * grads[0]),
)


def layer(W, x):
    return np.tanh(W @ x)


def layer_twice(grads, delta, W, x):
    gW, gx = grads
    a = np.tanh(W @ x)
    s = 1 - a * a
    u = gW @ x + W @ gx
    q = -2 * a * s * delta * u
    return s * u, np.outer(q, x) + np.outer(delta * s, gx), W.T @ q + gW.T @ (delta * s)


def layer_twice_as_if_linear(grads, delta, W, x):
    gW, gx = grads
    s = 1 - np.tanh(W @ x) ** 2
    return s * (gW @ x + W @ gx), np.outer(delta * s, gx), gW.T @ (delta * s)


def layer_twice_swapped(grads, delta, W, x):
    a, b, c = layer_twice(grads, delta, W, x)
    return a, b, c - grads[0].T @ (delta * (1 - layer(W, x) ** 2))


case(
    "layer",
    "double_backward",
    layer,
    {"W": "n m", "x": "m"},
    layer_twice,
    layer_twice_as_if_linear,
    layer_twice_swapped,
)


def outer_parts(x, y):
    return x * y, np.sum(x)


case(
    "two_outputs",
    "double_backward",
    outer_parts,
    {"x": "n", "y": "n"},
    lambda g, delta, x, y: ((g[0] * y + x * g[1], np.sum(g[0])), delta[0] * g[1], delta[0] * g[0]),
    lambda g, delta, x, y: ((g[0] * y, np.sum(g[0])), delta[0] * g[1], delta[0] * g[0]),
    lambda g, delta, x, y: ((g[0] * y + x * g[1], np.sum(g[0])), delta[0] * g[0], delta[0] * g[1]),
)


def doubled(x):
    return np.concatenate([x, x * x])


case(
    "shape_that_is_an_expression",
    "double_backward",
    doubled,
    {"x": "n"},
    lambda g, delta, x: (np.concatenate([g[0], 2 * x * g[0]]), 2 * g[0] * delta[x.size :]),
    lambda g, delta, x: (np.concatenate([g[0], 2 * x * g[0]]), 2 * g[0] * delta[: x.size]),
)
