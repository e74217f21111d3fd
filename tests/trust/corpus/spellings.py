"""Spellings that are hard on a tool: Python loops and branches, sorting, scatter, views, buffers."""

from __future__ import annotations

import math

import numpy as np

import gradcheck


@gradcheck.formula(shapes={"z": "n"})
def relu_by_branches(z):
    out = []
    for zi in z:
        if zi > 0:
            out.append(zi)
        else:
            out.append(0 * zi)
    return np.array(out)


@relu_by_branches.vjp
def relu_by_branches_backward(delta, z):
    return np.array([d if zi > 0 else 0.0 for d, zi in zip(delta, z, strict=True)])


@gradcheck.formula(shapes={"z": "n"})
def sigmoid_by_math(z):
    return np.array([1 / (1 + math.exp(-zi)) if zi > -700 else 0.0 for zi in z])


@sigmoid_by_math.vjp
def sigmoid_by_math_backward(delta, z):
    a = sigmoid_by_math(z)
    return delta * a * (1 - a)


@gradcheck.formula(shapes={"x": "n", "w": "n"})
def sorted_dot(x, w):
    return np.sort(x) @ w


@sorted_dot.vjp
def sorted_dot_backward(delta, x, w):
    order = np.argsort(x)
    dx = np.empty_like(x)
    dx[order] = delta * w
    return dx, delta * x[order]


@gradcheck.formula(shapes={"x": "b n"})
def running_log_sum_exp(x):
    return np.logaddexp.reduce(x, axis=1)


@running_log_sum_exp.vjp
def running_log_sum_exp_backward(delta, x):
    return delta[:, None] * np.exp(x - np.logaddexp.reduce(x, axis=1)[:, None])


@gradcheck.formula(shapes={"c": "k", "x": "n"})
def polynomial_by_polyval(c, x):
    return np.polyval(c, x)


@polynomial_by_polyval.vjp
def polynomial_by_polyval_backward(delta, c, x):
    k = len(c)
    dc = np.array([np.sum(delta * x ** (k - 1 - i)) for i in range(k)])
    slope = sum(((k - 1 - i) * c[i] * x ** (k - 2 - i) for i in range(k - 1)), np.zeros_like(x))
    return dc, delta * slope


@gradcheck.formula(shapes={"X": "n+1 d"})
def pairwise_products(X):
    i, j = np.triu_indices(len(X), k=1)
    return np.sum(X[i] * X[j], axis=1)


@pairwise_products.vjp
def pairwise_products_backward(delta, X):
    i, j = np.triu_indices(len(X), k=1)
    dX = np.zeros_like(X)
    np.add.at(dX, i, delta[:, None] * X[j])
    np.add.at(dX, j, delta[:, None] * X[i])
    return dX


@gradcheck.formula(shapes={"x": "n m"})
def checkerboard(x):
    y = x.copy()
    y[::2, 1::2] *= 2
    y[1::2, ::2] += x[1::2, ::2] ** 2
    return y


@checkerboard.vjp
def checkerboard_backward(delta, x):
    dx = delta.copy()
    dx[::2, 1::2] *= 2
    dx[1::2, ::2] *= 1 + 2 * x[1::2, ::2]
    return dx


@gradcheck.formula(shapes={"x": "n m"})
def rolled_products(x):
    return x * np.roll(x, 1, axis=0) + np.flip(x, axis=1)


@rolled_products.vjp
def rolled_products_backward(delta, x):
    return delta * np.roll(x, 1, axis=0) + np.roll(delta * x, -1, axis=0) + delta[:, ::-1]


@gradcheck.formula(shapes={"x": "n"})
def cumulative_product(x):
    return np.cumprod(x)


@cumulative_product.vjp
def cumulative_product_backward(delta, x):
    dx = np.zeros(len(x))
    for i in range(len(x)):
        without = x.copy()
        without[i] = 1
        dx[i] = delta[i:] @ np.cumprod(without)[i:]
    return dx


@gradcheck.formula(shapes={"X": "n 2*d", "Wq": "2*d 2*d", "Wk": "2*d 2*d"})
def two_heads(X, Wq, Wk):
    n, d = X.shape
    q = (X @ Wq).reshape(n, 2, d // 2).transpose(1, 0, 2)
    k = (X @ Wk).reshape(n, 2, d // 2).transpose(1, 0, 2)
    return q @ k.transpose(0, 2, 1)


@two_heads.vjp
def two_heads_backward(delta, X, Wq, Wk):
    n, d = X.shape
    q = (X @ Wq).reshape(n, 2, d // 2).transpose(1, 0, 2)
    k = (X @ Wk).reshape(n, 2, d // 2).transpose(1, 0, 2)
    dq = (delta @ k).transpose(1, 0, 2).reshape(n, d)
    dk = (delta.transpose(0, 2, 1) @ q).transpose(1, 0, 2).reshape(n, d)
    return dq @ Wq.T + dk @ Wk.T, X.T @ dq, X.T @ dk


@gradcheck.formula(shapes={"A": "n n", "x": "n"})
def three_steps(A, x):
    for _ in range(3):
        x = A @ x
    return x


@three_steps.vjp
def three_steps_backward(delta, A, x):
    xs = [x]
    for _ in range(2):
        xs.append(A @ xs[-1])
    dA = np.zeros_like(A)
    for xi in reversed(xs):
        dA += np.outer(delta, xi)
        delta = A.T @ delta
    return dA, delta


@gradcheck.formula(shapes={"x": "n", "group": "n"}, values={"group": gradcheck.integers(0, 3)})
def group_sums(x, group):
    return np.array([np.sum(x[group == g] ** 2) for g in range(3)])


@group_sums.vjp
def group_sums_backward(delta, x, group):
    return 2 * x * delta[group], None


@gradcheck.formula(shapes={"x": "n", "weights": "n"}, values={"weights": gradcheck.positive})
def weighted_average(x, weights):
    return np.average(x, weights=weights)


@weighted_average.vjp
def weighted_average_backward(delta, x, weights):
    total = np.sum(weights)
    return delta * weights / total, delta * (x - np.average(x, weights=weights)) / total


@gradcheck.formula(shapes={"X": "b n", "Y": "b n"})
def row_distances(X, Y):
    return np.linalg.norm(X - Y, axis=1)


@row_distances.vjp
def row_distances_backward(delta, X, Y):
    r = np.linalg.norm(X - Y, axis=1, keepdims=True)
    d = delta[:, None] * (X - Y) / np.where(r == 0, 1, r)
    return d, -d


@gradcheck.formula(shapes={"S": "n n", "B": "n n"})
def without_diagonal(S, B):
    M = S @ B
    np.fill_diagonal(M, 0.0)
    return M


@without_diagonal.vjp
def without_diagonal_backward(delta, S, B):
    d = delta - np.diag(np.diag(delta))
    return d @ B.T, S.T @ d


@gradcheck.formula(shapes={"x": "n"})
def central_moments(x):
    m = np.mean(x)
    return np.array([m, np.mean((x - m) ** 2), np.mean((x - m) ** 3)])


@central_moments.vjp
def central_moments_backward(delta, x):
    n = len(x)
    c = x - np.mean(x)
    second = 2 * c / n
    third = 3 * (c**2 - np.mean(c**2)) / n
    return delta[0] / n + delta[1] * second + delta[2] * third


@gradcheck.formula(shapes={"x": "n", "y": "n"})
def scaled_dot(x, y):
    top = max(float(np.max(np.abs(x))), float(np.max(np.abs(y))), 1e-3)
    return np.sum((x / top) * (y / top)) * top**2


@scaled_dot.vjp
def scaled_dot_backward(delta, x, y):
    return delta * y, delta * x
