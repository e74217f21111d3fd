"""Backward passes of complex numbers: each forward with its right backward, and three that are wrong.

The convention is `dJ/dRe + i dJ/dIm`, for delta too: a holomorphic f has the gradient `delta * conj(f'(z))`.
"""

import numpy as np

CASES = {}
"""Name -> forward, shapes, what is complex, other options, the right backward, wrong ones."""

conj, exp, real = np.conj, np.exp, np.real


def case(name, forward, shapes, arguments, right, *wrong, **options):
    assert len(wrong) == 3
    CASES[name] = (forward, shapes, arguments, options, right, wrong)


def vector(name, forward, right, *wrong, **options):
    """A function of one complex vector."""
    case(name, forward, {"z": "n"}, "z", right, *wrong, **options)


def away(shape, rng):
    """Complex numbers away from zero and from the negative real axis, where logarithms are cut."""
    size, angle = rng.uniform(0.5, 3.0, shape), rng.uniform(0.2, 2.5, shape) * rng.choice([-1, 1], shape)
    return size * exp(1j * angle)


# holomorphic functions of each entry

vector(
    "square",
    lambda z: z**2,
    lambda d, z: d * conj(2 * z),
    lambda d, z: d * 2 * z,
    lambda d, z: d * conj(z),
    lambda d, z: conj(d) * 2 * z,
)
vector(
    "cube",
    lambda z: z * z * z,
    lambda d, z: 3 * d * conj(z) ** 2,
    lambda d, z: 3 * d * conj(z) * z,
    lambda d, z: 3 * d * z**2,
    lambda d, z: 2 * d * conj(z) ** 2,
)
vector(
    "exp",
    exp,
    lambda d, z: d * conj(exp(z)),
    lambda d, z: d * exp(z),
    lambda d, z: d * conj(exp(-z)),
    lambda d, z: d * np.abs(exp(z)),
)
vector(
    "sin",
    np.sin,
    lambda d, z: d * conj(np.cos(z)),
    lambda d, z: d * np.cos(z),
    lambda d, z: -d * conj(np.cos(z)),
    lambda d, z: d * conj(np.sin(z)),
)
vector(
    "cosh",
    np.cosh,
    lambda d, z: d * np.sinh(conj(z)),
    lambda d, z: -d * np.sinh(conj(z)),
    lambda d, z: d * np.sinh(z),
    lambda d, z: d * np.sin(conj(z)),
)
vector(
    "tanh",
    np.tanh,
    lambda d, z: d * conj(1 - np.tanh(z) ** 2),
    lambda d, z: d * (1 - np.tanh(z) ** 2),
    lambda d, z: d * conj(1 + np.tanh(z) ** 2),
    lambda d, z: d * (1 - np.abs(np.tanh(z)) ** 2),
    values={"z": away},
)
vector(
    "log",
    np.log,
    lambda d, z: d / conj(z),
    lambda d, z: d / z,
    lambda d, z: d * conj(z),
    lambda d, z: d / np.abs(z),
    values={"z": away},
)
vector(
    "sqrt",
    np.sqrt,
    lambda d, z: d / (2 * conj(np.sqrt(z))),
    lambda d, z: d / (2 * np.sqrt(z)),
    lambda d, z: d / conj(np.sqrt(z)),
    lambda d, z: -d / (2 * conj(np.sqrt(z))),
    values={"z": away},
)
vector(
    "reciprocal",
    lambda z: 1 / z,
    lambda d, z: -d / conj(z) ** 2,
    lambda d, z: d / conj(z) ** 2,
    lambda d, z: -d / z**2,
    lambda d, z: -d / np.abs(z) ** 2,
    values={"z": away},
)
vector(
    "mobius",
    lambda z: (z - 1j) / (z + 1j),
    lambda d, z: d * conj(2j / (z + 1j) ** 2),
    lambda d, z: d * 2j / (z + 1j) ** 2,
    lambda d, z: d * conj(1j / (z + 1j) ** 2),
    lambda d, z: d * conj(2j / (z - 1j) ** 2),
    values={"z": away},
)

# functions that are not holomorphic

vector(
    "abs",
    np.abs,
    lambda d, z: d * z / np.abs(z),
    lambda d, z: d * conj(z) / np.abs(z),
    lambda d, z: d * z / (2 * np.abs(z)),
    lambda d, z: d * np.sign(z.real) + 0j,
    values={"z": away},
)
vector(
    "energy",
    lambda z: np.sum(np.abs(z) ** 2),
    lambda d, z: 2 * d * z,
    lambda d, z: d * z,
    lambda d, z: 2 * d * conj(z),
    lambda d, z: 2 * d * z.real,
)
vector(
    "conj",
    conj,
    lambda d, z: conj(d),
    lambda d, z: d,
    lambda d, z: -conj(d),
    lambda d, z: np.real(d) + 0j,
)
vector(
    "real",
    lambda z: z.real**2,
    lambda d, z: 2 * d * z.real + 0j,
    lambda d, z: 2 * d * z,
    lambda d, z: d * z.real + 0j,
    lambda d, z: 2j * d * z.real,
)
vector(
    "imag",
    np.imag,
    lambda d, z: 1j * d,
    lambda d, z: -1j * d,
    lambda d, z: d + 0j,
    lambda d, z: 0.5j * d,
)
vector(
    "angle",
    np.angle,
    lambda d, z: 1j * d * z / np.abs(z) ** 2,
    lambda d, z: -1j * d * z / np.abs(z) ** 2,
    lambda d, z: 1j * d / z,
    lambda d, z: 1j * d * z / np.abs(z),
    values={"z": away},
)
vector(
    "unit",
    lambda z: z / np.abs(z),
    lambda d, z: (d - z * real(d * conj(z)) / np.abs(z) ** 2) / np.abs(z),
    lambda d, z: d / np.abs(z),
    lambda d, z: (d - z * d * conj(z) / np.abs(z) ** 2) / np.abs(z),
    lambda d, z: (d + z * real(d * conj(z)) / np.abs(z) ** 2) / np.abs(z),
    values={"z": away},
)
vector(
    "modrelu",
    lambda z: np.maximum(np.abs(z) - 1, 0) * z / np.abs(z),
    lambda d, z: np.where(np.abs(z) > 1, d - (d - z * real(d * conj(z)) / np.abs(z) ** 2) / np.abs(z), 0),
    lambda d, z: np.where(np.abs(z) > 1, d, 0),
    lambda d, z: d - (d - z * real(d * conj(z)) / np.abs(z) ** 2) / np.abs(z),
    lambda d, z: np.where(np.abs(z) > 1, d * (1 - 1 / np.abs(z)), 0),
    values={"z": away},
)
vector(
    "real_of_square",
    lambda z: np.real(z * z),
    lambda d, z: 2 * d * conj(z),
    lambda d, z: 2 * d * z,
    lambda d, z: d * conj(z),
    lambda d, z: 2 * d * z.real + 0j,
)
vector(
    "crelu",
    lambda z: np.maximum(z.real, 0) + 1j * np.maximum(z.imag, 0),
    lambda d, z: d.real * (z.real > 0) + 1j * d.imag * (z.imag > 0),
    lambda d, z: d * (z.real > 0),
    lambda d, z: d.real * (z.real > 0) - 1j * d.imag * (z.imag > 0),
    lambda d, z: d * ((z.real > 0) & (z.imag > 0)),
)

# several arguments, some of them real

case(
    "product",
    lambda z, w: z * w,
    {"z": "n", "w": "n"},
    "z w",
    lambda d, z, w: (d * conj(w), d * conj(z)),
    lambda d, z, w: (d * w, d * conj(z)),
    lambda d, z, w: (d * conj(w), d * z),
    lambda d, z, w: (d * conj(z), d * conj(w)),
)
case(
    "quotient",
    lambda z, w: z / w,
    {"z": "n", "w": "n"},
    "w",
    lambda d, z, w: (real(d / conj(w)), -d * z / conj(w) ** 2),
    lambda d, z, w: (real(d / w), -d * z / conj(w) ** 2),
    lambda d, z, w: (real(d / conj(w)), d * z / conj(w) ** 2),
    lambda d, z, w: (np.abs(d / conj(w)), -d * z / conj(w) ** 2),
    values={"w": away},
)
case(
    "linear",
    lambda A, z: A @ z,
    {"A": "n m", "z": "m"},
    "A z",
    lambda d, A, z: (np.outer(d, conj(z)), conj(A).T @ d),
    lambda d, A, z: (np.outer(d, z), conj(A).T @ d),
    lambda d, A, z: (np.outer(d, conj(z)), A.T @ d),
    lambda d, A, z: (np.outer(conj(d), z), conj(A).T @ d),
)
case(
    "real_input",
    lambda A, x: A @ x,
    {"A": "n m", "x": "m"},
    "A",
    lambda d, A, x: (np.outer(d, x), real(conj(A).T @ d)),
    lambda d, A, x: (np.outer(d, x), real(A.T @ d)),
    lambda d, A, x: (np.outer(conj(d), x), real(conj(A).T @ d)),
    lambda d, A, x: (np.outer(d, x), np.imag(conj(A).T @ d)),
)
case(
    "residual",
    lambda A, z, b: np.sum(np.abs(A @ z - b) ** 2),
    {"A": "n m", "z": "m", "b": "n"},
    "A z b",
    lambda d, A, z, b: (
        2 * d * np.outer(A @ z - b, conj(z)),
        2 * d * conj(A).T @ (A @ z - b),
        -2 * d * (A @ z - b),
    ),
    lambda d, A, z, b: (d * np.outer(A @ z - b, conj(z)), d * conj(A).T @ (A @ z - b), -d * (A @ z - b)),
    lambda d, A, z, b: (
        2 * d * np.outer(A @ z - b, z),
        2 * d * conj(A).T @ (A @ z - b),
        -2 * d * (A @ z - b),
    ),
    lambda d, A, z, b: (
        2 * d * np.outer(A @ z - b, conj(z)),
        2 * d * conj(A).T @ (A @ z - b),
        2 * d * (A @ z - b),
    ),
)
case(
    "inner",
    np.vdot,
    {"z": "n", "w": "n"},
    "z w",
    lambda d, z, w: (conj(d) * w, d * z),
    lambda d, z, w: (d * w, d * z),
    lambda d, z, w: (conj(d) * w, d * conj(z)),
    lambda d, z, w: (conj(d) * conj(w), d * z),
)
case(
    "hermitian_form",
    lambda H, z: real(np.vdot(z, H @ z)),
    {"H": "n n", "z": "n"},
    "H z",
    lambda d, H, z: (d * np.outer(z, conj(z)), d * (H @ z + conj(H).T @ z)),
    lambda d, H, z: (d * np.outer(conj(z), z), d * (H @ z + conj(H).T @ z)),
    lambda d, H, z: (d * np.outer(z, conj(z)), 2 * d * (H @ z)),
    lambda d, H, z: (d * np.outer(z, conj(z)), d * (H @ z + H.T @ z)),
)
case(
    "phase",
    lambda theta: exp(1j * theta),
    {"theta": "n"},
    "",
    lambda d, theta: np.imag(d * exp(-1j * theta)),
    lambda d, theta: real(d * exp(-1j * theta)),
    lambda d, theta: np.imag(d * exp(1j * theta)),
    lambda d, theta: np.abs(d),
)
case(
    "polar",
    lambda r, theta: r * exp(1j * theta),
    {"r": "n", "theta": "n"},
    "",
    lambda d, r, theta: (real(d * exp(-1j * theta)), r * np.imag(d * exp(-1j * theta))),
    lambda d, r, theta: (real(d * exp(-1j * theta)), np.imag(d * exp(-1j * theta))),
    lambda d, r, theta: (real(d * exp(1j * theta)), r * np.imag(d * exp(-1j * theta))),
    lambda d, r, theta: (real(d * exp(-1j * theta)), -r * np.imag(d * exp(-1j * theta))),
)
case(
    "complex_layer",
    lambda W, z, b: np.tanh(W @ z + b),
    {"W": "n m", "z": "m", "b": "n"},
    "W z b",
    lambda d, W, z, b: (np.outer(g := d * conj(1 - np.tanh(W @ z + b) ** 2), conj(z)), conj(W).T @ g, g),
    lambda d, W, z, b: (np.outer(g := d * (1 - np.tanh(W @ z + b) ** 2), conj(z)), conj(W).T @ g, g),
    lambda d, W, z, b: (np.outer(g := d * conj(1 - np.tanh(W @ z + b) ** 2), conj(z)), W.T @ g, g),
    lambda d, W, z, b: (np.outer(g := d * conj(1 - np.tanh(W @ z + b)), conj(z)), conj(W).T @ g, g),
)
# Fourier transforms

vector(
    "fft",
    np.fft.fft,
    lambda d, z: len(z) * np.fft.ifft(d),
    lambda d, z: np.fft.fft(d),
    lambda d, z: np.fft.ifft(d),
    lambda d, z: len(z) * conj(np.fft.ifft(d)),
    values={"z": away},
)
vector(
    "ifft",
    np.fft.ifft,
    lambda d, z: np.fft.fft(d) / len(z),
    lambda d, z: np.fft.fft(d),
    lambda d, z: np.fft.ifft(d),
    lambda d, z: np.fft.fft(conj(d)) / len(z),
)
case(
    "rfft",
    np.fft.rfft,
    {"x": "n"},
    "",
    lambda d, x: real(len(x) * np.fft.ifft(d, len(x))),
    lambda d, x: real(np.fft.fft(d, len(x))),
    lambda d, x: np.fft.irfft(d, len(x)) * len(x),
    lambda d, x: real(np.fft.ifft(d, len(x))),
)
vector(
    "spectrum",
    lambda z: np.abs(np.fft.fft(z)) ** 2,
    lambda d, z: 2 * len(z) * np.fft.ifft(d * np.fft.fft(z)),
    lambda d, z: len(z) * np.fft.ifft(d * np.fft.fft(z)),
    lambda d, z: 2 * np.fft.ifft(d * np.fft.fft(z)),
    lambda d, z: 2 * len(z) * np.fft.ifft(d * conj(np.fft.fft(z))),
)
case(
    "circular_convolution",
    lambda x, k: real(np.fft.ifft(np.fft.fft(x) * np.fft.fft(k))),
    {"x": "n", "k": "n"},
    "",
    lambda d, x, k: (
        real(np.fft.ifft(np.fft.fft(d) * conj(np.fft.fft(k)))),
        real(np.fft.ifft(np.fft.fft(d) * conj(np.fft.fft(x)))),
    ),
    lambda d, x, k: (
        real(np.fft.ifft(np.fft.fft(d) * np.fft.fft(k))),
        real(np.fft.ifft(np.fft.fft(d) * conj(np.fft.fft(x)))),
    ),
    lambda d, x, k: (
        real(np.fft.ifft(np.fft.fft(d) * conj(np.fft.fft(x)))),
        real(np.fft.ifft(np.fft.fft(d) * conj(np.fft.fft(k)))),
    ),
    lambda d, x, k: (
        real(np.fft.fft(np.fft.fft(d) * conj(np.fft.fft(k)))),
        real(np.fft.ifft(np.fft.fft(d) * conj(np.fft.fft(x)))),
    ),
)
case(
    "irfft",
    lambda z: np.fft.irfft(z, 2 * len(z) - 1),
    {"z": "n"},
    "z",
    lambda d, z: np.fft.rfft(d) * np.where(np.arange(len(z)) > 0, 2, 1) / len(d),
    lambda d, z: np.fft.rfft(d) / len(d),
    lambda d, z: np.fft.rfft(d) * 2 / len(d),
    lambda d, z: conj(np.fft.rfft(d)) * np.where(np.arange(len(z)) > 0, 2, 1) / len(d),
)
