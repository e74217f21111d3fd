"""`jac=True`: value and gradient by the first argument, further ones are SciPy's args."""

import numpy as np

import gradcheck

SHAPES = {"w": "d", "X": "n d"}


def both(w, X):
    z = X @ w
    return np.log(np.cosh(z)).mean(), X.T @ np.tanh(z) / len(z)


def without_the_mean(w, X):
    z = X @ w
    return np.log(np.cosh(z)).mean(), X.T @ np.tanh(z)


def test_further_arguments_are_not_differentiated():
    assert gradcheck.verify(both, jac=True, shapes=SHAPES).verdict == "pass"
    assert gradcheck.verify(without_the_mean, jac=True, shapes=SHAPES).verdict == "fail"
