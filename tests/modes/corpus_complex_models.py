"""Complex models as people write them: each with its right backward, and three that are wrong.

The convention is that of `corpus_complex`: `dJ/dRe + i dJ/dIm`, for delta too.
"""

import numpy as np

import gradcheck
from tests.modes.corpus_complex import away, case, conj, exp, real, vector

outer, abs_ = np.outer, np.abs


def H(A):
    return conj(A).T


# -- quantum mechanics


def rotation(theta):
    """exp(-i theta X / 2)"""
    c, s = np.cos(theta / 2), -1j * np.sin(theta / 2)
    return np.array([[c, s], [s, c]])


def rotation_slope(theta):
    c, s = np.cos(theta / 2) / 2, np.sin(theta / 2) / 2
    return np.array([[-s, -1j * c], [-1j * c, -s]])


case(
    "expectation",
    lambda A, psi: real(np.vdot(psi, (A + H(A)) @ psi)) / real(np.vdot(psi, psi)),
    {"A": "n n", "psi": "n"},
    "A psi",
    lambda d, A, psi: (
        2 * d * outer(psi, conj(psi)) / (n := real(np.vdot(psi, psi))),
        2 * d * ((A + H(A)) @ psi - psi * real(np.vdot(psi, (A + H(A)) @ psi)) / n) / n,
    ),
    lambda d, A, psi: (
        2 * d * outer(psi, conj(psi)) / (n := real(np.vdot(psi, psi))),
        2 * d * ((A + H(A)) @ psi) / n,
    ),
    lambda d, A, psi: (
        2 * d * outer(conj(psi), psi) / (n := real(np.vdot(psi, psi))),
        2 * d * ((A + H(A)) @ psi - psi * real(np.vdot(psi, (A + H(A)) @ psi)) / n) / n,
    ),
    lambda d, A, psi: (
        d * outer(psi, conj(psi)) / (n := real(np.vdot(psi, psi))),
        d * ((A + H(A)) @ psi - psi * real(np.vdot(psi, (A + H(A)) @ psi)) / n) / n,
    ),
)
case(
    "fidelity",
    lambda a, b: abs_(np.vdot(a, b)) ** 2,
    {"a": "n", "b": "n"},
    "a b",
    lambda d, a, b: (2 * d * conj(np.vdot(a, b)) * b, 2 * d * np.vdot(a, b) * a),
    lambda d, a, b: (2 * d * np.vdot(a, b) * b, 2 * d * np.vdot(a, b) * a),
    lambda d, a, b: (2 * d * abs_(np.vdot(a, b)) * b, 2 * d * abs_(np.vdot(a, b)) * a),
    lambda d, a, b: (2 * d * conj(np.vdot(a, b)) * a, 2 * d * np.vdot(a, b) * b),
)
case(
    "gate",
    lambda theta, psi: rotation(theta) @ psi,
    {"theta": "", "psi": 2},
    "psi",
    lambda d, theta, psi: (real(np.vdot(rotation_slope(theta) @ psi, d)), H(rotation(theta)) @ d),
    lambda d, theta, psi: (2 * real(np.vdot(rotation_slope(theta) @ psi, d)), H(rotation(theta)) @ d),
    lambda d, theta, psi: (np.imag(np.vdot(rotation_slope(theta) @ psi, d)), H(rotation(theta)) @ d),
    lambda d, theta, psi: (real(np.vdot(rotation_slope(theta) @ psi, d)), rotation(theta).T @ d),
)
case(
    "probability by a shift of the angle",
    lambda theta: abs_(rotation(theta)[0, 0]) ** 2,
    {"theta": ""},
    "",
    lambda d, t: d * (np.cos((t + np.pi / 2) / 2) ** 2 - np.cos((t - np.pi / 2) / 2) ** 2) / 2,
    lambda d, t: d * (np.cos((t + np.pi / 2) / 2) ** 2 - np.cos((t - np.pi / 2) / 2) ** 2),
    lambda d, t: d * (np.cos((t - np.pi / 2) / 2) ** 2 - np.cos((t + np.pi / 2) / 2) ** 2) / 2,
    lambda d, t: d * (np.cos((t + np.pi) / 2) ** 2 - np.cos((t - np.pi) / 2) ** 2) / 2 + d * np.cos(t),
)
case(
    "purity",
    lambda A: real(np.trace(A @ H(A) @ A @ H(A))),
    {"A": "n m"},
    "A",
    lambda d, A: 4 * d * A @ H(A) @ A,
    lambda d, A: 2 * d * A @ H(A) @ A,
    lambda d, A: 4 * d * conj(A @ H(A) @ A),
    lambda d, A: 4 * d * A * abs_(A) ** 2,
)

# -- imaging and signals

case(
    "phase retrieval",
    lambda A, z, y: np.mean((abs_(A @ z) ** 2 - y) ** 2),
    {"A": "m n", "z": "n", "y": "m"},
    "A z",
    lambda d, A, z, y: (None, 4 * d / len(y) * H(A) @ ((abs_(A @ z) ** 2 - y) * (A @ z)), None),
    lambda d, A, z, y: (None, 2 * d / len(y) * H(A) @ ((abs_(A @ z) ** 2 - y) * (A @ z)), None),
    lambda d, A, z, y: (None, 4 * d / len(y) * A.T @ ((abs_(A @ z) ** 2 - y) * (A @ z)), None),
    lambda d, A, z, y: (None, 4 * d * H(A) @ ((abs_(A @ z) ** 2 - y) * (A @ z)), None),
)
case(
    "amplitudes",
    lambda A, z, y: np.sum((abs_(A @ z) - y) ** 2),
    {"A": "m n", "z": "n", "y": "m"},
    "A z",
    lambda d, A, z, y: (None, 2 * d * H(A) @ (A @ z - y * (A @ z) / abs_(A @ z)), -2 * d * (abs_(A @ z) - y)),
    lambda d, A, z, y: (None, d * H(A) @ (A @ z - y * (A @ z) / abs_(A @ z)), -2 * d * (abs_(A @ z) - y)),
    lambda d, A, z, y: (None, 2 * d * H(A) @ (A @ z - y), -2 * d * (abs_(A @ z) - y)),
    lambda d, A, z, y: (None, 2 * d * H(A) @ (A @ z - y * (A @ z) / abs_(A @ z)), 2 * d * (abs_(A @ z) - y)),
    values={"y": gradcheck.positive},
)
case(
    "spectral convolution",
    lambda W, x: real(np.fft.ifft(W * np.fft.fft(x))),
    {"W": "n", "x": "n"},
    "W",
    lambda d, W, x: (
        conj(np.fft.fft(x)) * np.fft.fft(d) / len(x),
        real(np.fft.ifft(conj(W) * np.fft.fft(d))),
    ),
    lambda d, W, x: (np.fft.fft(x) * np.fft.fft(d) / len(x), real(np.fft.ifft(conj(W) * np.fft.fft(d)))),
    lambda d, W, x: (conj(np.fft.fft(x)) * np.fft.fft(d), real(np.fft.ifft(conj(W) * np.fft.fft(d)))),
    lambda d, W, x: (conj(np.fft.fft(x)) * np.fft.fft(d) / len(x), real(np.fft.ifft(W * np.fft.fft(d)))),
)
case(
    "masked transform",
    lambda S, x, m: m * np.fft.fft(S * x),
    {"S": "n", "x": "n", "m": "n"},
    "S x",
    lambda d, S, x, m: (conj(x) * (g := len(x) * np.fft.ifft(m * d)), conj(S) * g, None),
    lambda d, S, x, m: (conj(x) * (g := len(x) * np.fft.ifft(d)), conj(S) * g, None),
    lambda d, S, x, m: (x * (g := len(x) * np.fft.ifft(m * d)), S * g, None),
    lambda d, S, x, m: (conj(x) * (g := np.fft.fft(m * d)), conj(S) * g, None),
    values={"m": gradcheck.integers(0, 2)},
)
vector(
    "two dimensions",
    lambda z: abs_(np.fft.fft2(outer(z, conj(z)))) ** 2,
    lambda d, z: (G := 2 * z.size**2 * np.fft.ifft2(d * np.fft.fft2(outer(z, conj(z))))) @ z + H(G) @ z,
    lambda d, z: (2 * z.size**2 * np.fft.ifft2(d * np.fft.fft2(outer(z, conj(z))))) @ z,
    lambda d, z: (G := 2 * z.size**2 * np.fft.ifft2(d * np.fft.fft2(outer(z, conj(z))))) @ z + G.T @ z,
    lambda d, z: (G := 2 * z.size * np.fft.ifft2(d * np.fft.fft2(outer(z, conj(z))))) @ z + H(G) @ z,
)
case(
    "log spectrum",
    lambda x: np.log(abs_(np.fft.rfft(x)) ** 2 + 1e-3),
    {"x": "n"},
    "",
    lambda d, x: real(len(x) * np.fft.ifft(2 * d * (f := np.fft.rfft(x)) / (abs_(f) ** 2 + 1e-3), len(x))),
    lambda d, x: real(len(x) * np.fft.ifft(2 * d * (f := np.fft.rfft(x)) / abs_(f), len(x))),
    lambda d, x: len(x) * np.fft.irfft(2 * d * (f := np.fft.rfft(x)) / (abs_(f) ** 2 + 1e-3), len(x)),
    lambda d, x: real(len(x) * np.fft.ifft(d * (f := np.fft.rfft(x)) / (abs_(f) ** 2 + 1e-3), len(x))),
)
case(
    "beam pattern",
    lambda w, theta: abs_(np.vdot(w, exp(1j * np.arange(len(w)) * np.sin(theta)))) ** 2,
    {"w": "n", "theta": ""},
    "w",
    lambda d, w, t: (
        2 * d * (a := exp(1j * np.arange(len(w)) * np.sin(t))) * conj(np.vdot(w, a)),
        2 * d * real(conj(np.vdot(w, a)) * np.vdot(w, 1j * np.arange(len(w)) * np.cos(t) * a)),
    ),
    lambda d, w, t: (
        2 * d * (a := exp(1j * np.arange(len(w)) * np.sin(t))) * np.vdot(w, a),
        2 * d * real(conj(np.vdot(w, a)) * np.vdot(w, 1j * np.arange(len(w)) * np.cos(t) * a)),
    ),
    lambda d, w, t: (
        2 * d * (a := exp(1j * np.arange(len(w)) * np.sin(t))) * conj(np.vdot(w, a)),
        2 * d * real(conj(np.vdot(w, a)) * np.vdot(w, 1j * np.arange(len(w)) * a)),
    ),
    lambda d, w, t: (
        2 * d * (a := exp(1j * np.arange(len(w)) * np.sin(t))) * conj(np.vdot(w, a)),
        2 * d * abs_(np.vdot(w, a)) * abs_(np.vdot(w, np.arange(len(w)) * np.cos(t) * a)),
    ),
)
case(
    "capacity",
    lambda h, p: np.sum(np.log2(1 + p * abs_(h) ** 2)),
    {"h": "n", "p": "n"},
    "h",
    lambda d, h, p: (
        2 * d * p * h / (1 + p * abs_(h) ** 2) / np.log(2),
        d * abs_(h) ** 2 / (1 + p * abs_(h) ** 2) / np.log(2),
    ),
    lambda d, h, p: (2 * d * p * h / (1 + p * abs_(h) ** 2), d * abs_(h) ** 2 / (1 + p * abs_(h) ** 2)),
    lambda d, h, p: (d * p * h / (1 + p * abs_(h) ** 2) / np.log(2), None),
    lambda d, h, p: (2 * d * p * conj(h) / (1 + p * abs_(h) ** 2) / np.log(2), None),
    values={"p": gradcheck.positive},
)
case(
    "resonator",
    lambda omega, zeta: abs_(1 / (1 - omega**2 + 2j * zeta * omega)),
    {"omega": "n", "zeta": "n"},
    "",
    lambda d, o, z: (
        -d * (-2 * o * (1 - o**2) + 4 * z**2 * o) / (q := (1 - o**2) ** 2 + 4 * z**2 * o**2) ** 1.5,
        -d * 4 * z * o**2 / q**1.5,
    ),
    lambda d, o, z: (
        -d * (-2 * o * (1 - o**2) + 4 * z**2 * o) / (q := (1 - o**2) ** 2 + 4 * z**2 * o**2),
        -d * 4 * z * o**2 / q,
    ),
    lambda d, o, z: (None, d * 4 * z * o**2 / ((1 - o**2) ** 2 + 4 * z**2 * o**2) ** 1.5),
    lambda d, o, z: (
        -d * (-2 * o + 4 * z**2 * o) / ((1 - o**2) ** 2 + 4 * z**2 * o**2) ** 1.5,
        None,
    ),
    values={"zeta": gradcheck.positive},
)

# -- layers


def normed(z):
    return z / np.sqrt(np.mean(abs_(z) ** 2) + 1e-3)


def normed_vjp(d, z, part=real, back=1.0):
    r = 1 / np.sqrt(np.mean(abs_(z) ** 2) + 1e-3)
    return d * r - back * z * r**3 * part(np.vdot(z, d)) / z.size


vector(
    "complex normalisation",
    normed,
    normed_vjp,
    lambda d, z: normed_vjp(d, z, back=0.0),
    lambda d, z: normed_vjp(d, z, part=lambda s: s),
    lambda d, z: normed_vjp(d, z, part=abs_),
)


def modulus_softmax(z):
    a = abs_(z) ** 2
    e = exp(a - a.max())
    return e / e.sum()


vector(
    "softmax of the squared modulus",
    modulus_softmax,
    lambda d, z: 2 * z * (p := modulus_softmax(z)) * (d - p @ d),
    lambda d, z: z * (p := modulus_softmax(z)) * (d - p @ d),
    lambda d, z: 2 * conj(z) * (p := modulus_softmax(z)) * (d - p @ d),
    lambda d, z: 2 * z * (p := modulus_softmax(z)) * (1 - p) * d,
)
vector(
    "cardioid",
    lambda z: 0.5 * (1 + z.real / abs_(z)) * z,
    lambda d, z: (
        0.5 * (1 + z.real / (r := abs_(z))) * d + 0.5 * real(conj(z) * d) * (1 / r - z.real * z / r**3)
    ),
    lambda d, z: 0.5 * (1 + z.real / abs_(z)) * d,
    lambda d, z: (
        0.5 * (1 + z.real / (r := abs_(z))) * d + 0.5 * real(conj(z) * d) * (1 / r + z.real * z / r**3)
    ),
    lambda d, z: 0.5 * (1 + z.real / (r := abs_(z))) * d + 0.5 * real(z * d) * (1 / r - z.real * z / r**3),
    values={"z": away},
)
case(
    "attention with conjugate keys",
    lambda Q, K: abs_(Q @ H(K)) ** 2,
    {"Q": "n d", "K": "m d"},
    "Q K",
    lambda d, Q, K: (2 * (d * (S := Q @ H(K))) @ K, 2 * H(d * S) @ Q),
    lambda d, Q, K: (2 * (d * (S := Q @ H(K))) @ conj(K), 2 * H(d * S) @ Q),
    lambda d, Q, K: (2 * (d * (S := Q @ H(K))) @ K, 2 * (d * S).T @ Q),
    lambda d, Q, K: (2 * (d * abs_(Q @ H(K))) @ K, 2 * (d * abs_(Q @ H(K))).T @ Q),
)
case(
    "batched complex layer",
    lambda X, W, b: X @ W.T + b,
    {"X": "k n", "W": "m n", "b": "m"},
    "X W b",
    lambda d, X, W, b: (d @ conj(W), d.T @ conj(X), d.sum(axis=0)),
    lambda d, X, W, b: (d @ W, d.T @ conj(X), d.sum(axis=0)),
    lambda d, X, W, b: (d @ conj(W), H(d) @ X, d.sum(axis=0)),
    lambda d, X, W, b: (d @ conj(W), d.T @ conj(X), conj(d).sum(axis=0)),
)


def recurrence(a, x):
    h = 0j
    for each in x:
        h = a * h + each
    return h


def recurrence_vjp(d, a, x, conjugate=conj, along=True):
    hs, h = [], 0j
    for each in x:
        hs.append(h)
        h = a * h + each
    by_a, by_x = 0j, np.zeros(len(x), dtype=complex)
    for k in range(len(x) - 1, -1, -1):
        by_x[k] = d
        by_a = by_a + d * conj(hs[k])
        d = d * conjugate(a) if along else d
    return by_a, by_x


case(
    "linear recurrence",
    recurrence,
    {"a": "", "x": "n"},
    "a x",
    recurrence_vjp,
    lambda d, a, x: recurrence_vjp(d, a, x, conjugate=lambda a: a),
    lambda d, a, x: recurrence_vjp(d, a, x, along=False),
    lambda d, a, x: (conj(recurrence_vjp(d, a, x)[0]), recurrence_vjp(d, a, x)[1]),
)


def fractal(c):
    z = c
    for _ in range(3):
        z = z * z + c
    return z


def fractal_vjp(d, c, start=1.0, each=1.0):
    z, slope = c, start
    for _ in range(3):
        z, slope = z * z + c, 2 * z * slope + each
    return d * conj(slope)


vector(
    "iteration",
    fractal,
    fractal_vjp,
    lambda d, c: fractal_vjp(d, c, each=0.0),
    lambda d, c: fractal_vjp(d, c, start=0.0),
    lambda d, c: conj(fractal_vjp(conj(d), c)),
    values={"z": lambda shape, rng: 0.7 * gradcheck.complex_normal(shape, rng)},
)
