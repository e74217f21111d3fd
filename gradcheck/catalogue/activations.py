"""D15: the three activations and their derivatives, written in terms of a = f(z)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from gradcheck.catalogue.readings import FLAT
from gradcheck.formulas.decorating import formula

__all__ = ["RELU", "SIGMOID", "TANH", "Activation", "relu", "sigmoid", "tanh"]


class Activation(NamedTuple):
    """An activation for the layers of a network; ``slope`` is f'(z) computed from a = f(z)."""

    name: str
    f: Callable[..., Any]
    slope: Callable[..., Any]


SECTION = "Hidden layers"


@formula(
    shapes={"z": "n"}, id="D15", section=SECTION, latex=r"f'(z) = a(1 - a),\quad a = \frac{1}{1 + e^{-z}}"
)
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@sigmoid.entry("da[i]/dz[i]", title="Slope of the sigmoid: a (1 - a)")
def sigmoid_entry(i, z):
    a = 1 / (1 + np.exp(-z[i]))
    return a * (1 - a)


@sigmoid.vjp(title="Back through the sigmoid: delta * a (1 - a)", note=FLAT)
def sigmoid_vjp(delta, z):
    a = 1 / (1 + np.exp(-z))
    return delta * a * (1 - a)


@formula(
    shapes={"z": "n"},
    id="D15",
    section=SECTION,
    latex=r"f'(z) = \begin{cases}1 & z > 0\\ 0 & z < 0\end{cases},\quad a = \max(z, 0)",
)
def relu(z):
    return np.maximum(z, 0)


@relu.entry("da[i]/dz[i]", title="Slope of ReLU: 1 where z > 0, 0 where z < 0")
def relu_entry(i, z):
    return np.where(z[i] > 0, 1.0, 0.0)


@relu.vjp(title="Back through ReLU: delta where z > 0", note=FLAT)
def relu_vjp(delta, z):
    return delta * np.where(z > 0, 1.0, 0.0)


@formula(shapes={"z": "n"}, id="D15", section=SECTION, latex=r"f'(z) = 1 - a^2,\quad a = \tanh z")
def tanh(z):
    return np.tanh(z)


@tanh.entry("da[i]/dz[i]", title="Slope of tanh: 1 - a^2")
def tanh_entry(i, z):
    a = np.tanh(z[i])
    return 1 - a * a


@tanh.vjp(title="Back through tanh: delta * (1 - a^2)", note=FLAT)
def tanh_vjp(delta, z):
    a = np.tanh(z)
    return delta * (1 - a * a)


def sigmoid_slope(a):
    return a * (1 - a)


def relu_slope(a):
    return np.where(a > 0, 1.0, 0.0)  # a > 0 exactly where z > 0


def tanh_slope(a):
    return 1 - a * a


SIGMOID = Activation("sigmoid", sigmoid.function, sigmoid_slope)
RELU = Activation("relu", relu.function, relu_slope)
TANH = Activation("tanh", tanh.function, tanh_slope)
