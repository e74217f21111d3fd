"""SciPy's functions that are no ufuncs, in balls, in JAX, and in proofs."""

import numpy as np
import pytest

import gradcheck
from gradcheck.arithmetic import BALLS, call_in, enclose, precision, wrap
from gradcheck.arithmetic.code.scipy_functions import standing_for
from gradcheck.errors import Unsupported
from tests.arithmetic.conftest import numbers

linalg = pytest.importorskip("scipy.linalg")
special = pytest.importorskip("scipy.special")

A = np.array([[1.0, 2.0, 0.5], [0.25, -3.0, 1.0], [2.0, 0.5, 4.0]])
SPD = A @ A.T + np.eye(3)
b, B = np.array([1.0, -2.0, 0.5]), np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5]])


def in_balls(function, *args):
    with precision(200):
        return call_in(BALLS, function, [wrap(enclose(a), BALLS) for a in args])


@pytest.mark.parametrize(
    ("function", "args"),
    [
        (special.logsumexp, (b,)),
        (lambda x: special.logsumexp(x, axis=1), (B,)),
        (lambda x: special.logsumexp(x, axis=0, keepdims=True), (B,)),
        (lambda x: special.logsumexp(x, b=np.array([1.0, 2.0, 3.0])), (b,)),
        (lambda x: special.softmax(x, axis=-1), (B,)),
        (special.log_softmax, (b,)),
        (linalg.solve_triangular, (A, b)),
        (lambda a, y: linalg.solve_triangular(a, y, lower=True, trans="T"), (A, B)),
        (lambda a, y: linalg.solve_triangular(a, y, 1, unit_diagonal=True), (A, b)),
        (linalg.cholesky, (SPD,)),
        (lambda a: linalg.cholesky(a, lower=True), (SPD,)),
        (lambda a, y: linalg.cho_solve(linalg.cho_factor(a), y), (SPD, b)),
        (lambda a, y: linalg.cho_solve(linalg.cho_factor(a, lower=True), y), (SPD, B)),
        (lambda a, y: linalg.solve(a, y, transposed=True), (A, b)),
        (lambda a, y: linalg.solve(a, y, assume_a="pos"), (SPD, b)),
        (linalg.inv, (A,)),
        (linalg.det, (A,)),
        (linalg.expm, (A,)),
        (lambda a, e: linalg.expm_frechet(a, e)[1], (A, SPD)),
        (lambda a, y: np.linalg.lstsq(a, y, rcond=None)[0], (B, b)),
        (lambda a, y: np.linalg.lstsq(a, y, rcond=None)[1], (B, b)),
        (lambda a, y: np.linalg.lstsq(a, y)[0], (B.T, b[:2])),
    ],
)
def test_the_values_are_those_of_scipy(function, args):
    expected = function(*(a.copy() for a in args))
    found = in_balls(function, *args)
    np.testing.assert_allclose(numbers(found), expected, rtol=1e-11, atol=1e-12)


def test_what_looks_like_scipy_but_is_not_stays():
    assert standing_for(np.linalg.solve) is None
    assert standing_for(test_what_looks_like_scipy_but_is_not_stays) is None
    assert standing_for(special.expit) is None


def test_of_numbers_it_is_scipy_itself():
    found = standing_for(linalg.solve_triangular)
    assert np.array_equal(found(A, b, lower=True), linalg.solve_triangular(A, b, lower=True))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: special.logsumexp(x, return_sign=True)[0],
        lambda x: linalg.solve(x, b, assume_a="banded"),
        lambda x: linalg.solve_triangular(x, b, trans=3),
        lambda x: np.linalg.lstsq(x, b)[3],
    ],
)
def test_what_is_not_available_says_so(function):
    with pytest.raises(Unsupported, match=r"return_sign|assume_a|trans|singular values"):
        in_balls(lambda x: np.sum(function(x)), A)


# -- as claims


def gp(K, y):
    c = linalg.cho_factor(K, lower=True)
    return 0.5 * y @ linalg.cho_solve(c, y) + np.sum(np.log(np.diag(c[0])))


def gp_vjp(delta, K, y):
    c = linalg.cho_factor(K, lower=True)
    a = linalg.cho_solve(c, y)
    G = 0.5 * (linalg.cho_solve(c, np.eye(len(y))) - np.outer(a, a))
    return delta * (np.tril(G) + np.tril(G.T, -1)), delta * a


def triangular_vjp(delta, L, y):
    g = linalg.solve_triangular(L, delta, lower=True, trans="T")
    return -np.tril(np.outer(g, linalg.solve_triangular(L, y, lower=True))), g


def lstsq(A, y):
    return np.linalg.lstsq(A, y, rcond=None)[0]


def lstsq_vjp(delta, A, y):
    x, P = lstsq(A, y), np.linalg.pinv(A)
    return np.outer(y - A @ x, np.linalg.solve(A.T @ A, delta)) - np.outer(P.T @ delta, x), P.T @ delta


SQUARE = {"A": "3 3"}
CLAIMS = {
    "logsumexp": (
        {"x": "n 3"},
        lambda x: special.logsumexp(x, axis=1),
        lambda d, x: d[:, None] * special.softmax(x, axis=1),
        lambda d, x: d[:, None] * special.softmax(x),
        {},
    ),
    "triangular": (
        {"L": "n n", "y": "n"},
        lambda L, y: linalg.solve_triangular(L, y, lower=True),
        triangular_vjp,
        lambda d, L, y: tuple(-g for g in triangular_vjp(d, L, y)),
        {},
    ),
    "the factor is lower": (
        {"L": "n n", "y": "n"},
        lambda L, y: linalg.solve_triangular(L, y, lower=True),
        triangular_vjp,
        lambda d, L, y: triangular_vjp(d, L.T, y),
        {},
    ),
    "expm": (
        SQUARE,
        linalg.expm,
        lambda d, A: linalg.expm_frechet(A.T, d)[1],
        lambda d, A: linalg.expm(A).T @ d,
        {},
    ),
    "gaussian": (
        {"K": "3 3", "y": "3"},
        gp,
        gp_vjp,
        lambda d, K, y: (2 * gp_vjp(d, K, y)[0], gp_vjp(d, K, y)[1]),
        {"values": {"K": gradcheck.spd}},
    ),
    "least squares": (
        {"A": "4 3", "y": "4"},
        lstsq,
        lstsq_vjp,
        lambda d, A, y: (-np.outer(np.linalg.pinv(A).T @ d, lstsq(A, y)), lstsq_vjp(d, A, y)[1]),
        {},
    ),
}


@pytest.mark.parametrize("name", CLAIMS)
def test_claims_are_certified(name, monkeypatch):
    monkeypatch.setattr("gradcheck.checking.writing.outcome.diagnosed", lambda *_, **__: [])
    shapes, forward, right, wrong, options = CLAIMS[name]
    options = {"max_examples": 2, "backends": ["finite_difference"], **options}
    found = gradcheck.verify(forward, right, shapes=shapes, **options)
    assert (found.verdict, found.strength in ("certified", "proved")) == ("pass", True), str(found)
    assert gradcheck.verify(forward, wrong, shapes=shapes, **options).verdict == "fail"


@pytest.mark.parametrize("name", ["logsumexp", "triangular"])
def test_claims_are_proved_and_answered_by_jax(name):
    shapes, forward, right, _, options = CLAIMS[name]
    found = gradcheck.verify(forward, right, shapes=shapes, backends=["autodiff"], max_examples=4, **options)
    assert (found.verdict, found.strength) == ("pass", "proved")
