"""L31 to L36: picking entries, angles, and linear algebra."""

from __future__ import annotations

import numpy as np

from gradcheck.formulas.decorating import formula
from gradcheck.formulas.values import integers, spd

__all__ = ["FORMULAS"]

SECTION = "Indices and linear algebra"
SLOTS = 4


@formula(
    shapes={"X": f"N {SLOTS}", "at": "N"},
    values={"at": integers(0, SLOTS)},
    id="L31",
    section=SECTION,
    latex=r"y_i = X_{i, k_i}",
)
def gather(X, at):
    return X[np.arange(len(at)), at]


@gather.vjp(title="Back through a gather: delta where it was taken from, zero elsewhere")
def gather_vjp(delta, X, at):
    return delta[:, None] * (at[:, None] == np.arange(SLOTS)), None


@formula(
    shapes={"x": "N D", "to": "N"},
    values={"to": integers(0, SLOTS)},
    id="L32",
    section=SECTION,
    latex=r"Y_k = \sum_{i: k_i = k} x_i",
)
def scatter_add(x, to):
    total = np.zeros((SLOTS, x.shape[1]))
    np.add.at(total, to, x)
    return total


@scatter_add.vjp(title="Back through a scatter that adds: delta from where it was added to")
def scatter_add_vjp(delta, x, to):
    return delta[to], None


@formula(
    shapes={"x": "N D", "y": "N D"},
    id="L33",
    section=SECTION,
    latex=r"c_i = \frac{x_i \cdot y_i}{\lVert x_i \rVert \lVert y_i \rVert}",
    batch="N",
)
def cosine_similarity(x, y):
    return (x * y).sum(axis=1) / (norm(x) * norm(y))


def norm(x):
    return np.sqrt((x * x).sum(axis=1))


@cosine_similarity.vjp(title="Back through the cosine similarity: what is left of y beside x")
def cosine_similarity_vjp(delta, x, y):
    a, b = norm(x)[:, None], norm(y)[:, None]
    u, v, d = x / a, y / b, delta[:, None]
    c = (u * v).sum(axis=1, keepdims=True)
    return d * (v - c * u) / a, d * (u - c * v) / b


@formula(shapes={"A": "n n", "b": "n"}, values={"A": spd}, id="L34", section=SECTION, latex=r"x = A^{-1} b")
def solve(A, b):
    return np.linalg.solve(A, b)


@solve.vjp(title="Back through a linear system: one with the transposed matrix")
def solve_vjp(delta, A, b):
    x, db = np.linalg.solve(A, b), np.linalg.solve(A.T, delta)
    return -np.outer(db, x), db


@formula(shapes={"A": "n n"}, values={"A": spd}, id="L35", section=SECTION, latex=r"J = \log |\det A|")
def logdet(A):
    return np.linalg.slogdet(A)[1]


@logdet.vjp(title="Back through the log-determinant: the inverse, transposed")
def logdet_vjp(delta, A):
    return delta * np.linalg.inv(A).T


@formula(
    shapes={"x": "n", "mu": "n", "log_s": "n"},
    values={"log_s": lambda shape, rng: np.round(rng.uniform(-1, 1, shape), 2)},
    id="L36",
    section=SECTION,
    latex=r"J = -\sum_i \Bigl( \frac{(x_i - \mu_i)^2}{2 s_i^2} + \log s_i + \tfrac12 \log 2\pi \Bigr)",
)
def gaussian(x, mu, log_s):
    z = (x - mu) * np.exp(-log_s)
    return -(z * z / 2 + log_s + np.log(2 * np.pi) / 2).sum()


@gaussian.vjp(title="Back through the Gaussian log-density")
def gaussian_vjp(delta, x, mu, log_s):
    inverse = np.exp(-log_s)
    z = (x - mu) * inverse
    return -delta * z * inverse, delta * z * inverse, delta * (z * z - 1)


FORMULAS = (gather, scatter_add, cosine_similarity, solve, logdet, gaussian)
