"""Second order of functions in daily use: each with the right code, and three that are wrong."""

import numpy as np

import gradcheck
from tests.modes.corpus_second_order import CASES, layer_twice, nested_hvp

POSITIVE = {"x": gradcheck.positive}
X = {"x": "n"}


def case(name, keyword, forward, shapes, right, *wrong, **options):
    assert len(wrong) == 3 and name not in CASES
    CASES[name] = (keyword, forward, shapes, options, right, wrong)


def more(name, *wrong):
    """Twins for a case that has fewer than three."""
    *rest, twins = CASES[name]
    CASES[name] = (*rest, (*twins, *wrong))
    assert len(CASES[name][-1]) == 3


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# -- Hessian-vector products

case(
    "exponentials",
    "hvp",
    lambda x: np.sum(np.exp(x)),
    X,
    lambda v, x: np.exp(x) * v[0],
    lambda v, x: np.exp(x),
    lambda v, x: np.exp(-x) * v[0],
    lambda v, x: np.exp(x) * np.sum(v[0]),
)
case(
    "barrier",
    "hvp",
    lambda x: -np.sum(np.log(x)),
    X,
    lambda v, x: v[0] / x**2,
    lambda v, x: -v[0] / x**2,
    lambda v, x: v[0] / x,
    lambda v, x: 2 * v[0] / x**2,
    values=POSITIVE,
)
case(
    "sum_of_sines",
    "hvp",
    lambda x: np.sin(np.sum(x)),
    X,
    lambda v, x: -np.sin(np.sum(x)) * np.sum(v[0]) * np.ones_like(x),
    lambda v, x: -np.sin(np.sum(x)) * v[0],
    lambda v, x: np.cos(np.sum(x)) * np.sum(v[0]) * np.ones_like(x),
    lambda v, x: np.sin(np.sum(x)) * np.sum(v[0]) * np.ones_like(x),
)
case(
    "variance",
    "hvp",
    np.var,
    X,
    lambda v, x: 2 * (v[0] - np.mean(v[0])) / x.size,
    lambda v, x: 2 * v[0] / x.size,
    lambda v, x: 2 * (v[0] - np.mean(v[0])),
    lambda v, x: (v[0] - np.mean(v[0])) / x.size,
)
case(
    "logistic",
    "hvp",
    lambda w, X: np.sum(np.logaddexp(0.0, X @ w)),
    {"w": "n", "X": "b n"},
    lambda v, w, X: (
        X.T @ (sigmoid(X @ w) * (1 - sigmoid(X @ w)) * (X @ v[0] + v[1] @ w)) + v[1].T @ sigmoid(X @ w),
        None,
    ),
    lambda v, w, X: (X.T @ (sigmoid(X @ w) * (1 - sigmoid(X @ w)) * (X @ v[0])), None),
    lambda v, w, X: (X.T @ (sigmoid(X @ w) * (X @ v[0] + v[1] @ w)) + v[1].T @ sigmoid(X @ w), None),
    lambda v, w, X: (X.T @ (sigmoid(X @ w) * (1 - sigmoid(X @ w)) * (X @ v[0] + v[1] @ w)), None),
)
case(
    "bilinear",
    "hvp",
    lambda x, y: np.sum(x) * np.sum(y * y),
    {"x": "n", "y": "m"},
    lambda v, x, y: (2 * (y @ v[1]) * np.ones_like(x), 2 * np.sum(v[0]) * y + 2 * np.sum(x) * v[1]),
    lambda v, x, y: (0 * x, 2 * np.sum(x) * v[1]),
    lambda v, x, y: (2 * (y @ v[1]) * np.ones_like(x), 2 * np.sum(v[0]) * y),
    lambda v, x, y: ((y @ v[1]) * np.ones_like(x), np.sum(v[0]) * y + 2 * np.sum(x) * v[1]),
)
case(
    "log_determinant",
    "hvp",
    lambda A: np.log(np.linalg.det(A)),
    {"A": "n n"},
    lambda v, A: -(np.linalg.inv(A) @ v[0] @ np.linalg.inv(A)).T,
    lambda v, A: (np.linalg.inv(A) @ v[0] @ np.linalg.inv(A)).T,
    lambda v, A: -np.linalg.inv(A) @ v[0] @ np.linalg.inv(A),
    lambda v, A: -np.linalg.inv(A) @ np.linalg.inv(A) * v[0],
    values={"A": gradcheck.spd},
)

# -- Hessians

case(
    "hessian_of_cubes",
    "hessian",
    lambda x: np.sum(x**3),
    X,
    lambda x: np.diag(6 * x),
    lambda x: np.diag(3 * x**2),
    lambda x: np.diag(3 * x),
    lambda x: np.outer(6 * x, np.ones_like(x)),
)
case(
    "hessian_of_quartic",
    "hessian",
    lambda x: (x @ x) ** 2,
    X,
    lambda x: 8 * np.outer(x, x) + 4 * (x @ x) * np.eye(x.size),
    lambda x: 8 * np.outer(x, x),
    lambda x: 4 * (x @ x) * np.eye(x.size),
    lambda x: 4 * np.outer(x, x) + 4 * (x @ x) * np.eye(x.size),
)
case(
    "hessian_of_entropy",
    "hessian",
    lambda x: -np.sum(x * np.log(x)),
    X,
    lambda x: np.diag(-1 / x),
    lambda x: np.diag(1 / x),
    lambda x: np.diag(-np.log(x) - 1),
    lambda x: np.diag(-1 / x**2),
    values=POSITIVE,
)
case(
    "hessian_of_softplus",
    "hessian",
    lambda x: np.sum(np.logaddexp(0.0, x)),
    X,
    lambda x: np.diag(sigmoid(x) * (1 - sigmoid(x))),
    lambda x: np.diag(sigmoid(x)),
    lambda x: np.diag(sigmoid(x) ** 2),
    lambda x: np.diag(sigmoid(x) * (1 + sigmoid(x))),
)
case(
    "hessian_of_frobenius",
    "hessian",
    lambda x: np.sum(x * x) / 2,
    {"x": "n m"},
    lambda x: np.eye(x.size).reshape(x.shape * 2),
    lambda x: 2 * np.eye(x.size).reshape(x.shape * 2),
    lambda x: np.ones(x.shape * 2),
    lambda x: 0.5 * np.eye(x.size).reshape(x.shape * 2),
)

# -- double backward

case(
    "exp_twice",
    "double_backward",
    np.exp,
    X,
    lambda g, d, x: (np.exp(x) * g[0], d * np.exp(x) * g[0]),
    lambda g, d, x: (np.exp(x) * g[0], 0 * x),
    lambda g, d, x: (g[0], d * np.exp(x) * g[0]),
    lambda g, d, x: (np.exp(x) * g[0], np.exp(x) * g[0]),
)
case(
    "sigmoid_twice",
    "double_backward",
    sigmoid,
    X,
    lambda g, d, x: ((s := sigmoid(x) * (1 - sigmoid(x))) * g[0], d * s * (1 - 2 * sigmoid(x)) * g[0]),
    lambda g, d, x: ((s := sigmoid(x) * (1 - sigmoid(x))) * g[0], d * s * (1 - sigmoid(x)) * g[0]),
    lambda g, d, x: ((s := sigmoid(x) * (1 - sigmoid(x))) * g[0], -d * s * (1 - 2 * sigmoid(x)) * g[0]),
    lambda g, d, x: ((s := sigmoid(x) * (1 - sigmoid(x))) * g[0], s * (1 - 2 * sigmoid(x)) * g[0]),
)
case(
    "product_twice",
    "double_backward",
    lambda x, y: x * y,
    {"x": "n", "y": "n"},
    lambda g, d, x, y: (g[0] * y + g[1] * x, d * g[1], d * g[0]),
    lambda g, d, x, y: (g[0] * y + g[1] * x, d * g[0], d * g[1]),
    lambda g, d, x, y: (g[0] * y, d * g[1], d * g[0]),
    lambda g, d, x, y: (g[0] * x + g[1] * y, d * g[1], d * g[0]),
)
case(
    "matvec_twice",
    "double_backward",
    lambda A, x: A @ x,
    {"A": "n m", "x": "m"},
    lambda g, d, A, x: (g[0] @ x + A @ g[1], np.outer(d, g[1]), g[0].T @ d),
    lambda g, d, A, x: (g[0] @ x, np.outer(d, g[1]), g[0].T @ d),
    lambda g, d, A, x: (g[0] @ x + A @ g[1], np.outer(d, g[1]), A.T @ d),
    lambda g, d, A, x: (g[0] @ x + A @ g[1], np.outer(d, x), g[0].T @ d),
)
case(
    "relu_twice",
    "double_backward",
    lambda x: np.maximum(x, 0),
    X,
    lambda g, d, x: (g[0] * (x > 0), 0 * x),
    lambda g, d, x: (g[0], 0 * x),
    lambda g, d, x: (g[0] * (x > 0), d * g[0]),
    lambda g, d, x: (np.maximum(g[0], 0), 0 * x),
)
case(
    "mean_twice",
    "double_backward",
    lambda x: np.mean(x * x),
    X,
    lambda g, d, x: (2 * np.mean(x * g[0]), 2 * d * g[0] / x.size),
    lambda g, d, x: (2 * np.sum(x * g[0]), 2 * d * g[0] / x.size),
    lambda g, d, x: (2 * np.mean(x * g[0]), 2 * d * g[0]),
    lambda g, d, x: (2 * np.mean(x * g[0]), 2 * d * x / x.size),
)


def _scaled(result, place, factor):
    return tuple(factor * r if i == place else r for i, r in enumerate(result))


more("regression", lambda v, w, X, y: (X.T @ (X @ v[0] + v[1] @ w - v[2]), None, None))
more(
    "nested_loss",
    lambda v, p, x: _scaled(nested_hvp(v, p, x)[::-1], 0, 2)[::-1],
    lambda v, p, x: ({"W": -nested_hvp(v, p, x)[0]["W"], "b": None}, None),
)
more("hessian_of_norm", lambda x: -np.outer(x, x) / np.sqrt(x @ x) ** 3)
more("hessian_of_two", lambda x: np.array([[0.0, -np.cos(x[1])], [-np.cos(x[1]), -x[0] * np.sin(x[1])]]))
more("layer", lambda *given: _scaled(layer_twice(*given), 0, 2))
more("two_outputs", lambda g, d, x, y: ((g[0] * y + x * g[1], np.mean(g[0])), d[0] * g[1], d[0] * g[0]))
more(
    "shape_that_is_an_expression",
    lambda g, d, x: (np.concatenate([g[0], x * g[0]]), 2 * g[0] * d[x.size :]),
    lambda g, d, x: (np.concatenate([g[0], 2 * x * g[0]]), g[0] * d[x.size :]),
)
