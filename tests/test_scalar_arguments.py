"""Gradients of arguments without axes, of code that may make tables of angles."""

import numpy as np

import gradcheck

SHAPES = {"x": "n", "sigma": ""}
VALUES = {"sigma": gradcheck.positive}


def density(x, sigma):
    return -0.5 * np.sum(x * x) / sigma**2 - len(x) * np.log(sigma * np.sqrt(2 * np.pi))


def backward_of(power):
    return lambda d, x, sigma: (-d * x / sigma**2, d * (np.sum(x * x) / sigma**power - len(x) / sigma))


def test_a_right_one_passes_and_a_wrong_one_fails():
    assert gradcheck.verify(density, backward_of(3), SHAPES, values=VALUES).verdict == "pass"
    wrong = gradcheck.verify(density, backward_of(2), SHAPES, values=VALUES)
    assert wrong.verdict == "fail", wrong.reason
