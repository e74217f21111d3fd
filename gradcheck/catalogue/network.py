"""D13 and D14: the notes' network, forward: two hidden layers and an output without activation."""

from __future__ import annotations

import numpy as np

from gradcheck.catalogue.activations import RELU, SIGMOID, TANH, Activation
from gradcheck.catalogue.passes import tapped_pass
from gradcheck.catalogue.readings import COLUMN
from gradcheck.formulas.decorating import Formula, formula

__all__ = ["NETWORKS", "hidden_layer"]

SECTION = "Hidden layers"


def neurons(W, a, b):
    """z_j = sum_k W_jk a_k + b_j, one neuron a row."""
    return np.sum(W * a.T, axis=1, keepdims=True) + b


def network(activation: Activation) -> Formula:
    """The network summed neuron by neuron, and the claim that the notes' matrix form is the same."""
    f = activation.f

    @formula(
        name=f"network_{activation.name}",
        shapes={"W1": "n1 n0", "b1": "n1 1", "W2": "n2 n1", "b2": "n2 1", "W3": "n3 n2", "x": "n0 1"},
        id="D13",
        section=SECTION,
        latex=r"z^{(2)} = W^{(1)}x + b^{(1)},\; a^{(2)} = f(z^{(2)}),\; z^{(3)} = W^{(2)}a^{(2)} + b^{(2)},\;"
        r"a^{(3)} = f(z^{(3)}),\; s = W^{(3)}a^{(3)}",
        note=COLUMN,
    )
    def summed(W1, b1, W2, b2, W3, x):
        a2 = f(neurons(W1, x, b1))
        a3 = f(neurons(W2, a2, b2))
        return np.sum(W3 * a3.T, axis=1, keepdims=True)

    @summed.intermediates
    def layers(tap, W1, b1, W2, b2, W3, x):
        return tapped_pass(tap, [W1, b1, W2, b2, W3], x, f)

    @summed.forward(
        title=f"Two hidden layers with {activation.name}: the matrix form is the sum over neurons",
        note="The output is s = W3 a3; the sizes 4-2-2-1 of the notes' picture are one case.",
        printed=True,
    )
    def matrix_form(W1, b1, W2, b2, W3, x):
        z2 = W1 @ x + b1
        a2 = f(z2)
        z3 = W2 @ a2 + b2
        a3 = f(z3)
        return W3 @ a3

    return summed


NETWORKS: list[Formula] = [network(activation) for activation in (SIGMOID, RELU, TANH)]

WRITTEN_OUT = (
    r"z^{(2)} = \begin{bmatrix}W_{11}x_1 + W_{12}x_%s + W_{13}x_3 + W_{14}x_4\\"
    r"W_{21}x_1 + W_{22}x_2 + W_{23}x_3 + W_{24}x_4\end{bmatrix} + \begin{bmatrix}b_1\\ b_2\end{bmatrix}"
)


@formula(
    shapes={"W": "2 4", "x": "4 1", "b": "2 1"},
    id="D14",
    section=SECTION,
    latex=r"z^{(2)} = W^{(1)}x + b^{(1)}",
    note=COLUMN,
)
def hidden_layer(W, x, b):
    return W @ x + b


@hidden_layer.forward(
    title="z2 written out as printed, with W12 x1",
    latex=WRITTEN_OUT % "1",
    note="W and b are those of layer 1; indices count from 0 in the code.",
    printed=True,
    erratum=True,
)
def hidden_layer_printed(W, x, b):
    first = W[0, 0] * x[0, 0] + W[0, 1] * x[0, 0] + W[0, 2] * x[2, 0] + W[0, 3] * x[3, 0]
    second = W[1, 0] * x[0, 0] + W[1, 1] * x[1, 0] + W[1, 2] * x[2, 0] + W[1, 3] * x[3, 0]
    return np.stack([first, second])[:, np.newaxis] + b


@hidden_layer.forward(
    title="z2 written out, with W12 x2",
    latex=WRITTEN_OUT % "2",
    note="W and b are those of layer 1; indices count from 0 in the code.",
)
def hidden_layer_written_out(W, x, b):
    first = W[0, 0] * x[0, 0] + W[0, 1] * x[1, 0] + W[0, 2] * x[2, 0] + W[0, 3] * x[3, 0]
    second = W[1, 0] * x[0, 0] + W[1, 1] * x[1, 0] + W[1, 2] * x[2, 0] + W[1, 3] * x[3, 0]
    return np.stack([first, second])[:, np.newaxis] + b
