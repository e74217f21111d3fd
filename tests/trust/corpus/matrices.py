"""Matrices: forms, products, inverses, determinants, norms and distances."""

from __future__ import annotations

import numpy as np

import gradcheck


@gradcheck.formula(shapes={"x": "n", "A": "n n"})
def quadratic_form(x, A):
    return x @ A @ x


@quadratic_form.vjp
def quadratic_form_backward(delta, x, A):
    return delta * (A + A.T) @ x, delta * np.outer(x, x)


@gradcheck.formula(shapes={"x": "n", "A": "n m", "y": "m"})
def bilinear_form(x, A, y):
    return x @ A @ y


@bilinear_form.vjp
def bilinear_form_backward(delta, x, A, y):
    return delta * (A @ y), delta * np.outer(x, y), delta * (x @ A)


@gradcheck.formula(shapes={"A": "n n"}, values={"A": gradcheck.spd})
def log_determinant(A):
    return np.linalg.slogdet(A)[1]


@log_determinant.vjp
def log_determinant_backward(delta, A):
    return delta * np.linalg.inv(A).T


@gradcheck.formula(shapes={"A": "n n"}, values={"A": gradcheck.spd})
def determinant(A):
    return np.linalg.det(A)


@determinant.vjp
def determinant_backward(delta, A):
    return delta * np.linalg.det(A) * np.linalg.inv(A).T


@gradcheck.formula(shapes={"A": "n n"}, values={"A": gradcheck.spd})
def inverse(A):
    return np.linalg.inv(A)


@inverse.vjp
def inverse_backward(delta, A):
    B = np.linalg.inv(A)
    return -B.T @ delta @ B.T


@gradcheck.formula(shapes={"A": "n n", "b": "n k"}, values={"A": gradcheck.spd})
def solve(A, b):
    return np.linalg.solve(A, b)


@solve.vjp
def solve_backward(delta, A, b):
    db = np.linalg.solve(A.T, delta)
    return -db @ np.linalg.solve(A, b).T, db


@gradcheck.formula(shapes={"x": "n", "m": "n", "S": "n n"}, values={"S": gradcheck.spd})
def gaussian_log_density(x, m, S):
    r = x - m
    return -0.5 * (r @ np.linalg.solve(S, r) + np.linalg.slogdet(S)[1] + len(x) * np.log(2 * np.pi))


@gaussian_log_density.vjp
def gaussian_log_density_backward(delta, x, m, S):
    P = np.linalg.inv(S)
    u, v = P @ (x - m), P.T @ (x - m)
    dx = -0.5 * delta * (u + v)
    return dx, -dx, 0.5 * delta * (np.outer(v, u) - P.T)


@gradcheck.formula(shapes={"x": "n"})
def norm(x):
    return np.linalg.norm(x)


@norm.vjp
def norm_backward(delta, x):
    return delta * x / np.linalg.norm(x)


@gradcheck.formula(shapes={"A": "n m"})
def frobenius(A):
    return 0.5 * np.linalg.norm(A) ** 2


@frobenius.vjp
def frobenius_backward(delta, A):
    return delta * A


@gradcheck.formula(shapes={"X": "n d", "Y": "m d"})
def squared_distances(X, Y):
    return np.sum(X**2, axis=1)[:, None] + np.sum(Y**2, axis=1) - 2 * X @ Y.T


@squared_distances.vjp
def squared_distances_backward(delta, X, Y):
    dX = 2 * (delta.sum(axis=1)[:, None] * X - delta @ Y)
    dY = 2 * (delta.sum(axis=0)[:, None] * Y - delta.T @ X)
    return dX, dY


@gradcheck.formula(shapes={"X": "n d", "Y": "m d"})
def distances(X, Y):
    return np.sqrt(((X[:, None, :] - Y[None, :, :]) ** 2).sum(axis=2))


@distances.vjp
def distances_backward(delta, X, Y):
    diff = X[:, None, :] - Y[None, :, :]
    d = np.sqrt((diff**2).sum(axis=2))
    g = (delta / d)[:, :, None] * diff
    return g.sum(axis=1), -g.sum(axis=0)


@gradcheck.formula(shapes={"x": "b n", "y": "b n"})
def cosine_similarity(x, y):
    dots = (x * y).sum(axis=1)
    return dots / (np.sqrt((x * x).sum(axis=1)) * np.sqrt((y * y).sum(axis=1)))


@cosine_similarity.vjp
def cosine_similarity_backward(delta, x, y):
    nx = np.linalg.norm(x, axis=1, keepdims=True)
    ny = np.linalg.norm(y, axis=1, keepdims=True)
    c = (x * y).sum(axis=1, keepdims=True) / (nx * ny)
    d = delta[:, None]
    return d * (y / (nx * ny) - c * x / nx**2), d * (x / (nx * ny) - c * y / ny**2)


@gradcheck.formula(shapes={"A": "n m", "B": "m n"})
def trace_of_product(A, B):
    return np.trace(A @ B)


@trace_of_product.vjp
def trace_of_product_backward(delta, A, B):
    return delta * B.T, delta * A.T


@gradcheck.formula(shapes={"x": "n", "y": "m"})
def outer_product(x, y):
    return np.outer(x, y)


@outer_product.vjp
def outer_product_backward(delta, x, y):
    return delta @ y, x @ delta


@gradcheck.formula(shapes={"X": "n d"})
def gram(X):
    return X @ X.T


@gram.vjp
def gram_backward(delta, X):
    return (delta + delta.T) @ X


@gradcheck.formula(shapes={"X": "n d", "Y": "m d", "s": ""}, values={"s": gradcheck.positive})
def gaussian_kernel(X, Y, s):
    return np.exp(-((X[:, None] - Y[None]) ** 2).sum(-1) / (2 * s**2))


@gaussian_kernel.vjp
def gaussian_kernel_backward(delta, X, Y, s):
    diff = X[:, None] - Y[None]
    sq = (diff**2).sum(-1)
    g = delta * np.exp(-sq / (2 * s**2))
    dX = -(g[:, :, None] * diff).sum(axis=1) / s**2
    dY = (g[:, :, None] * diff).sum(axis=0) / s**2
    return dX, dY, np.sum(g * sq) / s**3
