"""Code that is judged in float64 because it does not run in balls, and whose terms cancel on the way."""

import numpy as np

import gradcheck
from gradcheck.arithmetic.stochastic import jittered_runs

SHAPES = {"Y": "t p", "A": "n n", "C": "p n"}


def likelihood(Y, A, C):
    """The log-likelihood of a Kalman filter with unit noise, but for a constant."""
    mean, cov, total = np.zeros(len(A)), np.eye(len(A)), 0.0
    for y in Y:
        mean, cov = A @ mean, A @ cov @ A.T + np.eye(len(A))
        error, spread = y - C @ mean, C @ cov @ C.T + np.eye(len(y))
        gain = np.linalg.solve(spread, C @ cov).T
        total = total - 0.5 * (error @ np.linalg.solve(spread, error) + np.linalg.slogdet(spread)[1])
        mean, cov = mean + gain @ error, cov - gain @ C @ cov
    return total


def backward_of(half):
    def backward(delta, Y, A, C):
        mean, cov, tape = np.zeros(len(A)), np.eye(len(A)), []
        for y in Y:
            before, prior, ahead = cov, A @ cov @ A.T + np.eye(len(A)), A @ mean
            error, inverse = y - C @ ahead, np.linalg.inv(C @ prior @ C.T + np.eye(len(y)))
            gain = prior @ C.T @ inverse
            tape.append((mean, before, ahead, prior, error, inverse, gain))
            mean, cov = ahead + gain @ error, prior - gain @ C @ prior
        d_mean, d_cov = np.zeros(len(A)), np.zeros(A.shape)
        dY, dA, dC = [], np.zeros(A.shape), np.zeros(C.shape)
        for mean, before, ahead, prior, error, inverse, gain in tape[::-1]:
            scaled = inverse @ error
            d_gain = np.outer(d_mean, error) - d_cov @ (C @ prior).T
            d_error = gain.T @ d_mean - delta * scaled
            d_cross = -gain.T @ d_cov
            through = d_gain @ inverse.T
            d_spread = -half * delta * (inverse - np.outer(scaled, scaled)) - gain.T @ through
            d_prior = d_cov + C.T @ d_cross + through @ C + C.T @ d_spread @ C
            dC = dC + d_cross @ prior.T + through.T @ prior + (d_spread + d_spread.T) @ C @ prior
            dC, d_ahead = dC - np.outer(d_error, ahead), d_mean - C.T @ d_error
            dY.insert(0, d_error)
            dA = dA + d_prior @ A @ before.T + d_prior.T @ A @ before + np.outer(d_ahead, mean)
            d_cov, d_mean = A.T @ d_prior @ A, A.T @ d_ahead
        return np.array(dY), dA, dC

    return backward


def test_a_right_filter_passes_where_its_matrices_are_ill_conditioned():
    assert gradcheck.verify(likelihood, backward_of(0.5), SHAPES).verdict == "pass"


def test_its_wrong_twin_fails():
    assert gradcheck.verify(likelihood, backward_of(1.0), SHAPES).verdict == "fail"


def test_whether_the_code_solves_is_told_with_its_runs():
    """Only then is it worth to run it once more with matrices that move."""
    A, b = np.array([[3.0, 1.0], [1.0, 2.0]]), np.ones(2)
    runs, solves = jittered_runs(np.linalg.solve, [A, b], 3)
    assert (len(runs), solves) == (3, True)
    _, solves = jittered_runs(lambda a, x: a @ x, [A, b], 3)
    assert not solves
