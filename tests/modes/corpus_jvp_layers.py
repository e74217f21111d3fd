"""Forward mode of layers, solvers and loops as people write it: the right jvp, and three that are wrong."""

import numpy as np

import gradcheck
from tests.modes.corpus_jvp import CASES

POSITIVE = gradcheck.positive


def case(forward, shapes, right, *wrong, **options):
    assert len(wrong) == 3 and forward.__name__ not in CASES
    CASES[forward.__name__] = (forward, shapes, options, right, wrong)


def soft(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def soft_moved(p, ds, axis=-1):
    return p * (ds - (p * ds).sum(axis=axis, keepdims=True))


# -- attention


def attention(Q, K, V):
    return soft(Q @ K.T / np.sqrt(Q.shape[1])) @ V


def attention_jvp(t, Q, K, V, value=True, axis=-1, key=1.0):
    scale = np.sqrt(Q.shape[1])
    p = soft(Q @ K.T / scale)
    moved = soft_moved(p, (t.Q @ K.T + key * Q @ t.K.T) / scale, axis) @ V
    return moved + p @ t.V if value else moved


case(
    attention,
    {"Q": "n d", "K": "m d", "V": "m v"},
    attention_jvp,
    lambda t, Q, K, V: attention_jvp(t, Q, K, V, value=False),
    lambda t, Q, K, V: attention_jvp(t, Q, K, V, axis=0),
    lambda t, Q, K, V: attention_jvp(t, Q, K, V, key=-1.0),
)


def causal(S, V):
    n = S.shape[0]
    return soft(np.where(np.tril(np.ones((n, n))) > 0, S, -1e30)) @ V


def causal_jvp(t, S, V, mask=True):
    n = S.shape[0]
    keep = np.tril(np.ones((n, n))) > 0
    p = soft(np.where(keep, S, -1e30)) if mask else soft(S)
    return soft_moved(p, t.S) @ V + p @ t.V


case(
    causal,
    {"S": "n n", "V": "n v"},
    causal_jvp,
    lambda t, S, V: causal_jvp(t, S, V, mask=False),
    lambda t, S, V: soft(np.where(np.tril(np.ones(S.shape)) > 0, S, -1e30)) @ t.V,
    lambda t, S, V: np.tril(causal_jvp(t, S, V) @ np.eye(V.shape[1])),
)

# -- normalisations


def layer_norm(X, gamma, beta):
    c = X - X.mean(axis=1, keepdims=True)
    return gamma * c / np.sqrt((c * c).mean(axis=1, keepdims=True) + 1e-5) + beta


def layer_norm_jvp(t, X, gamma, beta, mean=True, variance=True):
    c = X - X.mean(axis=1, keepdims=True)
    dc = t.X - t.X.mean(axis=1, keepdims=True) if mean else t.X
    r = 1 / np.sqrt((c * c).mean(axis=1, keepdims=True) + 1e-5)
    dr = -(r**3) * (c * dc).mean(axis=1, keepdims=True) if variance else 0
    return t.gamma * c * r + gamma * (dc * r + c * dr) + t.beta


case(
    layer_norm,
    {"X": "b n", "gamma": "n", "beta": "n"},
    layer_norm_jvp,
    lambda t, X, gamma, beta: layer_norm_jvp(t, X, gamma, beta, mean=False),
    lambda t, X, gamma, beta: layer_norm_jvp(t, X, gamma, beta, variance=False),
    lambda t, X, gamma, beta: layer_norm_jvp(t, X, gamma, beta) - t.beta + beta,
)


def normalised(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def normalised_jvp(t, x):
    n = np.linalg.norm(x, axis=-1, keepdims=True)
    y = x / n
    return (t.x - y * (y * t.x).sum(axis=-1, keepdims=True)) / n


case(
    normalised,
    {"x": "b n"},
    normalised_jvp,
    lambda t, x: t.x / np.linalg.norm(x, axis=-1, keepdims=True),
    lambda t, x: t.x / np.linalg.norm(t.x + 1e-30, axis=-1, keepdims=True),
    lambda t, x: t.x - normalised(x) * (normalised(x) * t.x).sum(axis=-1, keepdims=True),
    values={"x": POSITIVE},
)

# -- linear algebra


def low(M):
    """The lower triangle, with half of the diagonal."""
    return np.tril(M) - 0.5 * np.diag(np.diag(M))


def factor(A):
    return np.linalg.cholesky((A + A.T) / 2)


def factor_jvp(t, A, part=low, inner=True):
    L = factor(A)
    inverse = np.linalg.inv(L)
    d = (t.A + t.A.T) / 2
    return L @ part(inverse @ d @ inverse.T) if inner else part(inverse @ d @ inverse.T)


case(
    factor,
    {"A": "n n"},
    factor_jvp,
    lambda t, A: factor_jvp(t, A, part=np.tril),
    lambda t, A: factor_jvp(t, A, inner=False),
    lambda t, A: factor_jvp(t, A, part=lambda M: low(M).T),
    values={"A": gradcheck.spd},
)


def eigenvalues(A):
    return np.linalg.eigvalsh((A + A.T) / 2)


def eigenvalues_jvp(t, A):
    _, V = np.linalg.eigh((A + A.T) / 2)
    return np.einsum("ji,jk,ki->i", V, (t.A + t.A.T) / 2, V)


case(
    eigenvalues,
    {"A": "n n"},
    eigenvalues_jvp,
    lambda t, A: np.linalg.eigvalsh((t.A + t.A.T) / 2),
    lambda t, A: eigenvalues_jvp(t, A)[::-1],
    lambda t, A: np.diag(t.A),
)


def ridge(X, y):
    return np.linalg.solve(X.T @ X + np.eye(X.shape[1]), X.T @ y)


def ridge_jvp(t, X, y, sign=1.0, both=True):
    G = X.T @ X + np.eye(X.shape[1])
    w = np.linalg.solve(G, X.T @ y)
    dG = t.X.T @ X + X.T @ t.X if both else 2 * X.T @ t.X
    return np.linalg.solve(G, t.X.T @ y + X.T @ t.y - sign * dG @ w)


case(
    ridge,
    {"X": "b n", "y": "b"},
    ridge_jvp,
    lambda t, X, y: ridge_jvp(t, X, y, sign=-1.0),
    lambda t, X, y: ridge_jvp(t, X, y, both=False),
    lambda t, X, y: ridge_jvp(t, X, y, sign=0.0),
)


def kalman(P, H, z):
    """The gain for a state of covariance P, seen through H with unit noise, times what was measured."""
    S = H @ P @ H.T + np.eye(H.shape[0])
    return P @ H.T @ np.linalg.solve(S, z)


def kalman_jvp(t, P, H, z, noise=True, gain=True):
    S = H @ P @ H.T + np.eye(H.shape[0])
    s = np.linalg.solve(S, z)
    dS = t.H @ P @ H.T + H @ t.P @ H.T + H @ P @ t.H.T
    ds = np.linalg.solve(S, t.z - (dS @ s if noise else 0))
    return (t.P @ H.T @ s + P @ t.H.T @ s if gain else 0) + P @ H.T @ ds


case(
    kalman,
    {"P": "n n", "H": "m n", "z": "m"},
    kalman_jvp,
    lambda t, P, H, z: kalman_jvp(t, P, H, z, noise=False),
    lambda t, P, H, z: kalman_jvp(t, P, H, z, gain=False),
    lambda t, P, H, z: kalman_jvp(t, P, H, z) + t.P @ H.T @ z,
    values={"P": gradcheck.spd},
)


def substitution(L, b):
    """Forward substitution, row by row."""
    x = []
    for i in range(len(b)):
        x.append((b[i] - sum(L[i, j] * x[j] for j in range(i))) / (1 + L[i, i] ** 2))
    return np.stack(x)


def substitution_jvp(t, L, b, diagonal=True, passed=True):
    x, dx = substitution(L, b), []
    for i in range(len(b)):
        d = t.b[i] - sum(t.L[i, j] * x[j] + (L[i, j] * dx[j] if passed else 0) for j in range(i))
        if diagonal:
            d = d - 2 * L[i, i] * t.L[i, i] * x[i]
        dx.append(d / (1 + L[i, i] ** 2))
    return np.stack(dx)


case(
    substitution,
    {"L": "n n", "b": "n"},
    substitution_jvp,
    lambda t, L, b: substitution_jvp(t, L, b, diagonal=False),
    lambda t, L, b: substitution_jvp(t, L, b, passed=False),
    lambda t, L, b: substitution(L, t.b),
)

# -- loops


def recurrent(W, U, xs):
    h = np.zeros(W.shape[0])
    for x in xs:
        h = np.tanh(W @ h + U @ x)
    return h


def recurrent_jvp(t, W, U, xs, through=True, late=False):
    h = dh = np.zeros(W.shape[0])
    for x, dx in zip(xs, t.xs, strict=True):
        new = np.tanh(W @ h + U @ x)
        dz = t.W @ (new if late else h) + t.U @ x + U @ dx
        dh = (1 - new**2) * (dz + W @ dh if through else dz)
        h = new
    return dh


case(
    recurrent,
    {"W": "n n", "U": "n m", "xs": "s m"},
    recurrent_jvp,
    lambda t, W, U, xs: recurrent_jvp(t, W, U, xs, through=False),
    lambda t, W, U, xs: recurrent_jvp(t, W, U, xs, late=True),
    lambda t, W, U, xs: recurrent(t.W, t.U, t.xs),
)


def pendulum(q, p):
    """Four steps of a symplectic integrator."""
    for _ in range(4):
        p = p - 0.125 * np.sin(q)
        q = q + 0.125 * p
    return q, p


def pendulum_jvp(t, q, p, order=True):
    dq, dp = t
    for _ in range(4):
        dp = dp - 0.125 * np.cos(q) * dq
        p, old = p - 0.125 * np.sin(q), p
        dq = dq + 0.125 * dp
        q = q + 0.125 * (p if order else old)
    return dq, dp


case(
    pendulum,
    {"q": "n", "p": "n"},
    pendulum_jvp,
    lambda t, q, p: pendulum_jvp(t, q, p, order=False),
    lambda t, q, p: pendulum_jvp(t, q, p)[::-1],
    lambda t, q, p: pendulum(*t),
)


def sinkhorn(C):
    P = np.exp(-C)
    for _ in range(3):
        P = P / P.sum(axis=1, keepdims=True)
        P = P / P.sum(axis=0, keepdims=True)
    return P


def sinkhorn_jvp(t, C, columns=True, sign=-1.0):
    P = np.exp(-C)
    dP = sign * P * t.C
    for _ in range(3):
        r = P.sum(axis=1, keepdims=True)
        P, dP = P / r, dP / r - P * dP.sum(axis=1, keepdims=True) / r**2
        c = P.sum(axis=0, keepdims=True)
        P, dP = P / c, dP / c - (P * dP.sum(axis=0, keepdims=True) / c**2 if columns else 0)
    return dP


case(
    sinkhorn,
    {"C": "n m"},
    sinkhorn_jvp,
    lambda t, C: sinkhorn_jvp(t, C, columns=False),
    lambda t, C: sinkhorn_jvp(t, C, sign=1.0),
    lambda t, C: -sinkhorn(C) * t.C,
)
