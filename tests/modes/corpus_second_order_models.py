"""Hessians and Hessian-vector products of models: each with the right code, and three that are wrong."""

import numpy as np

import gradcheck
from tests.modes.corpus_second_order_layers import case, sigmoid, soft, twice

POSITIVE = gradcheck.positive
X = {"x": "n"}


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_hessian(x, edge=True, cross=-400.0):
    """As `scipy.optimize.rosen_hess` has it."""
    d = np.zeros_like(x)
    d[:-1] = 1200 * x[:-1] ** 2 - 400 * x[1:] + 2
    d[1:] += 200
    if not edge:
        d[-1] = 0
    return np.diag(d) + np.diag(cross * x[:-1], 1) + np.diag(cross * x[:-1], -1)


case(
    "hessian",
    rosenbrock,
    {"x": "n+1"},
    rosenbrock_hessian,
    lambda x: rosenbrock_hessian(x, edge=False),
    lambda x: rosenbrock_hessian(x, cross=400.0),
    lambda x: np.diag(np.diag(rosenbrock_hessian(x))),
)


def rosenbrock_hvp(v, x):
    (p,) = v
    out = np.zeros_like(x)
    out[:-1] = (1200 * x[:-1] ** 2 - 400 * x[1:] + 2) * p[:-1] - 400 * x[:-1] * p[1:]
    out[1:] += -400 * x[:-1] * p[:-1] + 200 * p[1:]
    return out


case(
    "hvp",
    rosenbrock,
    {"x": "n+1"},
    rosenbrock_hvp,
    lambda v, x: rosenbrock_hvp(v, x) + np.concatenate([np.zeros(x.size - 1), v[0][-1:]]),
    lambda v, x: rosenbrock_hvp((v[0][::-1],), x),
    lambda v, x: 2 * rosenbrock_hvp(v, x) - np.diag(rosenbrock_hessian(x)) * v[0],
)


def log_determinant(A):
    return np.log(np.linalg.det(A))


def by_four(A, code):
    return -np.einsum(code, np.linalg.inv(A), np.linalg.inv(A))


case(
    "hessian",
    log_determinant,
    {"A": "n n"},
    lambda A: by_four(A, "jk,li->ijkl"),
    lambda A: by_four(A, "ik,lj->ijkl"),
    lambda A: -by_four(A, "jk,li->ijkl"),
    lambda A: by_four(A, "ji,lk->ijkl"),
    values={"A": lambda shape, rng: rng.standard_normal(shape) * 0.2 + 2 * np.eye(shape[0])},
)


def mixture(x):
    """Minus the log of a mixture of two Gaussians."""
    return -np.log(np.exp(-0.5 * x @ x) + np.exp(-0.5 * (x - 1) @ (x - 1)))


def mixture_hessian(x, sign=-1.0):
    r = sigmoid(x.sum() - 0.5 * x.size)
    return np.eye(x.size) + sign * r * (1 - r) * np.ones((x.size, x.size))


case(
    "hessian",
    mixture,
    X,
    mixture_hessian,
    lambda x: mixture_hessian(x, sign=1.0),
    lambda x: np.eye(x.size),
    lambda x: np.diag(np.diag(mixture_hessian(x))),
)


def gaussian(x):
    """Minus the log density of 0.5 under a mean and a log deviation."""
    return x[1] + 0.5 * ((0.5 - x[0]) * np.exp(-x[1])) ** 2


def gaussian_hessian(x, cross=2.0, corner=2.0):
    e = np.exp(-2 * x[1])
    r = 0.5 - x[0]
    return np.array([[e, cross * r * e], [cross * r * e, corner * r * r * e]])


case(
    "hessian",
    gaussian,
    {"x": 2},
    gaussian_hessian,
    lambda x: gaussian_hessian(x, cross=-2.0),
    lambda x: gaussian_hessian(x, cross=1.0),
    lambda x: gaussian_hessian(x, corner=1.0),
)


def spring(P):
    """The energy of a chain of springs of length 1."""
    d = P[1:] - P[:-1]
    return 0.5 * np.sum((np.sqrt(np.sum(d * d, axis=1)) - 1) ** 2)


def spring_hvp(v, P, stiff=True, tension=True):
    d, e = P[1:] - P[:-1], v[0][1:] - v[0][:-1]
    r = np.sqrt(np.sum(d * d, axis=1, keepdims=True))
    u = d / r
    ue = np.sum(u * e, axis=1, keepdims=True)
    f = (ue * u if stiff else 0) + ((1 - 1 / r) * (e - ue * u) if tension else 0)
    out = np.zeros_like(P)
    out[:-1] -= f
    out[1:] += f
    return out


case(
    "hvp",
    spring,
    {"P": "n+1 2"},
    spring_hvp,
    lambda v, P: spring_hvp(v, P, stiff=False),
    lambda v, P: spring_hvp(v, P, tension=False),
    lambda v, P: np.abs(spring_hvp(v, P)) * np.sign(v[0]),
)


def divergence(p, q):
    return np.sum(p * np.log(p / q))


case(
    "hvp",
    divergence,
    {"p": "n", "q": "n"},
    lambda v, p, q: (v[0] / p - v[1] / q, -v[0] / q + p * v[1] / q**2),
    lambda v, p, q: (v[0] / p, p * v[1] / q**2),
    lambda v, p, q: (v[0] / p - v[1] / q, v[0] / q + p * v[1] / q**2),
    lambda v, p, q: (v[0] / p - v[1] / q, -v[0] / q + v[1] / q),
    values={"p": POSITIVE, "q": POSITIVE},
)


def student(x):
    return np.sum(np.log(1 + x * x / 3))


case(
    "hvp",
    student,
    X,
    lambda v, x: v[0] * 2 * (3 - x * x) / (3 + x * x) ** 2,
    lambda v, x: v[0] * 2 / (3 + x * x),
    lambda v, x: v[0] * 2 * (3 + x * x) / (3 + x * x) ** 2,
    lambda v, x: v[0] * 2 * (1 - x * x) / (1 + x * x) ** 2,
)


def tempered(x, t):
    """A log-sum-exp at a temperature."""
    return t * np.log(np.sum(np.exp(x / t)))


def tempered_hvp(v, x, t, cross=True):
    p = soft(x / t)
    c = x - p @ x
    by_x = p * (v[0] - p @ v[0]) / t - (p * c * v[1] / t**2 if cross else 0)
    return by_x, np.sum(p * c * c) * v[1] / t**3 - (p * c) @ v[0] / t**2


case(
    "hvp",
    tempered,
    {"x": "n", "t": ""},
    tempered_hvp,
    lambda v, x, t: tempered_hvp(v, x, t, cross=False),
    lambda v, x, t: (tempered_hvp(v, x, t)[0], -tempered_hvp(v, x, t)[1]),
    lambda v, x, t: (t * tempered_hvp(v, x, t)[0], tempered_hvp(v, x, t)[1]),
    values={"t": lambda shape, rng: rng.uniform(0.5, 2.0, shape)},
)

# -- double backward of what is no single layer


def unrolled(a, x):
    """A recurrence of as many steps as there are numbers."""
    h = 0.0
    for each in x:
        h = a * h + each * each
    return h


def unrolled_twice(grads, delta, a, x, power=True):
    ga, gx = grads
    n = x.size
    steps = np.arange(n - 1, -1, -1)
    weights = np.array([a**k for k in range(n - 1, -1, -1)])
    slopes = np.array([k * a ** (k - 1) if k else 0.0 * a for k in range(n - 1, -1, -1)])
    bends = np.array([k * (k - 1) * a ** (k - 2) if k > 1 else 0.0 * a for k in range(n - 1, -1, -1)])
    by_delta = ga * np.sum(slopes * x * x) + np.sum(gx * weights * 2 * x)
    by_a = delta * (ga * np.sum(bends * x * x) + np.sum(gx * slopes * 2 * x))
    by_x = delta * (ga * slopes * 2 * x + gx * weights * 2)
    return by_delta, by_a if power else by_a / 2, by_x + 0 * steps


twice(
    unrolled,
    {"a": "", "x": "n"},
    unrolled_twice,
    lambda g, d, a, x: unrolled_twice(g, d, a, x, power=False),
    lambda g, d, a, x: (*unrolled_twice(g, d, a, x)[:2], d * g[1] * 2),
    lambda g, d, a, x: (g[0] * np.sum(x * x), *unrolled_twice(g, d, a, x)[1:]),
)


def inverted(A):
    return np.linalg.inv(A)


def inverted_twice(grads, delta, A, first=True):
    (g,) = grads
    I = np.linalg.inv(A)
    by_A = I.T @ delta @ (I @ g @ I).T
    return -I @ g @ I, (I @ g @ I).T @ delta @ I.T + by_A if first else by_A


twice(
    inverted,
    {"A": "n n"},
    inverted_twice,
    lambda g, d, A: inverted_twice(g, d, A, first=False),
    lambda g, d, A: (np.linalg.inv(A) @ g[0] @ np.linalg.inv(A), inverted_twice(g, d, A)[1]),
    lambda g, d, A: (inverted_twice(g, d, A)[0], -inverted_twice(g, d, A)[1]),
    values={"A": gradcheck.spd},
)


def lengths(x):
    return np.sqrt(np.sum(x * x, axis=1))


def lengths_twice(grads, delta, x, projected=True):
    (g,) = grads
    r = np.sqrt(np.sum(x * x, axis=1, keepdims=True))
    u = x / r
    ug = np.sum(u * g, axis=1, keepdims=True)
    return ug[:, 0], delta[:, None] * (g - u * ug if projected else g) / r


twice(
    lengths,
    {"x": "b n"},
    lengths_twice,
    lambda g, d, x: lengths_twice(g, d, x, projected=False),
    lambda g, d, x: (np.sum(x * g[0], axis=1), lengths_twice(g, d, x)[1]),
    lambda g, d, x: (lengths_twice(g, d, x)[0], d[:, None] * g[0] * 0),
    values={"x": POSITIVE},
)


def summed(x):
    return np.cumsum(x * x)


twice(
    summed,
    X,
    lambda g, d, x: (np.cumsum(2 * x * g[0]), 2 * g[0] * np.cumsum(d[::-1])[::-1]),
    lambda g, d, x: (np.cumsum(2 * x * g[0]), 2 * g[0] * np.cumsum(d)),
    lambda g, d, x: (2 * x * g[0], 2 * g[0] * np.cumsum(d[::-1])[::-1]),
    lambda g, d, x: (np.cumsum(x * g[0]), 2 * g[0] * np.cumsum(d[::-1])[::-1]),
)


def nested(p, x):
    return p["a"] * np.tanh(x) + p["b"]


def nested_twice(grads, delta, p, x, second=-2.0):
    gp, gx = grads
    h = np.tanh(x)
    s = 1 - h * h
    by_delta = gp["a"] * h + gp["b"] + p["a"] * s * gx
    return by_delta, {"a": delta * s * gx, "b": 0 * x}, delta * (gp["a"] * s + second * p["a"] * h * s * gx)


twice(
    nested,
    {"p": {"a": "n", "b": "n"}, "x": "n"},
    nested_twice,
    lambda g, d, p, x: nested_twice(g, d, p, x, second=-1.0),
    lambda g, d, p, x: (nested_twice(g, d, p, x)[0] - g[0]["b"], *nested_twice(g, d, p, x)[1:]),
    lambda g, d, p, x: (nested_twice(g, d, p, x)[0], {"a": 0 * x, "b": 0 * x}, nested_twice(g, d, p, x)[2]),
)


def poisson(w, X, y):
    return np.sum(np.exp(X @ w) - y * (X @ w))


def poisson_hvp(v, w, X, y):
    return (
        X.T @ (np.exp(X @ w) * (X @ v[0])) + v[1].T @ np.exp(X @ w) + X.T @ (np.exp(X @ w) * (v[1] @ w)),
        None,
        None,
    )


case(
    "hvp",
    poisson,
    {"w": "n", "X": "b n", "y": "b"},
    lambda v, w, X, y: (poisson_hvp(v, w, X, y)[0] - v[1].T @ y - X.T @ v[2], None, None),
    poisson_hvp,
    lambda v, w, X, y: (X.T @ (np.exp(X @ w) * (X @ v[0])), None, None),
    lambda v, w, X, y: (poisson_hvp(v, w, X, y)[0] - v[1].T @ y + X.T @ v[2], None, None),
)
