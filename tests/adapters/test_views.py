"""Layers whose parameters are views into one flat vector, as optimisers like them."""

import numpy as np
import pytest

import gradcheck

SHAPES = {"x": "n 3", "W": "3 2", "b": "2"}


class Flat:
    """Its parameters are parts of `theta`; forward and backward read them there."""

    scale = 1.0

    def __init__(self):
        self.theta, self.dtheta = np.random.randn(8), np.zeros(8)
        self.W, self.b = self.theta[:6].reshape(3, 2), self.theta[6:]
        self.dW, self.db = self.dtheta[:6].reshape(3, 2), self.dtheta[6:]

    def weights(self):
        return self.theta[:6].reshape(3, 2)

    def forward(self, x):
        self.x = x
        return x @ self.weights() + self.theta[6:]

    def backward(self, dout):
        self.dW[...] = self.scale * self.x.T @ dout
        self.db[...] = dout.sum(axis=0)
        return dout @ self.weights().T


class Doubled(Flat):
    scale = 2.0


class ByName:
    """Only an optimiser would use the flat vector."""

    def __init__(self):
        self.theta = np.random.randn(8)
        self.W, self.b = self.theta[:6].reshape(3, 2), self.theta[6:]

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


@pytest.mark.parametrize("source", [Flat, Flat()])
def test_parameters_that_are_views_are_written_where_they_are(source):
    pair = gradcheck.layer(source, parameters=("W", "b"))
    result = gradcheck.verify(*pair, shapes=SHAPES, max_examples=12)
    assert result, str(result)


def test_the_flat_vector_is_a_parameter_too():
    pair = gradcheck.layer(Flat(), parameters=("theta",))
    assert gradcheck.verify(*pair, shapes={"x": "n 3", "theta": "8"}, max_examples=12)


@pytest.mark.parametrize("parameters", [("W", "b"), ("theta",)])
def test_wrong_ones_fail(parameters):
    shapes = SHAPES if "W" in parameters else {"x": "n 3", "theta": "8"}
    pair = gradcheck.layer(Doubled(), parameters=parameters)
    result = gradcheck.verify(*pair, shapes=shapes, max_examples=12)
    assert result.verdict == "fail"
    text = result.diagnosis[0].text
    assert "zero" not in text  # what is stored in a view of a buffer is lost where the code is watched
    assert "W" not in parameters or "too large by the factor 2" in text


def test_views_that_nobody_else_uses_are_replaced():
    pair = gradcheck.layer(ByName(), parameters=("W", "b"))
    result = gradcheck.verify(*pair, shapes=SHAPES, max_examples=12)
    assert result.strength in ("certified", "proved")
