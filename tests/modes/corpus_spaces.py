"""Gradients by arguments that live in a space: each with a right one, and three that are wrong along it."""

import numpy as np

import gradcheck

CASES = {}
"""Name -> forward, options, the right backward, wrong ones."""

SPHERE = {"shapes": {"q": "n", "a": "n"}, "spaces": {"q": gradcheck.sphere}}
ROWS = {"shapes": {"q": "b n", "a": "n"}, "spaces": {"q": gradcheck.sphere}}
SYMMETRIC = {"shapes": {"S": "n n", "x": "n"}, "spaces": {"S": gradcheck.symmetric}}
ROTATION = {"shapes": {"R": "n n", "x": "n"}, "spaces": {"R": gradcheck.rotations}}
SIMPLEX = {"shapes": {"p": "n", "c": "n"}, "spaces": {"p": gradcheck.simplex}}
TRIANGLE = {"shapes": {"L": "n n", "x": "n"}, "spaces": {"L": gradcheck.lower_triangular}}


def case(name, options, forward, right, *wrong):
    assert len(wrong) == 3
    CASES[name] = (forward, options, right, wrong)


def beside(q, g):
    """The part of g along the sphere."""
    return g - q * np.sum(q * g, axis=-1, keepdims=True)


def skew(R, g):
    return R @ (R.T @ g - g.T @ R) / 2


def half(g):
    return (g + g.T) / 2


case(
    "height on a sphere",
    SPHERE,
    lambda q, a: q @ a,
    lambda d, q, a: (d * beside(q, a), d * q),
    lambda d, q, a: (d * beside(q, 2 * a), d * q),
    lambda d, q, a: (-d * a, d * q),
    lambda d, q, a: (d * a * a, d * q),
)
case(
    "entries on a sphere",
    SPHERE,
    lambda q, a: q * a,
    lambda d, q, a: (d * a, d * q),
    lambda d, q, a: (d * q, d * q),
    lambda d, q, a: (d, d * q),
    lambda d, q, a: (2 * d * a, d * q),
)
case(
    "a bump on a sphere",
    SPHERE,
    lambda q, a: np.exp(q @ a),
    lambda d, q, a: (d * np.exp(q @ a) * a, None),
    lambda d, q, a: (d * a, None),
    lambda d, q, a: (d * np.exp(q @ a) * q[::-1], None),
    lambda d, q, a: (d * np.exp(-q @ a) * a, None),
)
case(
    "quartic on a sphere",
    SPHERE,
    lambda q, a: np.sum(a * q**4),
    lambda d, q, a: (4 * d * beside(q, a * q**3), None),
    lambda d, q, a: (4 * d * a * q**2, None),
    lambda d, q, a: (3 * d * a * q**3, None),
    lambda d, q, a: (4 * d * q**3, None),
)
case(
    "rows on spheres",
    ROWS,
    lambda q, a: q @ a,
    lambda d, q, a: (np.outer(d, a), q.T @ d),
    lambda d, q, a: (np.outer(d * d, a), q.T @ d),
    lambda d, q, a: (np.outer(np.ones_like(d), a), q.T @ d),
    lambda d, q, a: (np.outer(d, a) * 0.5, q.T @ d),
)
case(
    "the normal component is free",
    SPHERE,
    lambda q, a: np.tanh(q @ a),
    lambda d, q, a: (d * (1 - np.tanh(q @ a) ** 2) * a + 7 * d * q, None),
    lambda d, q, a: (d * (1 - np.tanh(q @ a) ** 2) * a + 7 * d * a, None),
    lambda d, q, a: (d * (1 - np.tanh(q @ a)) * a, None),
    lambda d, q, a: (d * a + 7 * d * q, None),
)

case(
    "quadratic form",
    SYMMETRIC,
    lambda S, x: x @ S @ x,
    lambda d, S, x: (d * np.outer(x, x), 2 * d * S @ x),
    lambda d, S, x: (2 * d * np.outer(x, x), 2 * d * S @ x),
    lambda d, S, x: (d * np.outer(x, x), d * S @ x),
    lambda d, S, x: (d * np.outer(x, x) * (2 - np.eye(x.size)), 2 * d * S @ x),
)
case(
    "trace of a square",
    SYMMETRIC,
    lambda S, x: np.trace(S @ S) + np.sum(x),
    lambda d, S, x: (2 * d * S, d + 0 * x),
    lambda d, S, x: (d * S, d + 0 * x),
    lambda d, S, x: (2 * d * np.diag(np.diag(S)), d + 0 * x),
    lambda d, S, x: (2 * d * S @ S, d + 0 * x),
)
case(
    "linear map",
    SYMMETRIC,
    lambda S, x: S @ x,
    lambda d, S, x: (half(np.outer(d, x)), S @ d),
    lambda d, S, x: (np.outer(d, x) + np.outer(x, d), S @ d),
    lambda d, S, x: (np.outer(d, d), S @ d),
    lambda d, S, x: (half(np.outer(d, x)), -S @ d),
)
case(
    "one triangle counts for both",
    SYMMETRIC,
    lambda S, x: x @ S @ x,
    lambda d, S, x: (d * np.tril(np.outer(x, x) * (2 - np.eye(x.size))), None),
    lambda d, S, x: (d * np.tril(np.outer(x, x)), None),
    lambda d, S, x: (2 * d * np.tril(np.outer(x, x)), None),
    lambda d, S, x: (d * np.triu(np.outer(x, x) * (2 + np.eye(x.size))), None),
)
case(
    "exponential of entries",
    SYMMETRIC,
    lambda S, x: np.sum(np.exp(S) * x),
    lambda d, S, x: (d * np.exp(S) * x, None),
    lambda d, S, x: (d * S * x, None),
    lambda d, S, x: (d * np.exp(S), None),
    lambda d, S, x: (d * np.exp(S) * (x + 1e-6 * x**2), None),
)

case(
    "rotated vector",
    ROTATION,
    lambda R, x: R @ x,
    lambda d, R, x: (skew(R, np.outer(d, x)), R.T @ d),
    lambda d, R, x: (2 * skew(R, np.outer(d, x)), R.T @ d),
    lambda d, R, x: (skew(R, np.outer(x, d)), R.T @ d),
    lambda d, R, x: (skew(R, np.outer(d, x)), R @ d),
)
case(
    "trace of a rotation",
    ROTATION,
    lambda R, x: np.trace(R) + np.sum(x),
    lambda d, R, x: (d * np.eye(x.size), d + 0 * x),
    lambda d, R, x: (-d * np.eye(x.size), d + 0 * x),
    lambda d, R, x: (d * R.T, d + 0 * x),
    lambda d, R, x: (0.5 * d * np.eye(x.size), d + 0 * x),
)
case(
    "cubes of a rotation",
    ROTATION,
    lambda R, x: np.sum(R**3 * x),
    lambda d, R, x: (3 * d * R**2 * x, None),
    lambda d, R, x: (d * R**2 * x, None),
    lambda d, R, x: (3 * d * R**2, None),
    lambda d, R, x: (3 * d * R.T**2 * x, None),
)

case(
    "entropy",
    SIMPLEX,
    lambda p, c: -np.sum(p * np.log(p)) + 0 * np.sum(c),
    lambda d, p, c: (-d * np.log(p), None),
    lambda d, p, c: (d * np.log(p), None),
    lambda d, p, c: (-d * p * np.log(p), None),
    lambda d, p, c: (-d * np.log2(p), None),
)
case(
    "expectation",
    SIMPLEX,
    lambda p, c: p @ c,
    lambda d, p, c: (d * (c - np.mean(c)), d * p),
    lambda d, p, c: (d * (c - p), d * p),
    lambda d, p, c: (d * p, d * p),
    lambda d, p, c: (d * c * p.size, d * p),
)
case(
    "relative entropy",
    SIMPLEX,
    lambda p, c: np.sum(p * (np.log(p) - c)),
    lambda d, p, c: (d * (np.log(p) - c + 5.0), -d * p),
    lambda d, p, c: (d * (np.log(p) + c), -d * p),
    lambda d, p, c: (d * np.log(p), -d * p),
    lambda d, p, c: (d * (np.log(p) - c + 5.0 * p), -d * p),
)
case(
    "collision",
    SIMPLEX,
    lambda p, c: np.sum(c * p * p),
    lambda d, p, c: (2 * d * c * p, d * p * p),
    lambda d, p, c: (2 * d * p, d * p * p),
    lambda d, p, c: (d * c * p, d * p * p),
    lambda d, p, c: (2 * d * c, d * p * p),
)

case(
    "triangular product",
    TRIANGLE,
    lambda L, x: L @ x,
    lambda d, L, x: (np.tril(np.outer(d, x)), L.T @ d),
    lambda d, L, x: (np.tril(np.outer(x, d)), L.T @ d),
    lambda d, L, x: (np.triu(np.outer(d, x)), L.T @ d),
    lambda d, L, x: (np.tril(np.outer(d, x), -1), L.T @ d),
)
case(
    "log of the diagonal",
    TRIANGLE,
    lambda L, x: np.sum(np.log(np.diag(L) ** 2)) + x @ x,
    lambda d, L, x: (d * np.diag(2 / np.diag(L)), 2 * d * x),
    lambda d, L, x: (d * np.diag(1 / np.diag(L)), 2 * d * x),
    lambda d, L, x: (d * np.diag(2 * np.diag(L)), 2 * d * x),
    lambda d, L, x: (2 * d * np.tril(L), 2 * d * x),
)
case(
    "outer square",
    TRIANGLE,
    lambda L, x: np.sum((L @ L.T) * np.outer(x, x)),
    lambda d, L, x: (2 * d * np.outer(x, L.T @ x), None),
    lambda d, L, x: (d * np.outer(x, L.T @ x), None),
    lambda d, L, x: (2 * d * np.outer(x, L @ x), None),
    lambda d, L, x: (2 * d * np.outer(x, x), None),
)
