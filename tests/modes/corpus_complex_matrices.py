"""Complex matrices, inverses and determinants: each with its right backward, and three that are wrong."""

import numpy as np

from tests.modes.corpus_complex import away, case, conj, exp
from tests.modes.corpus_complex_models import H, outer

case(
    "solve",
    np.linalg.solve,
    {"A": "n n", "b": "n"},
    "A b",
    lambda d, A, b: (-np.outer(g := np.linalg.solve(conj(A).T, d), conj(np.linalg.solve(A, b))), g),
    lambda d, A, b: (-np.outer(g := np.linalg.solve(A.T, d), conj(np.linalg.solve(A, b))), g),
    lambda d, A, b: (-np.outer(g := np.linalg.solve(conj(A).T, d), np.linalg.solve(A, b)), g),
    lambda d, A, b: (np.outer(g := np.linalg.solve(conj(A).T, d), conj(np.linalg.solve(A, b))), g),
)
case(
    "inverse",
    np.linalg.inv,
    {"A": "n n"},
    "A",
    lambda d, A: -conj(np.linalg.inv(A)).T @ d @ conj(np.linalg.inv(A)).T,
    lambda d, A: -np.linalg.inv(A).T @ d @ np.linalg.inv(A).T,
    lambda d, A: conj(np.linalg.inv(A)).T @ d @ conj(np.linalg.inv(A)).T,
    lambda d, A: -conj(np.linalg.inv(A)) @ d @ conj(np.linalg.inv(A)),
)

case(
    "power of two",
    lambda z, w: exp(w * np.log(z)),
    {"z": "n", "w": "n"},
    "z w",
    lambda d, z, w: (
        d * conj(w * exp((w - 1) * np.log(z))),
        d * conj(np.log(z) * exp(w * np.log(z))),
    ),
    lambda d, z, w: (d * conj(w * exp(w * np.log(z))), d * conj(np.log(z) * exp(w * np.log(z)))),
    lambda d, z, w: (d * conj(w * exp((w - 1) * np.log(z))), d * np.log(z) * exp(w * np.log(z))),
    lambda d, z, w: (
        d * conj(w * exp((w - 1) * np.log(z))),
        d * conj(np.log(np.abs(z)) * exp(w * np.log(z))),
    ),
    values={"z": away},
)
case(
    "log determinant",
    lambda A: np.linalg.slogdet(A)[1],
    {"A": "n n"},
    "A",
    lambda d, A: d * H(np.linalg.inv(A)),
    lambda d, A: d * np.linalg.inv(A).T,
    lambda d, A: d * H(np.linalg.inv(A)) / 2,
    lambda d, A: d * np.linalg.inv(A),
)


case(
    "phase of a determinant",
    lambda A: np.linalg.slogdet(A)[0],
    {"A": "n n"},
    "A",
    lambda d, A: 1j * np.imag(d * conj(np.linalg.slogdet(A)[0])) * H(np.linalg.inv(A)),
    lambda d, A: -1j * np.imag(d * conj(np.linalg.slogdet(A)[0])) * H(np.linalg.inv(A)),
    lambda d, A: np.imag(d * conj(np.linalg.slogdet(A)[0])) * H(np.linalg.inv(A)),
    lambda d, A: 1j * d * conj(np.linalg.slogdet(A)[0]) * H(np.linalg.inv(A)),
)
case(
    "determinant",
    np.linalg.det,
    {"A": "n n"},
    "A",
    lambda d, A: d * conj(np.linalg.det(A)) * H(np.linalg.inv(A)),
    lambda d, A: d * np.linalg.det(A) * H(np.linalg.inv(A)),
    lambda d, A: d * conj(np.linalg.det(A)) * conj(np.linalg.inv(A)),
    lambda d, A: d * H(np.linalg.inv(A)),
)


def tikhonov(A, b):
    return np.linalg.solve(H(A) @ A + np.eye(A.shape[1]), H(A) @ b)


def tikhonov_vjp(d, A, b, second=True, turned=conj):
    G = H(A) @ A + np.eye(A.shape[1])
    x, g = np.linalg.solve(G, H(A) @ b), np.linalg.solve(G, d)
    by_A = outer(b - A @ x, turned(g))
    return by_A - outer(A @ g, conj(x)) if second else by_A, A @ g


case(
    "regularised solution",
    tikhonov,
    {"A": "m n", "b": "m"},
    "A b",
    tikhonov_vjp,
    lambda d, A, b: tikhonov_vjp(d, A, b, second=False),
    lambda d, A, b: tikhonov_vjp(d, A, b, turned=lambda g: g),
    lambda d, A, b: (None, conj(A) @ np.linalg.solve(H(A) @ A + np.eye(A.shape[1]), d)),
)
