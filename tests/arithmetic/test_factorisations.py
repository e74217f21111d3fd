"""Factorisations in balls: what NumPy gives, with its signs; where there is no enclosure they say so."""

import numpy as np
import pytest

import gradcheck
from gradcheck.arithmetic import BALLS, enclose, midpoints, precision, wrap
from gradcheck.errors import Undecided, Unsupported

RNG = np.random.default_rng(1)
TALL, SQUARE = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 4))


def lifted(values):
    return wrap(enclose(np.asarray(values, dtype=float)), BALLS)


@pytest.mark.parametrize(
    "function",
    [
        lambda a, s: np.linalg.eigh(s),
        lambda a, s: np.linalg.eigh(s, UPLO="U"),
        lambda a, s: [np.linalg.eigvalsh(s)],
        lambda a, s: np.linalg.svd(a, full_matrices=False),
        lambda a, s: np.linalg.svd(a.T, full_matrices=False),
        lambda a, s: [np.linalg.svd(a, compute_uv=False)],
        lambda a, s: np.linalg.qr(a),
        lambda a, s: [np.linalg.qr(s, mode="r")],
        lambda a, s: [np.linalg.pinv(a), np.linalg.pinv(a.T)],
    ],
)
def test_they_are_numpys(function):
    with precision(160):
        balls = function(lifted(TALL), lifted(SQUARE))
    for mine, right in zip(balls, function(TALL, SQUARE), strict=True):
        assert np.all(np.abs(midpoints(mine.data) - right) <= 1e-13)


@pytest.mark.parametrize(
    "function",
    [
        lambda a, s: np.linalg.eigh(s),
        lambda a, s: [np.linalg.eigvalsh(s, UPLO="U")],
        lambda a, s: np.linalg.svd(a, full_matrices=False),
        lambda a, s: np.linalg.qr(a),
        lambda a, s: [np.linalg.pinv(a), np.linalg.cholesky(s @ np.swapaxes(s, -1, -2))],
        lambda a, s: [np.linalg.inv(s), np.linalg.det(s), np.linalg.solve(s, a)],
    ],
)
def test_stacks_are_numpys(function):
    tall, square = RNG.normal(size=(2, 3, 4, 3)), RNG.normal(size=(2, 3, 4, 4))
    with precision(160):
        balls = function(lifted(tall), lifted(square))
    for mine, right in zip(balls, function(tall, square), strict=True):
        assert mine.shape == right.shape
        assert np.all(np.abs(midpoints(mine.data) - right) <= 1e-11)


@pytest.mark.parametrize("function", [np.linalg.eigvalsh, np.linalg.qr, np.linalg.pinv])
def test_where_there_is_no_enclosure_it_is_said(function):
    """Equal eigenvalues, and matrices that lack full rank."""
    with precision(160), pytest.raises((Undecided, Unsupported)):
        function(lifted(np.zeros((3, 3))))


@pytest.mark.parametrize("shape", ["3 2", "2 3 2"])
def test_claims_about_them_are_certified(shape, monkeypatch):
    monkeypatch.setattr("gradcheck.checking.writing.outcome.diagnosed", lambda *_, **__: [])

    def singular(A):
        return np.linalg.svd(A, compute_uv=False)

    def backward(factor):
        def code(delta, A):
            u, _, v = np.linalg.svd(A, full_matrices=False)
            return factor * (u * delta[..., None, :]) @ v

        return code

    options = {"shapes": {"A": shape}, "max_examples": 1, "backends": ["finite_difference"]}
    found = gradcheck.verify(singular, backward(1), **options)
    assert (found.verdict, found.strength) == ("pass", "certified")
    assert gradcheck.verify(singular, backward(2), **options).verdict == "fail"
