"""Whatever runs on symbols gives, at any sizes, what NumPy gives."""

import numpy as np
import pytest

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed import IndexedArray, rebound

from .conftest import Symbols

SHAPES = {
    "A": "n m",
    "B": "m k",
    "C": "n m",
    "S": "n n",
    "x": "m",
    "v": "n",
    "c": "n 1",
    "r": "1 m",
    "s": "",
    "T": "b n m",
}
SIZES = [
    {"n": 2, "m": 3, "k": 4, "b": 2},
    {"n": 3, "m": 3, "k": 3, "b": 3},
    {"n": 1, "m": 2, "k": 1, "b": 1},
    {"n": 1, "m": 1, "k": 1, "b": 1},
]


def softmax(z):
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def filled(A, v):
    out = np.zeros((len(v), A.shape[1]))
    out[:, 0] = v
    out[0] += A[0]
    return out


def counted(x):
    n = len(x)
    return x * n**-0.5 + np.sqrt(n) / (n + 1) + float(n) - np.mean(x)


def inplace(A):
    out = 2 * A
    out += A
    out *= A
    out[0] = 1.5
    total = A.sum()
    total -= 1
    return out - total


CASES = {
    "matmul": lambda A, B, x, v, S: A @ B @ (B.T @ x) + (v @ A) @ x - S @ v,
    "batched matmul": lambda T, B, x: T @ B + (T @ x)[:, :, None],
    "matmul with one broadcast axis": lambda T, A: T @ A.T,
    "outer and dot": lambda A, x, v: np.outer(v, x) * np.dot(v, v) + np.dot(A, x)[:, None],
    "inner, vdot, tensordot": lambda A, C, x: np.inner(A, x) * np.vdot(A, C) + np.tensordot(A, C, 2),
    "tensordot over named axes": lambda A, C: np.tensordot(A, C, axes=((0,), (0,))),
    "einsum": lambda A, B, v: np.einsum("ij,jk,i->k", A, B, v),
    "einsum of a diagonal": lambda S, v: np.einsum("ii,i->i", S, v) + np.einsum("ii", S),
    "trace": lambda S: np.trace(S @ S) + np.diag(S).sum() + np.diagonal(S).mean(),
    "diag": lambda v: np.diag(v) @ np.diag(v * v),
    "broadcasting": lambda A, c, r, x, s: (A + c) * r - x * s + c @ r,
    "new axes": lambda v, x: v[:, None] * x[None, :] + v[..., np.newaxis] - x[None],
    "transpose and swapaxes": lambda A, T: (
        np.swapaxes(T, 0, 2)[..., 0] @ A[0:] + np.moveaxis(T, 0, -1)[..., 0].sum()
    ),
    "transpose of three axes": lambda T: T.transpose(1, 2, 0) + np.transpose(T, (1, 2, 0)),
    "reshape": lambda c, r, v: (
        c.reshape(-1) + np.reshape(v, (-1, 1))[:, 0] + r.reshape(1, -1).sum() + c.ravel()
    ),
    "squeeze": lambda c, r: np.squeeze(c, axis=1).sum() + np.expand_dims(r, 0).squeeze(axis=(0, 1)),
    "indices": lambda A, v: A[0, 0] + A[0] * v[0] + A[:, 0].sum() + A[0:, :][..., 0].max(),
    "sums": lambda A, T: A.sum(axis=0) + A.sum(axis=1, keepdims=True) + np.sum(T, axis=(0, 1)) + A.sum(),
    "means": lambda A: A.mean(axis=0) + A.mean(axis=-1, keepdims=True) + np.mean(A),
    "variances": lambda A: A.var(axis=1) + A.std(axis=1) + np.var(A),
    "variance with ddof": lambda T: np.var(np.stack([T, 2 * T]), axis=0, ddof=1),
    "maxima": lambda A, C: A.max(axis=1) + np.min(C, axis=1) + A.max() + np.amax(A, axis=0).sum(),
    "exponentials": lambda A: np.exp(A) * np.exp(-A / 2) + np.exp(A - 1) + np.expm1(A) + np.exp(2 * A.sum()),
    "logarithms": lambda A: np.log(np.exp(A).sum(axis=1)) + np.log1p(A**2).sum() + np.log(2.0),
    "log of products": lambda A: (
        np.log(3 * np.exp(A) / np.sqrt(1 + A * A)) + np.log2(2 + A**2) - np.log10(1 + A**2)
    ),
    "powers": lambda A: (
        A**3 + (A + 1) ** 2 / (A**2 + 1) ** 3 + (1 + A * A) ** -0.5 + (1 + A * A) ** 1.5 + A**0
    ),
    "roots": lambda A: (
        np.sqrt(A * A) + np.sqrt(4.0) * np.sqrt(8 + A**2) ** 3 + np.sqrt(A**4) + np.hypot(A, 1.0)
    ),
    "hyperbolic": lambda A: np.tanh(A) + np.sinh(A) / np.cosh(A) + 1 / np.cosh(A) ** 2,
    "trigonometric": lambda A: np.sin(A) ** 2 + np.cos(-A) * np.sin(-A) + np.arctan(-A) + np.sin(A) ** 3,
    "steps": lambda A, C: (
        np.maximum(A, C) + np.minimum(A, 0) + np.abs(A - C) + np.clip(A, -0.5, 0.5) + np.sign(A)
    ),
    "masks": lambda A, C: np.where((A > 0) & (C < 0.3) | ~(A >= C), A, C) * (A <= 0) + (A > C),
    "functions of masks": lambda A: np.exp(np.where(A > 0, A, -A)) / (1 + np.abs(A)) + np.log(1 + (A > 0)),
    "softmax": lambda A: softmax(A) + softmax(A.T).T,
    "log-sum-exp": lambda A: np.logaddexp(A, 0) + np.log(np.sum(np.exp(A - A.max()))) + A.max(),
    "reciprocals": lambda A: 1 / (1 + np.exp(-A)) + np.reciprocal(1 + A**2) + (A**2 + 2 * A + 2) ** -1,
    "cancelled denominators": lambda A: (1 - np.tanh(A) ** 2) / (1 + np.tanh(A)) - 1 / (1 - np.tanh(A) ** 2),
    "eye": lambda S, v: np.eye(len(v)) * v + np.identity(S.shape[0]) @ S - 2 * np.eye(S.shape[0], dtype=int),
    "softmax of the identity": lambda v: np.exp(np.eye(len(v)) * v) / (2 + np.eye(len(v))),
    "buffers": filled,
    "made like others": lambda A, v: (
        np.zeros_like(A) + np.ones_like(v)[:, None] + np.full_like(A, 3.0) + np.full(2, 1.5).sum()
    ),
    "created": lambda A: (
        np.ones(A.shape) + np.full((A.shape[0], 1), 2.0) + np.zeros(A.shape[1]) + np.ones((1, 1)) * 0
    ),
    "sizes as numbers": counted,
    "products of sizes": lambda A: (
        A / A.size + A.shape[0] * A.shape[1] + (A.shape[0] - 1) * 2 - A.shape[0] ** 2
    ),
    "stack": lambda v, s: (
        np.stack([v, 2 * v, v * v]).sum(axis=0) + np.stack([v, v], axis=1)[:, 1] + np.array([s, 1.0]).sum()
    ),
    "literals": lambda A: (
        A * np.array(2.0) + np.array([1.0, 1.0]).sum() + np.float64(0.1) + np.array([[2.0, 5.0]])[0, 1]
    ),
    "broadcast_to": lambda v, A: np.broadcast_to(v[:, None], A.shape) * A,
    "norms": lambda A, v: np.linalg.norm(v + 1) + np.linalg.norm(A, axis=1, keepdims=True),
    "multi_dot": lambda A, B, x: np.linalg.multi_dot([A, B]) + np.atleast_2d(x).sum(),
    "scalars": lambda s, v: s * s / (1 + s**2) + v * s,
    "in place": inplace,
    "sums over the same index twice": lambda x: (x.sum() * x).sum() * (x @ x) + x.sum() ** 3,
}


def arguments(function, sizes, rng):
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    shapes = {n: tuple(1 if s == "1" else sizes[s] for s in SHAPES[n].split()) for n in names}
    return {
        n: rng.standard_normal(shape) if shape else np.float64(rng.standard_normal())
        for n, shape in shapes.items()
    }


@pytest.mark.parametrize("name", CASES)
def test_values_are_numpys(name):
    """At sizes that differ, that are equal and that are 1."""
    function = CASES[name]
    symbols = Symbols()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = [symbols.array(n, *(1 if s == "1" else s for s in SHAPES[n].split())) for n in names]
    result = rebound(function, symbols.space)(*given)
    assert isinstance(result, IndexedArray)
    assert symbols.space.refusals == []
    for sizes in SIZES:
        rng = np.random.default_rng(1)
        values = arguments(function, sizes, rng)
        right = np.asarray(function(*values.values()))
        shape = tuple(symbols_size(s, sizes) for s in result.shape)
        assert shape == right.shape
        mine = symbols.value(result, sizes, values)
        np.testing.assert_allclose(mine.reshape(right.shape), right, rtol=1e-9, atol=1e-9)


def symbols_size(size, sizes):
    if type(size) is int:
        return size
    return sum(c * int(np.prod([sizes[n] for n in m], dtype=int)) for m, c in size.polynomial)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (np.cumprod, "np.cumprod"),
        (np.sort, "np.sort"),
        (lambda A: A[::2], "a slice of part of an axis with steps"),
        (lambda A: A.reshape(-1), "np.reshape"),
        (lambda A: A.reshape(3, -1), "np.reshape"),
        (lambda A: A.astype(np.float32), "float32"),
        (list, "a loop over n entries"),
        (lambda A: list(range(len(A))), "range\\(n\\)"),
        (lambda A: range(0, len(A), 2), "range\\(0, n, 2\\)"),
        (lambda A: 1 if A.sum() > 0 else 0, "a branch on values"),
        (lambda A: float(A[0, 0]) if False else np.float32(A.sum()), "float"),
        (lambda A: np.arange(len(A)) % 2, "np.remainder"),
        (lambda A: np.arange(0, len(A), 2), "np.arange"),
        (lambda A: np.exp(A) == 0, "for equality"),
        (lambda A: A == A.T.T + 0 * A, "for equality"),
        (lambda A: A * float("nan"), "the constant nan"),
        (lambda A: A // 2, "floor_divide"),
        (np.linalg.pinv, "np.linalg.pinv"),
        (lambda A: A.sort(), ".sort"),
        (lambda A: np.add(A, A, out=A), "out="),
        (lambda A: A.shape[0] // 2 * A, "n // 2"),
        (lambda A: np.sum(A, where=A > 0), "where="),
        (lambda A: A[A > 0].mean(), "where a mask holds"),
        (lambda A: A[A[:, 0] > 0], "truth values of another shape"),
        (lambda A: 0 * np.where(A > 0, A, -np.inf), "may be -inf"),
        (lambda A: np.where(A > 0, A, -np.inf).max(axis=1), "all of which may be -inf"),
        (lambda A: np.einsum("...i->i", A), "ellipses"),
        (lambda A: A / 0.0, "division by zero"),
        (lambda A: np.log(A - A), "logarithm of zero"),
        (lambda A: (A @ A.T) / np.eye(len(A)), "division by something that can be 0"),
    ],
)
def test_what_is_not_available_is_refused_by_name(symbols, function, words):
    """And the refusal is kept, whoever catches it."""
    A = symbols.array("A", "n", "m")
    with pytest.raises(Unsupported, match=words):
        rebound(function, symbols.space)(A)
    assert symbols.space.refusals


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (lambda A, x: A.T @ x, ValueError),
        (lambda A, x: A + x[:, None], ValueError),
        (lambda A, x: np.einsum("ij,i", A, x), ValueError),
        (lambda A, x: A[0, 0, 0], IndexError),
        (lambda A, x: np.sum(A, axis=2), np.exceptions.AxisError),
        (lambda A, x: np.squeeze(A, axis=0), ValueError),
        (lambda A, x: (A > 0) - (A > 1), TypeError),
        (lambda A, x: np.transpose(A, (0, 0)), ValueError),
    ],
)
def test_what_numpy_refuses_is_refused_alike(symbols, function, error):
    """With NumPy's own exception, so that code which catches it takes the branch it would take."""
    A, x = symbols.array("A", "n", "m"), symbols.array("x", "m")
    with pytest.raises(error):
        function(A, x)
    assert symbols.space.refusals == []
    with pytest.raises(error):
        function(np.ones((2, 3)), np.ones(3))


@pytest.mark.parametrize(
    "function",
    [
        lambda A: A.__iadd__(1.0),
        lambda A: A.__setitem__(0, 1.0),
        lambda A: A.T.__imul__(2.0),
        lambda A: A[0].__iadd__(1.0),
        lambda A: viewed(2 * A),
        lambda A: viewed_by_row(2 * A),
    ],
)
def test_changing_shared_memory_is_refused(symbols, function):
    """A view of an array that changes later would have to change with it."""
    with pytest.raises(Unsupported, match=r"in place|storing into|read after"):
        function(symbols.array("A", "n", "m"))


def viewed(B):
    view = B.T
    B += 1
    return view


def viewed_by_row(B):
    row = B[0]
    B[0] = 0.0
    return row + 1


def test_integers_do_not_become_floats(symbols):
    """A buffer of integers would cut them off."""
    labels = symbols.array("y", "n", kind="i")
    assert (labels * 2).dtype == np.int64
    assert (labels / 2).dtype == np.float64
    buffer = np.zeros_like(labels)
    with pytest.raises(Unsupported, match="storing floats"):
        buffer[0] = 0.5
    with pytest.raises(Unsupported, match="integer power"):
        labels**-1


def test_numpy_and_the_function_stay_untouched(symbols):
    """The copy understands sizes; the original does not."""
    original = counted.__globals__["np"].zeros
    A = symbols.array("x", "m")
    assert rebound(counted, symbols.space)(A).shape == (symbols.size("m"),)
    assert np.zeros is original
    with pytest.raises(Unsupported):
        counted(A)
