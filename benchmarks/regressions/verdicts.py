"""From a pair of functions to a verdict."""

from __future__ import annotations

import numpy as np

import gradcheck


def dense(X, W, b):
    return np.tanh(X @ W + b)


def dense_vjp(delta, X, W, b):
    dz = delta * (1 - np.tanh(X @ W + b) ** 2)
    return dz @ W.T, X.T @ dz, dz.sum(axis=0)


def without_the_slope(delta, X, W, b):
    return delta @ W.T, X.T @ delta, delta.sum(axis=0)


DENSE = {"X": "k n", "W": "n m", "b": "m"}


class Verify:
    """A dense layer at 50 points, right and wrong."""

    params = (["finite_difference", "symbolic", "autodiff", "all"], ["right", "wrong"])
    param_names = ("backend", "backward")
    timeout = 120

    def setup(self, backend, backward):
        self.backends = None if backend == "all" else [backend]
        self.backward = dense_vjp if backward == "right" else without_the_slope
        self.time_verify(backend, backward)  # imports

    def time_verify(self, backend, backward):
        result = gradcheck.verify(dense, self.backward, DENSE, backends=self.backends)
        assert result.passed is (backward == "right")


class Large:
    """A layer with a million parameters, one point."""

    timeout = 120

    def setup(self):
        rng = np.random.default_rng(0)
        self.values = {"X": rng.normal(size=(8, 999)), "W": rng.normal(size=(999, 1000))}
        self.time_verify()

    def time_verify(self):
        result = gradcheck.verify(
            lambda X, W: X @ W,
            lambda delta, X, W: (delta @ W.T, X.T @ delta),
            {"X": "8 999", "W": "999 1000"},
            values=self.values,
            max_examples=1,
        )
        assert result.verdict == "pass"
