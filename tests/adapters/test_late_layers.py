"""Layers whose first forward makes the weights and the buffers of their gradients at once."""

import numpy as np
import pytest

import gradcheck

pytestmark = pytest.mark.usefixtures("undiagnosed")


class Late:
    factor = 1

    def __init__(self, units=4):
        self.units, self.W = units, None

    def forward(self, x):
        if self.W is None:
            self.W = np.random.RandomState(0).randn(x.shape[1], self.units)
            self.dW = np.zeros_like(self.W)
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW[...] = self.x.T @ dout
        return self.factor * dout @ self.W.T


class Wrong(Late):
    factor = 2


@pytest.mark.parametrize(("layer", "verdict"), [(Late, "pass"), (Wrong, "fail")])
def test_their_parameters_are_put_in_after_a_forward(layer, verdict):
    made = gradcheck.layer(layer(), parameters=("W",))
    assert gradcheck.verify(*made, {"x": "n 3", "W": "3 4"}, max_examples=8).verdict == verdict
    by_class = gradcheck.layer(layer, parameters=("W",))
    assert gradcheck.verify(*by_class, {"x": "n i", "W": "i 4"}, max_examples=8).verdict == verdict


class Typo(Late):
    def backward(self, dout):
        return dout @ self.weights.T


def test_an_attribute_that_is_not_there_is_told():
    found = gradcheck.verify(*gradcheck.layer(Typo(), parameters=("W",)), {"x": "n 3", "W": "3 4"})
    assert found.verdict in ("fail", "error")
    assert "weights" in str(found)
