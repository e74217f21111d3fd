"""Matrices: the likelihood of a Gaussian process, ridge regression, a log-determinant."""

from __future__ import annotations

from functools import partial

import numpy as np

import gradcheck
from derivations.derivation import Derivation


def kernel(X, length, scale):
    d2 = np.sum((X[:, None, :] - X[None, :, :]) ** 2, axis=-1)
    return scale**2 * np.exp(-0.5 * d2 / length**2), d2


def likelihood(X, y, length, scale, noise):
    n = len(y)
    K = kernel(X, length, scale)[0] + noise**2 * np.eye(n)
    L = np.linalg.cholesky(K)
    a = np.linalg.solve(L.T, np.linalg.solve(L, y))
    return -0.5 * y @ a - np.sum(np.log(np.diag(L))) - 0.5 * n * np.log(2 * np.pi)


def likelihood_back(wrong, delta, X, y, length, scale, noise):
    Kf, d2 = kernel(X, length, scale)
    Ki = np.linalg.inv(Kf + noise**2 * np.eye(len(y)))
    a = Ki @ y
    G = 0.5 * (np.outer(a, a) - Ki)
    dlength = np.sum(G * Kf * d2) / length**3 * (length if wrong else 1)  # by log(length)
    return (
        None,
        -delta * a,
        delta * dlength,
        delta * np.sum(2 * G * Kf) / scale,
        delta * 2 * noise * np.trace(G),
    )


def ridge(X, y, penalty):
    w = np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ y)
    return np.sum((y - X @ w) ** 2)


def ridge_back(wrong, delta, X, y, penalty):
    A = X.T @ X + penalty * np.eye(X.shape[1])
    w = np.linalg.solve(A, X.T @ y)
    r = y - X @ w
    dw = -2 * X.T @ r
    v = np.linalg.solve(A, dw)  # J also depends on X, y, penalty by w
    dX = -2 * np.outer(r, w) + np.outer(y, v) - np.outer(X @ v, w) - np.outer(X @ w, v)
    if wrong:
        dX = -2 * np.outer(r, w)
    return delta * dX, delta * (2 * r + X @ v), -delta * (v @ w)


def gaussian(x, mu, L):
    z = np.linalg.solve(L, x - mu)
    return -0.5 * np.sum(z**2) - np.log(np.abs(np.linalg.det(L)))


def gaussian_back(wrong, delta, x, mu, L):
    z = np.linalg.solve(L, x - mu)
    g = np.linalg.solve(L.T, z)
    inverse = np.linalg.inv(L)
    return -delta * g, delta * g, delta * (np.outer(g, z) - (inverse if wrong else inverse.T))


MATRICES = [
    Derivation(
        "GP likelihood", likelihood, partial(likelihood_back, False), partial(likelihood_back, True),
        {"X": "n d", "y": "n", "length": "", "scale": "", "noise": ""},
        dict.fromkeys(("length", "scale", "noise"), gradcheck.positive),
    ),
    Derivation(
        "ridge regression", ridge, partial(ridge_back, False), partial(ridge_back, True),
        {"X": "n m", "y": "n", "penalty": ""}, {"penalty": gradcheck.positive},
    ),
    Derivation(
        "Gaussian density", gaussian, partial(gaussian_back, False), partial(gaussian_back, True),
        {"x": "n", "mu": "n", "L": "n n"},
    ),
]  # fmt: skip
