"""D17-D20: one layer z^l = w^l a^(l-1) + b^l, its derivatives, and the step back to the layer before."""

from __future__ import annotations

import numpy as np

from gradcheck.catalogue.activations import RELU, SIGMOID, TANH, Activation
from gradcheck.catalogue.readings import COLUMN, FLAT
from gradcheck.formulas.decorating import Formula, formula

__all__ = ["RECURSIONS", "layer", "layer_column"]

SECTION = "Backpropagation"
NUMBERING = "Numbered as z^l = w^l a^(l-1) + b^l: w and b belong to layer l, a to the layer before."
SUM_PRINTED = r"z_j^l = \sum_{k=1}^m w_{jk}^l a_k^{l-1} + b_k^l"
SUM = r"z_j^l = \sum_{k=1}^m w_{jk}^l a_k^{l-1} + b_j^l"


@formula(
    shapes={"w": "n m", "a": "m 1", "b": "n 1"},
    section=SECTION,
    latex=r"z^l = w^l a^{l-1} + b^l",
    note=COLUMN,
)
def layer_column(w, a, b):
    return w @ a + b


@layer_column.forward(
    id="D17", suffix="printed-inside", latex=SUM_PRINTED,
    title="z_j with b_k as printed, read with b_k inside the sum",
    note=NUMBERING, printed=True, erratum=True,
)  # fmt: skip
def layer_printed_inside(w, a, b):
    return np.sum(w * a.T + b.T, axis=1, keepdims=True)  # row j, column k: w_jk a_k + b_k


@layer_column.forward(
    id="D17", suffix="printed-left-over", latex=SUM_PRINTED,
    title="z_j with b_k as printed, read with the k that the sum leaves over",
    note=NUMBERING, printed=True, erratum=True,
)  # fmt: skip
def layer_printed_left_over(w, a, b):
    k = w.shape[1] - 1  # the last value that the sum gave it
    return np.sum(w * a.T, axis=1, keepdims=True) + b[k]


@layer_column.forward(id="D17", title="z_j = sum_k w_jk a_k + b_j", latex=SUM, note=NUMBERING)
def layer_column_sum(w, a, b):
    return np.sum(w * a.T, axis=1, keepdims=True) + b


@formula(
    shapes={"w": "n m", "a": "m", "b": "n"}, section=SECTION, latex=r"z^l = w^l a^{l-1} + b^l", note=FLAT
)
def layer(w, a, b):
    return w @ a + b


@layer.forward(id="D17", title="z_j = sum_k w_jk a_k + b_j", latex=SUM, note=NUMBERING)
def layer_sum(w, a, b):
    return np.sum(w * a, axis=1) + b


@layer.entry(
    "dz[j]/dw[j,k]", id="D18", title="dz_j/dw_jk = a_k", note=NUMBERING, printed=True,
    latex=r"\frac{\partial z_j^l}{\partial w_{jk}^l} = a_k^{l-1}",
)  # fmt: skip
def layer_weight_local(j, k, w, a, b):
    return a[k]


@layer.entry(
    "dJ/dw[j,k]", id="D18", title="dC/dw_jk = dC/dz_j a_k", note=NUMBERING, printed=True,
    latex=r"\frac{\partial C}{\partial w_{jk}^l} = \frac{\partial C}{\partial z_j^l}"
    r"\cdot\frac{\partial z_j^l}{\partial w_{jk}^l} = \frac{\partial C}{\partial z_j^l} a_k^{l-1}",
)  # fmt: skip
def layer_weight(j, k, delta, w, a, b):
    return delta[j] * a[k]


@layer.entry(
    "dz[j]/db[j]", id="D19", title="dz_j/db_j = 1", note=NUMBERING, printed=True,
    latex=r"\frac{\partial z_j^l}{\partial b_j^l} = 1",
)  # fmt: skip
def layer_bias_local(j, w, a, b):
    return 1.0


@layer.entry(
    "dJ/db[j]", id="D19", title="dC/db_j = dC/dz_j", note=NUMBERING, printed=True,
    latex=r"\frac{\partial C}{\partial b_j^l} = \frac{\partial C}{\partial z_j^l}"
    r"\cdot\frac{\partial z_j^l}{\partial b_j^l} = \frac{\partial C}{\partial z_j^l}\cdot 1",
)  # fmt: skip
def layer_bias(j, delta, w, a, b):
    return delta[j] * 1


def recursion(activation: Activation) -> Formula:
    """One step z^l -> z^(l+1): what makes the local gradients follow from each other."""
    f, slope = activation.f, activation.slope

    @formula(
        name=f"recursion_{activation.name}",
        shapes={"z": "m 1", "W": "n m", "b": "n 1"},
        id="D20",
        section=SECTION,
        latex=r"\delta_j^l = \frac{\partial C}{\partial z_j^l},\quad "
        r"\delta^l = \bigl(W^{(l+1)T}\delta^{l+1}\bigr) \odot f'(z^l)",
        note="delta stays a column here.",
    )
    def step(z, W, b):
        return W @ f(z) + b

    @step.intermediates
    def step_layers(tap, z, W, b):
        return W @ tap("a", f(tap("z", z))) + b

    @step.vjp(
        title=f"Local gradient of layer l from that of layer l+1, with {activation.name}",
        note="delta stays a column here. W and b belong to layer l+1; z is that of layer l.",
    )
    def step_back(delta, z, W, b):
        a = f(z)
        return (W.T @ delta) * slope(a), delta @ a.T, delta

    return step


RECURSIONS: list[Formula] = [recursion(activation) for activation in (SIGMOID, RELU, TANH)]
