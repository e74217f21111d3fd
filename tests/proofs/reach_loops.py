"""Cases of loops over symbolic sizes, windows, matrices, constants and comparisons."""

import numpy as np
from scipy.special import erf

import gradcheck

from .reaching import Case


def squares(x):
    total = 0.0
    for row in x:
        for j in range(len(row)):
            total += row[j] ** 2
    return total


def squares_back(delta, x):
    dx = np.empty(x.shape)
    for i, row in enumerate(x):
        dx[i] = 2 * delta * row
    return dx


def squares_back_first(delta, x):
    dx = np.empty(x.shape)
    for i in range(len(x)):
        dx[i] = 2 * delta * x[0]
    return dx


def squares_back_added(delta, x):
    dx = np.zeros(x.shape)
    for i in range(len(x)):
        dx += delta * x[i]
    return dx


def listed(x):
    return np.array([np.sum(row**2) for row in x])


def listed_back(delta, x):
    return np.stack([2 * d * row for d, row in zip(delta, x, strict=True)])


def listed_back_sum(delta, x):
    return np.stack([2 * sum(d for d in delta) * row for row in x])


def convolved(x, w):
    out = np.zeros(len(x) - len(w) + 1)
    for i in range(len(out)):
        for j in range(len(w)):
            out[i] += x[i + j] * w[j]
    return out


def convolved_back(delta, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(delta)):
        dx[i : i + len(w)] += delta[i] * w
        dw += delta[i] * x[i : i + len(w)]
    return dx, dw


def convolved_back_flipped(delta, x, w):
    dx, dw = convolved_back(delta, x, w)
    return dx, dw[::-1]


def convolved_back_stored(delta, x, w):
    dx, dw = np.zeros(len(x)), np.zeros(len(w))
    for i in range(len(delta)):
        dx[i : i + len(w)] = delta[i] * w
        dw += delta[i] * x[i : i + len(w)]
    return dx, dw


def windows(x, w):
    return np.lib.stride_tricks.sliding_window_view(x, len(w)) @ w


def weighted(x):
    return np.sum(x * np.arange(len(x)))


def weighted_back(delta, x):
    dx = np.zeros(len(x))
    for i in range(len(x)):
        dx[i] = delta * i
    return dx


def likelihood(y, K):
    return -0.5 * y @ np.linalg.solve(K, y) - 0.5 * np.linalg.slogdet(K)[1]


def likelihood_back(delta, y, K, *, factor=0.5, sign=1):
    P = np.linalg.inv(K)
    a, b = P @ y, P.T @ y
    return -0.5 * delta * (a + b), delta * (0.5 * np.outer(b, a) - sign * factor * P.T)


def gelu(z):
    return 0.5 * z * (1 + np.tanh(0.7978845608 * (z + 0.044715 * z**3)))


def gelu_back(delta, z, *, three=3.0):
    t = np.tanh(0.7978845608 * (z + 0.044715 * z**3))
    inner = 0.7978845608 * (1 + three * 0.044715 * z**2)
    return delta * (0.5 * (1 + t) + 0.5 * z * (1 - t**2) * inner)


def exact_gelu(z):
    return 0.5 * z * (1 + erf(z / np.sqrt(2)))


def exact_gelu_back(delta, z, *, power=0.5, two=2):
    bell = np.exp(-power * z**2) / np.sqrt(two * np.pi)
    return delta * (0.5 * (1 + erf(z / np.sqrt(2))) + z * bell)


def clipped_back(delta, z, *, low=-3, high=4):
    return delta * ((z > low) & (z < high))


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def unit_back(delta, x, *, sign=1):
    r = np.linalg.norm(x, axis=1, keepdims=True)
    safe = np.where(r == 0, 1, r)
    u = x / safe
    return (delta - sign * u * np.sum(u * delta, axis=1, keepdims=True)) / safe


def unit_back_unscaled(delta, x):
    return unit_back(delta, x) * np.linalg.norm(x, axis=1, keepdims=True)


def inverse_back(d, A):
    B = np.linalg.inv(A + A @ A)
    G = -B.T @ d @ B.T
    return G + G @ A.T + A.T @ G


def angle(y, x):
    return np.arctan2(y, x)


K_FITS = {"where": lambda n, k: k <= n}
SMALL = {"z": lambda shape, rng: rng.normal(size=shape)}
WRONG_CONVOLVED = convolved_back_flipped, convolved_back_stored
CASES = {
    "a sum in loops": Case({"x": "n m"}, squares, squares_back, (squares_back_first, squares_back_added)),
    "comprehensions": Case(
        {"x": "n m"}, listed, listed_back,
        (listed_back_sum, lambda d, x: np.stack([d[0] * 2 * row for row in x])),
    ),
    "a convolution in loops": Case(
        {"x": "n", "w": "k"}, convolved, convolved_back, WRONG_CONVOLVED, **K_FITS
    ),
    "a convolution by windows": Case(
        {"x": "n", "w": "k"}, windows, convolved_back, WRONG_CONVOLVED, **K_FITS
    ),
    "the index as a number": Case(
        {"x": "n"}, weighted, weighted_back,
        (lambda d, x: d * (np.arange(len(x)) + 1), lambda d, x: d * np.ones_like(x)),
    ),
    "a likelihood": Case(
        {"y": "n", "K": "n n"}, likelihood, likelihood_back,
        (
            lambda d, y, K: likelihood_back(d, y, K, factor=1),
            lambda d, y, K: likelihood_back(d, y, K, sign=-1),
        ),
        {"K": gradcheck.spd},
    ),
    "an inverse": Case(
        {"A": "n n"}, lambda A: np.linalg.inv(A + A @ A), inverse_back,
        (lambda d, A: -inverse_back(d, A), lambda d, A: inverse_back(d.T, A)), {"A": gradcheck.spd},
    ),
    "constants": Case(
        {"z": "n m"}, gelu, gelu_back,
        (lambda d, z: gelu_back(d, z, three=2.0), lambda d, z: gelu_back(d, z, three=4.0)),
    ),
    "the error function": Case(
        {"z": "n m"}, exact_gelu, exact_gelu_back,
        (lambda d, z: exact_gelu_back(d, z, power=1), lambda d, z: exact_gelu_back(d, z, two=1)), SMALL,
    ),
    "an arc": Case(
        {"u": "n"}, lambda u: np.arccos(u) * u, lambda d, u: d * (np.arccos(u) - u / np.sqrt(1 - u**2)),
        (
            lambda d, u: d * (np.arccos(u) + u / np.sqrt(1 - u**2)),
            lambda d, u: d * (np.arccos(u) - u / np.sqrt(1 + u**2)),
        ),
        {"u": gradcheck.unit_interval},
    ),
    "a clip": Case(
        {"z": "n m"}, lambda z: np.clip(z, -3, 4), clipped_back,
        (lambda d, z: clipped_back(d, z, low=3, high=-4), lambda d, z: clipped_back(d, z, high=8)),
    ),
    "a guard against zero": Case(
        {"x": "n m"}, unit, unit_back, (lambda d, x: unit_back(d, x, sign=-1), unit_back_unscaled)
    ),
    "an average": Case(
        {"x": "n", "w": "n"}, lambda x, w: np.average(x, weights=w),
        lambda d, x, w: (d * w / w.sum(), d * (x - np.average(x, weights=w)) / w.sum()),
        (
            lambda d, x, w: (d * w, d * (x - np.average(x, weights=w)) / w.sum()),
            lambda d, x, w: (d * w / w.sum(), d * x / w.sum()),
        ),
        {"w": gradcheck.positive},
    ),
    "a mask as integers": Case(
        {"z": "n"}, lambda z: np.maximum(z, 0), lambda d, z: d * np.int64(z > 0),
        (lambda d, z: d * np.int64(z < 0), lambda d, z: d * (1 + np.int64(z > 0))),
    ),
    "an angle": Case(
        {"y": "n", "x": "n"}, angle,
        lambda d, y, x: (d * x / (x**2 + y**2), -d * y / (x**2 + y**2)),
        (
            lambda d, y, x: (d * x / (x**2 + y**2), d * y / (x**2 + y**2)),
            lambda d, y, x: (d * y / (x**2 + y**2), -d * x / (x**2 + y**2)),
        ),
        {"x": gradcheck.positive},
    ),
}  # fmt: skip
