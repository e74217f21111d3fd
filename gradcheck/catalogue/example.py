"""D22: the worked example, dC/dw22^(2) of the network with two hidden layers."""

from __future__ import annotations

from gradcheck.catalogue.activations import SIGMOID, TANH, Activation
from gradcheck.catalogue.costs import MSE
from gradcheck.catalogue.passes import tapped_pass
from gradcheck.formulas.decorating import Formula, formula

__all__ = ["EXAMPLES"]

SECTION = "Worked example"
LATEX = (
    r"\frac{\partial C}{\partial w_{22}^{(2)}} = \frac{\partial C}{\partial z_2^{(3)}}"
    r"\cdot\frac{\partial z_2^{(3)}}{\partial w_{22}^{(2)}}"
    r"= \frac{\partial C}{\partial a_2^{(3)}}\cdot f'(z_2^{(3)})\cdot a_2^{(2)}"
)
NUMBERING = (
    "Numbered as z^(l+1) = W^(l) a^(l) + b^(l), which is what makes the formula right; w22 is W2[1,1] "
    "because indices count from 0 in the code. The cost is the mean squared error."
)
PICTURE = {
    "W1": "2 4", "b1": "2 1", "W2": "2 2", "b2": "2 1", "W3": "1 2", "x": "4 1", "y": "1 1",
}  # fmt: skip
ANY_SIZES = {  # a second neuron in both hidden layers, and otherwise what one likes
    "W1": "n1+1 n0", "b1": "n1+1 1", "W2": "n2+1 n1+1", "b2": "n2+1 1", "W3": "n3 n2+1", "x": "n0 1",
    "y": "n3 1",
}  # fmt: skip


def example(name: str, activation: Activation, shapes: dict[str, str], sizes: str) -> Formula:
    f, slope = activation.f, activation.slope

    @formula(name=name, shapes=shapes, id="D22", section=SECTION, latex=LATEX, note=NUMBERING)
    def cost(W1, b1, W2, b2, W3, x, y):
        a2 = f(W1 @ x + b1)
        a3 = f(W2 @ a2 + b2)
        return MSE.value(W3 @ a3, y)

    @cost.intermediates
    def layers(tap, W1, b1, W2, b2, W3, x, y):
        return MSE.value(tapped_pass(tap, [W1, b1, W2, b2, W3], x, f), y)

    @cost.entry(
        "dJ/dW2[1,1]", title=f"dC/dw22 of the second layer, {sizes}, {activation.name}", note=NUMBERING,
        printed=True,
    )  # fmt: skip
    def w22(delta, W1, b1, W2, b2, W3, x, y):
        a2 = f(W1 @ x + b1)
        a3 = f(W2 @ a2 + b2)
        s = W3 @ a3
        by_s = delta * 2 * (s - y) / s.shape[0]  # dC/ds
        by_a3 = (W3.T @ by_s)[1, 0]  # dC/da_2^(3)
        return by_a3 * slope(a3[1, 0]) * a2[1, 0]

    return cost


EXAMPLES: list[Formula] = [
    example("example_picture", SIGMOID, PICTURE, "sizes 4-2-2-1"),
    example("example_any_sizes", TANH, ANY_SIZES, "any sizes"),
]
