"""Second order of layers and losses as people write it: the right code, and three that are wrong."""

import numpy as np

import gradcheck
from tests.modes.corpus_second_order import CASES

POSITIVE = gradcheck.positive


def case(keyword, forward, shapes, right, *wrong, **options):
    name = f"{forward.__name__} by {keyword}"
    assert len(wrong) == 3 and name not in CASES
    CASES[name] = (keyword, forward, shapes, options, right, wrong)


def twice(*given, **options):
    case("double_backward", *given, **options)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def soft(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def along(x):
    return x.sum(axis=-1, keepdims=True)


# -- double backward of layers, as a PyTorch Function has it


def linear(X, W, b):
    return X @ W.T + b


def linear_twice(grads, delta, X, W, b):
    gX, gW, gb = grads
    return gX @ W.T + X @ gW.T + gb, delta @ gW, delta.T @ gX, np.zeros_like(b)


twice(
    linear,
    {"X": "b n", "W": "m n", "b": "m"},
    linear_twice,
    lambda g, d, X, W, b: (linear_twice(g, d, X, W, b)[0] - g[2], *linear_twice(g, d, X, W, b)[1:]),
    lambda g, d, X, W, b: (*linear_twice(g, d, X, W, b)[:2], d.T @ X, np.zeros_like(b)),
    lambda g, d, X, W, b: (*linear_twice(g, d, X, W, b)[:3], d.sum(axis=0)),
)


def softmax_rows(x):
    return soft(x)


def softmax_twice(grads, delta, x, moved=True, both=True):
    (g,) = grads
    p = soft(x)
    by_delta = p * (g - along(p * g))
    by_p = g * (delta - along(p * delta)) - (delta * along(p * g) if both else 0)
    return by_delta, p * (by_p - along(p * by_p)) if moved else by_p


twice(
    softmax_rows,
    {"x": "b n"},
    softmax_twice,
    lambda g, d, x: softmax_twice(g, d, x, moved=False),
    lambda g, d, x: softmax_twice(g, d, x, both=False),
    lambda g, d, x: (softmax_twice(g, d, x)[0], np.zeros_like(x)),
)


def log_softmax(x):
    s = x - x.max(axis=1, keepdims=True)
    return s - np.log(along(np.exp(s)))


def log_softmax_twice(grads, delta, x):
    (g,) = grads
    p = soft(x)
    return g - along(g * p), -along(delta) * p * (g - along(p * g))


twice(
    log_softmax,
    {"x": "b n"},
    log_softmax_twice,
    lambda g, d, x: (log_softmax_twice(g, d, x)[0], -d * soft(x) * (g[0] - along(soft(x) * g[0]))),
    lambda g, d, x: (g[0] - soft(x) * along(g[0]), log_softmax_twice(g, d, x)[1]),
    lambda g, d, x: (log_softmax_twice(g, d, x)[0], -along(d) * soft(x) * g[0]),
)


def rms_norm(x):
    return x / np.sqrt(np.mean(x * x, axis=1, keepdims=True) + 2.0**-10)


def rms_norm_twice(grads, delta, x, last=True, factor=3.0):
    (g,) = grads
    n = x.shape[1]
    r = 1 / np.sqrt(np.mean(x * x, axis=1, keepdims=True) + 2.0**-10)
    gx, gd, dx = along(g * x), along(g * delta), along(delta * x)
    by_delta = g * r - x * r**3 * gx / n
    by_x = -(r**3) / n * (x * gd + delta * gx + g * dx) + factor * x * r**5 * dx * gx / n**2
    return by_delta, by_x if last else by_x + r**3 / n * g * dx


twice(
    rms_norm,
    {"x": "b n"},
    rms_norm_twice,
    lambda g, d, x: rms_norm_twice(g, d, x, last=False),
    lambda g, d, x: rms_norm_twice(g, d, x, factor=1.0),
    lambda g, d, x: (
        g[0] / np.sqrt(np.mean(x * x, axis=1, keepdims=True) + 2.0**-10),
        *rms_norm_twice(g, d, x)[1:],
    ),
)


def silu(x):
    return x * sigmoid(x)


def silu_twice(grads, delta, x, second=2.0):
    (g,) = grads
    s = sigmoid(x)
    q = s * (1 - s)
    return (s + x * q) * g, delta * g * (second * q + x * q * (1 - 2 * s))


twice(
    silu,
    {"x": "n"},
    silu_twice,
    lambda g, d, x: silu_twice(g, d, x, second=1.0),
    lambda g, d, x: (sigmoid(x) * g[0], silu_twice(g, d, x)[1]),
    lambda g, d, x: (silu_twice(g, d, x)[0], silu_twice(g, d, x)[1] / (d + 1)),
)


def leaky(x):
    return np.where(x > 0, x, 0.1 * x)


twice(
    leaky,
    {"x": "n"},
    lambda g, d, x: (np.where(x > 0, g[0], 0.1 * g[0]), np.zeros_like(x)),
    lambda g, d, x: (np.where(g[0] > 0, g[0], 0.1 * g[0]), np.zeros_like(x)),
    lambda g, d, x: (np.where(x > 0, g[0], 0), np.zeros_like(x)),
    lambda g, d, x: (np.where(x > 0, g[0], 0.1 * g[0]), d * np.where(x > 0, g[0], 0.1 * g[0])),
)


def scores(Q, K):
    return np.einsum("bid,bjd->bij", Q, K) / np.sqrt(Q.shape[2])


def scores_twice(grads, delta, Q, K, key=1.0):
    gQ, gK = grads
    scale = np.sqrt(Q.shape[2])
    by_delta = np.einsum("bid,bjd->bij", gQ, K) + key * np.einsum("bid,bjd->bij", Q, gK)
    return by_delta / scale, delta @ gK / scale, np.swapaxes(delta, 1, 2) @ gQ / scale


twice(
    scores,
    {"Q": "b n d", "K": "b m d"},
    scores_twice,
    lambda g, d, Q, K: scores_twice(g, d, Q, K, key=0.0),
    lambda g, d, Q, K: tuple(a * np.sqrt(Q.shape[2]) for a in scores_twice(g, d, Q, K)),
    lambda g, d, Q, K: (*scores_twice(g, d, Q, K)[:2], scores_twice(g, d, Q, K)[2] + g[1]),
)


def filtered(x, w):
    return np.convolve(x, w, "valid")


def filtered_twice(grads, delta, x, w):
    gx, gw = grads
    by_delta = np.convolve(gx, w, "valid") + np.convolve(x, gw, "valid")
    return by_delta, np.convolve(delta, gw[::-1]), np.correlate(gx, delta, "valid")[::-1]


twice(
    filtered,
    {"x": "n", "w": "k"},
    filtered_twice,
    lambda g, d, x, w: (*filtered_twice(g, d, x, w)[:2], np.correlate(g[0], d, "valid")),
    lambda g, d, x, w: (filtered_twice(g, d, x, w)[0], np.convolve(d, g[1]), filtered_twice(g, d, x, w)[2]),
    lambda g, d, x, w: (np.convolve(g[0], w, "valid"), *filtered_twice(g, d, x, w)[1:]),
    where=lambda n, k: k <= n,
)


def gathered(E, i):
    return E[i] ** 2


def gathered_twice(grads, delta, E, i, collected=True):
    g = grads[0]
    by_E = np.zeros_like(E)
    for row, k in enumerate(i):
        by_E[k] = (by_E[k] if collected else 0) + 2 * delta[row] * g[k]
    return 2 * E[i] * g[i], by_E, None


twice(
    gathered,
    {"E": "4 d", "i": "n"},
    gathered_twice,
    lambda g, d, E, i: gathered_twice(g, d, E, i, collected=False),
    lambda g, d, E, i: (2 * g[0][i], *gathered_twice(g, d, E, i)[1:]),
    lambda g, d, E, i: (gathered_twice(g, d, E, i)[0], np.zeros_like(E), None),
    values={"i": gradcheck.integers(0, 4)},
)


def solved(A, b):
    return np.linalg.solve(A, b)


def solved_twice(grads, delta, A, b, part=True):
    """The backward gives w = A^-T delta by b, and -w x^T by A."""
    gA, gb = grads
    x, w = np.linalg.solve(A, b), np.linalg.solve(A.T, delta)
    by_w, by_x = gb - gA @ x, -gA.T @ w
    u, v = np.linalg.solve(A, by_w), np.linalg.solve(A.T, by_x)
    return u, -np.outer(w, u) - (np.outer(v, x) if part else 0), v


twice(
    solved,
    {"A": "n n", "b": "n"},
    solved_twice,
    lambda g, d, A, b: solved_twice(g, d, A, b, part=False),
    lambda g, d, A, b: (*solved_twice(g, d, A, b)[:2], -solved_twice(g, d, A, b)[2]),
    lambda g, d, A, b: (np.linalg.solve(A, g[1]), *solved_twice(g, d, A, b)[1:]),
    values={"A": gradcheck.spd},
)


def ratio(x, y):
    return x / y


def ratio_twice(grads, delta, x, y, factor=2.0):
    gx, gy = grads
    return gx / y - x * gy / y**2, -delta * gy / y**2, -delta * gx / y**2 + factor * delta * x * gy / y**3


twice(
    ratio,
    {"x": "n", "y": "n"},
    ratio_twice,
    lambda g, d, x, y: ratio_twice(g, d, x, y, factor=1.0),
    lambda g, d, x, y: (ratio_twice(g, d, x, y)[0], np.zeros_like(x), ratio_twice(g, d, x, y)[2]),
    lambda g, d, x, y: (g[0] / y, *ratio_twice(g, d, x, y)[1:]),
    values={"y": POSITIVE},
)


def largest(X):
    return X.max(axis=1)


def at_largest(X, g):
    return g[np.arange(len(X)), X.argmax(axis=1)]


twice(
    largest,
    {"X": "b n"},
    lambda g, d, X: (at_largest(X, g[0]), np.zeros_like(X)),
    lambda g, d, X: (g[0].max(axis=1), np.zeros_like(X)),
    lambda g, d, X: (at_largest(-X, g[0]), np.zeros_like(X)),
    lambda g, d, X: (at_largest(X, g[0]), d[:, None] * g[0]),
)

# -- Hessian-vector products of losses


def label_loss(Z, y):
    s = Z - Z.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(s).sum(axis=1)) - s[np.arange(len(y)), y])


def label_hvp(v, Z, y):
    p = soft(Z)
    return p * (v[0] - along(p * v[0])) / len(y), None


case(
    "hvp",
    label_loss,
    {"Z": "b 3", "y": "b"},
    label_hvp,
    lambda v, Z, y: (len(y) * label_hvp(v, Z, y)[0], None),
    lambda v, Z, y: (soft(Z) * (1 - soft(Z)) * v[0] / len(y), None),
    lambda v, Z, y: ((soft(Z) - np.eye(3)[y]) * v[0] / len(y), None),
    values={"y": gradcheck.integers(0, 3)},
)


def two_layers(V, W, X):
    return 0.5 * np.sum((np.tanh(X @ W) @ V) ** 2)


def two_layers_hvp(v, V, W, X, curved=True):
    """Pearlmutter's R operator: every line of the gradient, moved along v."""
    vV, vW, vX = v
    H = np.tanh(X @ W)
    S = 1 - H * H
    RZ = vX @ W + X @ vW
    RH = S * RZ
    O, RO = H @ V, RH @ V + H @ vV
    dH, RdH = O @ V.T, RO @ V.T + O @ vV.T
    dZ, RdZ = dH * S, RdH * S - (2 * dH * H * RH if curved else 0)
    return RH.T @ O + H.T @ RO, vX.T @ dZ + X.T @ RdZ, RdZ @ W.T + dZ @ vW.T


case(
    "hvp",
    two_layers,
    {"V": "h o", "W": "n h", "X": "b n"},
    two_layers_hvp,
    lambda v, V, W, X: two_layers_hvp(v, V, W, X, curved=False),
    lambda v, V, W, X: (np.tanh(X @ W).T @ np.tanh(X @ W) @ v[0], *two_layers_hvp(v, V, W, X)[1:]),
    lambda v, V, W, X: (*two_layers_hvp(v, V, W, X)[:2], two_layers_hvp(v, V, W, X)[2] / 2),
)


def factorised(U, V, M):
    return 0.5 * np.sum((U @ V.T - M) ** 2)


def factorised_hvp(v, U, V, M, residual=True):
    R = U @ V.T - M
    RR = v[0] @ V.T + U @ v[1].T - v[2]
    more = (R @ v[1], R.T @ v[0]) if residual else (0, 0)
    return RR @ V + more[0], RR.T @ U + more[1], -RR


case(
    "hvp",
    factorised,
    {"U": "n r", "V": "m r", "M": "n m"},
    factorised_hvp,
    lambda v, U, V, M: factorised_hvp(v, U, V, M, residual=False),
    lambda v, U, V, M: (v[0] @ V.T @ V, v[1] @ U.T @ U, None),
    lambda v, U, V, M: (*factorised_hvp(v, U, V, M)[:2], -factorised_hvp(v, U, V, M)[2]),
)


def evidence(K, y):
    """Minus the log likelihood of a Gaussian process, but for a constant."""
    return 0.5 * y @ np.linalg.solve(K, y) + 0.5 * np.log(np.linalg.det(K))


def evidence_hvp(v, K, y, trace=1.0, cross=True):
    I = np.linalg.inv(K)
    vK, vy = v
    a, b = I @ y, I.T @ y
    ra, rb = I @ (vy - vK @ a), I.T @ (vy - vK.T @ b)
    by_K = -0.5 * (np.outer(rb, a) + np.outer(b, ra)) - 0.5 * trace * (I @ vK @ I).T
    return by_K, 0.5 * (ra + rb) if cross else 0.5 * (I + I.T) @ vy


case(
    "hvp",
    evidence,
    {"K": "n n", "y": "n"},
    evidence_hvp,
    lambda v, K, y: evidence_hvp(v, K, y, trace=0.0),
    lambda v, K, y: evidence_hvp(v, K, y, trace=-1.0),
    lambda v, K, y: evidence_hvp(v, K, y, cross=False),
    values={"K": gradcheck.spd},
)
