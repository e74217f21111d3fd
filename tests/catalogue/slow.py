"""The catalogue's forwards once more, number by number: loops over Python floats, no array operation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["SLOW"]

ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "relu": lambda z: max(z, 0.0),
    "tanh": math.tanh,
}


def product(A, B):
    """Matrix product of two nested lists."""
    return [
        [math.fsum(A[i][k] * B[k][j] for k in range(len(B))) for j in range(len(B[0]))] for i in range(len(A))
    ]


def mse(s, y):
    pairs = [(a, b) for row, other in zip(s, y, strict=True) for a, b in zip(row, other, strict=True)]
    return math.fsum((a - b) ** 2 for a, b in pairs) / len(pairs)


def logistic(s, y):
    pairs = [(a, b) for row, other in zip(s, y, strict=True) for a, b in zip(row, other, strict=True)]
    each = [
        -b * math.log(1 / (1 + math.exp(-a))) - (1 - b) * math.log(1 / (1 + math.exp(a))) for a, b in pairs
    ]
    return math.fsum(each) / len(pairs)


def softmax(s, y):
    each = []
    for row, target in zip(s, y, strict=True):
        total = math.fsum(math.exp(a) for a in row)
        each.append(-math.fsum(b * math.log(math.exp(a) / total) for a, b in zip(row, target, strict=True)))
    return math.fsum(each) / len(s)


COSTS = {"mse": mse, "logistic": logistic, "softmax": softmax}


def columns(f):
    """Run a forward on nested lists; flat arrays come as columns, numbers as they are."""

    def run(*arguments):
        return f(
            *(a.reshape(-1, 1).tolist() if a.ndim == 1 else a.tolist() for a in map(np.asarray, arguments))
        )

    return run


def turned(A):
    return [list(row) for row in zip(*A, strict=True)]


def activated(f, z):
    return [[f(v) for v in row] for row in z]


def shifted(z, b):
    return [[v + b[i][0] for v in row] for i, row in enumerate(z)]


def network(f, parameters, x):
    """Columns of examples through z = W a + b; the last layer is W a alone."""
    weights, biases = parameters[0::2], parameters[1::2]
    a = x
    for W, b in zip(weights[:-1], biases, strict=True):
        a = activated(f, shifted(product(W, a), b))
    return product(weights[-1], a)


def cost_of_network(activation: str, cost: str, *, rows: bool = False):
    def run(*arguments):
        *parameters, x, y = arguments
        if rows:  # weights stand on the right there
            parameters = [turned(p) if i % 2 == 0 else p for i, p in enumerate(parameters)]
            s = turned(network(ACTIVATIONS[activation], parameters, turned(x)))
            return COSTS[cost](s, y)
        s = network(ACTIVATIONS[activation], parameters, x)
        return COSTS[cost](turned(s), turned(y))

    return columns(run)


def squares(x):
    return [[row[0] ** 2] for row in x]


SLOW: dict[str, Callable[..., Any]] = {
    "weighted_squares": columns(lambda c, x: math.fsum(c[i][0] * x[i][0] ** 2 for i in range(len(x)))),
    "mapped_squares_square": columns(lambda A, x: product(A, squares(x))),
    "mapped_squares": columns(lambda A, x: product(A, squares(x))),
    "bilinear": columns(
        lambda u, A, v: math.fsum(u[i][0] * A[i][j] * v[j][0] for i in range(len(u)) for j in range(len(v)))
    ),
    "bilinear_squares": columns(
        lambda u, A, v: math.fsum(
            u[i][0] * A[i][j] ** 2 * v[j][0] for i in range(len(u)) for j in range(len(v))
        )
    ),
    **dict.fromkeys(("ax_column", "ax", "wx_column", "wx"), columns(product)),
    **dict.fromkeys(("identity_column", "identity"), columns(lambda x: x)),
    **dict.fromkeys(("xw_row", "xw_batch"), columns(product)),
    "xw": columns(lambda x, W: turned(product(turned(x), W))),
    **{
        f"network_{name}": columns(
            lambda W1, b1, W2, b2, W3, x, f=f: product(
                W3, activated(f, shifted(product(W2, activated(f, shifted(product(W1, x), b1))), b2))
            )
        )
        for name, f in ACTIVATIONS.items()
    },
    "hidden_layer": columns(lambda W, x, b: shifted(product(W, x), b)),
    **{name: columns(lambda z, f=f: activated(f, z)) for name, f in ACTIVATIONS.items()},
    "mse": columns(mse),
    "mse_rows": columns(mse),
    "logistic_cross_entropy": columns(lambda s, y: logistic([[s]], [[y]])),
    "logistic_cross_entropy_batch": columns(logistic),
    "softmax_cross_entropy": columns(lambda s, y: softmax(turned(s), turned(y))),
    "softmax_cross_entropy_rows": columns(softmax),
    **dict.fromkeys(("layer_column", "layer"), columns(lambda w, a, b: shifted(product(w, a), b))),
    **{
        f"recursion_{name}": columns(lambda z, W, b, f=f: shifted(product(W, activated(f, z)), b))
        for name, f in ACTIVATIONS.items()
    },
    "regression": cost_of_network("tanh", "mse", rows=True),
    "classification": cost_of_network("sigmoid", "softmax", rows=True),
    "example_picture": cost_of_network("sigmoid", "mse"),
    "example_any_sizes": cost_of_network("tanh", "mse"),
    "chain1_mse": cost_of_network("tanh", "mse"),
    "chain1_softmax": cost_of_network("tanh", "softmax"),
    "chain2_sigmoid_mse": cost_of_network("sigmoid", "mse"),
    "chain2_relu_softmax": cost_of_network("relu", "softmax"),
    "chain2_tanh_logistic": cost_of_network("tanh", "logistic"),
    "chain3_sigmoid_logistic": cost_of_network("sigmoid", "logistic"),
    "chain3_relu_mse": cost_of_network("relu", "mse"),
    "chain3_tanh_softmax": cost_of_network("tanh", "softmax"),
    "chain4_sigmoid_softmax": cost_of_network("sigmoid", "softmax"),
    "chain4_tanh_mse": cost_of_network("tanh", "mse"),
    "rows_chain3_tanh_softmax": cost_of_network("tanh", "softmax", rows=True),
    "rows_chain2_relu_mse": cost_of_network("relu", "mse", rows=True),
}
"""Formula name -> its value from the same arguments; a vector comes back as nested lists."""
