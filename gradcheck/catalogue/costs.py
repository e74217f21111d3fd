"""D16: the cost of an output s against the target y, and its gradient in s.

Cross-entropies take logits: s is what comes before the logistic function or the softmax. They are
computed in the form that neither overflows nor takes the logarithm of zero; a claim states that this is
the textbook's value. y is data, so its gradient is not claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gradcheck.catalogue.readings import FLAT, ROWS
from gradcheck.formulas.decorating import formula
from gradcheck.formulas.values import integers, one_hot

__all__ = [
    "LOGISTIC",
    "MSE",
    "MSE_ROWS",
    "SOFTMAX",
    "SOFTMAX_ROWS",
    "Cost",
    "logistic_cross_entropy",
    "logistic_cross_entropy_batch",
    "mse",
    "mse_rows",
    "softmax_cross_entropy",
    "softmax_cross_entropy_rows",
]

SECTION = "Forward propagation"
MSE_LATEX = r"C = \frac{1}{n}\sum_i (s_i - y_i)^2"
LOGISTIC_LATEX = r"C = -y\log p - (1 - y)\log(1 - p),\quad p = \frac{1}{1 + e^{-s}}"
SOFTMAX_LATEX = r"C = -\sum_i y_i\log p_i,\quad p_i = \frac{e^{s_i}}{\sum_j e^{s_j}}"


class Cost(NamedTuple):
    """A cost for a whole network; ``vjp`` is its hand-written backward pass, `(delta, s, y)`."""

    name: str
    value: Callable[..., Any]
    vjp: Callable[..., Any]


def softmax(s):
    powers = np.exp(s - np.max(s, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


@formula(shapes={"s": "n", "y": "n"}, id="D16", section=SECTION, latex=MSE_LATEX, note=FLAT)
def mse(s, y):
    return np.mean((s - y) ** 2)


@mse.forward(title="Mean squared error, multiplied out", note=FLAT)
def mse_multiplied_out(s, y):
    return (s @ s - 2 * (s @ y) + y @ y) / s.shape[0]


@mse.vjp(title="Mean squared error: dC/ds = 2 (s - y) / n", note=FLAT)
def mse_vjp(delta, s, y):
    return delta * 2 * (s - y) / s.shape[0], None


@formula(shapes={"s": "k n", "y": "k n"}, id="D16", section=SECTION, latex=MSE_LATEX, note=ROWS)
def mse_rows(s, y):
    return np.mean((s - y) ** 2)


@mse_rows.vjp(title="Mean squared error of a batch: dC/ds = 2 (s - y) / (k n)", note=ROWS)
def mse_rows_vjp(delta, s, y):
    k, n = s.shape
    return delta * 2 * (s - y) / (k * n), None


@formula(shapes={"s": "", "y": ""}, values={"y": one_hot}, id="D16", section=SECTION, latex=LOGISTIC_LATEX)
def logistic_cross_entropy(s, y):
    return np.maximum(s, 0) - s * y + np.log1p(np.exp(-np.abs(s)))


@logistic_cross_entropy.forward(title="Logistic cross-entropy: the stable form is the textbook's value")
def logistic_textbook(s, y):
    p = 1 / (1 + np.exp(-s))
    q = 1 / (1 + np.exp(s))  # 1 - p, which would round to zero for large s
    return -(y * np.log(p) + (1 - y) * np.log(q))


@logistic_cross_entropy.vjp(title="Logistic cross-entropy: dC/ds = p - y")
def logistic_cross_entropy_vjp(delta, s, y):
    p = 1 / (1 + np.exp(-s))
    return delta * (p - y), None


@formula(
    shapes={"s": "k", "y": "k"},
    values={"y": integers(0, 2)},
    id="D16",
    section=SECTION,
    latex=r"C = \frac{1}{k}\sum_i \bigl(-y_i\log p_i - (1 - y_i)\log(1 - p_i)\bigr)",
    note="A batch: one logit and one label per example.",
)
def logistic_cross_entropy_batch(s, y):
    return np.mean(np.maximum(s, 0) - s * y + np.log1p(np.exp(-np.abs(s))))


@logistic_cross_entropy_batch.vjp(
    title="Logistic cross-entropy of a batch: dC/ds = (p - y) / k",
    note="A batch: one logit and one label per example.",
)
def logistic_cross_entropy_batch_vjp(delta, s, y):
    p = 1 / (1 + np.exp(-s))
    return delta * (p - y) / s.shape[0], None


@formula(
    shapes={"s": "n", "y": "n"},
    values={"y": one_hot},
    where=lambda n: n >= 2,
    id="D16",
    section=SECTION,
    latex=SOFTMAX_LATEX,
    note=FLAT,
)
def softmax_cross_entropy(s, y):
    shifted = s - np.max(s)
    return np.log(np.sum(np.exp(shifted))) - np.sum(y * shifted)


@softmax_cross_entropy.forward(
    title="Softmax cross-entropy: the stable form is the textbook's value", note=FLAT
)
def softmax_textbook(s, y):
    p = np.exp(s) / np.sum(np.exp(s))
    return -np.sum(y * np.log(p))


@softmax_cross_entropy.vjp(
    title="Softmax cross-entropy: dC/ds = p - y", note="Holds because the entries of y sum to 1. " + FLAT
)
def softmax_cross_entropy_vjp(delta, s, y):
    return delta * (softmax(s) - y), None


@formula(
    shapes={"s": "k n", "y": "k n"},
    values={"y": one_hot},
    where=lambda n: n >= 2,
    id="D16",
    section=SECTION,
    latex=r"C = -\frac{1}{k}\sum_r\sum_i y_{ri}\log p_{ri},\quad "
    r"p_{ri} = \frac{e^{s_{ri}}}{\sum_j e^{s_{rj}}}",
    note=ROWS,
)
def softmax_cross_entropy_rows(s, y):
    shifted = s - np.max(s, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(shifted), axis=1)) - np.sum(y * shifted, axis=1))


@softmax_cross_entropy_rows.forward(
    title="Softmax cross-entropy of a batch: the stable form is the textbook's value", note=ROWS
)
def softmax_rows_textbook(s, y):
    p = np.exp(s) / np.sum(np.exp(s), axis=1, keepdims=True)
    return -np.sum(y * np.log(p)) / s.shape[0]


@softmax_cross_entropy_rows.vjp(
    title="Softmax cross-entropy of a batch: dC/ds = (p - y) / k",
    note="The mean runs over the rows only; each row of y sums to 1. " + ROWS,
)
def softmax_cross_entropy_rows_vjp(delta, s, y):
    return delta * (softmax(s) - y) / s.shape[0], None


MSE = Cost("mse", mse.function, mse_vjp)
MSE_ROWS = Cost("mse", mse_rows.function, mse_rows_vjp)
LOGISTIC = Cost("logistic", logistic_cross_entropy_batch.function, logistic_cross_entropy_batch_vjp)
SOFTMAX = Cost("softmax", softmax_cross_entropy.function, softmax_cross_entropy_vjp)
SOFTMAX_ROWS = Cost("softmax", softmax_cross_entropy_rows.function, softmax_cross_entropy_rows_vjp)
