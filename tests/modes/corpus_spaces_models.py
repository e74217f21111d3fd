"""Models whose parameters live in a space, ready-made or one's own: each with a right gradient, and three
that are wrong along it."""

import numpy as np

import gradcheck
from tests.modes.corpus_spaces import ROTATION, SIMPLEX, SYMMETRIC, beside, case, half, skew

POSITIVE = gradcheck.positive


class Own:
    """A space of one's own."""

    def __init__(self, name, draw, tangent):
        self.name, self.draw, self.tangent = name, draw, tangent


def on(space, shapes, **options):
    """Where the first argument lives."""
    return {"shapes": shapes, "spaces": {next(iter(shapes)): space}, **options}


# -- spheres

ROWS = on(gradcheck.sphere, {"q": "b n", "y": "b n"})

case(
    "chordal distances of rows",
    ROWS,
    lambda q, y: np.sqrt(np.sum((q - y) ** 2, axis=1) + 1),
    lambda d, q, y: (-(w := (d / np.sqrt(np.sum((q - y) ** 2, axis=1) + 1))[:, None]) * y, w * (y - q)),
    lambda d, q, y: ((w := (d / np.sqrt(np.sum((q - y) ** 2, axis=1) + 1))[:, None]) * y, w * (y - q)),
    lambda d, q, y: (-d[:, None] * y, None),
    lambda d, q, y: (-(d / (np.sum((q - y) ** 2, axis=1) + 1))[:, None] * y, None),
)
case(
    "von Mises-Fisher",
    on(gradcheck.sphere, {"mu": "3", "kappa": "", "X": "b 3"}, values={"kappa": POSITIVE}),
    lambda mu, kappa, X: kappa * np.sum(X @ mu) + len(X) * np.log(kappa / (4 * np.pi * np.sinh(kappa))),
    lambda d, mu, k, X: (
        d * k * beside(mu, X.sum(axis=0)),
        d * (np.sum(X @ mu) + len(X) * (1 / k - 1 / np.tanh(k))),
        d * k * np.outer(np.ones(len(X)), mu),
    ),
    lambda d, mu, k, X: (d * beside(mu, X.sum(axis=0)), None, None),
    lambda d, mu, k, X: (d * k * beside(mu, X.mean(axis=0)), None, None),
    lambda d, mu, k, X: (None, d * (np.sum(X @ mu) - len(X) / np.tanh(k)), None),
)
case(
    "quaternion turns a vector",
    on(gradcheck.sphere, {"q": "4", "v": "3"}),
    lambda q, v: v + 2 * np.cross(q[1:], np.cross(q[1:], v) + q[0] * v),
    lambda d, q, v: (
        np.concatenate(
            [
                [2 * d @ np.cross(q[1:], v)],
                2 * (np.cross(np.cross(q[1:], v) + q[0] * v, d) + np.cross(v, np.cross(d, q[1:]))),
            ]
        ),
        None,
    ),
    lambda d, q, v: (np.concatenate([[2 * d @ np.cross(v, q[1:])], 0 * v]), None),
    lambda d, q, v: (
        np.concatenate([[2 * d @ np.cross(q[1:], v)], 2 * np.cross(np.cross(q[1:], v) + q[0] * v, d)]),
        None,
    ),
    lambda d, q, v: (None, d - 2 * np.cross(q[1:], np.cross(q[1:], d) + q[0] * d)),
)
case(
    "harmonic",
    on(gradcheck.sphere, {"x": "3", "c": "3"}),
    lambda x, c: c[0] * x[0] * x[1] + c[1] * (3 * x[2] ** 2 - 1) + c[2] * (x[0] ** 2 - x[1] ** 2),
    lambda d, x, c: (
        d * np.stack([c[0] * x[1] + 2 * c[2] * x[0], c[0] * x[0] - 2 * c[2] * x[1], 6 * c[1] * x[2]]),
        d * np.stack([x[0] * x[1], 2 * x[2] ** 2 - x[0] ** 2 - x[1] ** 2, x[0] ** 2 - x[1] ** 2]),
    ),
    lambda d, x, c: (
        d * np.stack([c[0] * x[1] + 2 * c[2] * x[0], c[0] * x[0] + 2 * c[2] * x[1], 6 * c[1] * x[2]]),
        None,
    ),
    lambda d, x, c: (
        d * np.stack([c[0] * x[1] + 2 * c[2] * x[0], c[0] * x[0] - 2 * c[2] * x[1], 3 * c[1] * x[2]]),
        None,
    ),
    lambda d, x, c: (None, d * np.stack([x[0] * x[1], 3 * x[2] ** 2, x[0] ** 2 - x[1] ** 2])),
)

# -- symmetric matrices

case(
    "matrix exponential by its series",
    SYMMETRIC,
    lambda S, x: x @ (x + S @ x + S @ (S @ x) / 2),
    lambda d, S, x: (d * (np.outer(x, x) + np.outer(x, S @ x)), d * (2 * x + 2 * S @ x + S @ S @ x)),
    lambda d, S, x: (d * (np.outer(x, x) + np.outer(x, S @ x) / 2), None),
    lambda d, S, x: (d * (np.outer(x, x) + np.outer(S @ x, S @ x)), None),
    lambda d, S, x: (None, d * (x + S @ x + S @ S @ x / 2)),
)
case(
    "commutator",
    on(gradcheck.symmetric, {"S": "n n", "B": "n n"}),
    lambda S, B: S @ B - B @ S,
    lambda d, S, B: (half(d @ B.T - B.T @ d), S @ d - d @ S),
    lambda d, S, B: (half(d @ B.T + B.T @ d), S @ d - d @ S),
    lambda d, S, B: (half(d @ B.T - B.T @ d), d @ S - S @ d),
    lambda d, S, B: (half(d @ B - B @ d), S @ d - d @ S),
)


def definite(shape, rng):
    A = rng.standard_normal(shape)
    return A @ np.swapaxes(A, -1, -2) / shape[-1] + np.eye(shape[-1])


SPD = Own("positive definite matrices", definite, lambda x, v: (v + np.swapaxes(v, -1, -2)) / 2)
DEFINITE = on(SPD, {"S": "n n", "x": "n"})

case(
    "log determinant of a covariance",
    DEFINITE,
    lambda S, x: np.log(np.linalg.det(S)) + x @ np.linalg.solve(S, x),
    lambda d, S, x: (d * ((I := np.linalg.inv(S)) - np.outer(I @ x, I @ x)), 2 * d * np.linalg.solve(S, x)),
    lambda d, S, x: (d * ((I := np.linalg.inv(S)) + np.outer(I @ x, I @ x)), None),
    lambda d, S, x: (d * (2 * (I := np.linalg.inv(S)) - np.diag(np.diag(I)) - np.outer(I @ x, I @ x)), None),
    lambda d, S, x: (None, d * np.linalg.solve(S, x)),
)
case(
    "divergence of covariances",
    on(SPD, {"S": "n n", "T": "n n"}, values={"T": gradcheck.spd}),
    lambda S, T: np.trace(np.linalg.solve(T, S)) - np.log(np.linalg.det(S)),
    lambda d, S, T: (d * (np.linalg.inv(T).T - np.linalg.inv(S)), None),
    lambda d, S, T: (d * (np.linalg.inv(T).T + np.linalg.inv(S)), None),
    lambda d, S, T: (d * (np.linalg.inv(T).T - np.linalg.inv(S) / 2), None),
    lambda d, S, T: (d * S @ (np.linalg.inv(T).T - np.linalg.inv(S)) @ S, None),
)
case(
    "factor of a covariance",
    DEFINITE,
    lambda S, x: np.sum(np.linalg.cholesky(S) @ x),
    lambda d, S, x: (
        (
            half(
                (V := np.linalg.inv(L := np.linalg.cholesky(S))).T
                @ (np.tril(P := L.T @ np.outer(d + 0 * x, x)) - np.diag(np.diag(P)) / 2)
                @ V
            )
        ),
        d * np.linalg.cholesky(S).T @ np.ones(x.size),
    ),
    lambda d, S, x: (
        half((V := np.linalg.inv(L := np.linalg.cholesky(S))).T @ np.tril(L.T @ np.outer(d + 0 * x, x)) @ V),
        None,
    ),
    lambda d, S, x: (half(np.outer(np.linalg.solve(np.linalg.cholesky(S).T, d + 0 * x), x)), None),
    lambda d, S, x: (None, d * np.linalg.cholesky(S) @ np.ones(x.size)),
)

# -- rotations

case(
    "clouds of points",
    on(gradcheck.rotations, {"R": "3 3", "A": "b 3", "B": "b 3"}),
    lambda R, A, B: np.sum((A @ R.T - B) ** 2),
    lambda d, R, A, B: (-2 * d * skew(R, B.T @ A), 2 * d * (A - B @ R), 2 * d * (B - A @ R.T)),
    lambda d, R, A, B: (-2 * d * skew(R, A.T @ B), 2 * d * (A - B @ R), None),
    lambda d, R, A, B: (2 * d * skew(R, B.T @ A), 2 * d * (A - B @ R), None),
    lambda d, R, A, B: (None, 2 * d * (A - B @ R.T), None),
)
case(
    "angle between rotations",
    on(gradcheck.rotations, {"R": "3 3", "Q": "3 3"}, values={"Q": gradcheck.rotations.draw}),
    lambda R, Q: (np.trace(R.T @ Q) - 1) / 2,
    lambda d, R, Q: (d * Q / 2, None),
    lambda d, R, Q: (d * Q, None),
    lambda d, R, Q: (d * R / 2, None),
    lambda d, R, Q: (d * Q.T / 2, None),
)
case(
    "conjugation",
    ROTATION,
    lambda R, x: np.sum((R @ np.diag(x) @ R.T) ** 3),
    lambda d, R, x: (
        6 * d * (R @ np.diag(x) @ R.T) ** 2 @ R @ np.diag(x),
        3 * d * np.diag(R.T @ (R @ np.diag(x) @ R.T) ** 2 @ R),
    ),
    lambda d, R, x: (3 * d * (R @ np.diag(x) @ R.T) ** 2 @ R @ np.diag(x), None),
    lambda d, R, x: (6 * d * (R @ np.diag(x) @ R.T) ** 2 @ R, None),
    lambda d, R, x: (None, 3 * d * np.diag(R @ (R @ np.diag(x) @ R.T) ** 2 @ R.T)),
)

# -- weights

case(
    "mixture",
    on(gradcheck.simplex, {"p": "n", "L": "b n"}, values={"L": POSITIVE}),
    lambda p, L: -np.sum(np.log(L @ p)),
    lambda d, p, L: (-d * L.T @ (1 / (L @ p)), -d * np.outer(1 / (L @ p), p)),
    lambda d, p, L: (-d * L.T @ (1 / (L @ p)) + d * np.arange(p.size), None),
    lambda d, p, L: (-d * (1 / L).T @ (L @ p), None),
    lambda d, p, L: (-d * p * (L.T @ (1 / (L @ p))), None),
)
case(
    "Hellinger",
    on(gradcheck.simplex, {"p": "b n", "q": "b n"}, values={"q": POSITIVE}),
    lambda p, q: np.sum((np.sqrt(p) - np.sqrt(q)) ** 2, axis=1),
    lambda d, p, q: (-d[:, None] * np.sqrt(q / p), d[:, None] * (1 - np.sqrt(p / q))),
    lambda d, p, q: (d[:, None] * np.sqrt(q / p), None),
    lambda d, p, q: (-d[:, None] * np.sqrt(p / q), None),
    lambda d, p, q: (-np.sqrt(q / p) * d.sum(), None),
)
case(
    "one step of a chain",
    SIMPLEX,
    lambda p, c: np.tanh(c) * p + p @ p,
    lambda d, p, c: (d * np.tanh(c) + 2 * d.sum() * p, d * p * (1 - np.tanh(c) ** 2)),
    lambda d, p, c: (d * np.tanh(c) + 2 * d * p, None),
    lambda d, p, c: (d * np.tanh(c) + d.sum() * p, None),
    lambda d, p, c: (None, d * p * (1 - np.tanh(c))),
)

# -- own spaces


def frame(shape, rng):
    q, r = np.linalg.qr(rng.standard_normal(shape))
    return q * np.sign(np.diag(r))


STIEFEL = Own("Stiefel", frame, lambda X, V: V - X @ (X.T @ V + V.T @ X) / 2)

case(
    "principal subspace",
    on(STIEFEL, {"X": "n+k k", "A": "n+k n+k"}),
    lambda X, A: np.trace(X.T @ A @ X),
    lambda d, X, A: (d * ((G := (A + A.T) @ X) - X @ half(X.T @ G)), d * X @ X.T),
    lambda d, X, A: (2 * d * A @ X, d * X @ X.T),
    lambda d, X, A: (d * (A + A.T) @ X / 2, d * X @ X.T),
    lambda d, X, A: (d * (A + A.T) @ X, d * X @ X.T + d),
)
case(
    "frame of cubes",
    on(STIEFEL, {"X": "n+2 2", "w": "n+2"}),
    lambda X, w: np.sum(w[:, None] * X**3),
    lambda d, X, w: (3 * d * w[:, None] * X**2 + d * X, None),
    lambda d, X, w: (3 * d * w[:, None] * X**2 + d * X**3, None),
    lambda d, X, w: (2 * d * w[:, None] * X**2, None),
    lambda d, X, w: (3 * d * w[:, None] * X, None),
)


def lorentz(x, y):
    return np.sum(x[1:] * y[1:]) - x[0] * y[0]


def upon(shape, rng):
    x = rng.standard_normal(shape)
    x[0] = np.sqrt(1 + np.sum(x[1:] ** 2))
    return x


def along_hyperboloid(x, v):
    normal = np.concatenate([-x[:1], x[1:]])
    return v - normal * np.sum(normal * v) / np.sum(normal * normal)


HYPERBOLOID = on(Own("hyperboloid", upon, along_hyperboloid), {"x": "n+1", "y": "n+1"}, values={"y": upon})

case(
    "hyperbolic distance",
    HYPERBOLOID,
    lambda x, y: np.log(-lorentz(x, y) + np.sqrt(lorentz(x, y) ** 2 + 1)),
    lambda d, x, y: (-d * np.concatenate([-y[:1], y[1:]]) / np.sqrt(lorentz(x, y) ** 2 + 1), None),
    lambda d, x, y: (d * np.concatenate([-y[:1], y[1:]]) / np.sqrt(lorentz(x, y) ** 2 + 1), None),
    lambda d, x, y: (-d * y / np.sqrt(lorentz(x, y) ** 2 + 1), None),
    lambda d, x, y: (-d * np.concatenate([-y[:1], y[1:]]) / (lorentz(x, y) ** 2 + 1), None),
)

TORUS = Own(
    "torus",
    lambda shape, rng: np.stack([np.cos(a := rng.uniform(0, 6, shape[0])), np.sin(a)], axis=1),
    lambda x, v: v - x * np.sum(x * v, axis=1, keepdims=True) / np.sum(x * x, axis=1, keepdims=True),
)

case(
    "coupled oscillators",
    on(TORUS, {"u": "n 2", "K": "n n"}),
    lambda u, K: np.sum(K * (u @ u.T)),
    lambda d, u, K: (d * (K + K.T) @ u, d * u @ u.T),
    lambda d, u, K: (2 * d * K @ u, d * u @ u.T),
    lambda d, u, K: (d * (K + K.T) @ u[:, ::-1], None),
    lambda d, u, K: (d * (K + K.T) @ u, d * u @ u.T * (1 - np.eye(len(u)))),
)
CENTRED = Own(
    "centred vectors",
    lambda shape, rng: (x := rng.standard_normal(shape)) - x.mean(),
    lambda x, v: v - v.mean(),
)

case(
    "centred scores",
    on(CENTRED, {"s": "n", "y": "n"}),
    lambda s, y: np.log(np.sum(np.exp(s))) + s @ y,
    lambda d, s, y: (d * (np.exp(s) / np.sum(np.exp(s)) + y - y.mean()), d * s),
    lambda d, s, y: (d * (np.exp(s) + y), d * s),
    lambda d, s, y: (d * (1 / s.size + y), d * s),
    lambda d, s, y: (d * (np.exp(s) / np.sum(np.exp(s)) + y), d * (s + 1)),
)

# -- triangles

case(
    "reparametrised sample",
    on(gradcheck.lower_triangular, {"L": "n n", "m": "n", "e": "n"}),
    lambda L, m, e: np.sum(np.tanh(m + L @ e)),
    lambda d, L, m, e: (
        np.tril(np.outer(g := d * (1 - np.tanh(m + L @ e) ** 2), e)),
        d * (1 - np.tanh(m + L @ e) ** 2),
        L.T @ (d * (1 - np.tanh(m + L @ e) ** 2)) + 0 * g,
    ),
    lambda d, L, m, e: (np.tril(np.outer(d * (1 - np.tanh(m + L @ e) ** 2), e), -1), None, None),
    lambda d, L, m, e: (np.outer(e, d * (1 - np.tanh(m + L @ e) ** 2)), None, None),
    lambda d, L, m, e: (None, None, L @ (d * (1 - np.tanh(m + L @ e) ** 2))),
)
