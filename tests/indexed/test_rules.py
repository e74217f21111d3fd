"""Which expressions have one normal form, and which must not."""

from fractions import Fraction

import numpy as np
import pytest

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed import TooLarge, rebound, reduced, vanishes
from gradcheck.proofs.indexed.algebra.expression import constant, delta, factor
from gradcheck.proofs.indexed.algebra.functions import apply, exp, log
from gradcheck.proofs.indexed.algebra.powers import power
from gradcheck.proofs.indexed.algebra.substitution import replaced

from .conftest import Symbols

ARRAYS = {
    "A": ("n", "m"),
    "B": ("n", "m"),
    "S": ("n", "n"),
    "x": ("n",),
    "y": ("n",),
    "p": ("n",),
    "u": ("n",),
    "h": ("k", "n"),
}
ABOUT = {
    "p": {"positive": True},
    "u": {"positive": True, "unit": True},
    "h": {"binary": True, "one_hot": True},
}


def made(function):
    symbols = Symbols()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    arrays = [symbols.array(n, *ARRAYS[n], **ABOUT.get(n, {})) for n in names]
    return rebound(function, symbols.space)(*arrays).entry


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def stable_sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


ZERO = {
    "bound indices have no names": lambda A, B: np.einsum("ij,ij", A, B) - np.einsum("ba,ba", B, A),
    "a product of four sums in any order": lambda x, S: (x @ S @ S @ x) - np.einsum("a,cb,ac,b", x, S, S, x),
    "a symmetric sum": lambda S: np.einsum("ij,jk,ki", S, S, S) - np.einsum("ca,ab,bc", S, S, S),
    "a sum over nothing is a size": lambda x: np.sum(x * 0 + 1) - len(x),
    "a mean of a mean": lambda A: np.mean(np.mean(A, axis=0)) - np.mean(A),
    "a centred sum": lambda x: np.sum(x - np.mean(x)),
    "variance both ways": lambda x: np.var(x) - (np.mean(x * x) - np.mean(x) ** 2),
    "the identity": lambda S: np.eye(len(S)) @ S @ np.eye(len(S)) - S,
    "the trace of the identity": lambda x: np.trace(np.eye(len(x))) - len(x),
    "deltas are their squares": lambda x: np.eye(len(x)) ** 2 - np.eye(len(x)),
    "sigmoids": lambda x: sigmoid(x) - np.exp(x) / (1 + np.exp(x)),
    "sigmoid by tanh": lambda x: sigmoid(x) - (1 + np.tanh(x / 2)) / 2,
    "sigmoid of minus": lambda x: sigmoid(-x) - (1 - sigmoid(x)),
    "slope of the sigmoid": lambda x: sigmoid(x) * (1 - sigmoid(x)) - np.exp(-x) / (1 + np.exp(-x)) ** 2,
    "tanh": lambda x: np.tanh(x) - (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    "slope of tanh": lambda x: 1 - np.tanh(x) ** 2 - 1 / np.cosh(x) ** 2,
    "stable sigmoid": lambda x: stable_sigmoid(x) - sigmoid(x),
    "stable softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))) - np.log(1 + np.exp(x)),
    "shift of a log-sum-exp": lambda x: np.log(np.exp(x - x.max()).sum()) + x.max() - np.log(np.exp(x).sum()),
    "softmax sums to one": lambda x: np.sum(np.exp(x) / np.sum(np.exp(x))) - 1,
    "partial fractions": lambda x: 1 / (np.exp(x) * (1 + np.exp(x))) - (np.exp(-x) - 1 / (1 + np.exp(x))),
    "cleared denominators": lambda x, y: 1 / (1 + x**2) / (2 + x**2) - (1 / (1 + x**2) - 1 / (2 + x**2)),
    "roots": lambda x: np.sqrt(1 + x**2) ** 3 / (1 + x**2) - np.sqrt(1 + x**2),
    "roots of numbers": lambda x: x * np.sqrt(len(x)) * len(x) ** -0.5 - x,
    "exponents add up": lambda x, y: np.exp(x + y) - np.exp(x) * np.exp(y),
    "a third": lambda x: 3 * (x * (1 / 3)) - x,
    "exp undoes log": lambda p: np.exp(2 * np.log(p)) - p * p,
    "log undoes exp": lambda x, p: np.log(p * np.exp(x)) - x - np.log(p),
    "positive bases split": lambda p: np.sqrt(p**3) - p * np.sqrt(p),
    "the unit interval": lambda u: np.abs(1 - u) - (1 - u),
    "absolute values": lambda x: np.abs(x) - np.sqrt(x * x),
    "absolute values multiply": lambda x: np.abs(x) * np.abs(x) - x * x,
    "maximum and minimum": lambda x, y: np.maximum(x, y) + np.minimum(x, y) - x - y,
    "relu twice": lambda x: np.maximum(np.maximum(x, 0), 0) - np.maximum(x, 0),
    "Pythagoras": lambda x: np.sin(x) ** 2 + np.cos(x) ** 2 - 1,
    "odd and even": lambda x: np.sin(-x) + np.sin(x) + np.cos(-x) - np.cos(x),
    "one-hot rows sum to one": lambda h: np.sum(h, axis=1) - 1,
    "one-hot entries are their squares": lambda h: h * h - h,
    "one-hot rows are orthogonal": lambda h: h[:, :, None] * h[:, None] - h[:, None] * np.eye(h.shape[1]),
    "a function of a delta": lambda x: np.exp(np.diag(x)) - (1 + np.diag(np.exp(x) - 1)),
    "weights of what is subtracted": lambda A, y: np.sum(y * softmax(-A).sum(axis=1)) - np.sum(y),
    "weights of differences": lambda A, B, y: (
        y @ softmax(B.sum(axis=0) - A / (1 + np.exp(B))).sum(axis=1) - np.sum(y)
    ),
    "below a fraction line, a mask": lambda x: x / (1 + 2 * (x > 0)) - np.where(x > 0, x / 3, x),
}  # fmt: skip

NOT_ZERO = {
    "a matrix and its transpose": lambda S: S - S.T,
    "a trace of products in another order": lambda S: np.einsum("ij,jk,ki", S, S.T, S) - np.trace(S @ S @ S),
    "a sum and a mean": lambda x: np.sum(x) - np.mean(x),
    "the square of a sum": lambda x: np.sum(x) ** 2 - np.sum(x**2),
    "n and n - 1": lambda x: np.var(x) - np.sum((x - np.mean(x)) ** 2) / (len(x) - 1),
    "variance about another axis": lambda S: np.var(S, axis=0) - np.var(S, axis=1),
    "a root that may be negative": lambda x: np.sqrt(x * x) - x,
    "powers of unknown sign": lambda x: np.sqrt(x**4) * 0 + np.sqrt(x**6) - x**3,
    "log of a square": lambda x: np.log(x * x) - 2 * np.log(np.abs(x) + 1),
    "a step": lambda x: np.where(x > 0, x, 0) - x,
    "steps of other arguments": lambda x, y: np.where(x > 0, 1.0, 0.0) - np.where(y > 0, 1.0, 0.0),
    "a threshold": lambda x: np.where(x > 1, 1.0, 0.0) - np.where(x > 0, 1.0, 0.0),
    "maxima along other axes": lambda S: S.max(axis=0) - S.max(axis=1),
    "softmax along other axes": lambda S: softmax(S.T).T - softmax(S),
    "another constant": lambda x: x * (0.1 + 0.2) - x * 0.3000001,
    "constants far from any fraction": lambda x: x * (2 / np.pi) ** 0.5 - x * 0.7978845608,
    "one-hot columns do not sum to one": lambda h: np.sum(h, axis=0) - 1,
    "nor do sums over all": lambda h: np.sum(h) - 1,
    "rows of different examples": lambda h: np.einsum("ki,li->kl", h, h) - np.eye(h.shape[0]),
    "diagonals": lambda S: np.diag(np.diag(S)) - S,
    "sine of twice": lambda x: np.sin(2 * x) - 2 * np.sin(x),
    "exponent of a product": lambda x, y: np.exp(x * y) - np.exp(x) * np.exp(y),
    "a sum inside an exponential": lambda x: np.exp(np.sum(x)) - np.sum(np.exp(x)),
    "weights of what is subtracted, twice": lambda A, y: (
        np.sum(y * softmax(-A).sum(axis=1)) - 2 * np.sum(y)
    ),
    "below a fraction line, another mask": lambda x: x / (1 + 2 * (x > 0)) - np.where(x > 0, x, x / 3),
}  # fmt: skip


@pytest.mark.parametrize("name", ZERO)
def test_equal_expressions_meet(name):
    """Their difference is zero for all sizes and values."""
    assert vanishes(made(ZERO[name]))


@pytest.mark.parametrize("name", NOT_ZERO)
def test_different_expressions_do_not(name):
    """The twins."""
    assert not vanishes(made(NOT_ZERO[name]))


def test_reducing_twice_changes_nothing():
    """A normal form is its own normal form."""
    for function in [*ZERO.values(), *NOT_ZERO.values()]:
        once = reduced(made(function))
        assert reduced(once).terms == once.terms


def test_a_symmetric_matrix_is_its_transpose(symbols):
    """Symmetry is a property of the head, and of functions of it."""
    A = symbols.array("A", "n", "n", symmetries=((1, 0),))
    B = symbols.array("B", "n", "n")
    assert (A - A.T).entry.terms == {}
    assert vanishes((np.exp(A) - np.exp(A.T)).entry)
    assert not vanishes((B - B.T).entry)
    assert not vanishes((np.exp(B) - np.exp(B.T)).entry)


def test_equal_functions_share_a_head_and_others_do_not(symbols):
    """Whatever their indices are called."""
    A = symbols.array("A", "n", "n")
    before = len(symbols.space.heads)
    first = np.exp(A @ A)
    assert np.exp(A.T @ A.T).T.entry.terms == first.entry.terms
    assert len(symbols.space.heads) == before + 1
    np.exp(A @ A.T)
    assert len(symbols.space.heads) == before + 2


def test_constant_indices_of_other_ranges_do_not_meet(symbols):
    """`A[0, 0]` by two deltas: i = 0 and j = 0 for i below n and j below m."""
    A = symbols.array("A", "n", "m")
    space = symbols.space
    i, j = (space.code("axis", 1 - k, space.size_number(s)) for k, s in enumerate(A.shape))
    both = delta(space, i, 0) * delta(space, j, 0)
    assert (both * A.entry).summed(i, j).terms == A[0, 0].entry.terms
    assert (delta(space, i, 0) * delta(space, i, 1)).terms == {}
    with pytest.raises(Unsupported, match="different ranges"):
        delta(space, i, j)


def test_undefined_functions_know_their_arguments_and_order(symbols):
    """f of equal arguments is equal; f and g, f and f' are not."""
    x = symbols.array("x", "n").entry
    f = apply("f", x + x)
    assert f.terms == apply("f", x.scaled(2)).terms
    assert f.terms != apply("g", x.scaled(2)).terms
    assert f.terms != apply("f", x.scaled(2), order=1).terms
    assert f.terms != apply("f", x).terms


def test_powers_of_numbers(symbols):
    """Primes have their own roots; whole parts are taken out."""
    space = symbols.space
    root = power(constant(space, 12), Fraction(1, 2))
    assert (root * root).terms == constant(space, 12).terms
    assert root.terms == power(constant(space, 3), Fraction(1, 2)).scaled(2).terms
    assert power(constant(space, Fraction(1, 8)), Fraction(1, 3)).number == Fraction(1, 2)
    with pytest.raises(Unsupported, match="division by zero"):
        power(constant(space, 0), -1)
    with pytest.raises(Unsupported, match="not positive"):
        log(constant(space, -2))


def test_the_work_is_bounded():
    """In products of terms, the same on every machine."""
    symbols = Symbols(limit=40)
    x = symbols.array("x", "n")
    with pytest.raises(TooLarge, match="40 products"):
        np.tanh(np.tanh(np.tanh(x) * x.sum()) * x.sum())
    assert symbols.space.refusals


def test_rewinding_forgets_what_came_after(symbols):
    """The same code gives the same tables again."""
    x = symbols.array("x", "n")
    space = symbols.space
    mark = space.mark()
    first = np.tanh(x).sum().entry.terms
    heads = len(space.heads)
    np.log(1 + np.exp(x * x))
    space.rewind(mark)
    assert len(space.heads) == heads - 2
    assert np.tanh(x).sum().entry.terms == first
    assert len(space.heads) == heads


def test_sums_over_known_sizes_can_be_written_out():
    """Where entries at fixed places are compared with a sum."""
    for expand in (True, False):
        symbols = Symbols(expand=expand)
        x = symbols.array("x", 3)
        written = x[0] + x[1] + x[2]
        assert vanishes((np.sum(x) - written).entry) is expand


@pytest.mark.parametrize(
    ("function", "right"),
    [
        (lambda y: np.exp(y.sum(axis=1)), lambda y: np.exp(1 + 0 * y[:, 0])),
        (lambda y: np.log(1 + y.sum(axis=1)), lambda y: np.log(2 + 0 * y[:, 0])),
        (lambda y: 1 / (1 + y.sum(axis=1)) ** 2, lambda y: 0.25 + 0 * y[:, 0]),
        (lambda y: np.where(y.sum(axis=1) > 2, 1.0, 0.0), lambda y: 0 * y[:, 0]),
        (lambda y: np.sin(y.sum(axis=1)), lambda y: np.sin(1 + 0 * y[:, 0])),
        (lambda y: (y.sum(axis=1) + y.sum(axis=1)).max(), lambda y: 2.0 + 0 * y.sum()),
        (np.exp, lambda y: 1 + y * (np.exp(1.0 + 0 * y) - 1)),
    ],
)
def test_a_variable_exchanged_brings_its_rules_everywhere(symbols, function, right):
    """Inside functions too; before it is exchanged nothing is known of it."""
    symbols.space.off_ties = True  # as mathematics: code that compares what is always so is refused
    plain = symbols.array("y", "k", "n")
    ruled = symbols.array("t", "k", "n", binary=True, one_hot=True)
    heads = {symbols.heads["y"]: symbols.heads["t"]}
    difference = function(plain).entry - right(plain).entry
    assert not vanishes(difference)
    assert vanishes(replaced(difference, heads))
    assert vanishes(function(ruled).entry - right(ruled).entry)


def test_exp_of_a_variable_head_is_one_factor(symbols):
    """Powers of exponentials are kept as powers, rational ones too."""
    x = symbols.array("x", "n").entry
    (term,) = exp(x.scaled(Fraction(3, 2))).terms
    ((_, _, exponent),) = term[0]
    assert exponent == Fraction(3, 2)
    assert exp(x.scaled(0)).number == 1
    assert factor(symbols.space, term[0][0][0], term[0][0][1], 2).terms == exp(x.scaled(2)).terms
