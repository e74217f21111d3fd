"""Complex arrays as pairs of balls, against NumPy itself."""

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, ComplexArray, ElementArray, enclose, midpoints, wrap
from gradcheck.errors import Unsupported

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 3, 4))
W = RNG.normal(size=(4, 2)) + 1j * RNG.normal(size=(4, 2))

UFUNCS = [
    "negative",
    "conjugate",
    "absolute",
    "square",
    "reciprocal",
    "sqrt",
    "exp",
    "expm1",
    "exp2",
    "log",
    "log1p",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "arcsin",
    "arccos",
    "arctan",
    "arcsinh",
    "arccosh",
    "arctanh",
    "sign",
]

FUNCTIONS = {
    "matmul": lambda z, x: (z @ W, W.T @ z.T, np.matmul(x, W)),
    "operators": lambda z, x: (x * z + 1j * x - z / x, (2 - 1j) / z, z / (1 + z), x / z, x - z, 1j - x),
    "powers": lambda z, x: (z**3, z**-2, z**0.5, z ** (1 + 2j), 2**z, z**0),
    "parts": lambda z, x: (z.real, z.imag, np.real(z), np.imag(z), np.angle(z), np.angle(x), x.imag),
    "sums": lambda z, x: (np.sum(z, axis=0), z.mean(), np.prod(z, axis=1, keepdims=True), np.cumsum(z)),
    "moves": lambda z, x: (np.stack([z, x, x * 1j]), z.T.reshape(-1)[::-1].copy(), np.roll(z, 1), z[1, ::2]),
    "entries": lambda z, x: (
        np.array([[z[0, 0], 1j * x[0, 1]], [x[1, 0], 2.0]]) @ z[:2], [[z[0, 0], x[0, 1]]] * z[:1, :2],
    ),
    "choice": lambda z, x: (np.where(x > 0, z, x), np.where(x > 0, 1j, x)),
    "products": lambda z, x: (
        np.einsum("ij,kj->ik", z, z.conj()), np.vdot(z, x + 1j), np.outer(z, z), np.kron(z, z), np.dot(z, W),
        np.convolve(z[0], z[1]), np.correlate(z[0], z[1, :2]), np.multiply.outer(z[0], z[1]),
    ),
    "linalg": lambda z, x: (
        np.linalg.solve(z[:, :3], z[:, 3]), np.linalg.solve(z[:, :3], z), np.linalg.inv(z[:, 1:]),
        np.linalg.norm(z), np.linalg.norm(z, axis=1), np.linalg.matrix_power(z[:, :3], 3),
        np.linalg.det(z[:, :3]), *np.linalg.slogdet(z[:, :3]),
    ),
    "fourier": lambda z, x: (
        np.fft.fft(z), np.fft.ifft(z, axis=0, n=5), np.fft.fft(z, n=3, norm="ortho"), np.fft.rfft(x),
        np.fft.irfft(z), np.fft.irfft(z, n=7, norm="ortho"), np.fft.irfft(z, 5, norm="forward"),
        np.fft.fft2(x), np.fft.ifft2(z), np.fft.fftn(z), np.fft.fftshift(z), np.fft.ifftshift(x),
    ),
    "dtypes": lambda z, x: (x.astype(complex), z.astype(complex), np.zeros_like(z), np.full_like(z, 2j)),
}  # fmt: skip


def lifted(values):
    return wrap(enclose(np.asarray(values)), BALLS)


def unlifted(value):
    if isinstance(value, ComplexArray):
        return unlifted(value.re) + 1j * unlifted(value.im)
    return midpoints(value.data) if isinstance(value, ElementArray) else value


def close(balls, floats):
    assert np.shape(unlifted(balls)) == np.shape(floats)
    assert np.all(np.abs(unlifted(balls) - floats) <= 1e-13 * (1 + np.abs(floats)))


@pytest.mark.parametrize("name", UFUNCS)
def test_ufuncs(name):
    ufunc = getattr(np, name)
    close(ufunc(ComplexArray(lifted(A), lifted(B))), ufunc(A + 1j * B))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    mine = FUNCTIONS[name](ComplexArray(lifted(A), lifted(B)), lifted(A))
    for balls, floats in zip(mine, FUNCTIONS[name](A + 1j * B, A), strict=True):
        close(balls, floats)


def test_storing_and_comparing():
    z = ComplexArray(lifted(A), lifted(B))
    z[0] = 2j
    z[1] = lifted(A[0])
    z += 1
    floats = A + 1j * B
    floats[0], floats[1] = 2j, A[0]
    close(z, floats + 1)
    assert (z[0] == 1 + 2j).all() and not (z[1] != z[1]).any()
    np.add.at(z, [0, 0], z[1])
    assert np.isfinite(z).all()


@pytest.mark.parametrize(
    "unknown",
    [np.sort, np.max, np.linalg.eigvals, lambda z: z < 1j, complex, lambda z: z.astype(float)],
)
def test_what_is_not_known_says_so(unknown):
    with pytest.raises(Unsupported):
        unknown(ComplexArray(lifted(A[:, :3]), lifted(B[:, :3])))
