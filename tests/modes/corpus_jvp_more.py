"""Forward mode of functions in daily use: each with its right jvp, and three that are wrong."""

import numpy as np

import gradcheck
from tests.modes.corpus_jvp import CASES

POSITIVE = gradcheck.positive
X = {"x": "n"}
XY = {"x": "n", "y": "n"}
ROWS = {"x": "b n"}


def case(name, forward, shapes, right, *wrong, **options):
    assert len(wrong) == 3 and name not in CASES
    CASES[name] = (forward, shapes, options, right, wrong)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# -- of each entry

case(
    "exp",
    np.exp,
    X,
    lambda t, x: np.exp(x) * t.x,
    lambda t, x: np.exp(t.x),
    lambda t, x: np.exp(x),
    lambda t, x: np.exp(-x) * t.x,
)
case(
    "log",
    np.log,
    X,
    lambda t, x: t.x / x,
    lambda t, x: np.log(np.abs(t.x) + 1),
    lambda t, x: t.x * x,
    lambda t, x: t.x / (x + 1e-6),
    values={"x": POSITIVE},
)
case(
    "sqrt",
    np.sqrt,
    X,
    lambda t, x: t.x / (2 * np.sqrt(x)),
    lambda t, x: t.x / np.sqrt(x),
    lambda t, x: np.sqrt(x) * t.x,
    lambda t, x: t.x / (2 * x),
    values={"x": POSITIVE},
)
case(
    "power",
    lambda x: x**3,
    X,
    lambda t, x: 3 * x**2 * t.x,
    lambda t, x: 3 * x * t.x,
    lambda t, x: x**2 * t.x,
    lambda t, x: 3 * x**2 * t.x**2,
)
case(
    "sigmoid",
    sigmoid,
    X,
    lambda t, x: sigmoid(x) * (1 - sigmoid(x)) * t.x,
    lambda t, x: sigmoid(x) * t.x,
    lambda t, x: x * (1 - x) * t.x,
    lambda t, x: sigmoid(x) * (1 + sigmoid(x)) * t.x,
)
case(
    "softplus",
    lambda x: np.logaddexp(0.0, x),
    X,
    lambda t, x: sigmoid(x) * t.x,
    lambda t, x: sigmoid(-x) * t.x,
    lambda t, x: np.tanh(x) * t.x,
    lambda t, x: np.where(x > 0, sigmoid(x), 0) * t.x,
)
case(
    "silu",
    lambda x: x * sigmoid(x),
    X,
    lambda t, x: (sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x))) * t.x,
    lambda t, x: sigmoid(x) * t.x,
    lambda t, x: x * sigmoid(x) * (1 - sigmoid(x)) * t.x,
    lambda t, x: (sigmoid(x) + sigmoid(x) * (1 - sigmoid(x))) * t.x,
)
case(
    "leaky_relu",
    lambda x: np.where(x > 0, x, 0.1 * x),
    X,
    lambda t, x: np.where(x > 0, 1, 0.1) * t.x,
    lambda t, x: np.where(x > 0, 1, 0) * t.x,
    lambda t, x: np.where(x < 0, 1, 0.1) * t.x,
    lambda t, x: np.where(t.x > 0, t.x, 0.1 * t.x),
)
case(
    "huber",
    lambda x: np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5),
    X,
    lambda t, x: np.clip(x, -1, 1) * t.x,
    lambda t, x: x * t.x,
    lambda t, x: np.sign(x) * t.x,
    lambda t, x: np.clip(x, 0, 1) * t.x,
)
case(
    "arctan",
    np.arctan,
    X,
    lambda t, x: t.x / (1 + x * x),
    lambda t, x: t.x / (1 - x * x),
    lambda t, x: t.x / np.sqrt(1 + x * x),
    lambda t, x: np.arctan(t.x),
)

# -- sums and norms

case(
    "mean_square",
    lambda x: np.mean(x * x),
    X,
    lambda t, x: 2 * np.mean(x * t.x),
    lambda t, x: 2 * np.sum(x * t.x),
    lambda t, x: np.mean(x * t.x),
    lambda t, x: np.mean(t.x**2),
)
case(
    "variance",
    np.var,
    X,
    lambda t, x: 2 * np.mean((x - np.mean(x)) * t.x),
    lambda t, x: 2 * np.mean(x * t.x),
    lambda t, x: 2 * np.mean((x - np.mean(x)) * t.x) + np.mean(t.x),
    lambda t, x: np.var(t.x),
)
case(
    "log_sum_exp",
    lambda x: np.log(np.sum(np.exp(x))),
    X,
    lambda t, x: np.sum(np.exp(x) * t.x) / np.sum(np.exp(x)),
    lambda t, x: np.sum(np.exp(x) * t.x),
    lambda t, x: np.mean(t.x),
    lambda t, x: np.sum(t.x) / np.sum(np.exp(x)),
)
case(
    "largest",
    np.max,
    X,
    lambda t, x: t.x[np.argmax(x)],
    lambda t, x: np.max(t.x),
    lambda t, x: t.x[np.argmin(x)],
    lambda t, x: t.x[0],
)
case(
    "product",
    np.prod,
    X,
    lambda t, x: np.sum(np.prod(x) / x * t.x),
    lambda t, x: np.prod(t.x),
    lambda t, x: np.prod(x) * np.sum(t.x),
    lambda t, x: np.sum(x * t.x),
    values={"x": POSITIVE},
)
case(
    "cumulative",
    np.cumsum,
    X,
    lambda t, x: np.cumsum(t.x),
    lambda t, x: t.x,
    lambda t, x: np.cumsum(t.x[::-1])[::-1],
    lambda t, x: np.cumsum(x) * t.x,
)
case(
    "row_norms",
    lambda x: np.sqrt(np.sum(x * x, axis=1)),
    ROWS,
    lambda t, x: np.sum(x * t.x, axis=1) / np.sqrt(np.sum(x * x, axis=1)),
    lambda t, x: np.sum(x * t.x, axis=1),
    lambda t, x: np.sqrt(np.sum(t.x**2, axis=1)),
    lambda t, x: np.sum(x * t.x, axis=1) / np.sum(x * x, axis=1),
    values={"x": POSITIVE},
)
case(
    "distance",
    lambda x, y: np.sum((x - y) ** 2),
    XY,
    lambda t, x, y: 2 * np.sum((x - y) * (t.x - t.y)),
    lambda t, x, y: 2 * np.sum((x - y) * (t.x + t.y)),
    lambda t, x, y: 2 * np.sum((x - y) * t.x),
    lambda t, x, y: np.sum((x - y) * (t.x - t.y)),
)
case(
    "cosine",
    lambda x, y: x @ y / np.sqrt((x @ x) * (y @ y)),
    XY,
    lambda t, x, y: (
        (x @ t.y + t.x @ y) / np.sqrt((x @ x) * (y @ y))
        - (x @ y) * (x @ t.x / (x @ x) + y @ t.y / (y @ y)) / np.sqrt((x @ x) * (y @ y))
    ),
    lambda t, x, y: (x @ t.y + t.x @ y) / np.sqrt((x @ x) * (y @ y)),
    lambda t, x, y: (x @ y) * (x @ t.x / (x @ x) + y @ t.y / (y @ y)) / np.sqrt((x @ x) * (y @ y)),
    lambda t, x, y: t.x @ y + x @ t.y,
    values={"x": POSITIVE, "y": POSITIVE},
)

# -- products of matrices

case(
    "matvec",
    lambda A, x: A @ x,
    {"A": "n m", "x": "m"},
    lambda t, A, x: t.A @ x + A @ t.x,
    lambda t, A, x: A @ t.x,
    lambda t, A, x: t.A @ x,
    lambda t, A, x: t.A @ t.x,
)
case(
    "gram",
    lambda A: A.T @ A,
    {"A": "n m"},
    lambda t, A: t.A.T @ A + A.T @ t.A,
    lambda t, A: 2 * A.T @ t.A,
    lambda t, A: t.A.T @ A,
    lambda t, A: t.A.T @ A - A.T @ t.A,
)
case(
    "bilinear",
    lambda x, A, y: x @ A @ y,
    {"x": "n", "A": "n m", "y": "m"},
    lambda t, x, A, y: t.x @ A @ y + x @ t.A @ y + x @ A @ t.y,
    lambda t, x, A, y: t.x @ A @ y + x @ A @ t.y,
    lambda t, x, A, y: t.x @ t.A @ t.y,
    lambda t, x, A, y: t.x @ A @ y + x @ t.A @ y - x @ A @ t.y,
)
case(
    "outer",
    np.outer,
    {"a": "n", "b": "m"},
    lambda t, a, b: np.outer(t.a, b) + np.outer(a, t.b),
    lambda t, a, b: np.outer(t.a, t.b),
    lambda t, a, b: np.outer(t.a, b),
    lambda t, a, b: np.outer(t.a, b) - np.outer(a, t.b),
)
case(
    "trace_of_product",
    lambda A, B: np.trace(A @ B),
    {"A": "n m", "B": "m n"},
    lambda t, A, B: np.sum(t.A.T * B) + np.sum(A.T * t.B),
    lambda t, A, B: np.sum(t.A.T * B),
    lambda t, A, B: np.sum(t.A.T * t.B),
    lambda t, A, B: np.sum(t.A.T * B) - np.sum(A.T * t.B),
)
case(
    "solve",
    np.linalg.solve,
    {"A": "n n", "b": "n"},
    lambda t, A, b: np.linalg.solve(A, t.b - t.A @ np.linalg.solve(A, b)),
    lambda t, A, b: np.linalg.solve(A, t.b),
    lambda t, A, b: np.linalg.solve(A, t.b - t.A @ b),
    lambda t, A, b: np.linalg.solve(A, t.b + t.A @ np.linalg.solve(A, b)),
    values={"A": gradcheck.spd},
)
case(
    "determinant",
    np.linalg.det,
    {"A": "n n"},
    lambda t, A: np.linalg.det(A) * np.trace(np.linalg.inv(A) @ t.A),
    lambda t, A: np.trace(np.linalg.inv(A) @ t.A),
    lambda t, A: np.linalg.det(t.A),
    lambda t, A: np.linalg.det(A) * np.trace(t.A),
    values={"A": gradcheck.spd},
)

# -- layers

case(
    "batch_layer",
    lambda X, W, b: X @ W + b,
    {"X": "b n", "W": "n m", "b": "m"},
    lambda t, X, W, b: t.X @ W + X @ t.W + t.b,
    lambda t, X, W, b: t.X @ W + X @ t.W,
    lambda t, X, W, b: t.X @ W + X @ t.W + b,
    lambda t, X, W, b: t.X @ W - X @ t.W + t.b,
)
case(
    "attention_scores",
    lambda Q, K: Q @ K.T / np.sqrt(4.0),
    {"Q": "n d", "K": "m d"},
    lambda t, Q, K: (t.Q @ K.T + Q @ t.K.T) / 2,
    lambda t, Q, K: t.Q @ K.T + Q @ t.K.T,
    lambda t, Q, K: t.Q @ K.T / 2,
    lambda t, Q, K: (t.Q @ K.T + Q @ K.T) / 2,
)
case(
    "cross_entropy",
    lambda x, y: np.log(np.sum(np.exp(x))) - np.sum(y * x),
    XY,
    lambda t, x, y: np.sum((np.exp(x) / np.sum(np.exp(x)) - y) * t.x) - np.sum(t.y * x),
    lambda t, x, y: np.sum((np.exp(x) - y) * t.x) - np.sum(t.y * x),
    lambda t, x, y: np.sum((np.exp(x) / np.sum(np.exp(x)) - y) * t.x),
    lambda t, x, y: np.sum((y - np.exp(x) / np.sum(np.exp(x))) * t.x) - np.sum(t.y * x),
)
case(
    "residual",
    lambda x, W: x + np.tanh(W @ x),
    {"x": "n", "W": "n n"},
    lambda t, x, W: t.x + (1 - np.tanh(W @ x) ** 2) * (t.W @ x + W @ t.x),
    lambda t, x, W: (1 - np.tanh(W @ x) ** 2) * (t.W @ x + W @ t.x),
    lambda t, x, W: t.x + (1 - np.tanh(W @ x) ** 2) * (W @ t.x),
    lambda t, x, W: t.x + t.W @ x + W @ t.x,
)
