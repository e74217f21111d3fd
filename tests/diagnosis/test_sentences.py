"""What is said of the slips that libraries and papers are full of: each with code of which it is not said."""

import numpy as np
import pytest
from scipy.special import erf

from gradcheck import Formula, integers, positive, unit_interval
from gradcheck.checking.claim_check import check_claim


def said(forward, shapes, backward, values=None, max_examples=16):
    """All that is said of a wrong backward, in one text."""
    formula = Formula(forward, shapes, values=values or {})
    formula.vjp(backward)
    row = check_claim(formula.claims[0], max_examples=max_examples).row
    assert row.verdict == "fail"
    return "; ".join(d.text for d in row.diagnosis)


def uniform(low, high):
    return lambda shape, rng: np.asarray(rng.uniform(low, high, size=shape))


# a normal distribution's, whose density has a rounded constant


def discounted(s, t):
    return np.exp(-0.3 * t) * 0.5 * (1 + erf(np.log(s) / np.sqrt(2)))


def density(s):
    return np.exp(-(np.log(s) ** 2) / 2) / np.sqrt(2 * np.pi) / s


# a softmax


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


def softmax_jacobian(z):
    s = softmax(z)
    return np.diag(s) - np.outer(s, s)


# y' A x, where the entries of A are taken for those of a symmetric matrix


def bilinear(A, x, y):
    return y @ A @ x


def by_A(change):
    return lambda d, A, x, y: (change(d * np.outer(y, x)), None, None)


# costs


def cross_entropy(p, y):
    return -np.sum(y * np.log(p + 1e-7))


def both_logs(x, t):
    y = 1 / (1 + np.exp(-x))
    return -np.sum(t * np.log(y + 1e-7) + (1 - t) * np.log(1 - y + 1e-7))


def of_columns(x, t):
    y = 1 / (1 + np.exp(-x))
    z = np.c_[1 - y, y]
    return -np.sum(np.log(z[np.arange(len(t)), t] + 1e-7))


def log_cost(p):
    return -np.sum(np.log(p))


def mean_square(p, y):
    return np.mean((p - y) ** 2)


def ridge(W, x):
    return np.sum((W @ x) ** 2) + 0.05 * np.sum(W**2)


def ridge_by(factor):
    return lambda d, W, x: (d * (2 * np.outer(W @ x, x) + factor * W), None)


def squares(W, x):
    return np.sum((W @ x) ** 2)


# entries that are used several times


def rows(W, index):
    return W[index]


def rows_lost(d, W, index):
    dW = np.zeros_like(W)
    dW[index] += d
    return dW, None


def windows(x):
    return np.array([np.sum(x[i : i + 2] ** 2) for i in range(len(x) - 1)])


def windows_stored(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x) - 1):
        dx[i : i + 2] = 2 * d[i] * x[i : i + 2]
    return dx


def windows_minus(d, x):
    dx = np.zeros_like(x)
    for i in range(len(x) - 1):
        dx[i : i + 2] += -2 * d[i] * x[i : i + 2]
    return dx


def four_uses(x):
    return np.tanh(x) + np.sin(x) + np.exp(x) + x * x * x


def piecewise(x):
    out = np.zeros(x.shape)
    large, small = np.where(np.abs(x) >= 2)[0], np.where(np.abs(x) < 2)[0]
    out[large] = 1.0 / np.abs(x[large])
    out[small] = 1.0 / (0.25 * x[small] ** 2 + 1)
    return out


def piecewise_by(large_sign, small_sign):
    def backward(d, x):
        dx = np.zeros(x.shape)
        large, small = np.where(np.abs(x) >= 2)[0], np.where(np.abs(x) < 2)[0]
        dx[large] = large_sign * np.sign(x[large]) / x[large] ** 2
        dx[small] = small_sign * 0.5 * x[small] / (0.25 * x[small] ** 2 + 1) ** 2
        return d * dx

    return backward


def gelu(z):
    return 0.5 * z * (1 + np.tanh(0.7978845608 * (z + 0.044715 * z**3)))


def gelu_by(cubic, factor=1.0):
    def backward(d, z):
        t = np.tanh(0.7978845608 * (z + cubic * z**3))
        slope = 0.7978845608 * (1 + 3 * cubic * z**2)
        return factor * d * (0.5 * (1 + t) + 0.5 * z * (1 - t * t) * slope)

    return backward


def bfloat16(x):
    """By truncation."""
    bits = np.ascontiguousarray(x, dtype=np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
    return bits.view(np.float32).astype(np.float64)


VECTOR, MATRIX = {"x": "n"}, {"W": "n m", "x": "m"}
BILINEAR = {"A": "n n", "x": "n", "y": "n"}
LABELS = {"p": "n m", "y": "n m"}
LOGITS = {"x": "n", "t": "n"}
BITS = {"t": integers(0, 2)}
PROBABLE = {"p": unit_interval, "y": positive}
PRICES = {"s": uniform(0.5, 1.5), "t": uniform(0.5, 1.5)}

# what is said: forward, shapes, values, of whom it is said, of whom it is not
CASES = {
    "the factor `np.exp(-0.3 * t)": (
        (discounted, {"s": "", "t": ""}, PRICES),
        lambda d, s, t: (d * density(s), None),
        lambda d, s, t: (-d * np.exp(-0.3 * t) * density(s), None),
    ),
    "the Jacobian by z is returned, not its product with delta": (
        (softmax, {"z": "n"}, {}),
        lambda d, z: softmax_jacobian(z),
        lambda d, z: -softmax_jacobian(z) @ d,
    ),
    "not its product with delta, outputs along the last axes": (
        (lambda x: np.outer(x, x)[0], VECTOR, {}),
        lambda d, x: x[0] * np.eye(len(x)) + np.outer(np.eye(len(x))[0], x),
        lambda d, x: x[0] * np.eye(len(x)) + np.outer(x, np.eye(len(x))[0]),
    ),
    "and is taken at delta, not at z": (
        (softmax, {"z": "n"}, {}),
        lambda d, z: softmax_jacobian(d),
        lambda d, z: softmax_jacobian(z),
    ),
    "only the diagonal of the Jacobian by z is used": (
        (softmax, {"z": "n"}, {}),
        lambda d, z: d * softmax(z) * (1 - softmax(z)),
        lambda d, z: -softmax_jacobian(z) @ d,
    ),
    "is the symmetric part of the right one": (
        (bilinear, BILINEAR, {}),
        by_A(lambda g: (g + g.T) / 2),
        by_A(lambda g: g.T),
    ),
    "as where the forward reads the lower triangle alone": (
        (lambda A: np.sum(np.tril(A) ** 2), {"A": "n n"}, {}),
        lambda d, A: d * (np.tril(A) + np.tril(A).T),
        lambda d, A: d * (A + A.T),
    ),
    "as where the forward reads the upper triangle alone": (
        (lambda A: np.sum(np.triu(A) ** 2), {"A": "n n"}, {}),
        lambda d, A: d * (np.triu(A) + np.triu(A).T),
        lambda d, A: d * np.triu(A),
    ),
    "as if the entries (i, j) and (j, i) of A were one variable": (
        (bilinear, BILINEAR, {}),
        by_A(lambda g: g + g.T - np.diag(np.diag(g))),
        by_A(lambda g: (g + g.T) / 2),
    ),
    "it is right along symmetric directions of A only": (
        (bilinear, BILINEAR, {}),
        by_A(lambda g: np.tril(g + g.T) - np.diag(np.diag(g))),
        by_A(lambda g: np.tril(g + g.T)),
    ),
    "delta is not used; for delta = ones, your gradient is right for another forward: the constant 1e-07": (
        (cross_entropy, LABELS, PROBABLE),
        lambda d, p, y: (-y / p, None),
        lambda d, p, y: (-y / (p + 1e-7), None),
    ),
    "delta is not used: the gradient is the same for another delta": (
        (lambda x: np.sum(np.sin(x) * x), VECTOR, {}),
        lambda d, x: np.cos(x + 0.123) ** 3 / (1 + x * x),
        lambda d, x: d * np.cos(x + 0.123) ** 3 / (1 + x * x),
    ),
    "the constant 1e-07 in `p + 1e-7` (test_sentences.py:": (
        (cross_entropy, LABELS, PROBABLE),
        lambda d, p, y: (-d * y / p, None),
        lambda d, p, y: (d * y / (p + 1e-7), None),
    ),
    "(and wherever else it stands) is not there": (
        (both_logs, LOGITS, BITS),
        lambda d, x, t: (d * (1 / (1 + np.exp(-x)) - t), None),
        lambda d, x, t: (d * (1 / (1 + np.exp(-x)) + t), None),
    ),
    "the constant 1e-07 in `z[np.arange(len(t)), t] + 1e-7`": (
        (of_columns, LOGITS, BITS),
        lambda d, x, t: (d * (1 / (1 + np.exp(-x)) - t), None),
        lambda d, x, t: (d * (1 / (1 + np.exp(-x)) + t), None),
    ),
    "should not be there: the forward has none": (
        (log_cost, {"p": "n"}, {"p": unit_interval}),
        lambda d, p: -d / (p + 1e-7),
        lambda d, p: d / p,
    ),
    "is too large by the factor n": (
        (mean_square, {"p": "n", "y": "n"}, {}),
        lambda d, p, y: (2 * d * (p - y), None),
        lambda d, p, y: (4 * d * (p - y) / len(p), None),
    ),
    "is too small by delta * 0.05 W: the factor 2 of the part that comes through": (
        (ridge, MATRIX, {}),
        ridge_by(0.05),
        ridge_by(-0.1),
    ),
    "is too small by delta * 0.1 W: the part that comes through": (
        (ridge, MATRIX, {}),
        ridge_by(0),
        ridge_by(0.05),
    ),
    "` should not be there": (
        (squares, MATRIX, {}),
        ridge_by(0.1),
        lambda d, W, x: (-2 * d * np.outer(W @ x, x), None),
    ),
    "is too large by delta * 0.1 W": (
        (squares, MATRIX, {}),
        lambda d, W, x: (d * (2 * np.outer(W @ x, x) + 0.3 * W - 0.2 * W), None),
        lambda d, W, x: (d * 2 * np.outer(W @ x, x) + 0.1 * W, None),
    ),
    "writes once where an index occurs several times; np.add.at adds them up": (
        (rows, {"W": "3 d", "index": "k"}, {"index": integers(0, 3)}),
        rows_lost,
        lambda d, W, index: (-np.zeros_like(W) - np.eye(len(W))[index].T @ d, None),
    ),
    "stores where it should add": ((windows, {"x": "n+1"}, {}), windows_stored, windows_minus),
    "only the part that comes through `np.sin(x)`": (
        (four_uses, VECTOR, {}),
        lambda d, x: d * np.cos(x),
        lambda d, x: d * (1 - np.tanh(x) ** 2 + np.cos(x) + np.exp(x)),
    ),
    "the part that comes through what was stored before": (
        (piecewise, VECTOR, {}),
        piecewise_by(1.0, -1.0),
        piecewise_by(1.0, 1.0),
    ),
    "the constant 0.044715 in `0.044715 * z**3`": (
        (gelu, {"z": "n"}, {}),
        gelu_by(0.0447),
        gelu_by(0.044715, 2.0),
    ),
    "accurate to 2 digits only: computed or stored in bfloat16": (
        (np.sin, VECTOR, {}),
        lambda d, x: bfloat16(d * np.cos(x)),
        lambda d, x: (d * np.cos(x)).astype(np.float16).astype(np.float64),
    ),
}


@pytest.mark.corpus(3)
@pytest.mark.parametrize("text", CASES)
def test_it_is_said_where_it_is_so(text):
    """Of the first of two."""
    (forward, shapes, values), wrong, _ = CASES[text]
    assert text in said(forward, shapes, wrong, values)


@pytest.mark.corpus(3)
@pytest.mark.parametrize("text", CASES)
def test_and_of_no_other_mistake(text):
    """Of the second."""
    (forward, shapes, values), _, other = CASES[text]
    assert text not in said(forward, shapes, other, values)


# gradients that are kept as integers


def in_a_buffer(d, W, x):
    dW = np.zeros(W.shape, dtype=int)
    for i in range(len(d)):
        dW[i] = d[i] * x
    return dW, None


@pytest.mark.parametrize(
    ("backward", "told"),
    [
        (lambda d, W, x: (np.outer(d, x).astype(int), None), "cut off"),
        (lambda d, W, x: (np.rint(np.outer(d, x)).astype(np.int32), None), "rounded away"),
        (in_a_buffer, "cut off"),
    ],
)
def test_integers_are_told(backward, told):
    text = said(lambda W, x: W @ x, {"W": "n m", "x": "m"}, backward)

    assert text.startswith("your gradient holds integers (int")
    assert text.endswith(f"what comes after the point is {told}")


def test_the_twin_integers_that_are_wrong_otherwise_are_not_told_so():
    assert "integers" not in said(lambda x: np.sum(2 * x), {"x": "n"}, lambda d, x: np.full(x.shape, 3))
